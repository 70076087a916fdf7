//! Rows of webhooks: addresses to which an org's events are sent, and what came of it.

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::{BoxId, EventId, OrgId, TypeFilter, WebhookId};

use crate::Error;
use crate::database::Connection;
use crate::row::{instant, instant_opt, number, parsed};
use crate::sealing::{Place, Sealed, Sealer};

/// Most webhooks of one org.
pub const WEBHOOKS_MAX: u32 = 20;
/// Deliveries of one webhook that wait at a time. Further events wait in the log of events.
pub const DELIVERIES_WAITING_MAX: i64 = 1_000;
/// How the address of a webhook is named among what is sealed of it.
const URL: &str = "url";

/// An address to which an org's events are sent.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Its identity.
    pub id: WebhookId,
    /// Whose it is.
    pub org: OrgId,
    /// Where events are sent. It may have a key in it.
    pub url: SecretString,
    /// What is decided about it.
    pub plan: WebhookPlan,
    /// Why it was switched off by itself.
    pub disabled_why: Option<String>,
    /// Counts changes.
    pub version: i64,
    /// Since when nothing was taken; `None`: the last was.
    pub failing_since: Option<Timestamp>,
    /// When something was taken last.
    pub delivered_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
}

/// What people decide about a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookPlan {
    /// For people.
    pub description: String,
    /// Which events.
    pub types: TypeFilter,
    /// Only those of this box.
    pub about: Option<BoxId>,
    /// Whether anything is sent.
    pub enabled: bool,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is sent at its time.
    Waiting,
    /// It was taken.
    Delivered,
    /// It is given up.
    Failed,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Failed];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// The state of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// An event on its way to an address. It is named by its event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// Position of the event.
    pub seq: i64,
    /// The event.
    pub event: EventId,
    /// Its type.
    pub kind: String,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was sent.
    pub attempts: u32,
    /// When it is sent next, while it waits.
    pub next_at: Timestamp,
    /// When it was sent last.
    pub last_at: Option<Timestamp>,
    /// What was answered last.
    pub status: Option<u16>,
    /// Why it was not taken.
    pub why: Option<String>,
    /// When it was put down.
    pub created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
pub(crate) struct WebhookRow {
    id: String,
    org_id: String,
    description: String,
    types: String,
    about_box: Option<String>,
    enabled: bool,
    disabled_why: Option<String>,
    version: i64,
    failing_since_ms: Option<i64>,
    delivered_at_ms: Option<i64>,
    created_at_ms: i64,
    created_by: String,
    #[sqlx(flatten)]
    url: Sealed,
}

/// A query for webhooks with their addresses.
macro_rules! select_webhooks {
    ($tail:literal) => {
        concat!(
            "select w.id, w.org_id, w.description, w.types, w.about_box, w.enabled, w.disabled_why, w.version,
                    w.failing_since_ms, w.delivered_at_ms, w.created_at_ms, w.created_by, s.key_id, s.nonce, s.ciphertext
             from webhooks w join webhook_secrets s on s.webhook_id = w.id and s.name = 'url' ",
            $tail
        )
    };
}
pub(crate) use select_webhooks;

