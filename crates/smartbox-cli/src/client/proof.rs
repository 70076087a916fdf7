//! Proofs of this program's device in requests of a person.

use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use reqwest::Request;

use super::{Client, random_hex};
use crate::device::{DeviceKey, ProofOf};
use crate::exit::Exit;
use crate::failure::Failure;

/// The header that carries a proof (RFC 9449 §4.1).
const DPOP_HEADER: HeaderName = HeaderName::from_static("dpop");

impl Client {
    /// Whether it acts for a person by a token of theirs. Only then a device is shown.
    pub(crate) fn is_of_person(&self) -> bool {
        self.credential.as_ref().is_some_and(|credential| credential.hash_of_person().is_some())
    }

    /// Shows this device with every request from now on.
    #[must_use]
    pub(crate) fn with_device(self, device: DeviceKey) -> Self {
        Self { device: Some(device), ..self }
    }

    /// Adds a proof. It is good for this one request, so it is made at the moment of sending, and anew for each try.
    pub(super) fn prove(&self, request: &mut Request) -> Result<(), Failure> {
        let hash = self.credential.as_ref().and_then(|credential| credential.hash_of_person());
        let (Some(device), Some(token_hash)) = (&self.device, hash) else { return Ok(()) };
        let id = random_hex()?;
        let of =
            ProofOf { method: request.method().as_str(), url: request.url(), token_hash, id: &id, at: now() };
        let proof = device.prove(&of);
        let mut value = HeaderValue::try_from(proof)
            .map_err(|_error| Failure::new(Exit::Failed, "The proof of this device cannot be sent."))?;
        value.set_sensitive(true);
        request.headers_mut().insert(DPOP_HEADER, value);
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "a proof names the time at which this process sends it")]
fn now() -> Timestamp {
    Timestamp::now()
}
