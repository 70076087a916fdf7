//! The quick image: the host's `/usr`, read-only, under a skeleton of our own.
//!
//! Nothing is downloaded. The price is that a box sees which programs the host has, `/usr/local` included.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use smartbox_core::Progress;
use smartbox_provider::ProviderError;

use super::Recipe;
use crate::local::bundle::ImageBind;
use crate::local::error::at_path;
use crate::local::run_blocking;

/// Directories that are links into `/usr` on a merged system.
const MERGED: [&str; 5] = ["bin", "sbin", "lib", "lib32", "lib64"];
/// Public configuration that programs of `/usr` need. Nothing that names the host, its users or its network.
const COPIED: [&str; 12] = [
    "alternatives",
    "bash.bashrc",
    "debian_version",
    "inputrc",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "mime.types",
    "profile",
    "protocols",
    "services",
    "ssl/certs/ca-certificates.crt",
];
const PASSWD: &str =
    "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
const GROUP: &str = "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n";
const NSSWITCH: &str = "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n";

/// Another release of the host is another image.
pub(super) fn recipe() -> Result<Recipe, ProviderError> {
    let release = Path::new("/etc/os-release");
    let text = fs::read_to_string(release).map_err(at_path("reading the host's release", release))?;
    Ok(Recipe::new("host").with(&text))
}

/// Builds the skeleton.
pub(super) async fn build(root: &Path, progress: &dyn Progress) -> Result<Vec<ImageBind>, ProviderError> {
    if !Path::new("/bin").is_symlink() {
        return Err(ProviderError::permanent(
            "the host's /usr is not merged, so it cannot be a box image",
            "Choose the image `debian`, or import an OCI archive.",
        ));
    }
    progress.detail("copying public configuration");
    let root = root.to_owned();
    run_blocking(move || skeleton(&root).map_err(at_path("building the box image", &root))).await?;
    let usr = PathBuf::from("/usr");
    Ok(vec![ImageBind { source: usr.clone(), destination: usr }])
}

fn skeleton(root: &Path) -> io::Result<()> {
    for dir in ["", "usr", "etc/ssl/certs", "root", "var/tmp"] {
        fs::create_dir_all(root.join(dir))?;
    }
    for name in MERGED {
        if Path::new("/").join(name).is_symlink() {
            symlink(Path::new("usr").join(name), root.join(name))?;
        }
    }
    for name in COPIED {
        copy(&Path::new("/etc").join(name), &root.join("etc").join(name))?;
    }
    symlink("../usr/lib/os-release", root.join("etc/os-release"))?;
    let files = [("passwd", PASSWD), ("group", GROUP), ("nsswitch.conf", NSSWITCH)];
    files.into_iter().try_for_each(|(name, text)| fs::write(root.join("etc").join(name), text))
}

/// Copies a file, a link as a link, or a directory of such. What is missing is left out.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let kind = match fs::symlink_metadata(from) {
        Ok(known) => known.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if kind.is_symlink() {
        symlink(fs::read_link(from)?, to)
    } else if kind.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        Ok(())
    } else {
        fs::copy(from, to).map(|_bytes| ())
    }
}
