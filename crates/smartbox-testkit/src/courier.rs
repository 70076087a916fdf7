//! Carries webhooks as the platform does, to this machine as well.

use secrecy::ExposeSecret as _;
use smartbox_control::{Carried, Courier, Error, Event, Letter};
use smartbox_core::webhook::Attempt;
use smartbox_egress::Outbound;

/// The platform's way out, with which addresses of this machine can be reached.
pub(crate) struct PlainCourier(Outbound);

impl Default for PlainCourier {
    #[expect(clippy::expect_used, reason = "that is how a test fails")]
    fn default() -> Self {
        Self(Outbound::new(true).expect("TLS can be used"))
    }
}

#[async_trait::async_trait]
impl Courier for PlainCourier {
    fn body(&self, event: &Event) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(&smartbox_http::event_message(event)).map_err(Error::internal)
    }

    fn check(&self, url: &str) -> Result<(), String> {
        self.0.check(url)
    }

    async fn carry(&self, letter: Letter) -> Carried {
        let sent = self.0.post(letter.url.expose_secret(), &letter.headers, letter.body).await;
        let attempt = match &sent {
            Ok(200..=299) => Attempt::Taken,
            Ok(410) => Attempt::Gone,
            Ok(_) | Err(_) => Attempt::NotTaken,
        };
        Carried { attempt, status: sent.as_ref().ok().copied(), why: sent.err() }
    }
}
