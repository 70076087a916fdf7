//! Sealed boxes: a saved state is booted in a box that nobody can reach and that reaches nobody, to see whether it can be.
//!
//! It has an id that no row of boxes has, a range of user ids that no other box gets, fresh keys, and none of the platform's doors: its
//! network is a loopback where nobody answers, so no channel, model or mesh is told anything, and its gateway begins nothing by itself. It is
//! removed whatever comes of it; after a crash by whoever acts next, who finds its id in the table. There is one at a time.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use smartbox_core::{BoxId, Observed, UidRange, tier, uid_range};
use smartbox_openclaw::config::ModelConfig;
use smartbox_provider::{Epoch, Limits, Observation, Spec};
use smartbox_store::{Backup, Smartbox, SystemActor};
use tokio::time::Instant;

use crate::backups::{blocking, identity, shift_of, take, wrong_with_copy};
use crate::spec::{CRASHES_MAX, Ingredients, render_files};
use crate::{Control, Error, random_token};

/// Between two looks at it.
const LOOK: Duration = Duration::from_secs(1);
/// An idle gateway stops in half a second; nothing of it is needed.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// The sealed boxes of this platform that are there now, so that nobody wonders whose they are.
#[derive(Default)]
pub(crate) struct Sealed {
    ids: Mutex<HashSet<BoxId>>,
    /// Whoever has a sealed box holds this: they share a range of user ids.
    turn: tokio::sync::Mutex<()>,
}

/// The right to have the sealed box.
pub(crate) type Turn<'a> = tokio::sync::MutexGuard<'a, ()>;

impl Sealed {
    fn ids(&self) -> MutexGuard<'_, HashSet<BoxId>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for its turn.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        self.turn.lock().await
    }

    /// The same, if nobody else has it.
    pub(crate) fn try_turn(&self) -> Option<Turn<'_>> {
        self.turn.try_lock().ok()
    }

    /// Whether this is one.
    pub(crate) fn has(&self, id: BoxId) -> bool {
        self.ids().contains(&id)
    }
}

/// What came of a boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Boot {
    /// The gateway became ready and the state is well.
    Well,
    /// It did not, or it is not: that may be the gateway's fault.
    Unwell(String),
    /// What was saved is not what came back: it was never started.
    Broken(String),
}

/// Removes what a platform left that was killed while it had a sealed box. It says nothing of the backup.
pub(crate) async fn clean_up(control: &Control, epoch: Epoch, _turn: &Turn<'_>) -> Result<(), Error> {
    let fleet = control.inner.store.fleet(SystemActor::new("sealed boxes"));
    for left in fleet.open_drills().await? {
        control.inner.provider.ensure_absent(left.id, epoch).await.map_err(Error::internal)?;
        fleet.drop_drill(&left).await?;
    }
    Ok(())
}

/// Boots a backup of `row` on `runtime` in the sealed box `id`, and removes the box again. The caller has written the box down, and has the
/// turn.
///
/// # Errors
/// What says nothing of the backup: the provider or the store of backups is away.
pub(crate) async fn boot(
    control: &Control,
    (row, backup): (&Smartbox, &Backup),
    runtime: &str,
    (id, epoch): (BoxId, Epoch),
) -> Result<Boot, Error> {
    control.inner.sealed.ids().insert(id);
    let booted = boot_and_look(control, (row, backup), runtime, (id, epoch)).await;
    // What cannot be removed now is removed by the next look.
    control.inner.provider.ensure_absent(id, epoch).await.map_err(Error::internal)?;
    control.inner.sealed.ids().remove(&id);
    booted
}

async fn boot_and_look(
    control: &Control,
    (row, backup): (&Smartbox, &Backup),
    runtime: &str,
    (id, epoch): (BoxId, Epoch),
) -> Result<Boot, Error> {
    if let Some(wrong) = put_in_place(control, (row, backup), (id, epoch)).await? {
        return Ok(Boot::Broken(wrong));
    }
    let spec = spec(control, row, runtime).await?;
    let provider = &control.inner.provider;
    provider.ensure_running(id, epoch, &spec).await.map_err(Error::internal)?;
    if let Some(wrong) = wait_until_ready(control, id).await? {
        return Ok(Boot::Unwell(wrong));
    }
    provider.ensure_stopped(id, epoch).await.map_err(Error::internal)?;
    let found = take::inspect(control, id, epoch).await?;
    Ok(take::compare(Some(&backup.facts), &found).map_or(Boot::Well, Boot::Unwell))
}

