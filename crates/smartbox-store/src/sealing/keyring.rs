//! The keys that secrets are sealed with: a file outside the database.
//!
//! One key a line, base64, the newest last; lines that begin with `#` are for people. A key is named by a hash of
//! itself, so a file that belongs to another database is recognised before anything is written.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::zeroize::Zeroizing;

use crate::open::{beside, sync_directory};
use crate::row::hex;

/// Bytes of an AES-256 key.
const KEY_LENGTH: usize = 32;
/// A keyring of this size would hold a thousand keys: a larger file is something else.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// What a new file begins with.
const PREFACE: &str = "# Keys of Smartbox's secrets. Keep a copy apart from the database.\n";
/// Bytes of a key's hash that name it.
const ID_LENGTH: usize = 8;

/// Most keys at once. While one is replaced there are two.
const KEYS_MAX: usize = 16;

/// Keys by their ids. Has no content to print.
pub struct Keyring {
    /// At least one; the newest is last.
    keys: Vec<Arc<Key>>,
}

pub(super) struct Key {
    pub(super) id: String,
    pub(super) cipher: RandomizedNonceKey,
}

/// Why there is no keyring.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// Others than its owner may read or write the file.
    #[error("the key file {} is open to other users (mode {mode:03o})", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file is not a list of keys.
    #[error("the key file {} is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or made.
    #[error("cannot use the key file {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Entropy,
    /// What should give keys gives none.
    #[error("the source of the sealing keys {0}")]
    Source(String),
    /// Keys are given from outside, and there is no newer one.
    #[error("the sealing keys are given from outside, and the last of them is in use already")]
    NoNewKey,
    /// As many as there may be.
    #[error("there are {KEYS_MAX} sealing keys, as many as there may be")]
    TooMany,
}

impl KeyringError {
    /// What the operator can do about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Exposed { .. } => {
                "Make it readable for its owner only: `chmod 600 <file>`. If others could have read it, the secrets \
                 in the database must be considered known."
            }
            Self::Damaged { .. } => {
                "Put back a copy of the key file. Without it the secrets in the database cannot be opened."
            }
            Self::Io { .. } => "Check that the directory exists and that this user may write to it.",
            Self::Entropy => "Check that /dev/urandom can be read.",
            Self::Source(_) => {
                "Check `secrets.key` or `secrets.key_command`: keys are lines of base64, 32 bytes each."
            }
            Self::NoNewKey => "Add a new key as the last one where the keys are kept, then rotate again.",
            Self::TooMany => "Take keys away with which nothing is sealed any more.",
        }
    }
}

impl Keyring {
    /// Reads the key file, after making one with a new key if there is none.
    ///
    /// # Errors
    /// When the file is open to other users, damaged, or cannot be used. An existing file is never changed.
    pub fn open_or_create(path: &Path) -> Result<Self, KeyringError> {
        let io = |source| KeyringError::Io { path: path.to_owned(), source };
        if !fs::exists(path).map_err(io)? {
            let bytes = new_key()?;
            create(path, &*bytes).map_err(io)?;
        }
        // Read back also after making it: if somebody else was first, theirs is the key.
        let text = read(path)?;
        Self::parse(&text).ok_or_else(|| KeyringError::Damaged { path: path.to_owned() })
    }

    /// Keys that somebody else keeps: one a line or separated by commas, in base64, the newest last.
    ///
    /// # Errors
    /// They are none. The text is not repeated.
    pub fn from_text(text: &str) -> Result<Self, KeyringError> {
        let lines = Zeroizing::new(text.replace(',', "\n"));
        Self::parse(&lines)
            .ok_or_else(|| KeyringError::Source("gave something that is no list of keys".to_owned()))
    }

    /// A new key that is kept nowhere.
    pub(super) fn ephemeral() -> Result<Self, KeyringError> {
        Self { keys: Vec::new() }.with_new_key()
    }

    /// These and a new key, which is kept nowhere.
    pub(super) fn with_new_key(&self) -> Result<Self, KeyringError> {
        if self.keys.len() >= KEYS_MAX {
            return Err(KeyringError::TooMany);
        }
        let key = Key::new(&*new_key()?).ok_or(KeyringError::Entropy)?;
        Ok(Self { keys: self.keys.iter().cloned().chain([Arc::new(key)]).collect() })
    }

