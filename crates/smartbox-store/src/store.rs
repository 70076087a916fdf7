//! The store: a database and the keys of its secrets.

use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;
use smartbox_core::OrgId;

use crate::database::{Database, Server};
use crate::error::{Error, OpenError};
use crate::fleet::{FleetStore, LastRead, SystemActor};
use crate::open;
use crate::open::SeenPlatforms;
use crate::org::OrgStore;
use crate::sealing::Sealer;

/// The platform's memory. Cheap to clone; all clones are one store.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) database: Database,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) all_boxes: Arc<LastRead>,
}

impl Store {
    /// Opens the database at `path`. A missing one is made, readable for its owner only.
    ///
    /// The directory must exist, and the caller must hold the lock that keeps other processes out of it.
    ///
    /// # Errors
    /// When the file is damaged, newer, foreign, sealed with another key or unusable. It was not changed then.
    pub async fn open(path: &Path, sealer: Sealer) -> Result<Self, OpenError> {
        let database = open::open(path, &sealer).await?;
        Ok(Self::of(database, sealer))
    }

    /// Opens the database on a PostgreSQL server at `url`, with so many connections that read. It is made by whoever runs the
    /// server; an empty one gets its tables. Other platforms may use it at the same time.
    ///
    /// # Errors
    /// When the server cannot be reached, or the database is newer, foreign, sealed with another key or not as it has to be.
    pub async fn connect(url: &SecretString, readers: u32, sealer: Sealer) -> Result<Self, OpenError> {
        let database = open::open_on_server(&server(url, readers)?, &sealer).await?;
        Ok(Self::of(database, sealer))
    }

    /// Looks at the database on a server as [`Self::connect`] does, and changes nothing.
    ///
    /// # Errors
    /// What would keep it from being used, but for a key: which ones there are is not asked.
    pub async fn look_at(url: &SecretString) -> Result<(), OpenError> {
        open::look_at_server(&server(url, 1)?).await
    }

    /// The platforms that share a database on a server, seen from outside; `None` where it is none of ours yet. Changes nothing.
    ///
    /// # Errors
    /// It cannot be reached, or read.
    pub async fn look_at_platforms(url: &SecretString) -> Result<Option<SeenPlatforms>, OpenError> {
        open::look_at_platforms(&server(url, 1)?).await
    }

    /// Whether the database is on a server, where other platforms may use it, and whose backups are its operator's business.
    pub const fn is_shared(&self) -> bool {
        self.database.is_shared()
    }

    /// A store for tests that lives as long as this value, with a key of its own.
    ///
    /// # Errors
    /// When there is no entropy or no memory.
    pub async fn in_memory() -> Result<Self, Error> {
        let sealer = Sealer::ephemeral()?;
        let database = Database::in_memory().await?;
        open::prepare(&database, &sealer).await?;
        Ok(Self::of(database, sealer))
    }

    /// For tests of what happens meanwhile: nobody writes while the answer lives; whoever tries fails as busy when their time is up.
    ///
    /// # Errors
    /// When somebody else writes for too long.
    pub async fn keep_busy(&self) -> Result<impl Send + use<>, Error> {
        self.database.write().await
    }

    fn of(database: Database, sealer: Sealer) -> Self {
        Self { database, sealer: Arc::new(sealer), all_boxes: Arc::default() }
    }

    /// What one org may see and do. Rows of another org do not exist there.
    pub fn org(&self, id: OrgId) -> OrgStore {
        OrgStore { store: self.clone(), org: id }
    }

    /// The system's own work, across all orgs.
    pub fn fleet(&self, actor: SystemActor) -> FleetStore {
        FleetStore { store: self.clone(), actor }
    }

    /// Saves everything as one consistent file, which must not exist yet. Secrets in it are sealed, as they are here.
    ///
    /// # Errors
    /// For a database on a server, which has tools of its own for it.
    pub async fn copy_to(&self, path: &Path) -> Result<(), Error> {
        self.database.copy_to(path).await
    }

    /// Finishes what is under way and closes the file. Later calls fail.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

/// Understands the address of a database on a PostgreSQL server, and returns it without what is secret in it.
///
/// # Errors
/// When it is none. The text repeats nothing of it.
pub fn check_address(url: &SecretString) -> Result<String, OpenError> {
    Ok(server(url, 1)?.address())
}

fn server(url: &SecretString, readers: u32) -> Result<Server, OpenError> {
    Server::new(url, readers).ok_or(OpenError::BadAddress)
}
