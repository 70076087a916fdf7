//! The data directory: made, locked, and handed to whoever asked for it with sudo.

mod scratch;

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use rustix::fs::FlockOperation;

/// The person behind `sudo`: files they need are given to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// Who else may use a data directory at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum With {
    /// Nobody: the database lies in it.
    Nobody,
    /// Platforms of the same database, which is on a server.
    Platforms,
}

/// A data directory that this process uses. All clones are one.
#[derive(Clone)]
pub(crate) struct DataDir {
    path: PathBuf,
    owner: Option<Owner>,
    with: With,
    // Held for the life of the platform; the kernel lets go of it however the process ends.
    _lock: Arc<File>,
}

/// Another platform uses the data directory.
#[derive(Debug, thiserror::Error)]
#[error(
    "the data directory {} is in use by another smartbox{by}\n\
     help: use that one, stop it first, or choose another directory with SMARTBOX_DATA_DIR",
    path.display()
)]
pub(crate) struct InUse {
    path: PathBuf,
    by: String,
}

impl DataDir {
    /// Makes the directory if need be and takes its lock.
    pub(crate) fn open(path: &Path, owner: Option<Owner>, with: With) -> Result<Self> {
        fs::create_dir_all(path)
            .with_context(|| format!("cannot make the data directory {}", path.display()))?;
        // Others may pass through to what is theirs; what is inside protects itself.
        fs::set_permissions(path, fs::Permissions::from_mode(0o711))
            .with_context(|| format!("cannot protect the data directory {}", path.display()))?;
        let path = path.canonicalize().context("cannot resolve the data directory")?;
        let lock = lock(&path, "lock", with)?;
        Ok(Self { path, owner, with, _lock: Arc::new(lock) })
    }

    /// Takes the turn of those that start: one at a time installs and makes keys. It ends with the answer.
    ///
    /// # Errors
    /// [`InUse`] while another one starts.
    pub(crate) fn begin_start(&self) -> Result<File> {
        lock(&self.path, "start.lock", With::Nobody)
    }

    /// A directory for what this process copies and unpacks, empty. What killed ones have left is removed.
    pub(crate) fn scratch(&self) -> Result<PathBuf> {
        scratch::take(&self.path.join("backup-scratch"), self.with)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("smartbox.db")
    }

    /// What the directory is known by.
    pub(crate) fn identity(&self) -> PathBuf {
        self.path.join("identity")
    }

    pub(crate) fn keyring(&self) -> PathBuf {
        self.path.join("keys").join("sealing.key")
    }

    /// Where the running platform tells the command line on this machine how to reach it.
    pub(crate) fn platform_file(&self) -> PathBuf {
        self.path.join("platform.json")
    }

    /// The key with which platforms of one database know each other.
    pub(crate) fn platforms_key(&self) -> PathBuf {
        self.path.join("keys").join("platforms.key")
    }

    /// The generated admin secret.
    pub(crate) fn admin_secret_file(&self) -> PathBuf {
        self.path.join("keys").join("admin-secret")
    }

    /// The key of the backups of the database.
    pub(crate) fn backup_key(&self) -> PathBuf {
        self.path.join("keys").join("backup.key")
    }

    /// Makes the private directory that `file` lies in.
    pub(crate) fn make_private_dir(&self, file: &Path) -> Result<()> {
        private_dir(file.parent().context("a file has a directory")?, &self.path)
    }

    /// Writes a confidential file (mode 0600) by rename, for the person behind sudo if there is one.
    pub(crate) fn write_private(&self, path: &Path, content: &[u8]) -> Result<()> {
        let parent = path.parent().context("a file has a directory")?;
        private_dir(parent, &self.path)?;
        let mut file = tempfile::Builder::new()
            .prefix(".smartbox-")
            .permissions(fs::Permissions::from_mode(0o600))
            .tempfile_in(parent)
            .with_context(|| format!("cannot write in {}", parent.display()))?;
        file.write_all(content)?;
        if let Some(owner) = self.owner {
            std::os::unix::fs::fchown(file.as_file(), Some(owner.uid), Some(owner.gid))?;
        }
        file.as_file().sync_all()?;
        file.persist(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    }
}

/// Makes a directory that only its owner may enter, unless it is the data directory itself.
fn private_dir(dir: &Path, data_dir: &Path) -> Result<()> {
    if dir == data_dir {
        return Ok(());
    }
    fs::create_dir_all(dir)?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
    Ok(())
}

fn lock(path: &Path, name: &str, with: With) -> Result<File> {
    let name = path.join(name);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&name)
        .with_context(|| format!("cannot open {}", name.display()))?;
    let operation = match with {
        With::Nobody => FlockOperation::NonBlockingLockExclusive,
        With::Platforms => FlockOperation::NonBlockingLockShared,
    };
    if rustix::fs::flock(&file, operation).is_err() {
        let mut holder = String::new();
        let _ = file.read_to_string(&mut holder);
        let holder = holder.trim();
        let by = if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
        return Err(InUse { path: path.to_owned(), by }.into());
    }
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", std::process::id())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_instance_is_refused_and_told_who_holds_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let first = DataDir::open(dir.path(), None, With::Nobody).unwrap();
        let refused = DataDir::open(dir.path(), None, With::Nobody).err().unwrap().to_string();
        assert!(refused.contains("in use") && refused.contains(&std::process::id().to_string()), "{refused}");
        assert!(DataDir::open(dir.path(), None, With::Platforms).is_err(), "the database lies in it");
        drop(first);
        DataDir::open(dir.path(), None, With::Nobody).unwrap();
    }

    #[test]
    fn platforms_of_one_database_share_a_directory_and_start_one_after_the_other() {
        let dir = tempfile::tempdir().unwrap();
        let first = DataDir::open(dir.path(), None, With::Platforms).unwrap();
        let second = DataDir::open(dir.path(), None, With::Platforms).unwrap();
        assert!(DataDir::open(dir.path(), None, With::Nobody).is_err());
        let starting = first.begin_start().unwrap();
        assert!(second.begin_start().unwrap_err().is::<InUse>());
        drop(starting);
        second.begin_start().unwrap();
    }

    #[test]
    fn private_files_are_for_their_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(dir.path(), None, With::Nobody).unwrap();
        data.write_private(&data.admin_secret_file(), b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data.admin_secret_file()), 0o600);
        assert_eq!(mode(data.admin_secret_file().parent().unwrap()), 0o700);
    }
}