    /// The newest alone.
    pub(super) fn newest(&self) -> Self {
        Self { keys: self.keys.last().cloned().into_iter().collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether both seal with the same key.
    pub fn seals_like(&self, other: &Self) -> bool {
        self.active().id == other.active().id
    }

    /// The key that seals.
    pub(super) fn active(&self) -> &Key {
        &self.keys[self.keys.len() - 1]
    }

    pub(super) fn find(&self, id: &str) -> Option<&Key> {
        self.keys.iter().map(|key| &**key).find(|key| key.id == id)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Vec<_> = lines.map(|line| Key::parse(line).map(Arc::new)).collect::<Option<_>>()?;
        (1..=KEYS_MAX).contains(&keys.len()).then_some(Self { keys })
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(..)")
    }
}

impl Key {
    /// A key as a file has it.
    pub(super) fn parse(line: &str) -> Option<Self> {
        Self::new(&Zeroizing::new(BASE64.decode(line.trim()).ok()?))
    }

    /// `None` when `bytes` are no AES-256 key.
    fn new(bytes: &[u8]) -> Option<Self> {
        let cipher = RandomizedNonceKey::new(&AES_256_GCM, bytes).ok()?;
        let mut hash = Context::new(&SHA256);
        // The prefix keeps this hash apart from any other that may be made of the key.
        hash.update(b"smartbox key id");
        hash.update(bytes);
        Some(Self { id: hex(&hash.finish().as_ref()[..ID_LENGTH]), cipher })
    }
}

fn new_key() -> Result<Zeroizing<[u8; KEY_LENGTH]>, KeyringError> {
    let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
    rand::fill(&mut *bytes).map_err(|_error| KeyringError::Entropy)?;
    Ok(bytes)
}

/// Puts the file in its place complete and synced, unless there is one already.
fn create(path: &Path, key: &[u8]) -> io::Result<()> {
    let mut unique = [0; 8];
    rand::fill(&mut unique).map_err(|_error| io::Error::other("no random bytes"))?;
    let draft = beside(path, &format!(".new-{}", hex(&unique)));
    let line = Zeroizing::new(BASE64.encode(key));
    let text = Zeroizing::new(format!("{PREFACE}{}\n", &*line));
    let placed = write_draft(&draft, &text).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    match placed {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    removed?;
    sync_directory(path)
}

/// Puts another text in the file's place, complete and synced.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), KeyringError> {
    let io = |source| KeyringError::Io { path: path.to_owned(), source };
    let mut unique = [0; 8];
    rand::fill(&mut unique).map_err(|_error| KeyringError::Entropy)?;
    let draft = beside(path, &format!(".new-{}", hex(&unique)));
    let owner = fs::metadata(path).map_err(io)?;
    let placed = write_draft(&draft, text).and_then(|()| {
        // Whoever could read it before still can: the platform may run under sudo.
        std::os::unix::fs::chown(&draft, Some(owner.uid()), Some(owner.gid()))?;
        fs::rename(&draft, path)?;
        sync_directory(path)
    });
    placed.map_err(|error| {
        // What is left of the draft holds keys.
        drop(fs::remove_file(&draft));
        io(error)
    })
}

/// A new key as a file has it.
pub(super) fn new_line() -> Result<Zeroizing<String>, KeyringError> {
    Ok(Zeroizing::new(BASE64.encode(*new_key()?)))
}

fn write_draft(draft: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, KeyringError> {
    let io = |source| KeyringError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyringError::Exposed { path: path.to_owned(), mode });
    }
    if !metadata.is_file() || metadata.len() > FILE_BYTES_MAX {
        return Err(KeyringError::Damaged { path: path.to_owned() });
    }
    let mut text = Zeroizing::new(String::new());
    match file.take(FILE_BYTES_MAX).read_to_string(&mut text) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(KeyringError::Damaged { path: path.to_owned() })
        }
        Err(error) => Err(io(error)),
        Ok(_length) => Ok(text),
    }
}
