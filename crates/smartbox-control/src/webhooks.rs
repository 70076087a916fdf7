//! Webhooks: addresses to which an org's events are sent. The loop of the same name sends them.
//!
//! Whoever has one is told what the audit log tells, and makes the platform send requests: both permissions are asked for.

pub(crate) mod sign;
mod wish;

pub use wish::WebhookWish;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use smartbox_core::{EventId, OrgId, Permission, Principal, WebhookId};
use smartbox_store::{
    Cursor, DELIVERY_TTL, DeliveryState, NewEvent, Page, SystemActor, Webhook, WebhookDelivery, WebhookPlan,
};

use crate::entropy::id_parts;
use crate::{Control, Error, Op};

/// How long the key before signs, too, after it was replaced.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);
const NONE: Error = Error::NotFound("webhook");

/// A webhook that was made.
#[derive(Clone, Debug)]
pub struct MadeWebhook {
    /// What is known of it.
    pub webhook: Webhook,
    /// The key of its signatures; shown once.
    pub secret: SecretString,
}

impl Control {
    /// Makes a webhook. It is sent what happens from now on.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every wrong field; [`Error::Lacks`]; [`Error::Conflict`] with too many.
    pub async fn create_webhook(
        &self,
        op: &Op,
        org: Option<&str>,
        wish: &WebhookWish,
    ) -> Result<MadeWebhook, Error> {
        require_to_change(op)?;
        let org = self.resolve_org(op, org).await?;
        let (mut plan, url) = wish.read(None, &*self.inner.courier)?;
        self.read_about(op, org, wish, &mut plan).await?;
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let id = WebhookId::from_parts(at, random);
        let secret = wish.secret.clone().unwrap_or_else(|| self.new_webhook_secret());
        let event = self.webhook_event(op, "webhook.created", id);
        let store = self.inner.store.org(org);
        let webhook = store.create_webhook((id, &plan), (&url, &secret), event, now).await?;
        Ok(MadeWebhook { webhook, secret })
    }

    /// The webhooks of an org, oldest first.
    pub async fn list_webhooks(&self, op: &Op, org: Option<&str>) -> Result<Vec<Webhook>, Error> {
        op.require(Permission::AuditRead)?;
        let org = self.resolve_org(op, org).await?;
        Ok(self.inner.store.org(org).list_webhooks().await?)
    }

