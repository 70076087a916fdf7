//! The image store: roots of boxes, named by what they were made from, never changed once they are there.
//!
//! An image is built beside its place and moved there as a whole, so a build that was interrupted leaves only a
//! directory that the next build removes. Processes that share a store take turns by a lock on a file.

mod debian;
mod host_usr;
mod oci;
mod prepare;
mod rooted;
mod sources;

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use aws_lc_rs::digest::{Context, SHA256};
use rustix::fs::{FlockOperation, flock};
use rustix::mount::{MountFlags, UnmountFlags, mount_bind, mount_remount, unmount};
use serde::{Deserialize, Serialize};
use smartbox_core::Progress;
use smartbox_provider::ProviderError;

use super::bundle::ImageBind;
use super::config::{ImageChoice, hex};
use super::error::{at, at_path};
use super::host::Host;
use super::remove::remove_tree;
use super::{LocalProvider, run_blocking};

/// Raised when the way images are made changes: the next start then builds anew.
const RECIPE_VERSION: &str = "1";
/// Prefix of images that are being built.
const BUILDING_PREFIX: &str = ".building-";
/// Characters of a recipe's hash that name an image.
const NAME_CHARS: usize = 32;

/// An image that is mounted for the boxes.
#[derive(Clone, Debug)]
pub(super) struct MountedImage {
    pub(super) mount: PathBuf,
    pub(super) binds: Vec<ImageBind>,
}

/// What is written beside an image's root.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Manifest {
    /// Directories of the host that are part of the image.
    binds: Vec<ImageBind>,
}

/// An image's place in the store.
#[derive(Clone, Debug)]
struct Place {
    name: String,
    dir: PathBuf,
}

impl Place {
    fn root(&self) -> PathBuf {
        self.dir.join("rootfs")
    }

    fn manifest(&self) -> Option<Manifest> {
        serde_json::from_slice(&fs::read(self.dir.join("image.json")).ok()?).ok()
    }
}

/// The hash of everything an image is made from.
struct Recipe(Context);

impl Recipe {
    fn new(kind: &str) -> Self {
        Self(Context::new(&SHA256)).with(kind).with(RECIPE_VERSION).with(std::env::consts::ARCH)
    }

    /// Adds a part. Parts are told apart by their lengths.
    fn with(mut self, part: &str) -> Self {
        self.0.update(&(part.len() as u64).to_be_bytes());
        self.0.update(part.as_bytes());
        self
    }

    fn name(self) -> String {
        let mut name = hex(self.0.finish().as_ref());
        name.truncate(NAME_CHARS);
        name
    }
}

impl Host {
    /// Where the configured image is or will be.
    fn place(&self) -> Result<Place, ProviderError> {
        let name = match &self.config.image {
            ImageChoice::Debian => debian::recipe()?.name(),
            ImageChoice::Host => host_usr::recipe()?.name(),
            ImageChoice::OciArchive(archive) => self.archive_name(archive)?,
        };
        Ok(Place { dir: self.paths.images().join(&name), name })
    }

    /// The name of an archive's image. Another file at the same path is another image; an archive that is gone
    /// keeps the one that was imported last.
    fn archive_name(&self, archive: &Path) -> Result<String, ProviderError> {
        let recipe = |archive: &Path| Recipe::new("oci-archive").with(&archive.to_string_lossy());
        let pointer = self.paths.images().join(format!("{}.last", recipe(archive).name()));
        let known = match fs::metadata(archive) {
            Ok(known) => known,
            Err(error) => {
                let last = fs::read_to_string(&pointer).ok();
                return last.ok_or_else(|| at("reading the image archive", archive, error));
            }
        };
        let when = format!("{} {} {}", known.mtime(), known.mtime_nsec(), known.len());
        let name = recipe(archive).with(&when).name();
        if fs::read_to_string(&pointer).ok().as_ref() != Some(&name) {
            super::record::replace(&pointer, name.as_bytes(), 0o644)
                .map_err(at_path("storing the image's name", &pointer))?;
        }
        Ok(name)
    }

    /// The image, mounted where boxes reach it.
    pub(super) fn mounted_image(&self) -> Result<MountedImage, ProviderError> {
        let place = self.place()?;
        let Some(manifest) = place.manifest() else {
            return Err(ProviderError::permanent(
                "the box image is not there",
                "Let `smartbox up` build it: it does so when it starts, and shows why if it cannot.",
            ));
        };
        let _one_at_a_time = self.mounting.lock().unwrap_or_else(PoisonError::into_inner);
        let mount = self.paths.image_mount(&place.name);
        mount_image(&place.root(), &mount).map_err(|error| at("mounting the box image", &mount, error))?;
        Ok(MountedImage { mount, binds: manifest.binds })
    }

