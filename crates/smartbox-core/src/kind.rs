//! Box kinds.

use std::fmt;
use std::str::FromStr;

/// What a box is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A person's own assistant.
    Pa,
    /// An agent of one project.
    Project,
    /// A shared runtime.
    Runtime,
    /// Anything else.
    Custom,
}

/// The text names no kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a kind is one of `pa`, `project`, `runtime`, `custom`")]
pub struct BadKind;

impl Kind {
    /// Every kind, in the order people see them.
    pub const ALL: [Self; 4] = [Self::Pa, Self::Project, Self::Runtime, Self::Custom];

    /// The word used on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pa => "pa",
            Self::Project => "project",
            Self::Runtime => "runtime",
            Self::Custom => "custom",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = BadKind;

    fn from_str(text: &str) -> Result<Self, BadKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(BadKind)
    }
}
