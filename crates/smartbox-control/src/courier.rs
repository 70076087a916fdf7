//! Who carries webhooks to their receivers.

use secrecy::SecretString;
use smartbox_core::webhook::Attempt;
use smartbox_store::Event;

use crate::Error;

/// A request to a receiver.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Where to. It may have a key in it, and is for no log.
    pub url: SecretString,
    /// Headers of the signature.
    pub headers: [(&'static str, String); 3],
    /// What is signed, to the byte.
    pub body: Vec<u8>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Whether it was taken.
    pub attempt: Attempt,
    /// The status that was answered, if anything was.
    pub status: Option<u16>,
    /// Why it was not taken, for people. Names no address.
    pub why: Option<String>,
}

/// Carries webhooks. Bounded in time; what is answered beside the status is not kept.
#[async_trait::async_trait]
pub trait Courier: Send + Sync {
    /// An event as receivers read it: what the stream of events sends, to the byte the same each time.
    ///
    /// # Errors
    /// It cannot be written.
    fn body(&self, event: &Event) -> Result<Vec<u8>, Error>;

    /// Whether this may be the address of a receiver, as far as that can be said without a look-up.
    ///
    /// # Errors
    /// Why not.
    fn check(&self, url: &str) -> Result<(), String>;

    /// Carries one. Never fails: what went wrong is what came of it.
    async fn carry(&self, letter: Letter) -> Carried;
}
