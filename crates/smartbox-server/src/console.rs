//! What a person at the terminal reads: progress of long steps, and the addresses at the end.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use smartbox_core::Progress;
use tokio::time::Instant;

/// Speaks to the person who started the platform, on standard error.
pub(crate) struct Console {
    step: Mutex<Option<Step>>,
    is_terminal: bool,
}

struct Step {
    what: String,
    began: Instant,
}

impl Console {
    pub(crate) fn new() -> Self {
        Self { step: Mutex::new(None), is_terminal: std::io::stderr().is_terminal() }
    }

    /// One line.
    pub(crate) fn say(&self, line: &str) {
        self.write(&format!("{line}\n"));
    }

    fn write(&self, text: &str) {
        // Nobody can be told that the terminal is gone.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

impl Progress for Console {
    fn begin(&self, what: &str) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Step { what: what.to_owned(), began: Instant::now() });
        self.say(&format!("  … {what}"));
    }

    fn detail(&self, detail: &str) {
        if !self.is_terminal {
            return;
        }
        let clipped: String = detail.chars().filter(|c| !c.is_control()).take(90).collect();
        // One line that is written over: carriage return, text, clear to the end of the line.
        self.write(&format!("\r    {clipped}\x1b[K"));
    }

    fn done(&self) {
        let step = self.step.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(step) = step else { return };
        let clear = if self.is_terminal { "\r\x1b[K" } else { "" };
        self.write(&format!("{clear}  ✓ {} ({:.1} s)\n", step.what, step.began.elapsed().as_secs_f32()));
    }
}
