//! The keys that secrets are sealed with: a file outside the database.
//!
//! One key a line, base64, the newest last; lines that begin with `#` are for people. A key is named by a hash of
//! itself, so a file that belongs to another database is recognised before anything is written.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

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
/// Bytes of a key's hash that name it.
const ID_LENGTH: usize = 8;

/// Keys by their ids. Has no content to print.
pub struct Keyring {
    /// At least one; the newest is last.
    keys: Vec<Key>,
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

    /// A new key that is kept nowhere.
    pub(super) fn ephemeral() -> Result<Self, KeyringError> {
        let key = Key::new(&*new_key()?).ok_or(KeyringError::Entropy)?;
        Ok(Self { keys: vec![key] })
    }

    /// The key that seals.
    pub(super) fn active(&self) -> &Key {
        &self.keys[self.keys.len() - 1]
    }

    pub(super) fn find(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Vec<Key> =
            lines.map(|line| Key::new(&Zeroizing::new(BASE64.decode(line).ok()?))).collect::<Option<_>>()?;
        (!keys.is_empty()).then_some(Self { keys })
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(..)")
    }
}

impl Key {
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
    let placed = write_draft(&draft, key).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    match placed {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    removed?;
    sync_directory(path)
}

fn write_draft(draft: &Path, key: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    let line = Zeroizing::new(BASE64.encode(key));
    file.write_all(b"# Keys of Smartbox's secrets. Keep a copy apart from the database.\n")?;
    file.write_all(line.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn read(path: &Path) -> Result<Zeroizing<String>, KeyringError> {
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
