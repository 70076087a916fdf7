//! Where everything of one instance lies.

use std::path::{Path, PathBuf};

use smartbox_core::BoxId;

use super::LocalConfig;

/// Prefix of box directories that are being removed.
pub(super) const GONE_PREFIX: &str = ".gone-";

/// The paths of one instance.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    data: PathBuf,
    run: PathBuf,
    store: PathBuf,
}

impl Paths {
    pub(super) fn new(config: &LocalConfig) -> Self {
        Self { data: config.data_dir.clone(), run: config.run_dir.clone(), store: config.store_dir.clone() }
    }

    pub(super) fn boxes(&self) -> PathBuf {
        self.data.join("boxes")
    }

    /// What is kept of a box. Mode 0700, the host's root: nobody else comes near it from the host.
    pub(super) fn box_dir(&self, id: BoxId) -> PathBuf {
        self.boxes().join(id.to_string())
    }

    /// A box that is being removed.
    pub(super) fn gone(&self, id: BoxId) -> PathBuf {
        self.boxes().join(format!("{GONE_PREFIX}{id}"))
    }

    /// Becomes the agent's home.
    pub(super) fn agent_volume(&self, id: BoxId) -> PathBuf {
        self.box_dir(id).join("volume/agent")
    }

    /// Becomes boxd's own directory.
    pub(super) fn boxd_volume(&self, id: BoxId) -> PathBuf {
        self.box_dir(id).join("volume/boxd")
    }

    /// Files rendered by the platform, read-only in the box.
    pub(super) fn platform(&self, id: BoxId) -> PathBuf {
        self.box_dir(id).join("platform")
    }

    pub(super) fn epoch(&self, id: BoxId) -> PathBuf {
        self.box_dir(id).join("epoch")
    }

    /// What the platform logs of the box.
    pub(super) fn logs(&self, id: BoxId) -> PathBuf {
        self.box_dir(id).join("logs")
    }

    pub(super) fn bundle(&self, id: BoxId) -> PathBuf {
        self.box_dir(id).join("bundle")
    }

    pub(super) fn run(&self) -> &Path {
        &self.run
    }

    pub(super) fn run_boxes(&self) -> PathBuf {
        self.run.join("boxes")
    }

    /// What is known of a box's incarnation.
    pub(super) fn run_box(&self, id: BoxId) -> PathBuf {
        self.run_boxes().join(id.to_string())
    }

    pub(super) fn record(&self, id: BoxId) -> PathBuf {
        self.run_box(id).join("run.json")
    }

    /// Holds the box's network namespace open.
    pub(super) fn netns(&self, id: BoxId) -> PathBuf {
        self.run.join("netns").join(id.to_string())
    }

    /// The OCI runtime's own state.
    pub(super) fn runtime_state(&self) -> PathBuf {
        self.run.join("oci")
    }

    pub(super) fn images(&self) -> PathBuf {
        self.store.join("images")
    }

    /// Where an image is mounted for the boxes: below directories that every user may pass.
    pub(super) fn image_mount(&self, digest: &str) -> PathBuf {
        self.run.join("images").join(digest)
    }
}
