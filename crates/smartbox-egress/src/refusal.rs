//! Answers of the gateway itself: what is wrong, and what to do about it.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use jiff::Timestamp;
use serde_json::Value;

use crate::call::ReplyBody;
use crate::dialect::Dialect;
use crate::gateway::TooFast;
use crate::upstream::UpstreamFailure;

/// Tells the vendors' clients whether to try again by themselves.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
/// When a budget begins anew.
const RESETS_AT: HeaderName = HeaderName::from_static("smartbox-resets-at");

/// Why the gateway answers instead of a model.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// No such path.
    UnknownRoute,
    /// The path exists for another method.
    MethodNotAllowed { allowed: &'static str },
    /// A web page asked.
    FromWebPage,
    /// The body is larger than the limit.
    BodyTooLarge { max: usize },
    /// The body stopped coming.
    BodyTooSlow,
    /// The body ended early or was not HTTP.
    BodyBroken,
    /// Too much is being read already.
    Busy,
    /// The body is not the JSON it should be; the text says where.
    Malformed(String),
    /// No upstream speaks this dialect, though another one is configured.
    NoUpstream(Dialect),
    /// The model is not among those that may be asked for.
    ModelNotAllowed { model: String, allowed: Vec<String> },
    /// Too many requests or tokens in a minute.
    TooFast(TooFast),
    /// It could cost more than is left.
    OverBudget { message: String, resets_at: Option<Timestamp>, wait: Option<u64> },
    /// Nobody can say what is left.
    SpendUnknown,
    /// This machine cannot make connections over TLS.
    NoConnections,
    /// Whoever asks from outside is not known.
    Stranger(&'static str),
    /// The demo model was asked for embeddings.
    DemoHasNoEmbeddings,
    /// The upstream did not do its part.
    Upstream(UpstreamFailure),
}

impl Refusal {
    /// The status that is answered.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::UnknownRoute | Self::NoUpstream(_) | Self::DemoHasNoEmbeddings => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::FromWebPage | Self::ModelNotAllowed { .. } => StatusCode::FORBIDDEN,
            Self::TooFast(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::OverBudget { .. } => StatusCode::PAYMENT_REQUIRED,
            Self::Stranger(_) => StatusCode::UNAUTHORIZED,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBroken | Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Busy | Self::SpendUnknown | Self::NoConnections => StatusCode::SERVICE_UNAVAILABLE,
            Self::Upstream(failure) => failure.status(),
        }
    }

    /// A stable name for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::UnknownRoute => "unknown_route",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::FromWebPage => "web_page_refused",
            Self::BodyTooLarge { .. } => "request_too_large",
            Self::BodyTooSlow => "request_timeout",
            Self::BodyBroken => "request_incomplete",
            Self::Busy => "gateway_busy",
            Self::Malformed(_) => "malformed_request",
            Self::NoUpstream(_) => "no_upstream",
            Self::ModelNotAllowed { .. } => "model_not_allowed",
            Self::TooFast(_) => "rate_limit_exceeded",
            Self::OverBudget { .. } => "budget_exceeded",
            Self::SpendUnknown => "budget_unknown",
            Self::NoConnections => "no_connections",
            Self::Stranger(_) => "invalid_api_key",
            Self::DemoHasNoEmbeddings => "no_embeddings",
            Self::Upstream(failure) => failure.code(),
        }
    }

    /// What is wrong and what to do, for people. Holds no address and no key.
    pub(crate) fn message(&self) -> Cow<'static, str> {
        match self {
            Self::UnknownRoute => "The Smartbox AI gateway has no such path. It serves POST /v1/messages, \
                 /v1/messages/count_tokens, /v1/chat/completions, /v1/responses, /v1/embeddings and GET /v1/models."
                .into(),
            Self::MethodNotAllowed { allowed } => format!("This path takes {allowed} only.").into(),
            Self::FromWebPage => "Web pages may not use the models of this box. Call the gateway from a program \
                 in the box instead."
                .into(),
            Self::BodyTooLarge { max } => format!("The request is larger than {max} bytes. Send less.").into(),
            Self::BodyTooSlow => "The rest of the request did not come in time. Send it again.".into(),
            Self::BodyBroken => "The request ended before it was complete. Send it again.".into(),
            Self::Busy => "The AI gateway is reading too many large requests. Try again in a moment.".into(),
            Self::Malformed(what) => {
                format!("The request is not valid: {what}. Send a JSON document as the API describes it.").into()
            }
            Self::NoUpstream(dialect) => format!(
                "No model that speaks the {dialect} API is configured on this Smartbox. Whoever runs it can set {} \
                 or {} and start it again.",
                dialect.key_setting(),
                dialect.base_url_setting()
            )
            .into(),
            Self::ModelNotAllowed { model, allowed } => format!(
                "The model `{model}` may not be used here. Use one of these: {}. Whoever manages the org can change that \
                 with `smartbox model rules`.",
                if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") }
            )
            .into(),
            Self::TooFast(TooFast { what, per_minute, wait }) => format!(
                "This box may use {per_minute} {what} of models a minute and has used them. Try again in {} s.",
                wait.as_secs().saturating_add(1)
            )
            .into(),
            Self::OverBudget { message, .. } => message.clone().into(),
            Self::SpendUnknown => "What this box may still spend cannot be looked up at the moment, so nothing is \
                 spent. Try again in a moment."
                .into(),
            Self::NoConnections => "This Smartbox cannot make connections over TLS. Whoever runs it can install the \
                 package ca-certificates and start it again."
                .into(),
            Self::Stranger(why) => (*why).into(),
            Self::DemoHasNoEmbeddings => {
                format!("The built-in demo model makes no embeddings. {}", crate::demo::REMEDY).into()
            }
            Self::Upstream(failure) => failure.message().into(),
        }
    }

    /// The answer, in the shape of the dialect.
    pub(crate) fn into_response(self, dialect: Dialect) -> Response<ReplyBody> {
        let document = dialect.error(self.status(), self.code(), &self.message());
        let mut response = json_response(self.status(), &document);
        match self {
            Self::MethodNotAllowed { allowed } => {
                response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
            }
            Self::Busy | Self::SpendUnknown => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Self::TooFast(TooFast { wait, .. }) => {
                response.headers_mut().insert(RETRY_AFTER, wait.as_secs().saturating_add(1).into());
            }
            Self::OverBudget { resets_at, wait, .. } => {
                let headers = response.headers_mut();
                // The vendors' clients would try again by themselves, until the month is over.
                headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
                if let Some(wait) = wait {
                    headers.insert(RETRY_AFTER, wait.into());
                }
                if let Some(at) = resets_at.and_then(|at| HeaderValue::from_str(&at.to_string()).ok()) {
                    headers.insert(RESETS_AT, at);
                }
            }
            Self::Stranger(_) => {
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}

impl From<UpstreamFailure> for Refusal {
    fn from(failure: UpstreamFailure) -> Self {
        Self::Upstream(failure)
    }
}

/// A whole JSON document as an answer.
pub(crate) fn json_response(status: StatusCode, document: &Value) -> Response<ReplyBody> {
    let mut response = Response::new(whole(Bytes::from(document.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A body that is known already.
pub(crate) fn whole(bytes: Bytes) -> ReplyBody {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}
