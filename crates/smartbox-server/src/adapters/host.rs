//! The host of local boxes, as control asks for it.

use smartbox_control::Host;
use smartbox_core::capacity::HostFacts;
use smartbox_providers::local::HostGauge;

/// This machine.
#[derive(Default)]
pub(crate) struct ThisHost(HostGauge);

impl Host for ThisHost {
    fn facts(&self) -> Option<HostFacts> {
        self.0.facts()
    }
}