    /// Undoes the mounts of images, and the instance's empty cgroups, while no box runs. A box that starts later
    /// makes them again.
    pub(super) fn release_unused(&self) -> Result<(), ProviderError> {
        if self.observe_all()?.iter().any(|seen| seen.observation.pid.is_some()) {
            return Ok(());
        }
        let _one_at_a_time = self.mounting.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = self.paths.run().join("images");
        for entry in fs::read_dir(&dir).map_err(at_path("looking through the images", &dir))? {
            let path = entry.map_err(at_path("looking through the images", &dir))?.path();
            match unmount(&path, UnmountFlags::DETACH) {
                Ok(()) | Err(rustix::io::Errno::INVAL) => {}
                Err(error) => return Err(at("unmounting a box image", &path, error)),
            }
            fs::remove_dir(&path).map_err(at_path("unmounting a box image", &path))?;
        }
        self.cgroups.remove_instance();
        Ok(())
    }
}

/// Mounts a root read-only at a place that every user may reach. Nothing is done when it is there already.
fn mount_image(root: &Path, mount: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o755).create(mount) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let (inside, below) = (fs::metadata(mount)?, fs::metadata(root)?);
    let same = inside.dev() == below.dev() && inside.ino() == below.ino();
    if !same {
        mount_bind(root, mount)?;
    }
    // Also when it was mounted already: a crash may have come between the two calls.
    let flags = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV;
    Ok(mount_remount(mount, flags, "")?)
}

impl LocalProvider {
    /// Builds the configured image unless it is there. Takes a minute or two the first time.
    ///
    /// # Errors
    /// When it cannot be built; the store is then as before.
    pub async fn ensure_image(&self, progress: &dyn Progress) -> Result<(), ProviderError> {
        let place = self.host.place()?;
        if place.manifest().is_some() {
            return Ok(());
        }
        progress.begin("Building the box image");
        progress.detail("waiting for another build");
        let images = self.host.paths.images();
        let _turn = run_blocking({
            let images = images.clone();
            move || take_turn(&images).map_err(at_path("locking the image store", &images))
        })
        .await?;
        if place.manifest().is_none() {
            let building = images.join(format!("{BUILDING_PREFIX}{}", place.name));
            self.build(&building, progress).await?;
            fs::rename(&building, &place.dir).map_err(at_path("storing the box image", &place.dir))?;
        }
        progress.done();
        Ok(())
    }

    async fn build(&self, building: &Path, progress: &dyn Progress) -> Result<(), ProviderError> {
        let (images, here) = (self.host.paths.images(), building.to_owned());
        run_blocking(move || {
            remove_interrupted_builds(&images).map_err(at_path("cleaning the image store", &images))?;
            fs::create_dir(&here).map_err(at_path("building the box image", &here))
        })
        .await?;
        let root = building.join("rootfs");
        let binds = match &self.host.config.image {
            ImageChoice::Debian => debian::build(&root, progress).await?,
            ImageChoice::Host => host_usr::build(&root, progress).await?,
            ImageChoice::OciArchive(archive) => oci::build(archive, &root, progress).await?,
        };
        progress.detail("finishing");
        let manifest = building.join("image.json");
        run_blocking(move || {
            prepare::prepare(&root).map_err(at_path("preparing the box image", &root))?;
            let text = serde_json::to_vec(&Manifest { binds })
                .map_err(|error| ProviderError::transient("the image's manifest is not valid", error))?;
            super::record::replace(&manifest, &text, 0o644)
                .map_err(at_path("storing the box image", &manifest))
        })
        .await
    }
}

/// Waits for a store's lock. It is given back when the file is closed, also by a crash.
pub(super) fn take_turn(store: &Path) -> io::Result<File> {
    let file = File::options().create(true).write(true).truncate(false).open(store.join(".lock"))?;
    flock(&file, FlockOperation::LockExclusive)?;
    Ok(file)
}

/// Nobody else builds while the lock is held, so whatever looks like a build is a leftover.
fn remove_interrupted_builds(images: &Path) -> io::Result<()> {
    for entry in fs::read_dir(images)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(BUILDING_PREFIX) {
            remove_tree(&entry.path())?;
        }
    }
    Ok(())
}
