//! The file that keeps a device's key, in the user's own configuration directory.

use std::ffi::OsStr;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use rustix::fs::OFlags;
use secrecy::{ExposeSecret as _, SecretSlice};

use super::DeviceKey;
use crate::exit::Exit;
use crate::failure::Failure;

/// Directory of this program's own files in the user's configuration directory.
const DIR_NAME: &str = "smartbox";
/// Name of the file: a PKCS#8 document (RFC 8410).
const FILE_NAME: &str = "device.key";
/// Largest file that is read, in bytes; ours has 83.
const FILE_BYTES_MAX: u64 = 4096;

/// Where a device's key is kept.
#[derive(Debug)]
pub(crate) struct DeviceFile {
    dir: PathBuf,
}

impl DeviceFile {
    /// The file of a user, by `XDG_CONFIG_HOME` and `HOME`; `None` if neither says where they keep such things.
    ///
    /// By the XDG Base Directory Specification a path that is not absolute counts as none.
    pub(crate) fn of_user(config_home: Option<&OsStr>, home: Option<&OsStr>) -> Option<Self> {
        let absolute = |text: &OsStr| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
        let config =
            config_home.and_then(absolute).or_else(|| Some(home.and_then(absolute)?.join(".config")));
        config.map(|config| Self { dir: config.join(DIR_NAME) })
    }

    fn path(&self) -> PathBuf {
        self.dir.join(FILE_NAME)
    }

    /// The key; `None` if there is none yet.
    ///
    /// # Errors
    /// The file cannot be read, others can read it, it is not this user's own, or it holds something else.
    pub(crate) fn read(&self) -> Result<Option<DeviceKey>, Failure> {
        let path = self.path();
        let shown = path.display();
        let failed = |error: std::io::Error| {
            Failure::new(Exit::Failed, format!("The device's key in {shown} could not be read."))
                .detail(error.to_string())
        };
        // A link may lead to what somebody else wrote, and a pipe would let us wait: neither is opened.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let file = match std::fs::OpenOptions::new().read(true).custom_flags(flags).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
                return Err(distrusted(&path, "it is a symbolic link"));
            }
            Err(error) => return Err(failed(error)),
        };
        let metadata = file.metadata().map_err(failed)?;
        let mode = metadata.permissions().mode() & 0o7777;
        if !metadata.is_file() {
            return Err(distrusted(&path, "it is no file"));
        }
        if metadata.uid() != rustix::process::geteuid().as_raw() || mode & 0o077 != 0 {
            return Err(distrusted(&path, &format!("owner {}, mode {mode:o}", metadata.uid())));
        }
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
        let bytes = SecretSlice::from(bytes);
        DeviceKey::of_pkcs8(bytes.expose_secret()).map(Some).ok_or_else(|| {
            Failure::new(Exit::Failed, format!("{shown} holds no Ed25519 key."))
                .help("Move it away and pair this device anew with `smartbox device pair`.")
        })
    }

    /// The key; a new one if there is none yet. Of several programs that make one at once, all get the same.
    ///
    /// # Errors
    /// Those of [`Self::read`]; the file cannot be written.
    pub(crate) fn read_or_create(&self) -> Result<DeviceKey, Failure> {
        if let Some(key) = self.read()? {
            return Ok(key);
        }
        self.create()?;
        self.read()?.ok_or_else(|| {
            let title = format!("{} is gone as soon as it was written.", self.path().display());
            Failure::new(Exit::Failed, title)
        })
    }

    /// Writes a new key, whole or not at all. A file that is there by then stays.
    fn create(&self) -> Result<(), Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(Exit::Failed, format!("No device's key could be written in {}.", self.dir.display()))
                .detail(error.to_string())
        };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.dir).map_err(failed)?;
        let metadata = std::fs::metadata(&self.dir).map_err(failed)?;
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.uid() != rustix::process::geteuid().as_raw() || mode & 0o022 != 0 {
            return Err(distrusted(&self.dir, &format!("owner {}, mode {mode:o}", metadata.uid())));
        }
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_error| Failure::new(Exit::Failed, "The system gave no random bytes."))?;
        // Only its owner can read a temporary file from its first moment on.
        let mut file = tempfile::Builder::new().prefix(".device-").tempfile_in(&self.dir).map_err(failed)?;
        file.write_all(document.as_ref()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        match file.persist_noclobber(self.path()) {
            Ok(_file) => std::fs::File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(failed),
            Err(kept) if kept.error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(kept) => Err(failed(kept.error)),
        }
    }
}

/// A file or directory that somebody else could read or have written.
fn distrusted(path: &Path, why: &str) -> Failure {
    Failure::new(Exit::Refused, format!("{} is not to be trusted ({why}).", path.display()))
        .detail("A device's key is a file of this user alone: mode 0600, in a directory that nobody else can write.")
        .help("If others could read it, revoke the device, remove the file, and run `smartbox device pair` again.")
}

#[cfg(test)]
mod tests;
