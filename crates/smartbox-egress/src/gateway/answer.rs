//! One call from its request to the head of its answer.

use std::sync::Arc;

use bytes::Bytes;
use http::header::ORIGIN;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use hyper::body::Body;

use super::body::{self, Held, Room};
use super::cache::{Keep, Key};
use super::choose::{Attempt, Choice, choose};
use super::rate::Rate;
use super::relay::{self, Relayed};
use super::request::{self, Asked};
use super::{AiGateway, Caller, Endpoint, prompt};
use crate::call::{Call, Outcome, ReplyBody};
use crate::demo;
use crate::models::Shelves;
use crate::ports::Ask;
use crate::refusal::Refusal;
use crate::upstream::{Outgoing, Upstream};
use crate::usage;

/// Who answers, and with what.
enum Answer {
    /// It is there already.
    Whole(Response<ReplyBody>, u64),
    Upstream(Arc<Upstream>, Response<reqwest::Body>, Option<Keep>),
}

/// Whether an answer is given again.
enum Cached {
    /// It is.
    Found(Response<ReplyBody>, u64),
    /// The one that comes is kept here.
    Keep(Keep),
    /// Nobody wants that.
    No,
}

/// A request that has been read.
pub(super) struct Read {
    parts: Parts,
    pub(super) held: Held,
    pub(super) asked: Asked,
}

