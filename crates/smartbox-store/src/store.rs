//! The store: a database and the keys of its secrets.

use std::path::Path;
use std::sync::Arc;

use smartbox_core::OrgId;

use crate::database::Database;
use crate::error::{Error, OpenError};
use crate::fleet::{FleetStore, SystemActor};
use crate::open;
use crate::org::OrgStore;
use crate::sealing::Sealer;

/// The platform's memory. Cheap to clone; all clones are one store.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) database: Database,
    pub(crate) sealer: Arc<Sealer>,
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
        Ok(Self { database, sealer: Arc::new(sealer) })
    }

    /// A store for tests that lives as long as this value, with a key of its own.
    ///
    /// # Errors
    /// When there is no entropy or no memory.
    pub async fn in_memory() -> Result<Self, Error> {
        let sealer = Sealer::ephemeral()?;
        let database = Database::in_memory().await?;
        open::prepare(&database, &sealer).await?;
        Ok(Self { database, sealer: Arc::new(sealer) })
    }

    /// For tests of what happens meanwhile: nobody writes while the answer lives; whoever tries fails as busy when their time is up.
    ///
    /// # Errors
    /// When somebody else writes for too long.
    pub async fn keep_busy(&self) -> Result<impl Send + use<>, Error> {
        self.database.write().await
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
    pub async fn copy_to(&self, path: &Path) -> Result<(), Error> {
        Ok(self.database.copy_to(path).await?)
    }

    /// Finishes what is under way and closes the file. Later calls fail.
    pub async fn close(&self) {
        self.database.close().await;
    }
}
