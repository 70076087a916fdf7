//! The seam between the platform and the places where boxes run.
//!
//! A [`Provider`] makes boxes be as they should and says what it sees; a [`Link`] opens connections to and
//! inside them. Both speak of boxes only, never of containers, machines or pods. Every provider passes
//! [`contract`]; the stateful [`fake`] is the one that tests of other crates use.

mod error;
mod files;
mod link;
mod observation;
mod provider;
mod spec;
mod swap;
mod volumes;

#[cfg(feature = "testing")]
pub mod contract;
#[cfg(feature = "testing")]
pub mod fake;

pub use error::{LinkError, ProviderError};
pub use files::Files;
pub use link::{BoxListener, BoxStream, Duplex, Link};
pub use observation::{ComputeUse, LogChunk, LogSource, MemoryUse, Observation};
pub use provider::{Capabilities, Epoch, Generation, Provider};
pub use spec::{Limits, RenderedFile, RenderedFileOwner, Spec};
pub use swap::Places;
pub use volumes::{StillWork, Stillness, Volumes};
