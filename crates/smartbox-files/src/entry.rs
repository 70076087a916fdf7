//! What has a name in a directory.

use rustix::fs::{FileType, Stat};

/// Permissions that are told and kept; nothing sets more.
pub(crate) const PERMISSIONS: u32 = 0o777;

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, which is never followed.
    Link,
    /// A pipe, a socket, a device: never opened.
    Other,
}

impl Kind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::Link => "link",
            Self::Other => "other",
        }
    }

    pub(crate) fn of(stat: &Stat) -> Self {
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Directory,
            FileType::Symlink => Self::Link,
            _ => Self::Other,
        }
    }
}

/// Something that has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name; nothing for the home.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// How long it is, in bytes; of what is no file it says nothing.
    pub bytes: u64,
    /// When its content changed last, in milliseconds since 1970.
    pub modified_ms: i64,
    /// Its permissions.
    pub mode: u32,
    /// Differs when its content differs. Two changes within a tick of the kernel's clock that leave the length as it is look alike.
    pub tag: String,
    /// Where a link points to.
    pub target: Option<Vec<u8>>,
}

impl Entry {
    pub(crate) fn new(name: &[u8], stat: &Stat) -> Self {
        Self {
            name: name.to_vec(),
            kind: Kind::of(stat),
            bytes: size(stat),
            modified_ms: stat
                .st_mtime
                .saturating_mul(1000)
                .saturating_add(i64::try_from(stat.st_mtime_nsec / 1_000_000).unwrap_or(0)),
            mode: stat.st_mode & PERMISSIONS,
            tag: tag(stat),
            target: None,
        }
    }
}

/// How long it is.
pub(crate) fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// What differs when the content differs.
pub(crate) fn tag(stat: &Stat) -> String {
    format!("{:x}-{:x}-{:x}-{:x}", stat.st_ino, stat.st_size, stat.st_mtime, stat.st_mtime_nsec)
}
