//! Settings of the local provider.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};

/// Where the run directories of all instances on a host lie. Gone after a reboot where `/run` is a tmpfs.
const RUN_ROOT: &str = "/run/smartbox";
/// Characters of the data directory's hash that name an instance: 48 bits are enough for one host.
const INSTANCE_CHARS: usize = 12;

/// What a box's root is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageChoice {
    /// Built once with mmdebstrap from the host's own package sources.
    Debian,
    /// The host's `/usr`, read-only, and an `/etc` of our own. Quick, and shows the host's programs to the box.
    Host,
    /// Imported from a tar file: an OCI image layout or what `docker save` writes.
    OciArchive(PathBuf),
}

/// Settings of the local provider.
#[derive(Clone, Debug)]
pub struct LocalConfig {
    /// Boxes lie in `boxes/` of it. Absolute.
    pub data_dir: PathBuf,
    /// Images lie in `images/` of it.
    pub store_dir: PathBuf,
    /// State that ends with the host's uptime. Every directory above it must be open to everybody (`o+x`).
    pub run_dir: PathBuf,
    /// The OCI runtime, a path or a name in the search path.
    pub oci_runtime: PathBuf,
    /// The `smartbox-boxd` program.
    pub boxd_binary: PathBuf,
    /// Root of the runtime store: `openclaw-<version>` and `openclaw-<version>.cache`.
    pub runtime_dir: PathBuf,
    /// What a box's root is made from.
    pub image: ImageChoice,
}

impl LocalConfig {
    /// The usual settings for a data directory.
    pub fn new(data_dir: impl Into<PathBuf>, boxd_binary: impl Into<PathBuf>) -> Self {
        let data_dir = data_dir.into();
        Self {
            store_dir: data_dir.clone(),
            runtime_dir: data_dir.join("runtimes"),
            run_dir: Path::new(RUN_ROOT).join(instance(&data_dir)),
            oci_runtime: PathBuf::from("runc"),
            boxd_binary: boxd_binary.into(),
            image: ImageChoice::Debian,
            data_dir,
        }
    }
}

/// A short name for the instance that owns a data directory: it separates run directories and cgroups.
pub(super) fn instance(data_dir: &Path) -> String {
    let real = real_path(data_dir);
    let mut name = hex(digest(&SHA256, real.as_os_str().as_encoded_bytes()).as_ref());
    name.truncate(INSTANCE_CHARS);
    name
}

/// The path without links, also of a directory that is not made yet: it must not be named differently then.
fn real_path(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_empty| path.to_owned());
    for existing in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (existing.canonicalize(), path.strip_prefix(existing)) {
            // Joining nothing would add a slash.
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_keeps_its_name_when_its_directory_is_made() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("real")).unwrap();
        std::os::unix::fs::symlink("real", dir.path().join("link")).unwrap();
        let data = dir.path().join("link/data");
        let before = instance(&data);
        std::fs::create_dir(&data).unwrap();
        assert_eq!(instance(&data), before);
        assert_eq!(instance(&dir.path().join("real/data")), before);
        assert_ne!(instance(dir.path()), before);
    }
}
