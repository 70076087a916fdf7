//! Webhooks are carried by the way out that looks at every address.

use anyhow::{Context, Result};
use secrecy::ExposeSecret as _;
use smartbox_control::{Carried, Courier, Error, Event, Letter};
use smartbox_core::webhook::Attempt;
use smartbox_egress::Outbound;

/// Carries webhooks.
pub(crate) struct WebhookCourier(Outbound);

impl WebhookCourier {
    /// With `inside`, also to addresses that are not public.
    ///
    /// # Errors
    /// TLS cannot be used.
    pub(crate) fn new(inside: bool) -> Result<Self> {
        Ok(Self(Outbound::new(inside).context("TLS cannot be used")?))
    }
}

#[async_trait::async_trait]
impl Courier for WebhookCourier {
    fn body(&self, event: &Event) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(&smartbox_http::event_message(event)).map_err(Error::internal)
    }

    fn check(&self, url: &str) -> Result<(), String> {
        self.0.check(url)
    }

    async fn carry(&self, letter: Letter) -> Carried {
        match self.0.post(letter.url.expose_secret(), &letter.headers, letter.body).await {
            Ok(status) => answered(status),
            Err(why) => Carried { attempt: Attempt::NotTaken, status: None, why: Some(why) },
        }
    }
}

/// What an answer means: only 2xx is a receipt, and 410 says that nothing is wanted any more.
fn answered(status: u16) -> Carried {
    let (attempt, why) = match status {
        200..=299 => (Attempt::Taken, None),
        410 => (Attempt::Gone, Some("the receiver says that it is gone".to_owned())),
        300..=399 => (Attempt::NotTaken, Some("a redirect, which is not followed".to_owned())),
        _ => (Attempt::NotTaken, Some(format!("the receiver answered {status}"))),
    };
    Carried { attempt, status: Some(status), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_success_is_a_receipt() {
        for (status, attempt) in [
            (200, Attempt::Taken),
            (204, Attempt::Taken),
            (302, Attempt::NotTaken),
            (404, Attempt::NotTaken),
            (410, Attempt::Gone),
            (500, Attempt::NotTaken),
        ] {
            assert_eq!(answered(status).attempt, attempt, "{status}");
        }
    }
}
