//! What both ways to run a command share.

use smartbox_api::ExecOutcome;
use smartbox_control::CommandEvent;

/// How the command ended, if that is what the event says.
pub(super) fn outcome(event: &CommandEvent) -> Option<ExecOutcome> {
    match event {
        CommandEvent::Exited(code) => Some(ExecOutcome::Exited { code: *code }),
        CommandEvent::Signalled(signal) => Some(ExecOutcome::Signalled { signal: signal.clone() }),
        CommandEvent::Stdout(_) | CommandEvent::Stderr(_) => None,
    }
}
