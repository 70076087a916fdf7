//! The database of the platform, and the right to act on the boxes in it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use secrecy::SecretString;
use smartbox_control::{Clock, Entropy, Lease, random_token};
use smartbox_store::{OpenError, Store, SystemActor};

use crate::console::Console;
use crate::data_dir::{DataDir, InUse};
use crate::sealing_keys;
use crate::settings::{DatabaseSettings, Settings};
use crate::signals::Signals;

/// Time of the lease under which the boxes of a database are changed: after a platform was cut off from its database,
/// another one waits this long. The lock of the data directory keeps others out of a file.
const FILE_LEASE_TTL: Duration = Duration::from_secs(30);
/// The same on a server, where another platform may stand by.
const SERVER_LEASE_TTL: Duration = Duration::from_secs(6);
/// A platform that stands by asks this often whether its time has come.
const STANDBY_POLL: Duration = Duration::from_millis(500);
/// The fact in the database that says in which data directory its boxes lie.
const HOME: &str = "data-directory";

/// What a platform says that waits for another one to go.
const STANDS_BY: &str =
    "another platform acts on these boxes; this one stands by, and takes over when that one is gone";

/// A signal came while another platform acted: there is nothing to stop.
#[derive(Debug, thiserror::Error)]
#[error("stopped while standing by")]
pub(crate) struct StoodBy;

/// The data directory, locked. With a database on a server the platform stands by until it is free; otherwise one that is not
/// is an error.
pub(super) async fn data_dir(
    settings: &Settings,
    signals: &mut Signals,
    console: &Console,
) -> Result<DataDir> {
    let mut is_said = false;
    loop {
        match DataDir::open(&settings.data_dir, settings.owner) {
            Err(error)
                if error.is::<InUse>() && matches!(settings.database, DatabaseSettings::Server { .. }) => {}
            opened => return opened,
        }
        if !is_said {
            console.say(STANDS_BY);
            is_said = true;
        }
        wait(signals).await?;
    }
}

/// Opens the database that the settings name.
pub(super) async fn open(settings: &Settings, data: &DataDir) -> Result<Store> {
    let sealer = sealing_keys::sealer(&settings.sealing_keys, data).await?;
    let opened = match &settings.database {
        DatabaseSettings::File => Store::open(&data.database(), sealer).await,
        DatabaseSettings::Server { url, readers } => Store::connect(url, *readers, sealer).await,
    };
    opened.map_err(|error| {
        let remedy = error.remedy();
        anyhow!("{:#}\nhelp: {remedy}", anyhow::Error::from(error))
    })
}

/// The right to act on the boxes of the database. On a server the platform stands by until nobody else has it.
pub(super) async fn lease(
    store: &Store,
    data: &DataDir,
    (clock, entropy): (&Arc<dyn Clock>, &dyn Entropy),
    signals: &mut Signals,
    console: &Console,
) -> Result<Lease> {
    let acquire =
        async |ttl, is_alone| Lease::acquire(store, Arc::clone(clock), entropy, ttl, is_alone).await;
    if !store.is_shared() {
        // The lock of the data directory, where the database lies, proves that the last holder is gone.
        let lease = acquire(FILE_LEASE_TTL, true).await?;
        return lease.context("another platform acts on this database\nhelp: stop that one");
    }
    let identity = identity(data, entropy)?;
    check_home(store, data, &identity).await?;
    let mut is_said = false;
    loop {
        match acquire(SERVER_LEASE_TTL, false).await {
            Ok(Some(lease)) => {
                // Nobody else makes boxes from here on.
                check_home(store, data, &identity).await?;
                store.fleet(SystemActor::new("start")).meta_set(HOME, &identity).await?;
                return Ok(lease);
            }
            Ok(None) if !is_said => {
                console.say(STANDS_BY);
                is_said = true;
            }
            Ok(None) => {}
            // It was there a moment ago, and a standby is for moments when something is not there.
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the lease could not be asked for");
            }
        }
        wait(signals).await?;
    }
}

/// Waits until it is time to ask again.
async fn wait(signals: &mut Signals) -> Result<(), StoodBy> {
    tokio::select! { biased;
        () = signals.next() => Err(StoodBy),
        () = tokio::time::sleep(STANDBY_POLL) => Ok(()),
    }
}

/// The disks of the boxes are in the data directory. A platform with another one would give every box an empty disk.
async fn check_home(store: &Store, data: &DataDir, identity: &str) -> Result<()> {
    let fleet = store.fleet(SystemActor::new("start"));
    let is_elsewhere = fleet.meta_get(HOME).await?.is_some_and(|home| home != identity);
    if is_elsewhere && !fleet.all_boxes().await?.is_empty() {
        bail!(
            "the boxes of this database have their disks in another data directory than {}\n\
             help: start Smartbox with that one, or move it here whole; its file `identity` says which it is",
            data.path().display()
        );
    }
    Ok(())
}

/// What the data directory is known by, wherever it lies.
fn identity(data: &DataDir, entropy: &dyn Entropy) -> Result<String> {
    let file = data.identity();
    match std::fs::read_to_string(&file) {
        Ok(identity) => Ok(identity.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let identity = random_token(entropy);
            data.write_private(&file, identity.as_bytes())?;
            Ok(identity)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

/// Looks at a database on a server; for the doctor.
pub(crate) async fn look(url: &SecretString) -> Result<(), OpenError> {
    Store::look_at(url).await
}
