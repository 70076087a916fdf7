//! Keys in a file of ours: added at its end, taken away when nothing is sealed with them any more.

use std::path::PathBuf;

use secrecy::zeroize::Zeroizing;

use super::KeySource;
use super::keyring::{self, Key, Keyring, KeyringError};

/// A key file, as [`Keyring::open_or_create`] makes it. Each change is a new file in the place of the old one.
#[derive(Clone, Debug)]
pub struct KeyFile(PathBuf);

impl KeyFile {
    /// The file at this path.
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    fn parse(&self, text: &str) -> Result<Keyring, KeyringError> {
        Keyring::parse(text).ok_or_else(|| KeyringError::Damaged { path: self.0.clone() })
    }
}

impl KeySource for KeyFile {
    fn add(&self, current: &Keyring) -> Result<Keyring, KeyringError> {
        let mut text = keyring::read(&self.0)?;
        let written = self.parse(&text)?;
        // A key that was written by a rotation that broke off is as good as a new one.
        if !written.seals_like(current) {
            return Ok(written);
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&keyring::new_line()?);
        text.push('\n');
        let added = Keyring::parse(&text).ok_or(KeyringError::TooMany)?;
        keyring::replace(&self.0, &text)?;
        Ok(added)
    }

    fn retire(&self, current: &Keyring) -> Result<Option<Keyring>, KeyringError> {
        let text = keyring::read(&self.0)?;
        let stays = |line: &&str| {
            let line = line.trim();
            line.is_empty()
                || line.starts_with('#')
                || Key::parse(line).is_some_and(|key| key.id == current.active().id)
        };
        let lines: Vec<_> = text.lines().filter(stays).collect();
        let left = Zeroizing::new(lines.join("\n") + "\n");
        let ring = self.parse(&left)?;
        keyring::replace(&self.0, &left)?;
        Ok(Some(ring))
    }
}