impl AiGateway {
    pub(super) async fn call<B>(
        &self,
        caller: &Caller,
        endpoint: Endpoint,
        request: Request<B>,
    ) -> Response<ReplyBody>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let place = match self.inner.ports.is_some().then(|| self.inner.ended.place()) {
            Some(None) => return Refusal::Busy.into_response(endpoint.dialect()),
            place => place.flatten(),
        };
        let mut call =
            Call::begin(caller.id, endpoint.dialect(), endpoint.path(), place).counted_in(&self.inner.totals);
        // Outside of boxes the call is within a request of the edge.
        if let (Some(join), None) = (self.traces(), &caller.via) {
            join(&call.span, request.headers());
        }
        call.billing.at = self.now();
        call.billing.via.clone_from(&caller.via);
        let read = match self.read(caller, endpoint, request, &mut call).await {
            Ok(read) => read,
            Err(refusal) => return refused(refusal, call, endpoint),
        };
        let answer = self.answer(caller, endpoint, &read, &mut call).await;
        let strips = read.asked.adds_counts();
        // What was asked is not needed while the answer comes.
        drop(read);
        match answer {
            Ok(Answer::Whole(response, bytes)) => {
                call.answers(response.status());
                call.relays(bytes);
                call.ends(Outcome::Complete);
                response
            }
            Ok(Answer::Upstream(upstream, response, keep)) => {
                let relayed = Relayed { upstream: &upstream, endpoint, strips, response, keep };
                relay::relay(relayed, call, &self.inner.limits).await
            }
            Err(refusal) => refused(refusal, call, endpoint),
        }
    }

    /// Reads a request to its end and the part of it that matters here.
    async fn read<B>(
        &self,
        caller: &Caller,
        endpoint: Endpoint,
        request: Request<B>,
        call: &mut Call,
    ) -> Result<Read, Refusal>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let (parts, body) = request.into_parts();
        // Browsers name the page with every such request; programs do not. A page that the agent happens to look
        // at must not spend its owner's money.
        if parts.headers.contains_key(ORIGIN) {
            return Err(Refusal::FromWebPage);
        }
        let room = Room { of_box: &caller.room, of_all: &self.inner.room };
        let held = body::read(body, &self.inner.limits, room).await?;
        let asked = request::read(endpoint, &held.bytes()).map_err(Refusal::Malformed)?;
        call.asks_for(asked.model.as_deref().unwrap_or_default());
        Ok(Read { parts, held, asked })
    }

    async fn answer(
        &self,
        caller: &Caller,
        endpoint: Endpoint,
        read: &Read,
        call: &mut Call,
    ) -> Result<Answer, Refusal> {
        let shelves = self.shelves(caller.id);
        let body = read.held.bytes();
        call.billing.is_free = endpoint == Endpoint::CountTokens;
        if shelves.keeps_prompts() {
            call.billing.prompt = demo::said_last(endpoint, &body).map(|text| prompt::redacted(&text));
        }
        self.take_turn(caller, &shelves, body.len(), call)?;
        let attempts = match choose(&shelves, endpoint.dialect(), read.asked.model.as_deref())? {
            Choice::Demo => {
                call.goes_to(demo::NAME);
                let demo = demo::answer(endpoint, &body)?;
                // What it counts is known before it is said.
                let ask = Ask { box_id: caller.id, tokens: demo.tokens.total(), nanos: 0 };
                self.set_aside(&ask, call).await?;
                call.billing.counted = Some(demo.tokens).filter(|_tokens| !call.billing.is_free);
                return Ok(Answer::Whole(demo.response, demo.bytes));
            }
            Choice::Attempts(attempts) => attempts,
        };
        let keep = match self.cached(&shelves, endpoint, read, &attempts) {
            Cached::Found(response, bytes) => {
                call.goes_to(attempts[0].upstream.id());
                call.billing.is_cached = true;
                return Ok(Answer::Whole(response, bytes));
            }
            Cached::Keep(keep) => Some(keep),
            Cached::No => None,
        };
        self.reserve(caller, endpoint, read, &attempts, call).await?;
        let (upstream, response) = self.ask(endpoint, read, attempts, call).await?;
        // Only what the first one says is said again.
        let is_fallback = call.billing.model.is_some();
        Ok(Answer::Upstream(upstream, response, keep.filter(|_keep| !is_fallback)))
    }

    /// Takes the call's turn within the limits of a minute.
    fn take_turn(
        &self,
        caller: &Caller,
        shelves: &Shelves,
        bytes: usize,
        call: &mut Call,
    ) -> Result<(), Refusal> {
        let rate = Rate {
            requests: shelves.lowest(|rules| rules.requests_per_minute),
            tokens: shelves.lowest(|rules| rules.tokens_per_minute),
        };
        let tokens = if call.billing.is_free { 0 } else { usage::input_tokens(bytes as u64) };
        self.inner.rates.take(caller.id, rate, tokens, self.now_ms()).map_err(Refusal::TooFast)?;
        call.billing.taken = rate.tokens.map(|_limit| tokens);
        Ok(())
    }

    /// An answer that was given before, or where this one is to be kept.
    fn cached(&self, shelves: &Shelves, endpoint: Endpoint, read: &Read, attempts: &[Attempt]) -> Cached {
        let (Some(org), Some(secs), Some(first)) = (shelves.org, shelves.cache_secs(), attempts.first())
        else {
            return Cached::No;
        };
        let about = (first.upstream.id(), read.parts.uri.query(), &read.parts.headers);
        let key = Key::new(org, endpoint, about, &read.held.bytes());
        let now = self.now_ms();
        if let Some((response, bytes)) = self.inner.cache.find(&key, now) {
            return Cached::Found(response, bytes);
        }
        let until = now.saturating_add(u64::from(secs).saturating_mul(1000));
        Cached::Keep(self.inner.cache.keep(key, until))
    }

    /// Asks one after the other until somebody answers. Nothing has gone to the caller yet, so nothing is answered twice.
    async fn ask(
        &self,
        endpoint: Endpoint,
        read: &Read,
        attempts: Vec<Attempt>,
        call: &mut Call,
    ) -> Result<(Arc<Upstream>, Response<reqwest::Body>), Refusal> {
        let clients = self.inner.clients.as_ref().ok_or(Refusal::NoConnections)?;
        let last = attempts.len().saturating_sub(1);
        for (index, Attempt { upstream, model }) in attempts.into_iter().enumerate() {
            call.goes_to(upstream.id());
            let id = model.as_deref().or(read.asked.model.as_deref()).unwrap_or_default();
            call.billing.tariff = self.tariff(&upstream, id);
            let body = read.asked.body(&read.held.bytes(), model.as_deref());
            call.billing.sent_bytes = Some(body.len() as u64);
            call.billing.model = model;
            let outgoing = Outgoing {
                endpoint,
                query: read.parts.uri.query(),
                headers: &read.parts.headers,
                body,
                streamed: read.asked.is_streamed,
            };
            match upstream.send(clients, &self.inner.limits, outgoing).await {
                Ok(response) if index == last || !goes_on_after(response.status()) => {
                    return Ok((upstream, response));
                }
                Ok(response) => {
                    tracing::info!(
                        upstream = upstream.id(),
                        status = response.status().as_u16(),
                        "asking elsewhere"
                    );
                }
                Err(failure) if index == last => return Err(failure.into()),
                Err(failure) => {
                    tracing::info!(upstream = upstream.id(), code = failure.code(), "asking elsewhere");
                }
            }
        }
        Err(Refusal::NoUpstream(endpoint.dialect()))
    }
}

fn refused(refusal: Refusal, mut call: Call, endpoint: Endpoint) -> Response<ReplyBody> {
    call.answers(refusal.status());
    call.ends(Outcome::Refused(refusal.code()));
    refusal.into_response(endpoint.dialect())
}

/// Whether somebody else may do better: the request is good, and this one cannot or will not now.
fn goes_on_after(status: StatusCode) -> bool {
    let is_passing = matches!(
        status,
        StatusCode::UNAUTHORIZED | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
    );
    is_passing || status.is_server_error()
}
