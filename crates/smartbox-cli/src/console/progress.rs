//! How long work comes along.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Console;

/// How often the live line is drawn.
const TICK: Duration = Duration::from_millis(100);

/// Shows the latest state of long work, always on standard error.
///
/// The live line is taken away when this is dropped, so that an error message never stands behind it.
pub(crate) struct Progress {
    shown: Option<String>,
    form: Form,
}

enum Form {
    /// One line that changes in place.
    Live(ProgressBar),
    /// A line for each change.
    Lines,
    Silent,
}

impl Progress {
    pub(super) fn live() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self { shown: None, form: Form::Live(bar) }
    }

    pub(super) const fn lines() -> Self {
        Self { shown: None, form: Form::Lines }
    }

    pub(super) const fn silent() -> Self {
        Self { shown: None, form: Form::Silent }
    }

    /// Whether it changes in place, and does not grow with each change.
    pub(crate) const fn is_live(&self) -> bool {
        matches!(self.form, Form::Live(_))
    }

    /// Tells the latest state; the same state twice is told once.
    pub(crate) async fn show(&mut self, console: &mut Console, state: &str) {
        if self.shown.as_deref() == Some(state) {
            return;
        }
        self.shown = Some(state.to_owned());
        match &self.form {
            Form::Live(bar) => bar.set_message(super::Sanitizer::new(false).clean(state)),
            Form::Lines => console.say(state).await,
            Form::Silent => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Form::Live(bar) = &self.form {
            bar.finish_and_clear();
        }
    }
}
