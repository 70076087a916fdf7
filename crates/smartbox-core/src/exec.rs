//! Commands that run by themselves: how they can end.

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecEnd {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal, a name without `SIG`.
    Signalled(String),
    /// It ran longer than allowed and was killed.
    TimedOut,
    /// Somebody asked for its end.
    Killed,
    /// Nobody knows how it ended, and why that is so.
    Lost(String),
    /// It could not be started, and why.
    Failed(String),
}

impl ExecEnd {
    /// The word used in the store and on the wire.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Exited(_) => "exited",
            Self::Signalled(_) => "signalled",
            Self::TimedOut => "timed_out",
            Self::Killed => "killed",
            Self::Lost(_) => "lost",
            Self::Failed(_) => "failed",
        }
    }

    /// Its exit code, if it has one.
    pub const fn code(&self) -> Option<i32> {
        match self {
            Self::Exited(code) => Some(*code),
            _ => None,
        }
    }

    /// The signal, or why it was lost or not started.
    pub fn what(&self) -> Option<&str> {
        match self {
            Self::Signalled(what) | Self::Lost(what) | Self::Failed(what) => Some(what),
            Self::Exited(_) | Self::TimedOut | Self::Killed => None,
        }
    }

    /// From its three parts; `None` when they do not fit together.
    pub fn from_parts(word: &str, code: Option<i32>, what: Option<String>) -> Option<Self> {
        Some(match (word, code, what) {
            ("exited", Some(code), None) => Self::Exited(code),
            ("signalled", None, Some(what)) => Self::Signalled(what),
            ("timed_out", None, None) => Self::TimedOut,
            ("killed", None, None) => Self::Killed,
            ("lost", None, Some(what)) => Self::Lost(what),
            ("failed", None, Some(what)) => Self::Failed(what),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_back_from_its_parts() {
        let ends = [
            ExecEnd::Exited(3),
            ExecEnd::Signalled("KILL".to_owned()),
            ExecEnd::TimedOut,
            ExecEnd::Killed,
            ExecEnd::Lost("the platform ended".to_owned()),
            ExecEnd::Failed("the box has failed".to_owned()),
        ];
        for end in ends {
            let read = ExecEnd::from_parts(end.as_str(), end.code(), end.what().map(str::to_owned));
            assert_eq!(read, Some(end));
        }
        assert_eq!(ExecEnd::from_parts("exited", None, None), None);
        assert_eq!(ExecEnd::from_parts("danced", Some(1), None), None);
    }
}