/// Writes the backup to the disk of the sealed box. Returns what is wrong with it.
async fn put_in_place(
    control: &Control,
    (row, backup): (&Smartbox, &Backup),
    (id, epoch): (BoxId, Epoch),
) -> Result<Option<String>, Error> {
    let volumes = &control.inner.backups.volumes;
    let range = range()?;
    let staged = volumes.stage(id, epoch, range).await.map_err(Error::internal)?;
    let repository = control.repository_of(row).await?;
    let (snapshot, limits) = (backup.snapshot.clone(), control.inner.limits.backups.limits);
    let (ids, home) = (shift_of(range), staged.clone());
    let written = blocking(move || repository.restore(&snapshot, &staged, ids, limits)).await?;
    let written = match written {
        Ok(written) => written,
        Err(error @ (smartbox_backup::Error::NoSnapshot | smartbox_backup::Error::Foreign(_))) => {
            return Ok(Some(error.to_string()));
        }
        Err(error) => return Err(Error::internal(error)),
    };
    if written.files != backup.facts.files {
        return Ok(Some(format!("{} of {} files came back", written.files, backup.facts.files)));
    }
    for database in &written.databases {
        if let Some(wrong) = wrong_with_copy(database).await {
            return Ok(Some(format!("a database is broken: {wrong}")));
        }
    }
    // It is another gateway than the one that may be running now, and must not wait for that one's leases.
    if let Err(wrong) = identity::renew(&home, &written.databases).await {
        return Ok(Some(format!("it could not be given an identity of its own: {wrong}")));
    }
    volumes.mark_staged(id, epoch, &backup.id.to_string()).await.map_err(Error::internal)?;
    volumes.swap(id, epoch).await.map_err(Error::internal)?;
    Ok(None)
}

/// Waits for its gateway. Returns what is wrong with it.
async fn wait_until_ready(control: &Control, id: BoxId) -> Result<Option<String>, Error> {
    let within = control.inner.limits.upgrade.ready_within;
    let deadline = Instant::now() + within;
    loop {
        let seen = control.inner.provider.observe(id).await.map_err(Error::internal)?;
        match &seen {
            Some(Observation { restarts: 1.., .. }) => {
                return Ok(Some("its gateway ended by itself".to_owned()));
            }
            Some(Observation { observed: Observed::Ready, .. }) => return Ok(None),
            Some(Observation { observed: Observed::Dead(reason), .. }) => {
                return Ok(Some(format!("its gateway ended ({})", reason.as_str())));
            }
            Some(_comes_up) => {}
            None => return Ok(Some("it is gone".to_owned())),
        }
        if Instant::now() >= deadline {
            return Ok(Some(format!("its gateway was not ready within {} s", within.as_secs())));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The last range but one, which no other box gets for as long as there are others: the last is the warm-up's. One sealed box at a time
/// has it.
fn range() -> Result<UidRange, Error> {
    UidRange::from_slot(uid_range::COUNT - 2).ok_or_else(|| Error::internal("no user ids left"))
}

/// What it runs as: like its model in everything but keys, secrets and who it is.
async fn spec(control: &Control, row: &Smartbox, runtime: &str) -> Result<Spec, Error> {
    let entropy = &*control.inner.entropy;
    let mut seed = [0u8; 32];
    entropy.fill(&mut seed);
    let key = smartbox_tunnel::generate_key_pair(seed).map_err(Error::internal)?;
    let gateway_token = SecretString::from(random_token(entropy));
    let models: ModelConfig = control.inner.runtime.models.clone();
    let files = render_files(&Ingredients {
        generation: 1,
        runtime_version: runtime,
        models: &models,
        // No channel of its model may answer to anybody.
        owner: None,
        gateway_token: &gateway_token,
        host_key: &key.private,
        authorized_key: key.public.clone(),
        stop_grace: STOP_GRACE,
        crashes_max: CRASHES_MAX,
        secrets: &[],
        trust: None,
        is_quiet: true,
    })?;
    let fleet = control.inner.store.fleet(SystemActor::new("sealed boxes"));
    let tier = fleet.tier(&row.tier).await?;
    let [smallest, ..] = tier::defaults();
    let tier = tier.unwrap_or(smallest);
    Ok(Spec {
        generation: 1,
        hostname: "sealed".to_owned(),
        uid_range: range()?,
        runtime_version: runtime.to_owned(),
        limits: Limits {
            cpu_millis: tier.cpu_millis,
            memory_bytes: tier.memory_bytes,
            memory_max_bytes: tier.memory_max_bytes,
            pids_max: tier.pids_max,
        },
        stop_grace: STOP_GRACE,
        files,
    })
}