impl WebhookRow {
    pub(crate) fn open(self, sealer: &Sealer) -> Result<Webhook, Error> {
        let url = sealer.open(place(&self.id, URL), &self.url)?;
        Ok(Webhook {
            id: parsed(&self.id)?,
            org: parsed(&self.org_id)?,
            url,
            plan: WebhookPlan {
                description: self.description,
                types: parsed(&self.types)?,
                about: self.about_box.as_deref().map(parsed).transpose()?,
                enabled: self.enabled,
            },
            disabled_why: self.disabled_why,
            version: self.version,
            failing_since: instant_opt(self.failing_since_ms)?,
            delivered_at: instant_opt(self.delivered_at_ms)?,
            created_at: instant(self.created_at_ms)?,
            created_by: self.created_by,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct DeliveryRow {
    seq: i64,
    event_id: String,
    r#type: String,
    state: String,
    attempts: i64,
    next_at_ms: i64,
    last_at_ms: Option<i64>,
    status: Option<i64>,
    why: Option<String>,
    created_at_ms: i64,
}

/// A query for deliveries.
macro_rules! select_deliveries {
    ($tail:literal) => {
        concat!(
            "select seq, event_id, type, state, attempts, next_at_ms, last_at_ms, status, why, created_at_ms
             from webhook_deliveries ",
            $tail
        )
    };
}
pub(crate) use select_deliveries;

impl TryFrom<DeliveryRow> for WebhookDelivery {
    type Error = Error;

    fn try_from(row: DeliveryRow) -> Result<Self, Error> {
        let state = DeliveryState::from_word(&row.state);
        Ok(Self {
            seq: row.seq,
            event: parsed(&row.event_id)?,
            kind: row.r#type,
            state: state.ok_or_else(|| Error::damaged("a delivery in no known state"))?,
            attempts: number(row.attempts)?,
            next_at: instant(row.next_at_ms)?,
            last_at: instant_opt(row.last_at_ms)?,
            status: row.status.map(number).transpose()?,
            why: row.why,
            created_at: instant(row.created_at_ms)?,
        })
    }
}

/// Where something sealed of a webhook belongs.
pub(crate) fn place<'a>(webhook: &'a str, name: &'a str) -> Place<'a> {
    Place { table: "webhook_secrets", row: webhook, name }
}

/// Seals the address of a webhook.
pub(crate) async fn put_url(
    tx: &mut Connection,
    sealer: &Sealer,
    id: WebhookId,
    url: &SecretString,
) -> Result<(), Error> {
    put(tx, sealer, (id, URL), url).await
}

/// Seals a key of signatures.
pub(crate) async fn put_secret(
    tx: &mut Connection,
    sealer: &Sealer,
    (id, number): (WebhookId, i64),
    secret: &SecretString,
) -> Result<(), Error> {
    put(tx, sealer, (id, &number.to_string()), secret).await
}

async fn put(
    tx: &mut Connection,
    sealer: &Sealer,
    (id, name): (WebhookId, &str),
    value: &SecretString,
) -> Result<(), Error> {
    let id = id.to_string();
    let Sealed { key_id, nonce, ciphertext } = sealer.seal(place(&id, name), value)?;
    sqlx::query(
        "insert into webhook_secrets (webhook_id, name, key_id, nonce, ciphertext) values ($1, $2, $3, $4, $5)
         on conflict (webhook_id, name) do update set key_id = $3, nonce = $4, ciphertext = $5",
    )
    .bind(&id)
    .bind(name)
    .bind(key_id)
    .bind(nonce)
    .bind(ciphertext)
    .execute(tx)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct SecretRow {
    name: String,
    #[sqlx(flatten)]
    sealed: Sealed,
}

/// The keys that sign now, the newest first.
pub(crate) async fn secrets(
    connection: &mut Connection,
    sealer: &Sealer,
    (id, now): (WebhookId, Timestamp),
) -> Result<Vec<SecretString>, Error> {
    let id = id.to_string();
    let rows: Vec<SecretRow> = sqlx::query_as(
        "select name, key_id, nonce, ciphertext from webhook_secrets
         where webhook_id = $1 and name <> 'url' and (ends_at_ms is null or ends_at_ms > $2)
         order by cast(name as bigint) desc limit 2",
    )
    .bind(&id)
    .bind(now.as_millisecond())
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|row| sealer.open(place(&id, &row.name), &row.sealed)).collect()
}

/// Puts an event down for a webhook, at once. What is there already stays.
pub(crate) async fn enqueue(
    tx: &mut Connection,
    id: WebhookId,
    (seq, event, kind): (i64, EventId, &str),
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "insert into webhook_deliveries (webhook_id, seq, event_id, type, state, attempts, next_at_ms, created_at_ms)
         values ($1, $2, $3, $4, 'waiting', 0, $5, $5) on conflict (webhook_id, seq) do nothing",
    )
    .bind(id.to_string())
    .bind(seq)
    .bind(event.to_string())
    .bind(kind)
    .bind(now.as_millisecond())
    .execute(tx)
    .await?;
    Ok(())
}
