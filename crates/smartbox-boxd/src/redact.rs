//! Takes secrets out of what is written to a log, before it is written.
//!
//! Two kinds are found: secrets that are known by their value, and texts that look like the credentials of well-known kinds. It errs on the
//! careful side: a log with a word too few is of use, and one with a key in it is a leak.

use std::fmt;

/// What stands in the place of a secret.
pub const REDACTED: &[u8] = b"[redacted]";
/// Shorter values are not looked for: they would be found everywhere.
const SECRET_BYTES_MIN: usize = 8;
/// Longest value that is looked for as a whole. Of a longer one, its beginning is.
pub const SECRET_BYTES_MAX: usize = 4096;
/// A credential has at least so many characters behind its beginning.
const TAIL_BYTES_MIN: usize = 12;
/// Beginnings of credentials, with the case that they have.
const PREFIXES: [&[u8]; 16] = [
    b"sbx_",
    b"whsec_",
    b"sk-",
    b"tkt_",
    b"ghp_",
    b"gho_",
    b"ghs_",
    b"github_pat_",
    b"glpat-",
    b"xoxb-",
    b"xoxp-",
    b"xapp-",
    b"AKIA",
    b"AIza",
    b"eyJ",
    b"ya29.",
];
/// Words behind which a credential follows, in any case.
const SCHEMES: [&[u8]; 2] = [b"bearer ", b"basic "];
/// The header whose whole value is one, in any case.
const HEADER: &[u8] = b"authorization";

/// Finds secrets. Cheap to ask for lines that have none.
#[derive(Default)]
pub struct Redactor {
    /// The longest first: one may be the beginning of another.
    known: Vec<Vec<u8>>,
}

impl fmt::Debug for Redactor {
    /// How many secrets, and none of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("known", &self.known.len()).finish()
    }
}

impl Redactor {
    /// Finds these values beside what looks like a credential.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known: Vec<Vec<u8>> = secrets
            .into_iter()
            .map(str::as_bytes)
            .filter(|secret| secret.len() >= SECRET_BYTES_MIN)
            .map(|secret| secret.get(..SECRET_BYTES_MAX).unwrap_or(secret).to_vec())
            .collect();
        known.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        known.dedup();
        Self { known }
    }

    /// The text without secrets. Lines stay lines.
    pub fn redact(&self, text: &[u8]) -> Vec<u8> {
        self.redact_beginning(text, text.len()).0
    }

    /// The same of a text that goes on: what begins before `limit`, and how much of the text that is. A secret that begins before it and
    /// ends behind it is taken out as a whole.
    pub fn redact_beginning(&self, text: &[u8], limit: usize) -> (Vec<u8>, usize) {
        let mut kept = Vec::with_capacity(text.len());
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| at < limit && !rest.is_empty()) {
            let before = at.checked_sub(1).and_then(|before| text.get(before)).copied();
            match self.secret_at(rest, before) {
                Some((shown, hidden)) => {
                    kept.extend_from_slice(rest.get(..shown).unwrap_or_default());
                    kept.extend_from_slice(REDACTED);
                    at += shown + hidden;
                }
                None => {
                    kept.extend_from_slice(rest.get(..1).unwrap_or_default());
                    at += 1;
                }
            }
        }
        (kept, at.min(text.len()))
    }

    /// A secret at the beginning of `rest`: how many bytes are shown, and how many are hidden then.
    fn secret_at(&self, rest: &[u8], before: Option<u8>) -> Option<(usize, usize)> {
        if let Some(known) = self.known.iter().find(|known| rest.starts_with(known)) {
            return Some((0, known.len()));
        }
        if before.is_some_and(is_of_word) {
            return None;
        }
        if let Some(prefix) = PREFIXES.iter().find(|prefix| rest.starts_with(prefix)) {
            let tail = rest.get(prefix.len()..)?.iter().take_while(|byte| is_of_token(**byte)).count();
            return (tail >= TAIL_BYTES_MIN).then_some((0, prefix.len() + tail));
        }
        if begins_with(rest, HEADER) {
            let gap = rest.get(HEADER.len()..)?.iter().take_while(|byte| b"\"': =".contains(byte)).count();
            let shown = HEADER.len() + gap;
            let value = rest.get(shown..)?.iter().take_while(|byte| !b"\"'\r\n,}".contains(byte)).count();
            return (gap > 0 && value > 0).then_some((shown, value));
        }
        let scheme = SCHEMES.iter().find(|scheme| begins_with(rest, scheme))?;
        let value = rest.get(scheme.len()..)?.iter().take_while(|byte| is_of_token(**byte)).count();
        (value >= TAIL_BYTES_MIN).then_some((scheme.len(), value))
    }
}

fn begins_with(text: &[u8], lower: &[u8]) -> bool {
    text.get(..lower.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(lower))
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_of_token(byte: u8) -> bool {
    is_of_word(byte) || b"-.+/=~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redacted(text: &str) -> String {
        String::from_utf8(Redactor::new(["the gateway's token"]).redact(text.as_bytes())).unwrap()
    }

    #[test]
    fn credentials_of_every_kind_are_taken_out_and_the_rest_stays() {
        for (text, shown) in [
            ("token=the gateway's token;", "token=[redacted];"),
            ("key sbx_0123456789abcdef!", "key [redacted]!"),
            ("OPENAI=sk-proj-0123456789abcdef", "OPENAI=[redacted]"),
            ("Authorization: Bearer abc", "Authorization: [redacted]"),
            (
                "{\"authorization\":\"Basic dXNlcjpwYXNz\",\"a\":1}",
                "{\"authorization\":\"[redacted]\",\"a\":1}",
            ),
            ("got Bearer 0123456789abcdef.", "got Bearer [redacted]"),
            ("jwt eyJhbGciOi.eyJzdWIi.c2ln next", "jwt [redacted] next"),
            ("a task-list and the basic idea", "a task-list and the basic idea"),
            ("sk-short, authorization", "sk-short, authorization"),
            ("", ""),
        ] {
            assert_eq!(redacted(text), shown, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_known_secret_is_found_wherever_it_stands(
            secret in "[!-~]{8,40}", before in "\\PC{0,40}", after in "\\PC{0,40}", lines in 0usize..3,
        ) {
            let text = format!("{before}{secret}{}{after}", "\n".repeat(lines));
            let kept = Redactor::new([secret.as_str()]).redact(text.as_bytes());
            let kept = String::from_utf8_lossy(&kept).into_owned();
            // What stands in its place may give a text that has the secret in it only if the secret is a part of that.
            prop_assume!(!"[redacted]".contains(&secret) && !secret.contains("[redacted]"));
            prop_assert!(!kept.contains(&secret), "{}", kept);
        }

        #[test]
        fn line_ends_stay_and_nothing_makes_it_panic(text in any::<Vec<u8>>(), secret in "[a-z]{8,12}") {
            let kept = Redactor::new([secret.as_str()]).redact(&text);
            let ends = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
            prop_assert_eq!(ends(&kept), ends(&text));
        }

        #[test]
        fn tokens_of_the_platform_are_found(token in "(sbx_|whsec_)[A-Za-z0-9_-]{43}", before in "[ =:\"']", after in "[ \"',;]") {
            let text = format!("x{before}{token}{after}y");
            let kept = String::from_utf8(Redactor::default().redact(text.as_bytes())).unwrap();
            prop_assert_eq!(kept, format!("x{before}[redacted]{after}y"));
        }
    }
}
