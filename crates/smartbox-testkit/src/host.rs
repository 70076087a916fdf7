//! A host whose figures a test sets.

use std::sync::{Mutex, PoisonError};

use smartbox_control::Host;
use smartbox_core::capacity::HostFacts;

/// A host of which nothing is known until a test says something.
#[derive(Default)]
pub struct FakeHost(Mutex<Option<HostFacts>>);

impl FakeHost {
    /// What is measured from now on.
    pub fn set(&self, facts: HostFacts) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(facts);
    }
}

impl Host for FakeHost {
    fn facts(&self) -> Option<HostFacts> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
