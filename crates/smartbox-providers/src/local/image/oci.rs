//! An image imported from a tar file: what `docker save` writes, or an OCI image layout.
//!
//! The file is somebody else's. It is read in place: names in it choose among its own entries, never paths of
//! the host; layers are unpacked through [`Rooted`](super::rooted::Rooted), and everything is bounded.

mod layer;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use smartbox_core::Progress;
use smartbox_provider::ProviderError;
use tokio::sync::mpsc;

use super::rooted::Rooted;
use crate::local::bundle::ImageBind;
use crate::local::error::at_path;
use crate::local::run_blocking;

/// Entries of the outer archive: a blob for each layer and a few documents.
const BLOBS_MAX: usize = 4096;
/// Manifests and indexes are small.
const DOCUMENT_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Nesting of indexes that any tool writes is two.
const INDEX_DEPTH_MAX: u32 = 4;
/// Layers of one image: container engines stop at 127.
const LAYERS_MAX: usize = 512;
/// Steps that may wait to be shown.
const STEPS_MAX: usize = 16;

/// Why an archive cannot be imported.
#[derive(Debug, thiserror::Error)]
pub(super) enum ImportError {
    #[error("{0}")]
    Unfit(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl ImportError {
    fn unfit(what: impl Into<String>) -> Self {
        Self::Unfit(what.into())
    }
}

/// Unpacks the archive's image into a root.
pub(super) async fn build(
    archive: &Path,
    root: &Path,
    progress: &dyn Progress,
) -> Result<Vec<ImageBind>, ProviderError> {
    let (steps, mut told) = mpsc::channel(STEPS_MAX);
    let (from, to) = (archive.to_owned(), root.to_owned());
    let work = run_blocking(move || {
        std::fs::create_dir(&to).map_err(at_path("building the box image", &to))?;
        import(&from, &to, |step| drop(steps.try_send(step))).map_err(|error| match error {
            ImportError::Io(error) => crate::local::error::at("importing the image archive", &from, error),
            ImportError::Unfit(what) => ProviderError::permanent(
                format!("{} cannot be a box image: {what}", from.display()),
                "Give an uncompressed tar file of `docker save`, `podman save` or an OCI layout with gzip layers.",
            ),
        })
    });
    let show = async {
        while let Some(step) = told.recv().await {
            progress.detail(&step);
        }
    };
    let (done, ()) = tokio::join!(work, show);
    done.map(|()| Vec::new())
}

/// Imports without showing anything; blocking.
pub(super) fn import(archive: &Path, root: &Path, step: impl Fn(String)) -> Result<(), ImportError> {
    let mut blobs = Blobs::open(archive)?;
    let layers = blobs.layers()?;
    if layers.is_empty() || layers.len() > LAYERS_MAX {
        return Err(ImportError::unfit(format!("it has {} layers", layers.len())));
    }
    let rooted = Rooted::open(root)?;
    let mut room = layer::Room::default();
    for (number, name) in layers.iter().enumerate() {
        step(format!("layer {} of {}", number + 1, layers.len()));
        let blob = blobs.reader(name)?;
        layer::unpack(blob, &rooted, &mut room)?;
    }
    Ok(())
}

/// The entries of the outer archive by name, read where they lie.
struct Blobs {
    file: File,
    places: BTreeMap<String, (u64, u64)>,
}

/// `manifest.json` of `docker save`.
#[derive(Deserialize)]
struct DockerImage {
    #[serde(rename = "Layers")]
    layers: Vec<String>,
}

/// An OCI index or manifest (image-spec, `index.json` and `blobs/`).
#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    manifests: Vec<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
    #[serde(default)]
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    architecture: String,
    os: String,
}

impl Descriptor {
    fn blob(&self) -> String {
        format!("blobs/{}", self.digest.replacen(':', "/", 1))
    }

    /// Whether it is for this machine; one that does not say so is taken.
    fn fits(&self) -> bool {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        self.platform.as_ref().is_none_or(|one| one.os == "linux" && one.architecture == architecture)
    }
}

impl Blobs {
    fn open(archive: &Path) -> Result<Self, ImportError> {
        let mut file = File::open(archive)?;
        let mut start = [0; 2];
        file.read_exact(&mut start)?;
        if start == [0x1f, 0x8b] {
            return Err(ImportError::unfit("it is compressed as a whole"));
        }
        file.seek(SeekFrom::Start(0))?;
        let mut places = BTreeMap::new();
        for entry in tar::Archive::new(&file).entries_with_seek()? {
            let entry = entry?;
            if !entry.header().entry_type().is_file() {
                continue;
            }
            if places.len() == BLOBS_MAX {
                return Err(ImportError::unfit("it has too many entries"));
            }
            let name = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_owned();
            places.insert(name, (entry.raw_file_position(), entry.size()));
        }
        Ok(Self { file, places })
    }

    /// Names of the layers, lowest first.
    fn layers(&mut self) -> Result<Vec<String>, ImportError> {
        if self.places.contains_key("manifest.json") {
            let images: Vec<DockerImage> = self.document("manifest.json")?;
            let [image] = images.as_slice() else {
                return Err(ImportError::unfit(format!("it holds {} images", images.len())));
            };
            return Ok(image.layers.clone());
        }
        let mut name = "index.json".to_owned();
        for _ in 0..INDEX_DEPTH_MAX {
            let document: Document = self.document(&name)?;
            if !document.layers.is_empty() {
                return Ok(document.layers.iter().map(Descriptor::blob).collect());
            }
            let Some(next) = document.manifests.iter().find(|one| one.fits()) else {
                return Err(ImportError::unfit("it has no image for this machine"));
            };
            name = next.blob();
        }
        Err(ImportError::unfit("its indexes are nested too deeply"))
    }

    fn document<T: for<'a> Deserialize<'a>>(&mut self, name: &str) -> Result<T, ImportError> {
        let mut text = Vec::new();
        self.entry(name)?.take(DOCUMENT_BYTES_MAX).read_to_end(&mut text)?;
        serde_json::from_slice(&text).map_err(|error| ImportError::unfit(format!("{name}: {error}")))
    }

    fn entry(&mut self, name: &str) -> Result<impl Read + '_, ImportError> {
        let place = self.places.get(name).copied();
        let (position, size) = place.ok_or_else(|| ImportError::unfit(format!("it lacks {name}")))?;
        self.file.seek(SeekFrom::Start(position))?;
        Ok((&mut self.file).take(size))
    }

    /// A layer, decompressed if need be.
    fn reader(&mut self, name: &str) -> Result<Box<dyn Read + '_>, ImportError> {
        let mut blob = io::BufReader::new(self.entry(name)?);
        match io::BufRead::fill_buf(&mut blob)? {
            [0x1f, 0x8b, ..] => Ok(Box::new(MultiGzDecoder::new(blob))),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Err(ImportError::unfit("its layers are compressed with zstd")),
            _ => Ok(Box::new(blob)),
        }
    }
}

#[cfg(test)]
mod tests;
