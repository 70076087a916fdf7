//! Which headers pass, by name: what is not listed stays behind.

use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderMap,
    HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT,
};

/// Headers of a request that upstreams are sent. Whatever may hold a key (`authorization`, `x-api-key`, `api-key`,
/// `cookie`) or speak for an account (`openai-organization`, `openai-project`) is not among them.
const SENT: [HeaderName; 7] = [
    ACCEPT,
    USER_AGENT,
    HeaderName::from_static("anthropic-version"),
    HeaderName::from_static("anthropic-beta"),
    HeaderName::from_static("openai-beta"),
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("x-client-request-id"),
];
/// Beginnings of further such headers: how the vendors' clients describe themselves.
const SENT_PREFIXES: [&str; 1] = ["x-stainless-"];

/// Headers of an answer that boxes get. Cookies, hop-by-hop headers and the names of the platform's accounts are
/// not among them.
const ANSWERED: [HeaderName; 10] = [
    CACHE_CONTROL,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_TYPE,
    RETRY_AFTER,
    HeaderName::from_static("retry-after-ms"),
    HeaderName::from_static("x-should-retry"),
    HeaderName::from_static("request-id"),
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("openai-processing-ms"),
];
/// Beginnings of further such headers.
const ANSWERED_PREFIXES: [&str; 2] = ["anthropic-ratelimit-", "x-ratelimit-"];

/// The head of a request to an upstream.
pub(super) fn sent(from: &HeaderMap, key: Option<(HeaderName, HeaderValue)>) -> HeaderMap {
    let mut headers = kept(from, &SENT, &SENT_PREFIXES);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // Answers stay readable on the way: for the error messages now, for whoever counts tokens.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some((name, value)) = key {
        headers.insert(name, value);
    }
    headers
}

/// The head of an answer to a box.
pub(crate) fn answered(from: &HeaderMap) -> HeaderMap {
    kept(from, &ANSWERED, &ANSWERED_PREFIXES)
}

fn kept(from: &HeaderMap, names: &[HeaderName], prefixes: &[&str]) -> HeaderMap {
    let passes = |name: &HeaderName| {
        names.contains(name) || prefixes.iter().any(|prefix| name.as_str().starts_with(prefix))
    };
    let kept = from.iter().filter(|(name, _)| passes(name));
    let mut headers = HeaderMap::new();
    for (name, value) in kept {
        headers.append(name.clone(), value.clone());
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(names: &[&'static str]) -> HeaderMap {
        names
            .iter()
            .map(|name| (HeaderName::from_static(name), HeaderValue::from_static("placeholder")))
            .collect()
    }

    #[test]
    fn nothing_that_may_hold_a_key_is_sent() {
        let from = map(&[
            "authorization",
            "x-api-key",
            "api-key",
            "x-goog-api-key",
            "cookie",
            "proxy-authorization",
            "openai-organization",
            "connection",
            "host",
            "content-length",
            "x-forwarded-for",
        ]);
        let sent = sent(&from, None);
        assert!(sent.values().all(|value| value != "placeholder"), "{sent:?}");
    }

    #[test]
    fn the_key_goes_out_and_does_not_show_in_debug_output() {
        let (name, value) = super::super::key_header(crate::Dialect::OpenAi, "sk-real").unwrap();
        let sent = sent(&map(&["authorization", "anthropic-beta", "x-stainless-lang"]), Some((name, value)));
        assert_eq!(sent["authorization"], "Bearer sk-real");
        assert!(sent.contains_key("anthropic-beta") && sent.contains_key("x-stainless-lang"));
        assert!(!format!("{sent:?}").contains("sk-real"));
    }

    #[test]
    fn answers_keep_what_clients_act_on_and_lose_the_rest() {
        let from = map(&[
            "content-type",
            "request-id",
            "retry-after",
            "anthropic-ratelimit-tokens-remaining",
            "x-ratelimit-reset-tokens",
            "set-cookie",
            "connection",
            "transfer-encoding",
            "anthropic-organization-id",
            "openai-organization",
            "location",
            "server",
        ]);
        let answered = answered(&from);
        let mut names: Vec<&str> = answered.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "anthropic-ratelimit-tokens-remaining",
                "content-type",
                "request-id",
                "retry-after",
                "x-ratelimit-reset-tokens"
            ]
        );
    }
}
