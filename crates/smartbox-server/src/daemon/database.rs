//! The database of the platform, and the right to act on the boxes in it.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use secrecy::{ExposeSecret, SecretString};
use smartbox_control::{Clock, Entropy, Keeping, Lease, Membership, PlatformParts, random_token};
use smartbox_store::{OpenError, SeenPlatforms, Store, SystemActor};

use crate::console::Console;
use crate::data_dir::{DataDir, InUse, With};
use crate::sealing_keys;
use crate::settings::{DatabaseSettings, Settings};
use crate::signals::Signals;

/// Time of the lease under which the boxes of a database are changed: after a platform was cut off from its database,
/// another one waits this long. The lock of the data directory keeps others out of a file.
const FILE_LEASE_TTL: Duration = Duration::from_secs(30);
/// On a server a platform without a beat for this long is gone, and others take over its boxes.
const PLATFORM_TTL: Duration = Duration::from_secs(5);
/// A platform that stands by asks this often whether its time has come.
const STANDBY_POLL: Duration = Duration::from_millis(500);
/// The fact in the database that says in which data directory its boxes lie.
const HOME: &str = "data-directory";

/// What a platform says that waits for another one to go: of a version that knows of one only.
const STANDS_BY: &str =
    "another platform acts on these boxes; this one stands by, and takes over when that one is gone";
/// What it says while another one starts.
const WAITS: &str = "another platform is starting in this data directory; this one waits for its turn";

/// A signal came while another platform acted: there is nothing to stop.
#[derive(Debug, thiserror::Error)]
#[error("stopped while standing by")]
pub(crate) struct StoodBy;

/// The data directory, locked, and the turn of those that start in it. Platforms whose database is on a server may share it; one
/// that cannot be had yet is waited for then, and otherwise is an error.
pub(super) async fn data_dir(
    settings: &Settings,
    signals: &mut Signals,
    console: &Console,
) -> Result<(DataDir, File)> {
    let is_shared = matches!(settings.database, DatabaseSettings::Server { .. });
    let with = if is_shared { With::Platforms } else { With::Nobody };
    let (path, owner) = (&settings.data_dir, settings.owner);
    let data =
        patiently(is_shared, STANDS_BY, (signals, console), || DataDir::open(path, owner, with)).await?;
    let turn = patiently(is_shared, WAITS, (signals, console), || data.begin_start()).await?;
    Ok((data, turn))
}

/// Tries until nobody else has it, or only once.
async fn patiently<T>(
    is_patient: bool,
    what: &str,
    (signals, console): (&mut Signals, &Console),
    attempt: impl Fn() -> Result<T>,
) -> Result<T> {
    let mut is_said = false;
    loop {
        match attempt() {
            Err(error) if is_patient && error.is::<InUse>() => {}
            had => return had,
        }
        if !is_said {
            console.say(what);
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

/// The right to act on boxes of the database: on all of them, or, on a server, on a share of them. `address`: where other platforms
/// reach this one.
pub(super) async fn keeping(
    store: &Store,
    data: &DataDir,
    (clock, entropy): (&Arc<dyn Clock>, &dyn Entropy),
    address: Option<&str>,
    (signals, console): (&mut Signals, &Console),
) -> Result<Keeping> {
    let Some(address) = address else {
        // The lock of the data directory, where the database lies, proves that the last holder is gone.
        let lease = Lease::acquire(store, Arc::clone(clock), entropy, FILE_LEASE_TTL, true).await?;
        let lease = lease.context("another platform acts on this database\nhelp: stop that one")?;
        return Ok(lease.into());
    };
    let place = identity(data, entropy)?;
    check_home(store, data, &place).await?;
    let parts = PlatformParts {
        place: place.clone(),
        address: address.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ttl: PLATFORM_TTL,
    };
    let mut is_said = false;
    loop {
        match Membership::join(store, Arc::clone(clock), entropy, parts.clone()).await {
            Ok(Some(membership)) => {
                // Whoever joins later finds this one.
                check_home(store, data, &place).await?;
                store.fleet(SystemActor::new("start")).meta_set(HOME, &place).await?;
                let keeping = Keeping::from(membership);
                keeping.renew().await;
                return Ok(keeping);
            }
            Ok(None) if !is_said => {
                console.say(STANDS_BY);
                is_said = true;
            }
            Ok(None) => {}
            // It was there a moment ago, and whoever starts now is wanted when something is not there.
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the other platforms could not be joined"
                );
            }
        }
        wait(signals).await?;
    }
}

/// The key with which platforms of one database know each other. It lies where all of them have their disks.
pub(super) fn platforms_key(data: &DataDir, entropy: &dyn Entropy) -> Result<SecretString> {
    let file = data.platforms_key();
    match std::fs::read_to_string(&file) {
        Ok(key) => Ok(SecretString::from(key.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = SecretString::from(random_token(entropy));
            data.write_private(&file, key.expose_secret().as_bytes())?;
            Ok(key)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
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

/// The platforms that share a database on a server; for the doctor.
pub(crate) async fn look_at_platforms(url: &SecretString) -> Result<Option<SeenPlatforms>, OpenError> {
    Store::look_at_platforms(url).await
}

/// Looks at a database on a server; for the doctor.
pub(crate) async fn look(url: &SecretString) -> Result<(), OpenError> {
    Store::look_at(url).await
}
