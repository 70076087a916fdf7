//! Names of files below a home, as bytes: a box need not write UTF-8.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// Longest path, in bytes: what the kernel takes (PATH_MAX, with its end).
pub const PATH_BYTES_MAX: usize = 4095;
/// Longest name, in bytes (NAME_MAX).
pub const NAME_BYTES_MAX: usize = 255;
/// Most names in a path.
pub const DEPTH_MAX: usize = 64;

/// The text names no place below a home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// It begins with a slash, ends with two, or has two in a row.
    #[error("must be a path below the agent's home: names with single slashes between them, none in front")]
    Empty,
    /// `.` or `..`.
    #[error("must not contain the names `.` and `..`")]
    Dots,
    /// A NUL, or a slash within a name.
    #[error("must not contain NUL, nor an encoded slash")]
    Bytes,
    /// A percent sign without two hexadecimal digits.
    #[error("must be percent-encoded")]
    Encoding,
    /// Too long, or too deep.
    #[error(
        "must have at most {DEPTH_MAX} names, of {NAME_BYTES_MAX} bytes each and {PATH_BYTES_MAX} together"
    )]
    Long,
}

/// A path below a home. It has no `.`, no `..`, no empty name, no NUL; the home itself has no names at all.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FilePath {
    /// Names with slashes between them.
    bytes: Vec<u8>,
}

impl FilePath {
    /// The home itself.
    pub const fn home() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Reads a path as it is. One slash at its end means nothing.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(path: &[u8]) -> Result<Self, BadPath> {
        Self::of_names(names_of(path).map(|name| Ok(name.to_vec())))
    }

    /// Reads the percent-encoded path of an URL. A slash that is encoded is part of a name, and no name has one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_url(encoded: &str) -> Result<Self, BadPath> {
        Self::of_names(names_of(encoded.as_bytes()).map(decode))
    }

    fn of_names(names: impl Iterator<Item = Result<Vec<u8>, BadPath>>) -> Result<Self, BadPath> {
        let mut path = Self::home();
        for (count, name) in names.enumerate() {
            if count >= DEPTH_MAX {
                return Err(BadPath::Long);
            }
            path = path.join(&name?)?;
        }
        Ok(path)
    }

    /// What has this name in it.
    ///
    /// # Errors
    /// When it is no name.
    pub fn join(&self, name: &[u8]) -> Result<Self, BadPath> {
        match name {
            [] => return Err(BadPath::Empty),
            b"." | b".." => return Err(BadPath::Dots),
            _ if name.contains(&0) || name.contains(&b'/') => return Err(BadPath::Bytes),
            _ if name.len() > NAME_BYTES_MAX => return Err(BadPath::Long),
            _ => {}
        }
        let mut bytes = self.bytes.clone();
        if !bytes.is_empty() {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name);
        if bytes.len() > PATH_BYTES_MAX {
            return Err(BadPath::Long);
        }
        Ok(Self { bytes })
    }

    /// Whether it is the home itself.
    pub fn is_home(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The path as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its names.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        names_of(&self.bytes)
    }

    /// Its last name and what that is in; `None` for the home.
    pub fn split(&self) -> Option<(Self, &OsStr)> {
        let (parent, name) = match self.bytes.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (self.bytes.get(..slash)?, self.bytes.get(slash + 1..)?),
            None if self.is_home() => return None,
            None => (self.bytes.get(..0)?, self.bytes.as_slice()),
        };
        Some((Self { bytes: parent.to_vec() }, OsStr::from_bytes(name)))
    }

    /// Whether it is `other`, or in it.
    pub fn is_within(&self, other: &Self) -> bool {
        match self.bytes.strip_prefix(other.bytes.as_slice()) {
            Some(rest) => other.is_home() || rest.is_empty() || rest.starts_with(b"/"),
            None => false,
        }
    }

    /// For the kernel: the home is `.`.
    pub(crate) fn to_path(&self) -> PathBuf {
        if self.is_home() { PathBuf::from(".") } else { OsString::from_vec(self.bytes.clone()).into() }
    }

    /// The path as text; bytes that are none are replaced.
    pub fn lossy(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The path as it stands in an URL, from which it is read back.
    pub fn encoded(&self) -> String {
        encode(&self.bytes)
    }
}

impl fmt::Debug for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.lossy())
    }
}

/// The names of a path without the slash at its end.
fn names_of(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let path = path.strip_suffix(b"/").unwrap_or(path);
    // Nothing at all has no names, not one empty one.
    path.split(|byte| *byte == b'/').skip(usize::from(path.is_empty()))
}

