//! The way out of a box: the forward proxy, the AI gateway and the built-in demo model.
//!
//! A box has no network but its own loopback. [`ServicesServer`] answers there, at [`SERVICES_PORT`], on a
//! listener that exists in that box's network only: whoever connects to it *is* that box, so no password is
//! needed. What it serves is the [`AiGateway`]: the wire protocols of Anthropic and OpenAI, with the placeholder
//! key of the box taken off and the real key put on. Real keys never enter a box, a log or an error.
//!
//! The life of a model call:
//!
//! ```text
//! route ─▶ read the body (bounded) ─▶ check that it is JSON ─▶ choose ─┬▶ upstream: swap keys, send, relay chunk by chunk
//!            │                          │                              ├▶ demo model: answer here
//!            └── refusal in the shape of the caller's dialect ◀────────┴▶ nobody: say what to configure
//! ```
//!
//! Every call ends in exactly one log event, however it ends; it names the box, the model, the status and the
//! duration, never what was said.

mod accept;
mod activity;
mod call;
mod catalog;
mod demo;
mod dialect;
mod gateway;
mod limits;
mod models;
mod outbound;
mod ports;
mod prices;
mod proxy;
mod refusal;
mod services;
mod serving;
mod settings;
mod upstream;
mod usage;

pub use accept::{Accept, Duplex};
pub use activity::Activity;
pub use call::CallNumbers;
pub use call::ReplyBody;
pub use catalog::{Model, ModelCatalog};
pub use dialect::Dialect;
pub use gateway::{AiGateway, GatewayError};
pub use limits::Limits;
pub use models::{BoxShelves, ModelRoutes, Shelf};
pub use outbound::Outbound;
pub use ports::{Ask, CallLog, CallRecord, Denied, JoinTrace, ModelPorts, Reservation, Spend, Spent};
pub use prices::{BadPrices, PriceTable};
#[cfg(feature = "fuzzing")]
pub use proxy::fuzzing;
pub use proxy::{
    Admissions, Allowance, Authenticate, BoxInjections, EndedConnection, ForwardProxy, KernelAddresses, Leaf,
    Meter, OwnAddresses, PROXY_PORT, Policies, ProxyLimits, ProxyNumbers, ProxyPorts, RefusedRequest, Report,
    Resolve, SetAside, SystemResolver, Used, UsedUp, Vault, upstream_tls,
};
pub use services::ServicesServer;
pub use serving::ServeError;
pub use settings::{BadSetting, ModelPlan, ModelSettings, UpstreamSettings, model_plan};
pub use smartbox_core::models::{ModelRules, Price, Tokens};
pub use upstream::ModelUpstream;
#[cfg(feature = "fuzzing")]
pub use usage::fuzzing as usage_fuzzing;

/// Port of the platform's services on the loopback of every box.
pub const SERVICES_PORT: u16 = 40001;
