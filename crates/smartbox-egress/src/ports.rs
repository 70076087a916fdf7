//! What the AI gateway needs of the rest of the platform. The composition root implements it.

use std::any::Any;
use std::sync::Arc;

use http::HeaderMap;
use jiff::Timestamp;
use smartbox_core::BoxId;
use smartbox_core::models::Tokens;
use tokio::sync::watch;

use crate::dialect::Dialect;
use crate::models::ModelRoutes;
use crate::prices::PriceTable;

/// What a call can cost at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Whose call it is.
    pub box_id: BoxId,
    /// Tokens of request and answer together.
    pub tokens: u64,
    /// Nano-dollars.
    pub nanos: u64,
}

/// What a call did cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The model that answered, in the words in which it was asked.
    pub model: String,
    /// Who answered.
    pub provider: String,
    /// What was counted or, failing that, estimated.
    pub tokens: Tokens,
    /// Nano-dollars.
    pub nanos: u64,
}

/// Room that a call was given. What it is, knows whoever gave it.
#[derive(Clone)]
pub struct Reservation(pub Arc<dyn Any + Send + Sync>);

impl std::fmt::Debug for Reservation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reservation(..)")
    }
}

/// Why a call was given no room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It could cost more than is left.
    Over {
        /// What is limited: `money`, `tokens`.
        what: String,
        /// For whom: `box`, `org`.
        scope: String,
        /// What is spent or reserved already, for people.
        current: String,
        /// What may be spent, for people.
        limit: String,
        /// When there is room again, if that is known.
        resets_at: Option<Timestamp>,
        /// All of it in a sentence.
        message: String,
    },
    /// Nobody can say at the moment.
    Unavailable,
}

/// Gives room and takes back what is left of it.
#[async_trait::async_trait]
pub trait Spend: Send + Sync {
    /// Room for what a call can cost at most. Durable before it is answered.
    ///
    /// # Errors
    /// [`Denied`]; nothing was reserved.
    async fn reserve(&self, ask: &Ask) -> Result<Reservation, Denied>;

    /// Puts down what was spent, once for each reservation however often it is called, and gives the rest back.
    ///
    /// # Errors
    /// Nothing was put down, and it may be tried again; the text is for the log.
    async fn settle(&self, reservation: &Reservation, spent: &Spent) -> Result<(), String>;
}

/// One call, for whoever reads the list of calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// Whose it is.
    pub box_id: BoxId,
    /// The service token it came with; `None`: it came from inside the box.
    pub via: Option<String>,
    /// When it arrived.
    pub at: Timestamp,
    /// The protocol.
    pub dialect: Dialect,
    /// The path of the gateway.
    pub path: &'static str,
    /// The model that was asked for, cut to a sane length.
    pub model: String,
    /// Who answered; `None`: nobody was asked.
    pub provider: Option<String>,
    /// The status that was answered; `None`: nobody waited for it.
    pub status: Option<u16>,
    /// `complete`, `refused`, `broken` or `abandoned`.
    pub outcome: &'static str,
    /// Why, if it was refused or broke.
    pub code: Option<&'static str>,
    /// What it cost.
    pub tokens: Tokens,
    /// The same in nano-dollars.
    pub nanos: u64,
    /// Whether the tokens are an estimate, because the provider reported none, or none that can be.
    pub is_estimated: bool,
    /// Whether an earlier answer was given again.
    pub is_cached: bool,
    /// From its arrival to the end of the answer.
    pub duration_ms: u64,
    /// The beginning of what was said last, without what looks like a secret; only where that is asked for.
    pub prompt: Option<String>,
}

/// Keeps calls.
#[async_trait::async_trait]
pub trait CallLog: Send + Sync {
    /// Puts calls down, all or none.
    ///
    /// # Errors
    /// Nothing was put down; the text is for the log.
    async fn record(&self, calls: &[CallRecord]) -> Result<(), String>;
}

/// Makes a span that has just begun part of the trace that a request's headers name, if they name one.
pub type JoinTrace = Arc<dyn Fn(&tracing::Span, &HeaderMap) + Send + Sync>;

/// The ports of an [`AiGateway`](crate::AiGateway).
#[derive(Clone)]
pub struct ModelPorts {
    /// Who answers what for whom.
    pub routes: watch::Receiver<Arc<ModelRoutes>>,
    /// What models cost.
    pub prices: Arc<PriceTable>,
    /// Who gives room.
    pub spend: Arc<dyn Spend>,
    /// Who keeps calls.
    pub log: Arc<dyn CallLog>,
    /// What time it is.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// To which traces calls of boxes belong; `None` where nobody traces.
    pub traces: Option<JoinTrace>,
}

impl std::fmt::Debug for ModelPorts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ModelPorts(..)")
    }
}
