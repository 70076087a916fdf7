//! A gateway inside the fake's boxes: health, the WebSocket handshake, `chat.send` and the suspend contract, as OpenClaw
//! speaks them (protocol 4). It accepts only requests that vouch for themselves as the platform does.

mod rest;
mod serve;
mod session;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
pub use rest::Rest;
use smartbox_core::BoxId;
use smartbox_provider::fake::FakeProvider;

/// Port of the gateway on a box's loopback.
pub const GATEWAY_PORT: u16 = 18789;

/// How the gateway answers one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// With these pieces, then with all of them.
    Text(Vec<String>),
    /// The turn fails with this message.
    Error(String),
    /// Somebody stops the turn.
    Aborted,
    /// Not at all: the turn goes on for ever.
    Silence,
    /// After these pieces the connection breaks.
    Hangup(Vec<String>),
    /// The call itself is refused with this code and message.
    Refused(String, String),
}

impl Reply {
    /// An answer in pieces.
    pub fn text(pieces: &[&str]) -> Self {
        Self::Text(pieces.iter().map(|piece| (*piece).to_owned()).collect())
    }
}

/// A message that the gateway got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// In which box.
    pub id: BoxId,
    /// To which session.
    pub session: String,
    /// The text.
    pub text: String,
}

/// The gateways of every box of a fake. Cheap to clone.
#[derive(Clone, Default)]
pub struct GatewayDouble {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    replies: VecDeque<Reply>,
    received: Vec<Received>,
    heads: Vec<HeaderMap>,
    rest: rest::Resting,
    /// Name of the header that carries the caller's identity, by box: whoever comes first is believed.
    identity_headers: BTreeMap<BoxId, String>,
}

impl GatewayDouble {
    /// Lets every box of `provider` have a gateway.
    pub fn install(provider: &FakeProvider) -> Self {
        let double = Self::default();
        let serving = double.clone();
        provider.serve(GATEWAY_PORT, move |id, stream| serve::connection(serving.clone(), id, stream));
        double
    }

    /// Answers the next message so. Messages without an order are answered with `You said: <text>`.
    pub fn reply_next(&self, reply: Reply) {
        self.shared().replies.push_back(reply);
    }

    /// The messages so far, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.shared().received.clone()
    }

    /// Headers of the plain requests so far that vouched for themselves, oldest first.
    pub fn heads(&self) -> Vec<HeaderMap> {
        self.shared().heads.clone()
    }

    /// The sessions in which something was said, the latest first.
    fn sessions(&self, id: BoxId) -> Vec<serde_json::Value> {
        let mut keys: Vec<String> = Vec::new();
        for received in self.shared().received.iter().rev().filter(|received| received.id == id) {
            if !keys.contains(&received.session) {
                keys.push(received.session.clone());
            }
        }
        keys.into_iter()
            .map(|key| serde_json::json!({ "key": key, "displayName": key, "updatedAt": 1 }))
            .collect()
    }

    fn take_reply(&self, received: Received) -> Reply {
        let mut shared = self.shared();
        let answer = Reply::Text(vec!["You said: ".to_owned(), received.text.clone()]);
        shared.received.push(received);
        shared.replies.pop_front().unwrap_or(answer)
    }

    fn shared(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
