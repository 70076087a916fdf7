//! How long a command takes.

use std::time::Duration;

use smartbox_core::{BoxId, trace};

use crate::Control;

/// A command's time. It is over when this is dropped.
pub(super) struct Timed {
    control: Control,
    began: Duration,
    /// One that could not be started is no command.
    is_running: bool,
    /// Ends with the command, and is nothing where nobody traces. What it runs is the box's own business.
    _span: tracing::Span,
}

impl Timed {
    /// A command is about to be started in this box.
    pub(super) fn begin(control: &Control, id: BoxId) -> Self {
        let span = tracing::trace_span!(target: trace::TARGET, "exec", smartbox.box.id = %id);
        let began = control.inner.clock.steady();
        Self { control: control.clone(), began, is_running: false, _span: span }
    }

    /// It was started.
    pub(super) fn running(mut self) -> Self {
        self.is_running = true;
        self
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        if self.is_running {
            let inner = &self.control.inner;
            inner.totals.commanded(inner.clock.steady().saturating_sub(self.began));
        }
    }
}
