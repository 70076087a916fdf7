//! Where the certificate of the edge comes from: files of others, or an ACME authority.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use anyhow::{Context, Result};
use jiff::Timestamp;
use smartbox_acme::{Keeper, Vault, kept};
use smartbox_control::Clock;
use smartbox_edge::{Tls, TlsIdentity};
use tokio_util::sync::CancellationToken;

use super::{Files, LOOK_PERIOD, Pair, fingerprint, follow};
use crate::data_dir::DataDir;
use crate::settings::EdgeSettings;
use crate::signals;

/// Directory of account and certificate in the data directory.
const VAULT_DIR: &str = "acme";

/// What the edge speaks, and where new certificates come from.
pub(crate) enum Source {
    Files { files: Files, shown: Box<Pair>, tls: Tls },
    Acme(Box<Keeper>),
}

impl Source {
    /// `None` if the edge speaks in clear text.
    pub(crate) fn of(settings: &EdgeSettings, data: &DataDir, clock: Arc<dyn Clock>) -> Result<Option<Self>> {
        if let Some((files, pair)) = &settings.tls {
            let tls = Tls::new(pair.identity.clone()).context("TLS cannot be spoken")?;
            return Ok(Some(Self::Files { files: files.clone(), shown: Box::new(pair.clone()), tls }));
        }
        let Some(acme) = &settings.acme else { return Ok(None) };
        let vault = Arc::new(DataVault(data.clone()));
        let keeper = Keeper::new(acme.clone(), vault, Arc::new(move || clock.now()));
        Ok(Some(Self::Acme(Box::new(keeper.context("no certificate can be kept")?))))
    }

    pub(crate) fn tls(&self) -> Tls {
        match self {
            Self::Files { tls, .. } => tls.clone(),
            Self::Acme(keeper) => keeper.tls(),
        }
    }

    /// How this machine's command line knows the certificate that is shown.
    pub(crate) fn fingerprint(&self) -> String {
        match self {
            Self::Files { shown, .. } => shown.fingerprint.clone(),
            Self::Acme(keeper) => fingerprint(keeper.shown()),
        }
    }

    /// When that certificate stops being valid.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Files { shown, .. } => shown.expires_at,
            Self::Acme(keeper) => keeper.shown().validity().map(|(_from, until)| until),
        }
    }

    /// Shows new certificates as they come. `changed` hears of the fingerprint of each.
    pub(crate) async fn run(self, changed: impl Fn(&str), stop: CancellationToken) {
        match self {
            Self::Files { files, shown, tls } => match signals::hangups() {
                Ok(hangups) => {
                    let changed = |pair: &Pair| changed(&pair.fingerprint);
                    follow(files, *shown, tls, LOOK_PERIOD, hangups, changed, stop).await;
                }
                Err(error) => tracing::error!(%error, "new certificates are not noticed"),
            },
            Self::Acme(keeper) => keeper.run(|identity| changed(&fingerprint(identity)), stop).await,
        }
    }
}

/// The certificate that an authority has issued, for somebody who only looks.
pub(crate) fn issued(settings: &EdgeSettings, data_dir: &Path) -> Option<TlsIdentity> {
    kept(settings.acme.as_ref()?, &Looking(data_dir.join(VAULT_DIR)))
}

/// A directory of the data directory that only root can read.
struct DataVault(DataDir);

impl DataVault {
    fn dir(&self) -> PathBuf {
        self.0.path().join(VAULT_DIR)
    }
}

impl Vault for DataVault {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        Looking(self.dir()).read(name)
    }

    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        self.0.write_private(&self.dir().join(name), content).map_err(io::Error::other)
    }
}

/// The same directory, of a platform that may be running.
struct Looking(PathBuf);

impl Vault for Looking {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.0.join(name)) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, _name: &str, _content: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}
