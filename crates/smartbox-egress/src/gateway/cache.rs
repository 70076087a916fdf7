//! Answers that are given again to identical requests, where an org wants that. Never across orgs: the org is part of the key.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::{Bytes, BytesMut};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use smartbox_core::OrgId;

use super::Endpoint;
use crate::call::ReplyBody;
use crate::refusal::whole;

/// Longest answer that is kept.
const ANSWER_BYTES_MAX: usize = 512 * 1024;
/// Most bytes of one org's answers.
const ORG_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most bytes of all answers.
const ALL_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Says of an answer that it was given before.
const CACHE_HEADER: HeaderName = HeaderName::from_static("smartbox-cache");
/// Headers of a request that change what is answered.
const TELLING: [&str; 3] = ["anthropic-version", "anthropic-beta", "openai-beta"];

/// What an identical request has in common with the one before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    org: OrgId,
    digest: [u8; 32],
}

#[derive(Debug)]
struct Answer {
    headers: HeaderMap,
    body: Bytes,
    until_ms: u64,
}

#[derive(Debug, Default)]
struct Answers {
    by_key: HashMap<Key, Answer>,
    /// Oldest first.
    order: HashMap<OrgId, VecDeque<Key>>,
    of_orgs: HashMap<OrgId, usize>,
    bytes: usize,
}

/// The kept answers. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Cache(Arc<Mutex<Answers>>);

/// Where and for how long an answer is to be kept.
#[derive(Debug)]
pub(super) struct Keep {
    cache: Cache,
    key: Key,
    until_ms: u64,
}

/// An answer that is being kept.
#[derive(Debug)]
pub(super) struct Kept {
    keep: Keep,
    headers: HeaderMap,
    /// None once it is too long.
    body: Option<BytesMut>,
}

impl Key {
    /// The key of a request to somebody.
    pub(super) fn new(
        org: OrgId,
        endpoint: Endpoint,
        (provider, query, headers): (&str, Option<&str>, &HeaderMap),
        body: &[u8],
    ) -> Self {
        let mut text = Vec::with_capacity(body.len() + 256);
        let telling = TELLING.iter().map(|name| headers.get(*name).map_or(&b""[..], HeaderValue::as_bytes));
        let parts = [endpoint.path().as_bytes(), provider.as_bytes(), query.unwrap_or_default().as_bytes()];
        for part in parts.into_iter().chain(telling).chain([body]) {
            // Each with its length, so that no two requests make the same text.
            text.extend_from_slice(&(part.len() as u64).to_be_bytes());
            text.extend_from_slice(part);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, &text).as_ref());
        Self { org, digest: hash }
    }
}

impl Cache {
    /// The answer to such a request, if there is one that is young enough.
    pub(super) fn find(&self, key: &Key, now_ms: u64) -> Option<(Response<ReplyBody>, u64)> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.by_key.get(key).filter(|answer| answer.until_ms > now_ms)?;
        let mut response = Response::new(whole(answer.body.clone()));
        *response.status_mut() = StatusCode::OK;
        *response.headers_mut() = answer.headers.clone();
        response.headers_mut().insert(CACHE_HEADER, HeaderValue::from_static("hit"));
        Some((response, answer.body.len() as u64))
    }

    /// Where the answer to such a request is kept.
    pub(super) fn keep(&self, key: Key, until_ms: u64) -> Keep {
        Keep { cache: self.clone(), key, until_ms }
    }
}

impl Answers {
    fn put(&mut self, key: Key, answer: Answer) {
        self.remove(&key);
        let (org, bytes) = (key.org, answer.body.len());
        self.bytes += bytes;
        *self.of_orgs.entry(org).or_default() += bytes;
        self.order.entry(org).or_default().push_back(key.clone());
        self.by_key.insert(key, answer);
        while self.of_orgs.get(&org).is_some_and(|bytes| *bytes > ORG_BYTES_MAX) {
            self.remove_oldest(org);
        }
        while self.bytes > ALL_BYTES_MAX {
            // Whoever has most gives first.
            let Some(most) = self.of_orgs.iter().max_by_key(|(_, bytes)| **bytes).map(|(org, _)| *org) else {
                return;
            };
            self.remove_oldest(most);
        }
    }

