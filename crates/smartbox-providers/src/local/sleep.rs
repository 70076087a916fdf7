//! From running processes to sleeping ones, and back.
//!
//! That a box sleeps is known by the kernel alone, so a platform that was killed in the middle finds the truth. Only
//! how deeply is a word in the box's record: written when all was pushed out, taken back before the thaw. A crash in
//! between leaves a box that seems to sleep less deeply than it does, which costs nothing.

use std::io;

use smartbox_core::{BoxId, SleepDepth};
use smartbox_provider::{MemoryUse, ProviderError};

use super::host::Host;
use super::memory::{self, swap_free_bytes};
use super::record::Record;
use super::squeeze::squeeze;

/// With less swap left than this the host is about to need it for boxes that are awake.
const SWAP_FREE_BYTES_MIN: u64 = 256 * 1024 * 1024;

impl Host {
    /// The deepest sleep that works now.
    pub(super) fn deepest_sleep(&self) -> Option<SleepDepth> {
        let has_room = || swap_free_bytes() >= SWAP_FREE_BYTES_MIN;
        self.cgroups.can_freeze().then(|| if has_room() { SleepDepth::Squeezed } else { SleepDepth::Frozen })
    }

    /// How deeply the box of this record sleeps. `None`: it is awake.
    pub(super) fn sleep_depth(&self, id: BoxId, record: &Record) -> Option<SleepDepth> {
        let depth = if record.squeezed { SleepDepth::Squeezed } else { SleepDepth::Frozen };
        self.cgroups.is_frozen(id).then_some(depth)
    }

    /// Freezes the box, and squeezes it where that is asked for and the host has room. Blocks.
    pub(super) fn put_to_sleep(&self, id: BoxId, depth: SleepDepth) -> Result<(), ProviderError> {
        let record = self.living(id)?;
        if record.stop_asked_at.is_some() {
            return Err(ProviderError::without_processes());
        }
        let was_asleep = self.cgroups.is_frozen(id);
        if !was_asleep && record.squeezed {
            // Left by a wake that was cut off, or by somebody else who thawed it.
            self.write_record(id, &Record { squeezed: false, ..record.clone() })?;
        }
        self.cgroups.freeze(id).map_err(|error| self.cannot_freeze(error))?;
        self.touch();
        if depth < SleepDepth::Squeezed || (was_asleep && record.squeezed) {
            return Ok(());
        }
        let squeezed = self.squeeze(id, &record).inspect_err(|_refused| {
            if let Err(error) = if was_asleep { Ok(()) } else { self.cgroups.thaw(id) } {
                tracing::error!(%id, %error, "a box that could not be squeezed cannot be thawed");
            }
        });
        if squeezed.map_err(cannot_squeeze)? {
            self.write_record(id, &Record { squeezed: true, ..record })?;
        }
        Ok(())
    }

    /// Thaws the box. Nothing happens to one that is awake. Blocks.
    pub(super) fn wake(&self, id: BoxId) -> Result<(), ProviderError> {
        let record = self.living(id)?;
        if !self.cgroups.is_frozen(id) {
            return Ok(());
        }
        if record.squeezed {
            self.working_sets.woken(id, record.process());
            self.write_record(id, &Record { squeezed: false, ..record })?;
        }
        self.cgroups
            .thaw(id)
            .map_err(|error| ProviderError::transient("the processes of the box cannot be thawed", error))?;
        self.touch();
        Ok(())
    }

    /// Notes what the box has needed to wake. Blocks.
    pub(super) fn note_working_set(&self, id: BoxId) {
        match self.cgroups.processes(id) {
            // Squeezed again meanwhile: it was noted then.
            Ok(pids) if !self.cgroups.is_frozen(id) => self.working_sets.note(id, &pids),
            Ok(_) => {}
            Err(error) => tracing::debug!(%id, %error, "the processes of a box that woke cannot be seen"),
        }
    }

    /// Memory of the box's processes. `None` without any.
    pub(super) fn memory(&self, id: BoxId) -> Result<Option<MemoryUse>, ProviderError> {
        let measured = self.cgroups.processes(id).and_then(|pids| memory::of_processes(&pids));
        let unseen = |error| ProviderError::transient("the memory of the box cannot be measured", error);
        Ok(Some(measured.map_err(unseen)?).filter(|sum| sum.processes > 0))
    }

    /// The record of the box's incarnation, whose first process lives.
    fn living(&self, id: BoxId) -> Result<Record, ProviderError> {
        let record = self.record(id)?.filter(|record| self.lives(record));
        record.ok_or_else(ProviderError::without_processes)
    }

    /// Returns whether there was room for it.
    fn squeeze(&self, id: BoxId, record: &Record) -> io::Result<bool> {
        let pids = self.cgroups.processes(id)?;
        // A box that sleeps again at once has been awake for what a wake needs and for nothing else.
        self.working_sets.note(id, &pids);
        let before = memory::of_processes(&pids)?;
        let room = swap_free_bytes();
        if room < SWAP_FREE_BYTES_MIN.max(before.pss_bytes) {
            tracing::info!(%id, pss_bytes = before.pss_bytes, swap_free_bytes = room, "no room in swap: a box stays frozen");
            return Ok(false);
        }
        squeeze(&pids, &self.working_sets.kept(id, record.process()))?;
        let after = memory::of_processes(&pids)?;
        tracing::info!(
            %id,
            pss_before_bytes = before.pss_bytes,
            pss_after_bytes = after.pss_bytes,
            swap_bytes = after.swap_bytes,
            "a box was squeezed"
        );
        Ok(true)
    }

    fn cannot_freeze(&self, error: io::Error) -> ProviderError {
        if self.cgroups.can_freeze() {
            return ProviderError::transient("not every process of the box could be frozen", error);
        }
        ProviderError::permanent(
            "the host has no freezer for cgroups",
            "Mount the cgroup v2 hierarchy, or the `freezer` controller of version 1.",
        )
    }
}

fn cannot_squeeze(error: io::Error) -> ProviderError {
    if error.kind() == io::ErrorKind::PermissionDenied {
        return ProviderError::Permanent {
            what: "the platform may not push out the memory of boxes".to_owned(),
            remedy: "Run it as root, or give it CAP_SYS_NICE and CAP_SYS_PTRACE.".to_owned(),
            source: Some(error.into()),
        };
    }
    ProviderError::transient("the memory of the box could not be pushed out", error)
}
