//! The built-in demo model: answers when no upstream is configured, so that a platform works without an account.
//!
//! It is no AI and says so. It repeats what the user said and tells what to configure. It answers in both
//! dialects, streamed and whole, and always the same to the same request; tools, sampling parameters and token
//! limits are ignored. Its token counts are estimates, which the header [`COUNTS_HEADER`] and the answer say.

mod chat;
mod messages;
mod request;
mod responses;
mod speech;

use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Body as _, Frame};
use serde_json::Value;
use smartbox_core::models::Tokens;

use crate::call::ReplyBody;
use crate::gateway::Endpoint;
use crate::refusal::{Refusal, json_response};

/// What to do to get a real model.
pub(crate) const REMEDY: &str = "To talk to a real model, set ANTHROPIC_API_KEY or OPENAI_API_KEY (or \
     SMARTBOX__MODELS__ANTHROPIC_BASE_URL or SMARTBOX__MODELS__OPENAI_BASE_URL for a compatible server) and start \
     Smartbox again.";
/// Name under which the demo model is logged.
pub(crate) const NAME: &str = "demo";
/// Says of a demo answer that its token counts are estimates.
const COUNTS_HEADER: HeaderName = HeaderName::from_static("smartbox-token-counts");

/// What the demo model says to one request.
struct Reply {
    text: String,
    /// Names this answer: the same for the same request.
    number: u64,
    tokens_in: usize,
    tokens_out: usize,
}

/// A demo answer and its size in bytes.
pub(crate) struct Answer {
    pub(crate) response: Response<ReplyBody>,
    pub(crate) bytes: u64,
    /// What it counts for: four bytes a token, of the request and of the text that is said.
    pub(crate) tokens: Tokens,
}

/// Answers a request.
pub(crate) fn answer(endpoint: Endpoint, body: &[u8]) -> Result<Answer, Refusal> {
    if endpoint == Endpoint::Embeddings {
        return Err(Refusal::DemoHasNoEmbeddings);
    }
    let request = request::read(endpoint, body).map_err(Refusal::Malformed)?;
    let heard = request.users_turns().rev().find_map(speech::said);
    let text = speech::reply(heard.as_deref());
    let reply =
        Reply { number: number(body), tokens_in: tokens(body.len()), tokens_out: tokens(text.len()), text };
    let streamed = request.streamed();
    let mut answer = match endpoint {
        Endpoint::Messages if streamed => event_stream(messages::events(&reply)),
        Endpoint::Messages => whole(&messages::whole(&reply)),
        Endpoint::CountTokens => whole(&messages::count(&reply)),
        Endpoint::ChatCompletions if streamed => event_stream(chat::events(&reply, request.wants_usage())),
        Endpoint::ChatCompletions => whole(&chat::whole(&reply)),
        Endpoint::Responses if streamed => event_stream(responses::events(&reply)),
        Endpoint::Responses => whole(&responses::whole(&reply)),
        Endpoint::Embeddings => return Err(Refusal::DemoHasNoEmbeddings),
    };
    answer.tokens =
        Tokens { input: reply.tokens_in as u64, output: reply.tokens_out as u64, ..Tokens::default() };
    answer.response.headers_mut().insert(COUNTS_HEADER, HeaderValue::from_static("estimated"));
    Ok(answer)
}

/// What a user said last in a request, whoever answers it.
pub(crate) fn said_last(endpoint: Endpoint, body: &[u8]) -> Option<String> {
    let request = request::read(endpoint, body).ok()?;
    request.users_turns().next_back().map(str::to_owned)
}

fn whole(document: &Value) -> Answer {
    let response = json_response(StatusCode::OK, document);
    Answer { bytes: response.body().size_hint().lower(), response, tokens: Tokens::default() }
}

/// Each event is a frame of its own, as a model would send it.
fn event_stream(events: Vec<String>) -> Answer {
    let bytes = events.iter().map(|event| event.len() as u64).sum();
    let frames = events.into_iter().map(|event| Ok(Frame::data(Bytes::from(event))));
    let mut response = Response::new(StreamBody::new(stream::iter(frames)).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Answer { response, bytes, tokens: Tokens::default() }
}

/// An estimate: four bytes a token is the usual rule of thumb for English.
fn tokens(bytes: usize) -> usize {
    bytes.div_ceil(4)
}

/// 64-bit FNV-1a.
fn number(body: &[u8]) -> u64 {
    body.iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
