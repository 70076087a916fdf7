//! Where repositories lie.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Handle;

use crate::bridge::Bridge;
use crate::limit::{Bandwidth, Limited};
use crate::{Error, Repository};

/// How often a request to a bucket is repeated, and for how long in all.
const RETRIES_MAX: usize = 5;
const RETRY_WITHIN: Duration = Duration::from_secs(60);
/// How long one request may take.
const REQUEST_MAX: Duration = Duration::from_secs(120);

/// A bucket of an S3-compatible store.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What every key begins with; may be empty.
    pub prefix: String,
    /// The store's address; that of AWS without one.
    pub endpoint: Option<String>,
    /// Region; `auto` for R2.
    pub region: String,
    /// Who asks.
    pub access_key_id: String,
    /// Their secret.
    pub secret_access_key: SecretString,
}

/// Where repositories lie.
#[derive(Clone, Debug)]
pub enum Place {
    /// A directory of this machine.
    Directory(PathBuf),
    /// A bucket.
    Bucket(Bucket),
}

/// Whether a store keeps what is there when it is asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conditional {
    /// A second writer is refused.
    Kept,
    /// A second writer wins, and the store says nothing.
    Ignored,
}

/// The place of all repositories. Cheap to clone.
#[derive(Clone)]
pub struct Depot {
    pub(crate) store: Arc<dyn ObjectStore>,
    prefix: String,
    /// What restic's addresses begin with.
    pub(crate) address: String,
    /// Where it is one: the directory itself.
    pub(crate) directory: Option<PathBuf>,
    pub(crate) runtime: Handle,
    /// What was found when it was first used.
    pub(crate) conditional: Arc<OnceLock<Conditional>>,
}

impl std::fmt::Debug for Depot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Depot").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Depot {
    /// Opens a place. Nothing is sent yet; a directory is made. `runtime` carries the requests.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn open(place: &Place, runtime: Handle) -> Result<Self, Error> {
        match place {
            Place::Directory(path) => {
                std::fs::create_dir_all(path).map_err(Error::disk("making the directory of the backups"))?;
                let path =
                    path.canonicalize().map_err(Error::disk("finding the directory of the backups"))?;
                let store = LocalFileSystem::new_with_prefix(&path)?.with_fsync(true);
                let address = path.display().to_string();
                Ok(Self {
                    directory: Some(path),
                    ..Self::at(Arc::new(store), String::new(), address, runtime)
                })
            }
            Place::Bucket(bucket) => {
                let prefix = bucket.prefix.trim_matches('/').to_owned();
                let host =
                    bucket.endpoint.as_deref().unwrap_or("https://s3.amazonaws.com").trim_end_matches('/');
                let mut address = format!("s3:{host}/{}", bucket.name);
                if !prefix.is_empty() {
                    address = format!("{address}/{prefix}");
                }
                Ok(Self::at(Arc::new(open_bucket(bucket)?), prefix, address, runtime))
            }
        }
    }

    /// A place that is gone with this value, for tests.
    pub fn in_memory(runtime: Handle) -> Self {
        Self::at(Arc::new(InMemory::new()), String::new(), "memory:".to_owned(), runtime)
    }

    /// A place in somebody else's store, for tests that break it.
    pub fn over(store: Arc<dyn ObjectStore>, runtime: Handle) -> Self {
        Self::at(store, String::new(), "test:".to_owned(), runtime)
    }

    fn at(store: Arc<dyn ObjectStore>, prefix: String, address: String, runtime: Handle) -> Self {
        Self { store, prefix, address, directory: None, runtime, conditional: Arc::default() }
    }

    /// The same place, to and from which no more bytes a second go.
    #[must_use]
    pub fn limited(self, bandwidth: Bandwidth) -> Self {
        Self { store: Arc::new(Limited::new(self.store, bandwidth)), ..self }
    }

    /// Whether it is a directory of this machine.
    pub const fn is_local(&self) -> bool {
        self.directory.is_some()
    }

    /// The repository of a box. It is made with its first snapshot.
    ///
    /// # Errors
    /// When a name is no plain one: nothing of one tenant may lie in the place of another.
    pub fn repository(&self, owner: &str, name: &str, key: SecretString) -> Result<Repository, Error> {
        let prefix = self.prefix_of(owner, name)?;
        let location = format!("{}/users/{owner}/{name}", self.address);
        let bridge = Bridge::new(Arc::clone(&self.store), prefix, location, self.runtime.clone());
        Repository::new(self.clone(), bridge, &key)
    }

    /// The address of a box's repository, as restic takes it.
    pub fn address(&self, owner: &str, name: &str) -> String {
        format!("{}/users/{owner}/{name}", self.address)
    }

    /// Removes everything of a box's repository.
    ///
    /// # Errors
    /// When the store fails; the rest is removed by the next call.
    pub async fn erase(&self, owner: &str, name: &str) -> Result<(), Error> {
        let prefix = self.prefix_of(owner, name)?;
        let found = self.store.list(Some(&prefix)).map_ok(|object| object.location).boxed();
        let mut removed = self.store.delete_stream(found);
        while let Some(removed) = removed.next().await {
            match removed {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let Some(directory) = &self.directory else { return Ok(()) };
        // Directories, and files that were not finished, which no list names.
        match std::fs::remove_dir_all(directory.join("users").join(owner).join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::disk("removing the backups of a box")(error))
            }
            _ => Ok(()),
        }
    }

    /// How many objects a box's repository has, and their sizes together. In a directory also what was not finished.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn measure(&self, owner: &str, name: &str) -> Result<(u64, u64), Error> {
        let prefix = self.prefix_of(owner, name)?;
        let mut found = self.store.list(Some(&prefix));
        let (mut objects, mut bytes) = (0, 0_u64);
        while let Some(object) = found.next().await {
            objects += 1;
            bytes = bytes.saturating_add(object?.size);
        }
        let Some(directory) = &self.directory else { return Ok((objects, bytes)) };
        let of_box = directory.join("users").join(owner).join(name);
        // A directory that is there and has no object holds what no list names.
        let is_there = std::fs::symlink_metadata(&of_box).is_ok();
        Ok((objects.max(u64::from(is_there)), bytes))
    }

    fn prefix_of(&self, owner: &str, name: &str) -> Result<Path, Error> {
        let is_plain = |word: &str| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        if !is_plain(owner) || !is_plain(name) {
            return Err(Error::Place("the name of a repository is not plain".to_owned()));
        }
        Ok(self.path(&["users", owner, name]))
    }

    /// A path below the place.
    pub(crate) fn path(&self, parts: &[&str]) -> Path {
        let all = self.prefix.split('/').filter(|part| !part.is_empty()).chain(parts.iter().copied());
        Path::from_iter(all.map(object_store::path::PathPart::from))
    }
}

fn open_bucket(bucket: &Bucket) -> Result<impl ObjectStore, Error> {
    let is_plain_http = bucket.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
    let options = ClientOptions::new().with_timeout(REQUEST_MAX).with_allow_http(is_plain_http);
    let retry = RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: RETRIES_MAX,
        retry_timeout: RETRY_WITHIN,
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&bucket.name)
        .with_region(&bucket.region)
        .with_access_key_id(&bucket.access_key_id)
        .with_secret_access_key(bucket.secret_access_key.expose_secret())
        .with_virtual_hosted_style_request(false)
        .with_client_options(options)
        .with_retry(retry);
    if let Some(endpoint) = &bucket.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    Ok(builder.build()?)
}