    fn remove_oldest(&mut self, org: OrgId) {
        let oldest = self.order.get(&org).and_then(|order| order.front()).cloned();
        match oldest {
            Some(key) => self.remove(&key),
            None => {
                self.of_orgs.remove(&org);
            }
        }
    }

    fn remove(&mut self, key: &Key) {
        let Some(answer) = self.by_key.remove(key) else { return };
        self.bytes = self.bytes.saturating_sub(answer.body.len());
        if let Some(bytes) = self.of_orgs.get_mut(&key.org) {
            *bytes = bytes.saturating_sub(answer.body.len());
        }
        if let Some(order) = self.order.get_mut(&key.org) {
            order.retain(|other| other != key);
            if order.is_empty() {
                self.order.remove(&key.org);
                self.of_orgs.remove(&key.org);
            }
        }
    }
}

impl Kept {
    pub(super) fn new(keep: Keep, headers: HeaderMap) -> Self {
        Self { keep, headers, body: Some(BytesMut::new()) }
    }

    /// A piece of the answer.
    pub(super) fn follow(&mut self, piece: &[u8]) {
        match &mut self.body {
            Some(body) if body.len() + piece.len() <= ANSWER_BYTES_MAX => body.extend_from_slice(piece),
            too_long => *too_long = None,
        }
    }

    /// The answer was whole: from now on it is given again.
    pub(super) fn complete(self) {
        let (Keep { cache, key, until_ms }, Some(body)) = (self.keep, self.body) else { return };
        let answer = Answer { headers: self.headers, body: body.freeze(), until_ms };
        cache.0.lock().unwrap_or_else(PoisonError::into_inner).put(key, answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn org(n: u8) -> OrgId {
        format!("org_01890a5d5a5a7b6c8d9e0f1a2b3c4d{n:02x}").parse().unwrap()
    }

    fn key(n: u8, body: &[u8]) -> Key {
        Key::new(org(n), Endpoint::Messages, ("p", None, &HeaderMap::new()), body)
    }

    fn keep(cache: &Cache, key: &Key, bytes: usize) {
        let mut kept = Kept::new(cache.keep(key.clone(), 100), HeaderMap::new());
        kept.follow(&vec![b'x'; bytes]);
        kept.complete();
    }

    #[test]
    fn an_answer_is_given_again_for_its_time_and_within_its_org() {
        let cache = Cache::default();
        keep(&cache, &key(1, b"a"), 10);
        assert!(cache.find(&key(1, b"a"), 99).is_some());
        assert!(cache.find(&key(1, b"a"), 100).is_none(), "too old");
        assert!(cache.find(&key(2, b"a"), 99).is_none(), "another org");
        assert!(cache.find(&key(1, b"b"), 99).is_none());
    }

    #[test]
    fn bytes_are_bounded_for_each_answer_each_org_and_all() {
        let cache = Cache::default();
        keep(&cache, &key(0, b"long"), ANSWER_BYTES_MAX + 1);
        assert!(cache.find(&key(0, b"long"), 0).is_none());
        for n in 0..8 {
            for body in 0..40_u8 {
                keep(&cache, &key(n, &[body]), ANSWER_BYTES_MAX);
            }
        }
        let answers = cache.0.lock().unwrap();
        assert!(
            answers.bytes <= ALL_BYTES_MAX && answers.of_orgs.values().all(|bytes| *bytes <= ORG_BYTES_MAX)
        );
        assert_eq!(answers.by_key.len() * ANSWER_BYTES_MAX, answers.bytes);
        assert_eq!(answers.order.values().map(VecDeque::len).sum::<usize>(), answers.by_key.len());
    }
}
