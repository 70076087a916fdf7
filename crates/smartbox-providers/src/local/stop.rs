//! From running processes to none.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use smartbox_boxd::GatewayStatus;
use smartbox_core::BoxId;
use smartbox_provider::ProviderError;

use super::error::at_path;
use super::host::{Doing, Host};
use super::locks::BoxGuard;
use super::process::{signal, uptime_seconds};
use super::{LocalProvider, guarded, netns};

/// boxd itself needs this long beyond the grace of the gateway, to write its last status.
const BOXD_GRACE: Duration = Duration::from_secs(2);

/// A first process that was asked to end.
struct Ending {
    handle: OwnedFd,
    within: Duration,
}

impl LocalProvider {
    /// Asks boxd to end, waits as long as the box's spec allows, ends what is left by force and cleans up.
    pub(super) async fn stop_gracefully(
        &self,
        guard: BoxGuard,
        id: BoxId,
    ) -> Result<BoxGuard, ProviderError> {
        let host = Arc::clone(&self.host);
        let (guard, ending) = guarded(guard, move || host.ask_to_end(id)).await?;
        if let Some(ending) = ending {
            let _doing = self.host.doing(id, Doing::Stopping);
            let ended = super::kernel::readable(ending.handle)
                .map_err(|error| ProviderError::transient("the box's end cannot be watched", error))?;
            // Either way the rest is ended below.
            let _in_time = tokio::time::timeout(ending.within, ended.readable()).await;
        }
        let host = Arc::clone(&self.host);
        let (guard, ()) = guarded(guard, move || host.tear_down(id)).await?;
        Ok(guard)
    }
}

impl Host {
    /// Sends boxd the signal to end, once. `None` when there is no process.
    fn ask_to_end(&self, id: BoxId) -> Result<Option<Ending>, ProviderError> {
        let Some(mut record) = self.record(id)? else { return Ok(None) };
        if !self.lives(&record) {
            return Ok(None);
        }
        let unseen =
            |error: io::Error| ProviderError::transient("the box's first process cannot be seen", error);
        let Some(handle) = record.process().open().map_err(unseen)? else { return Ok(None) };
        if record.stop_asked_at.is_none() {
            record.stop_asked_at = Some(uptime_seconds().map_err(unseen)?);
            self.write_record(id, &record)?;
        }
        match self.gateway_status(id, record.generation) {
            // boxd has not said a word: no gateway runs that could finish anything, and a first process gets no
            // signal that it does not listen for yet.
            None => return Ok(None),
            // A stop that was cut off is taken up: a second signal would cut short what boxd is finishing.
            Some(GatewayStatus::Stopping) => {}
            Some(_) => signal(&handle, Signal::TERM).map_err(unseen)?,
        }
        // A frozen box cannot finish anything. The signal was sent before, so that it is the first thing boxd sees.
        self.cgroups
            .thaw(id)
            .map_err(|error| ProviderError::transient("the processes of the box cannot be thawed", error))?;
        let within = Duration::from_millis(record.stop_grace_ms) + BOXD_GRACE;
        Ok(Some(Ending { handle, within }))
    }

    /// Ends every process of the box by force and removes what belonged to its incarnation. Does nothing when
    /// there is nothing.
    pub(super) fn tear_down(&self, id: BoxId) -> Result<(), ProviderError> {
        let (scratch, network) = (self.paths.run_box(id), self.paths.netns(id));
        let stuck = |error: io::Error| ProviderError::transient("processes of the box do not end", error);
        // The cgroup is looked at, too: another run directory may have been configured when the box was started.
        if !scratch.exists() && self.cgroups.processes(id).map_err(stuck)?.is_empty() {
            return Ok(());
        }
        fs::create_dir_all(&scratch).map_err(at_path("making the box's run directory", &scratch))?;
        let _doing = match self.what_is_done(id) {
            // Part of a start.
            Some(_) => None,
            None => Some(self.doing(id, Doing::Stopping)),
        };
        if self.cgroups.is_frozen(id) {
            // The runtime knows nothing of our freeze, and waits for processes that do not move.
            self.cgroups.kill_all(id).map_err(stuck)?;
        }
        // The kernel kills the whole PID namespace with its first process.
        self.runtime.delete(id, &scratch)?;
        self.cgroups.kill_all(id).map_err(stuck)?;
        self.cgroups.remove(id).map_err(stuck)?;
        self.working_sets.forget(id);
        netns::release(&network).map_err(at_path("releasing the box's network", &network))?;
        // Last: as long as it is there, an interrupted call is taken up by the next.
        fs::remove_dir_all(&scratch).map_err(at_path("removing the box's run directory", &scratch))?;
        self.touch();
        Ok(())
    }

    /// Ends the box by force and removes all of it.
    pub(super) fn remove(&self, id: BoxId) -> Result<(), ProviderError> {
        self.tear_down(id)?;
        self.remove_volume(id)
    }
}
