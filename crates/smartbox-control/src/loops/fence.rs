//! Keeps everybody out of a box while it falls asleep.

use smartbox_core::BoxId;

use crate::Control;

/// The closed doors of a box. They open again when it is dropped, unless the box sleeps.
pub(super) struct Fence {
    control: Control,
    id: BoxId,
    is_kept: bool,
}

impl Fence {
    /// Closes every door, or says how much is under way.
    pub(super) fn close(control: &Control, id: BoxId) -> Result<Self, u32> {
        control.inner.uses.close(id)?;
        // From here on the doors open again, whatever happens.
        let fence = Self { control: control.clone(), id, is_kept: false };
        control.inner.ingress.close(id)?;
        Ok(fence)
    }

    /// Whether somebody has come to a door since.
    pub(super) fn is_called(&self) -> bool {
        self.control.inner.uses.is_called(self.id)
    }

    /// The box sleeps: its wake opens the doors.
    pub(super) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Fence {
    fn drop(&mut self) {
        if !self.is_kept {
            open(&self.control, self.id);
        }
    }
}

/// Opens the doors of a box that is awake.
pub(super) fn open(control: &Control, id: BoxId) {
    control.inner.uses.open(id);
    control.inner.ingress.open(id);
    control.inner.changes.written();
}