fn decode(name: &[u8]) -> Result<Vec<u8>, BadPath> {
    let mut decoded = Vec::with_capacity(name.len());
    let mut rest = name.iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(*digit).to_digit(16));
                let (Some(high), Some(low)) = (digit(), digit()) else { return Err(BadPath::Encoding) };
                u8::try_from(high * 16 + low).map_err(|_large| BadPath::Encoding)?
            }
            other => *other,
        });
    }
    Ok(decoded)
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
        if is_plain {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_leads_elsewhere_is_refused() {
        for (text, why) in [
            ("/etc/passwd", BadPath::Empty),
            ("a//b", BadPath::Empty),
            ("//", BadPath::Empty),
            ("..", BadPath::Dots),
            ("a/../b", BadPath::Dots),
            ("a/..", BadPath::Dots),
            ("./a", BadPath::Dots),
            ("a\0b", BadPath::Bytes),
        ] {
            assert_eq!(FilePath::parse(text.as_bytes()), Err(why), "{text:?}");
            assert_eq!(FilePath::from_url(text), Err(why), "{text:?}");
        }
        for (url, why) in [
            ("%2e%2e/etc", BadPath::Dots),
            ("a/%2E%2e", BadPath::Dots),
            ("%2e", BadPath::Dots),
            ("a%2fb", BadPath::Bytes),
            ("..%2f..%2fetc", BadPath::Bytes),
            ("%2fetc%2fpasswd", BadPath::Bytes),
            ("a%00b", BadPath::Bytes),
            ("a%", BadPath::Encoding),
            ("a%2", BadPath::Encoding),
            ("a%zz", BadPath::Encoding),
            ("a%+1", BadPath::Encoding),
        ] {
            assert_eq!(FilePath::from_url(url), Err(why), "{url:?}");
        }
        // Encoded twice it is a name with a percent sign, and nothing more.
        assert_eq!(FilePath::from_url("%252e%252e").unwrap().as_bytes(), b"%2e%2e");
        assert_eq!(FilePath::from_url("..%5c..").unwrap().as_bytes(), b"..\\..", "no separator here");
    }

    #[test]
    fn what_is_too_long_is_refused() {
        let name = "n".repeat(NAME_BYTES_MAX);
        assert!(FilePath::parse(name.as_bytes()).is_ok());
        assert_eq!(FilePath::parse(format!("{name}n").as_bytes()), Err(BadPath::Long));
        assert!(FilePath::parse("a/".repeat(DEPTH_MAX).as_bytes()).is_ok());
        assert_eq!(FilePath::parse("a/".repeat(DEPTH_MAX + 1).as_bytes()), Err(BadPath::Long));
        assert_eq!(FilePath::parse(vec![b'/'; 1 << 20].as_slice()), Err(BadPath::Empty));
        let long = format!("{name}/").repeat(20);
        assert_eq!(FilePath::parse(long.as_bytes()), Err(BadPath::Long));
    }

    #[test]
    fn the_home_has_no_names_and_a_slash_at_the_end_means_nothing() {
        for home in ["", "/"] {
            assert!(FilePath::parse(home.as_bytes()).unwrap().is_home());
        }
        assert_eq!(FilePath::parse(b"a/b/"), FilePath::parse(b"a/b"));
        let path = FilePath::parse(b"a/b/c").unwrap();
        let (parent, name) = path.split().unwrap();
        assert_eq!((parent.as_bytes(), name.as_bytes()), (b"a/b".as_slice(), b"c".as_slice()));
        assert!(FilePath::home().split().is_none());
    }

    #[test]
    fn being_within_is_a_matter_of_whole_names() {
        let path = |text: &str| FilePath::parse(text.as_bytes()).unwrap();
        assert!(path("a/b").is_within(&path("a")) && path("a").is_within(&path("a")));
        assert!(path("a").is_within(&FilePath::home()));
        assert!(!path("ab").is_within(&path("a")) && !path("a").is_within(&path("a/b")));
    }

    proptest! {
        /// Whatever is given, what comes out leads nowhere else.
        #[test]
        fn a_path_never_leads_out(bytes in prop::collection::vec(prop_oneof![Just(b'/'), Just(b'.'), Just(b'%'), any::<u8>()], 0..300)) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            for path in [FilePath::parse(&bytes), FilePath::from_url(&text)].into_iter().flatten() {
                prop_assert!(path.as_bytes().len() <= PATH_BYTES_MAX && !path.as_bytes().contains(&0));
                let mut count = 0;
                for part in path.to_path().components() {
                    use std::path::Component;
                    prop_assert!(matches!(part, Component::Normal(_)) || (path.is_home() && part == Component::CurDir));
                    count += 1;
                }
                prop_assert!(count <= DEPTH_MAX);
                prop_assert_eq!(path.names().count(), if path.is_home() { 0 } else { count });
            }
        }

        /// A path is read back from the form that it has in an URL.
        #[test]
        fn a_path_survives_an_url(names in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 0..8)) {
            let joined = names.iter().try_fold(FilePath::home(), |path, name| path.join(name));
            if let Ok(path) = joined {
                prop_assert_eq!(FilePath::from_url(&path.encoded()), Ok(path.clone()));
                prop_assert_eq!(FilePath::parse(path.as_bytes()), Ok(path));
            }
        }
    }
}
