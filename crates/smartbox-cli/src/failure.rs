//! Why a command did not succeed, and how that is told.

use std::io;

use serde::Serialize;
use smartbox_api::{BoxErrorView, FieldError, Problem};

use crate::console::Paint;
use crate::exit::Exit;

/// Code of a request from a device that must be approved first.
const DEVICE_NOT_APPROVED: &str = "device-not-approved";
/// What to do about it here; the server speaks to browsers too.
const DEVICE_REMEDY: &str = "Run `smartbox device pair`: it shows this device and waits until whoever runs your org \
    approves it with `smartbox device approve`.";

/// A command that did not succeed: what happened, what to do, and the exit code.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    exit: Exit,
    /// Nobody reads the output any more: say nothing.
    is_silent: bool,
    facts: Box<Facts>,
}

/// What is told. A problem document, and the log of a box.
#[derive(Clone, Debug, Default, Serialize)]
struct Facts {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    log_tail: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
}

/// What is written to standard error with `--json`.
#[derive(Serialize)]
struct Document<'a> {
    problem: &'a Facts,
    exit_code: u8,
}

impl Failure {
    /// A failure with its exit code and one sentence of what happened.
    pub(crate) fn new(exit: Exit, title: impl Into<String>) -> Self {
        Self::told(exit, Facts { title: title.into(), ..Facts::default() })
    }

    fn told(exit: Exit, facts: Facts) -> Self {
        Self { exit, is_silent: false, facts: Box::new(facts) }
    }

    /// Adds what happened this time.
    #[must_use]
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.facts.detail = Some(detail.into());
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub(crate) fn help(mut self, remedy: impl Into<String>) -> Self {
        self.facts.remedy = Some(remedy.into());
        self
    }

    /// Adds what to do about it, unless the server said so already.
    #[must_use]
    pub(crate) fn help_if_none(mut self, remedy: impl Into<String>) -> Self {
        if self.facts.remedy.is_none() {
            self.facts.remedy = Some(remedy.into());
        }
        self
    }

    /// What the server said about a request.
    pub(crate) fn problem(problem: Problem) -> Self {
        let is_unpaired = problem.code == DEVICE_NOT_APPROVED;
        let facts = Facts {
            code: Some(problem.code),
            title: problem.title,
            status: Some(problem.status),
            detail: problem.detail,
            errors: problem.errors,
            log_tail: Vec::new(),
            remedy: if is_unpaired { Some(DEVICE_REMEDY.to_owned()) } else { problem.remedy },
            retry_after_ms: problem.retry_after_ms,
            instance: problem.instance,
        };
        Self::told(Exit::of_status(problem.status), facts)
    }

    /// What went wrong with a box.
    pub(crate) fn of_box(title: impl Into<String>, error: &BoxErrorView) -> Self {
        let facts = Facts {
            code: Some(error.code.clone()),
            title: title.into(),
            detail: Some(error.detail.clone()),
            remedy: error.remedy.clone(),
            log_tail: error.log_tail.clone(),
            ..Facts::default()
        };
        Self::told(Exit::Failed, facts)
    }

    /// A failed read or write of our own input or output.
    pub(crate) fn output(error: &io::Error) -> Self {
        // The reader of a pipe went away (`smartbox logs | head`): that is its right, and no failure.
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self { is_silent: true, ..Self::new(Exit::Success, "") };
        }
        Self::new(Exit::Failed, "The output could not be written.").detail(error.to_string())
    }

    /// What happened, in one sentence.
    pub(crate) fn title(&self) -> &str {
        &self.facts.title
    }

    /// All that is told, as a document.
    pub(crate) fn document(&self) -> serde_json::Value {
        serde_json::to_value(&*self.facts).unwrap_or_default()
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Changes the exit code.
    #[must_use]
    pub(crate) fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Whether the same read may succeed in a moment: the platform is restarting or busy.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self.exit, Exit::Unreachable | Exit::Unavailable)
    }

    /// The text for people: what happened, the wrong fields, the log that belongs to it, what to do.
    pub(crate) fn text(&self, paint: Paint) -> String {
        if self.is_silent {
            return String::new();
        }
        let facts = &*self.facts;
        let is_wish = matches!(self.exit, Exit::Interrupted | Exit::Signal(_));
        let label = if is_wish { String::new() } else { paint.red("error:") + " " };
        let mut lines = vec![format!("{label}{}", facts.title)];
        let fields: Vec<String> =
            facts.errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
        // The detail may repeat the title or the fields; once is enough.
        let repeated = fields.join("; ");
        let is_new = |detail: &&String| **detail != facts.title && **detail != repeated;
        lines.extend(facts.detail.iter().filter(is_new).chain(&fields).map(|line| format!("  {line}")));
        if !facts.log_tail.is_empty() {
            lines.push("  Last lines of the log:".to_owned());
            lines.extend(facts.log_tail.iter().map(|line| format!("    | {line}")));
        }
        if let Some(ms) = facts.retry_after_ms {
            lines.push(format!("  The platform asks to try again in {} s.", ms.div_ceil(1000)));
        }
        lines.extend(facts.remedy.iter().map(|remedy| format!("{} {remedy}", paint.cyan("help:"))));
        if let (Some(request), Some(500..)) = (&facts.instance, facts.status) {
            lines.push(format!("request: {request} (quote it to whoever runs the platform)"));
        }
        lines.join("\n") + "\n"
    }

    /// One line of JSON for programs.
    pub(crate) fn json(&self) -> String {
        if self.is_silent {
            return String::new();
        }
        let document = Document { problem: &self.facts, exit_code: self.exit.code() };
        serde_json::to_string(&document).map(|line| line + "\n").unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