    /// One of them.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn find_webhook(&self, op: &Op, id: &str) -> Result<Webhook, Error> {
        op.require(Permission::AuditRead)?;
        let id: WebhookId = id.parse().map_err(|_bad| NONE)?;
        let found = match &op.principal {
            Principal::Member { org, .. } => self.inner.store.org(*org).find_webhook(id).await?,
            Principal::Admin => {
                self.inner.store.fleet(SystemActor::new("admin request")).find_webhook(id).await?
            }
        };
        found.ok_or(NONE)
    }

    /// Changes a webhook. One that is switched on again is sent what happens from now on; [`Control::replay_webhook`] sends what it missed.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Lacks`], [`Error::NotFound`], [`Error::VersionMismatch`].
    pub async fn change_webhook(
        &self,
        op: &Op,
        id: &str,
        wish: &WebhookWish,
        if_version: Option<i64>,
    ) -> Result<Webhook, Error> {
        require_to_change(op)?;
        let before = self.find_webhook(op, id).await?;
        if if_version.is_some_and(|expected| expected != before.version) {
            return Err(Error::VersionMismatch);
        }
        let (mut plan, url) = wish.read(Some(&before), &*self.inner.courier)?;
        self.read_about(op, before.org, wish, &mut plan).await?;
        let event = self.webhook_event(op, "webhook.changed", before.id);
        let store = self.inner.store.org(before.org);
        let changed = store.change_webhook(&before, (&plan, &url), event, self.inner.clock.now()).await?;
        self.inner.changes.written();
        Ok(changed)
    }

    /// Removes a webhook. What was on its way is not sent any more.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn remove_webhook(&self, op: &Op, id: &str) -> Result<(), Error> {
        require_to_change(op)?;
        let found = self.find_webhook(op, id).await?;
        let event = self.webhook_event(op, "webhook.removed", found.id);
        Ok(self.inner.store.org(found.org).remove_webhook(found.id, event, self.inner.clock.now()).await?)
    }

    /// Gives a webhook another key, and shows it once. For a day, everything is signed with both.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn rotate_webhook_secret(&self, op: &Op, id: &str) -> Result<MadeWebhook, Error> {
        require_to_change(op)?;
        let found = self.find_webhook(op, id).await?;
        let secret = self.new_webhook_secret();
        let event = self.webhook_event(op, "webhook.secret-rotated", found.id);
        let now = self.inner.clock.now();
        let until = now.checked_add(OVERLAP).map_err(Error::internal)?;
        let store = self.inner.store.org(found.org);
        store.rotate_webhook_secret(found.id, (&secret, until), event, now).await?;
        Ok(MadeWebhook { webhook: self.find_webhook(op, id).await?, secret })
    }

    /// What a webhook was sent, the newest event first.
    pub async fn list_deliveries(
        &self,
        op: &Op,
        id: &str,
        state: Option<DeliveryState>,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<WebhookDelivery>, Error> {
        let found = self.find_webhook(op, id).await?;
        Ok(self.inner.store.org(found.org).list_deliveries(found.id, state, cursor, limit).await?)
    }

    /// Sends an event again, whatever came of it before.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn replay_delivery(&self, op: &Op, id: &str, event: &str) -> Result<WebhookDelivery, Error> {
        require_to_change(op)?;
        let found = self.find_webhook(op, id).await?;
        let none = || Error::NotFound("delivery");
        let event: EventId = event.parse().map_err(|_bad| none())?;
        let store = self.inner.store.org(found.org);
        let told = self.webhook_event(op, "webhook.replayed", found.id);
        store.replay_delivery(found.id, event, told, self.inner.clock.now()).await?;
        self.inner.changes.written();
        store.find_delivery(found.id, event).await?.ok_or_else(none)
    }

    /// Sends everything since a moment that has not arrived. Returns how many deliveries that were given up are sent again; what was not
    /// sent at all is found by the loop.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a moment that is longer ago than what is known of deliveries; [`Error::NotFound`].
    pub async fn replay_webhook(&self, op: &Op, id: &str, since: Timestamp) -> Result<u64, Error> {
        require_to_change(op)?;
        let found = self.find_webhook(op, id).await?;
        let now = self.inner.clock.now();
        let oldest = now.checked_sub(DELIVERY_TTL).map_err(Error::internal)?;
        if since < oldest || since > now {
            return Err(Error::field("since", "must be within the last 30 days"));
        }
        // What happened before it was made was never meant for it.
        let since = since.max(found.created_at);
        let position = self.inner.store.fleet(SystemActor::new("webhooks")).event_position_at(since).await?;
        let told = self.webhook_event(op, "webhook.replayed", found.id);
        let again = self.inner.store.org(found.org).replay_webhook(found.id, position, told, now).await?;
        self.inner.changes.written();
        Ok(again)
    }

    /// Sends an event that says nothing but that it was asked for. Returns its delivery.
    ///
    /// # Errors
    /// [`Error::Conflict`] for a webhook that is off; [`Error::NotFound`].
    pub async fn ping_webhook(&self, op: &Op, id: &str) -> Result<WebhookDelivery, Error> {
        require_to_change(op)?;
        let found = self.find_webhook(op, id).await?;
        if !found.plan.enabled {
            return Err(Error::Conflict {
                what: "the webhook is off".to_owned(),
                remedy: "switch it on first: `smartbox webhook set ID --state on`".to_owned(),
            });
        }
        let ping = self.webhook_event(op, "webhook.ping", found.id);
        let event = ping.id;
        let store = self.inner.store.org(found.org);
        store.ping_webhook(found.id, ping, self.inner.clock.now()).await?;
        self.inner.changes.written();
        store.find_delivery(found.id, event).await?.ok_or(Error::NotFound("delivery"))
    }

    async fn read_about(
        &self,
        op: &Op,
        org: OrgId,
        wish: &WebhookWish,
        plan: &mut WebhookPlan,
    ) -> Result<(), Error> {
        match wish.about.as_deref() {
            None => {}
            Some("") => plan.about = None,
            Some(reference) => {
                let none = || Error::field("box", "no such box");
                let found = match self.resolve(op, Permission::BoxesRead, reference).await {
                    Err(Error::NotFound(_)) => return Err(none()),
                    found => found?,
                };
                if found.org != org {
                    return Err(none());
                }
                plan.about = Some(found.id);
            }
        }
        Ok(())
    }

    fn new_webhook_secret(&self) -> SecretString {
        sign::new_secret(|bytes| self.inner.entropy.fill(bytes))
    }

    /// Names the webhook and no address: it may have a key in it.
    fn webhook_event(&self, op: &Op, action: &str, id: WebhookId) -> NewEvent {
        self.event_of(op, action, "asked for", serde_json::json!({ "webhook": id.to_string() }))
    }
}

fn require_to_change(op: &Op) -> Result<(), Error> {
    op.require(Permission::AuditRead)?;
    op.require(Permission::BoxesManage)
}
