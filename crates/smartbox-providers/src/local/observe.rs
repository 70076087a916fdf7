//! What is seen of the boxes: from small files of the kernel, of boxd and of our own. No process is started.

mod decide;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use smartbox_boxd::{BOXD_DIR, BoxdStatus, GatewayStatus, STATUS_PATH};
use smartbox_core::{BoxId, Observed};
use smartbox_provider::{Generation, Observation, ProviderError};

use super::beneath::Beneath;
use super::host::{Doing, Host};
use super::process::uptime_seconds;
use super::record::{Record, read_epoch};
use super::{LocalProvider, guarded};
use decide::{Facts, Started, observed};

/// boxd's status takes some hundred bytes. The file is in the box's hands.
const STATUS_BYTES_MAX: u64 = 64 * 1024;
/// A gateway that is not ready after this long has its tier's CPU quota all the same: several times a cold
/// start on a busy machine.
const BOOST_SECONDS_MAX: u64 = 180;

/// An observation and what the provider itself needs to know of it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) observation: Observation,
    pub(super) record: Option<Record>,
    /// The CPU quota should apply and does not yet.
    pub(super) quota_due: bool,
}

impl Host {
    /// Everything that is ours: boxes on disk, and run directories whose box is gone.
    pub(super) fn observe_all(&self) -> Result<Vec<Seen>, ProviderError> {
        let mut ids = BTreeSet::new();
        for dir in [self.paths.boxes(), self.paths.run_boxes()] {
            let failed = |error: std::io::Error| super::error::at("looking through the boxes", &dir, error);
            for entry in fs::read_dir(&dir).map_err(failed)? {
                let name = entry.map_err(failed)?.file_name();
                // Whatever has no box id for a name is not ours.
                ids.extend(name.to_str().and_then(|name| name.parse::<BoxId>().ok()));
            }
        }
        ids.into_iter().map(|id| self.observe(id)).collect()
    }

    /// One box; `None`: there is nothing of it.
    pub(super) fn observe_one(&self, id: BoxId) -> Result<Option<Observation>, ProviderError> {
        let name = id.to_string();
        let is_known =
            [self.paths.boxes(), self.paths.run_boxes()].iter().any(|dir| dir.join(&name).exists());
        if is_known { self.observe(id).map(|seen| Some(seen.observation)) } else { Ok(None) }
    }

    pub(super) fn observe(&self, id: BoxId) -> Result<Seen, ProviderError> {
        let record = self.record(id)?;
        let epoch_path = self.paths.epoch(id);
        // A box with a broken file must not hide the others. Calls that act on it fail and say why.
        let epoch = read_epoch(&epoch_path).unwrap_or_else(|error| {
            tracing::warn!(%id, %error, "the epoch of a box cannot be read");
            0
        });
        let status = record.as_ref().and_then(|record| self.status(id, record.generation));
        let alive = record.as_ref().is_some_and(|record| self.lives(record));
        let oom_kills = match &record {
            Some(_) => self.cgroups.oom_kills(id).unwrap_or(0),
            None => 0,
        };
        let doing = self.what_is_done(id);
        let is_copied = doing == Some(Doing::Copying);
        let facts = Facts {
            doing,
            started: match &record {
                Some(_) => Started::Yes,
                None if self.paths.run_box(id).exists() => Started::Halfway,
                None => Started::No,
            },
            stop_asked: record.as_ref().is_some_and(|record| record.stop_asked_at.is_some()),
            stop_overdue: record.as_ref().is_some_and(is_overdue),
            alive,
            asleep: record
                .as_ref()
                .filter(|_| alive && !is_copied)
                .and_then(|record| self.sleep_depth(id, record)),
            status: status.as_ref(),
            oom_kills,
        };
        let observed = observed(&facts);
        let quota_due = alive && record.as_ref().is_some_and(|record| is_quota_due(record, &observed));
        let generation = record.as_ref().map(|record| record.generation);
        let observation = Observation {
            id,
            epoch,
            // A dead box keeps its generation: what died is known, and whether something newer is wanted.
            generation: generation.filter(|_| alive || matches!(observed, Observed::Dead(_))),
            observed,
            restarts: status.as_ref().map_or(0, |status| status.restarts),
            was_silent: status.as_ref().is_some_and(|status| status.was_silent),
            last_exit: status.and_then(|status| status.last_exit).map(|exit| exit.code),
            oom_kills,
            pid: record.as_ref().filter(|_| alive).map(|record| record.pid),
        };
        Ok(Seen { observation, record, quota_due })
    }

    /// boxd's word about this incarnation. One that is missing, broken or of another incarnation is none.
    fn status(&self, id: BoxId, generation: Generation) -> Option<BoxdStatus> {
        let name = Path::new(STATUS_PATH).strip_prefix(BOXD_DIR).ok()?;
        let below = Beneath::open(&self.paths.boxd_volume(id)).ok()?;
        let content = below.read(name, STATUS_BYTES_MAX).ok()??;
        let status: BoxdStatus = serde_json::from_slice(&content).ok()?;
        (status.generation == generation).then_some(status)
    }

    pub(super) fn gateway_status(&self, id: BoxId, generation: Generation) -> Option<GatewayStatus> {
        self.status(id, generation).map(|status| status.gateway)
    }

    /// Lets the tier's CPU quota apply, once for each incarnation.
    fn apply_quota(&self, id: BoxId) -> Result<(), ProviderError> {
        let Some(record) = self.record(id)?.filter(|record| !record.quota_applied) else { return Ok(()) };
        self.cgroups
            .set_cpu_quota(id, record.cpu_millis)
            .map_err(|error| ProviderError::transient("the CPU quota cannot be set", error))?;
        self.write_record(id, &Record { quota_applied: true, ..record })
    }
}

impl LocalProvider {
    /// Ends the boost of boxes that have become ready. One that a call works on is left for the next time.
    pub(super) async fn apply_due_quotas(&self, seen: &[Seen]) -> Result<(), ProviderError> {
        for due in seen.iter().filter(|seen| seen.quota_due) {
            let id = due.observation.id;
            let Some(guard) = self.locks.try_lock(id) else { continue };
            let host = std::sync::Arc::clone(&self.host);
            guarded(guard, move || host.apply_quota(id)).await?;
        }
        Ok(())
    }
}

fn is_overdue(record: &Record) -> bool {
    record.stop_asked_at.is_some() && uptime_seconds().is_ok_and(|uptime| record.is_stop_overdue(uptime))
}

fn is_quota_due(record: &Record, observed: &Observed) -> bool {
    if record.quota_applied {
        return false;
    }
    let is_over = || record.process().age_seconds().is_ok_and(|age| age >= BOOST_SECONDS_MAX);
    matches!(observed, Observed::Ready | Observed::Unready) || is_over()
}
