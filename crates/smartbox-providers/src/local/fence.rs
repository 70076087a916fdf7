//! One controller per box: an older one is refused.
//!
//! The newest epoch that was obeyed lies beside the volume, where nothing in the box can reach it, and on the volume
//! itself, so that it goes wherever the volume goes. The higher of both counts.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use rustix::fs::Mode;
use smartbox_boxd::{BOXD_DIR, EPOCH_PATH, PLATFORM_DIR, VOLUME_EPOCH_PATH};
use smartbox_core::BoxId;
use smartbox_provider::{Epoch, ProviderError};

use super::beneath::{Beneath, Owner};
use super::error::at_path;
use super::host::Host;
use super::record::{read_epoch, replace, write_epoch};

/// An epoch takes some twenty bytes. The file on the volume is in the box's hands.
const EPOCH_BYTES_MAX: u64 = 64;

impl Host {
    /// Refuses an older controller and remembers a newer one, if the box exists.
    pub(super) fn fence(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError> {
        if !self.paths.box_dir(id).exists() {
            return Ok(());
        }
        let path = self.paths.epoch(id);
        let beside = read_epoch(&path).map_err(at_path("reading the box's epoch", &path))?;
        let carried = self.carried_epoch(id)?;
        if epoch < beside.max(carried.unwrap_or(0)) {
            return Err(ProviderError::Fenced);
        }
        if epoch > beside {
            write_epoch(&path, epoch).map_err(at_path("writing the box's epoch", &path))?;
            self.touch();
        }
        if carried.is_some_and(|carried| epoch > carried) {
            self.carry_epoch(id, epoch)?;
        }
        Ok(())
    }

    /// As [`Self::fence`], and makes the box's directory when it is not there.
    pub(super) fn fence_or_create(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError> {
        let dir = self.paths.box_dir(id);
        match fs::DirBuilder::new().mode(0o700).create(&dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(super::error::at("making the box's directory", &dir, error));
            }
            _ => {}
        }
        self.fence(id, epoch)
    }

    /// Writes for boxd, before it starts, who starts it and whom the volume has obeyed.
    pub(super) fn stamp(&self, id: BoxId) -> Result<(), ProviderError> {
        let path = self.paths.epoch(id);
        let epoch = read_epoch(&path).map_err(at_path("reading the box's epoch", &path))?;
        self.carry_epoch(id, epoch)?;
        let told = self.paths.platform(id).join(below(EPOCH_PATH, PLATFORM_DIR));
        replace(&told, &text(epoch), 0o444).map_err(at_path("writing the box's epoch", &told))
    }

    /// The epoch on the volume; `None` without one.
    fn carried_epoch(&self, id: BoxId) -> Result<Option<Epoch>, ProviderError> {
        let dir = self.paths.boxd_volume(id);
        let volume = match Beneath::open(&dir) {
            Ok(volume) => volume,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(super::error::at("reading the epoch of the volume", &dir, error)),
        };
        let name = below(VOLUME_EPOCH_PATH, BOXD_DIR);
        let content = match volume.read(name, EPOCH_BYTES_MAX) {
            Ok(Some(content)) => content,
            Ok(None) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Vec::new(),
            Err(error) => return Err(super::error::at("reading the epoch of the volume", &dir, error)),
        };
        let epoch = std::str::from_utf8(&content).ok().and_then(|text| text.trim().parse().ok());
        // Nobody knows whom the volume has obeyed, so nobody may start it.
        epoch.map(Some).ok_or_else(|| {
            ProviderError::permanent(
                format!("the epoch of the volume cannot be read: {}", dir.join(name).display()),
                "If no other platform uses this volume, remove that file, then start the box again.",
            )
        })
    }

    fn carry_epoch(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError> {
        let dir = self.paths.boxd_volume(id);
        let written = fs::symlink_metadata(&dir).and_then(|found| {
            let owner = Owner { uid: found.uid(), gid: found.gid() };
            Beneath::open(&dir)?.write(
                below(VOLUME_EPOCH_PATH, BOXD_DIR),
                &text(epoch),
                Mode::RUSR | Mode::WUSR,
                owner,
            )
        });
        written.map_err(at_path("writing the epoch of the volume", &dir))
    }
}

fn text(epoch: Epoch) -> Vec<u8> {
    format!("{epoch}\n").into_bytes()
}

/// The place of a path of the contract below its directory.
fn below(path: &'static str, dir: &str) -> &'static Path {
    Path::new(path).strip_prefix(dir).unwrap_or_else(|_elsewhere| Path::new("epoch"))
}
