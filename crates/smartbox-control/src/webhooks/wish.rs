//! What people want of a webhook, read field by field.

use secrecy::{ExposeSecret as _, SecretString};
use smartbox_core::TypeFilter;
use smartbox_store::{Webhook, WebhookPlan};

use super::sign;
use crate::courier::Courier;
use crate::{Error, FieldIssue};

/// Longest address.
const URL_LENGTH_MAX: usize = 2048;
/// Longest description.
const DESCRIPTION_LENGTH_MAX: usize = 200;

/// What people want of a webhook; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct WebhookWish {
    /// Where events are sent.
    pub url: Option<SecretString>,
    /// For people.
    pub description: Option<String>,
    /// Patterns of types.
    pub types: Option<Vec<String>>,
    /// Only events of this box, by id or name; an empty text: of all.
    pub about: Option<String>,
    /// Whether anything is sent.
    pub enabled: Option<bool>,
    /// A key of signatures that the caller brings; without one, one is made.
    pub secret: Option<SecretString>,
}

impl WebhookWish {
    /// What it comes to, but for the box, which only the store knows.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every wrong field.
    pub(super) fn read(
        &self,
        before: Option<&Webhook>,
        courier: &dyn Courier,
    ) -> Result<(WebhookPlan, SecretString), Error> {
        let mut issues = Vec::new();
        let mut wrong = |field, message: String| issues.push(FieldIssue { field, message });
        let url = self.url.clone().or_else(|| before.map(|before| before.url.clone())).unwrap_or_default();
        // An address that was taken once is not refused because something else changes.
        if self.url.is_some() || before.is_none() {
            check_url(url.expose_secret(), courier).unwrap_or_else(|why| wrong("url", why));
        }
        let (mut plan, description) = match before {
            Some(before) => (before.plan.clone(), self.description.as_deref()),
            None => (
                WebhookPlan {
                    description: String::new(),
                    types: TypeFilter::default(),
                    about: None,
                    enabled: true,
                },
                self.description.as_deref(),
            ),
        };
        if let Some(text) = description.map(str::trim) {
            if text.chars().count() > DESCRIPTION_LENGTH_MAX || text.chars().any(char::is_control) {
                wrong(
                    "description",
                    format!("must have at most {DESCRIPTION_LENGTH_MAX} printable characters"),
                );
            }
            text.clone_into(&mut plan.description);
        }
        if let Some(types) = &self.types {
            match TypeFilter::from_patterns(types.iter().map(String::as_str)) {
                Ok(types) => plan.types = types,
                Err(bad) => wrong("types", bad.to_string()),
            }
        }
        plan.enabled = self.enabled.unwrap_or(plan.enabled);
        if self.secret.as_ref().is_some_and(|secret| !sign::is_secret(secret.expose_secret())) {
            wrong("secret", "must be `whsec_` and 24 to 64 bytes in base64".to_owned());
        }
        if issues.is_empty() { Ok((plan, url)) } else { Err(Error::Invalid(issues)) }
    }
}

fn check_url(url: &str, courier: &dyn Courier) -> Result<(), String> {
    if url.is_empty() || url.len() > URL_LENGTH_MAX {
        return Err(format!("must have 1 to {URL_LENGTH_MAX} characters"));
    }
    courier.check(url)
}
