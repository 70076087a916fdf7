//! Parts for tests of other crates: what they would otherwise each build for themselves.
//!
//! [`TestApp`] is the platform with real use-cases, loops, database and routes, over the stateful fake of the place
//! where boxes run; a [`gateway`] double answers inside its boxes. Time and randomness are a test's own. A
//! supervisor that runs commands is there when a test asks for it.

mod app;
mod clock;
mod collector;
mod courier;
mod device_key;
mod doors;
mod entropy;
mod host;
mod http_client;
mod ingress;
mod log_watch;
mod receiver;
mod runtimes;
mod supervisor;
mod wait;

pub mod gateway;
pub mod scripted_model;

pub use app::{ADMIN_SECRET, Another, Served, Tenant, TestApp, TestAppBuilder, id_of};
pub use clock::{ManualClock, START_SECOND};
pub use collector::{SeenSpan, SpanCollector, Takes};
pub use device_key::DeviceKey;
pub use doors::FakeDoors;
pub use entropy::SeededEntropy;
pub use host::FakeHost;
pub use http_client::{Answer, Client, EventStream, HOST, ORIGIN, StreamEvent};
pub use ingress::FakeIngress;
pub use receiver::{Receipt, Receiver};
pub use runtimes::{AVAILABLE_RUNTIME, FakeRuntimes, NEWER_RUNTIME, OLDER_RUNTIME, RUNTIME, TOO_OLD_RUNTIME};
pub use wait::wait_for;
