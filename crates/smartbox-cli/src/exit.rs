//! Exit codes: the part of an answer that scripts read.

/// How a command ended, as the shell sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what was asked.
    Success,
    /// The operation failed.
    Failed,
    /// The command line or a value in it is wrong.
    Usage,
    /// There is no such thing, or not for this caller.
    NotFound,
    /// Not signed in, or not allowed.
    Refused,
    /// No platform answers.
    Unreachable,
    /// The thing is in another state than the command needs.
    Conflict,
    /// Timed out, overloaded or not ready.
    Unavailable,
    /// Ended by Ctrl-C.
    Interrupted,
    /// Ended by another signal of this number.
    Signal(u8),
    /// The exit code of a command that ran in a box.
    Remote(u8),
}

impl Exit {
    /// The number the shell gets.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Refused => 4,
            Self::Unreachable => 5,
            Self::Conflict => 6,
            Self::Unavailable => 7,
            Self::Interrupted => 130,
            Self::Signal(number) => 128_u8.saturating_add(number),
            Self::Remote(code) => code,
        }
    }

    /// The exit code for an HTTP status that is an error.
    pub(crate) const fn of_status(status: u16) -> Self {
        match status {
            400 | 413 | 415 | 422 => Self::Usage,
            401 | 403 => Self::Refused,
            404 | 410 => Self::NotFound,
            409 | 412 | 423 | 428 => Self::Conflict,
            408 | 429 | 502 | 503 | 504 => Self::Unavailable,
            _ => Self::Failed,
        }
    }
}

/// Text of `smartbox help exit-codes`; also in `docs/cli.md`, which a test compares.
pub(crate) const HELP: &str = "\
Exit codes:
  0    done
  1    the operation failed
  2    the command line, or a value in it, is wrong
  3    no such box, org, person, token, session, device or operation
  4    not signed in, or not allowed
  5    no platform answers
  6    the box is in another state than the command needs, or somebody else changed it
  7    timed out, overloaded or not ready yet
  130  ended by Ctrl-C; what was asked for goes on in the platform
  143  ended by SIGTERM (129 by SIGHUP)

`smartbox exec` ends with the code of the command it ran: 126 if it cannot be executed, 127 if
it was not found, 128 + N if signal N ended it. If the command could not be started or was lost,
the codes above apply and a line on standard error begins with `error:`; with --json the outcome
is in the document.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_status_has_its_code() {
        let codes = [
            (422, 2),
            (404, 3),
            (401, 4),
            (403, 4),
            (409, 6),
            (412, 6),
            (429, 7),
            (503, 7),
            (500, 1),
            (418, 1),
            (301, 1),
        ];
        for (status, code) in codes {
            assert_eq!(Exit::of_status(status).code(), code, "{status}");
        }
    }

    #[test]
    fn a_signal_beyond_the_range_does_not_wrap() {
        assert_eq!(Exit::Signal(15).code(), 143);
        assert_eq!(Exit::Signal(200).code(), 255);
    }
}
