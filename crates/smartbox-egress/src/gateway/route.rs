//! Paths of the gateway.

use http::{Method, Request};

use crate::dialect::Dialect;
use crate::refusal::Refusal;

/// A kind of model call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Anthropic: a turn.
    Messages,
    /// Anthropic: the size of a turn.
    CountTokens,
    /// OpenAI: a turn.
    ChatCompletions,
    /// OpenAI: a turn in the newer API.
    Responses,
    /// OpenAI: vectors of texts.
    Embeddings,
}

/// Where a request goes.
pub(super) enum Route {
    /// The list of models.
    Models,
    /// A model call.
    Call(Endpoint),
}

const ENDPOINTS: [Endpoint; 5] = [
    Endpoint::Messages,
    Endpoint::CountTokens,
    Endpoint::ChatCompletions,
    Endpoint::Responses,
    Endpoint::Embeddings,
];
const MODELS_PATH: &str = "/v1/models";

impl Endpoint {
    /// Its path, at the gateway and (after the base URL) at the upstream.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Messages => "/v1/messages",
            Self::CountTokens => "/v1/messages/count_tokens",
            Self::ChatCompletions => "/v1/chat/completions",
            Self::Responses => "/v1/responses",
            Self::Embeddings => "/v1/embeddings",
        }
    }

    /// The dialect it belongs to.
    pub(crate) const fn dialect(self) -> Dialect {
        match self {
            Self::Messages | Self::CountTokens => Dialect::Anthropic,
            Self::ChatCompletions | Self::Responses | Self::Embeddings => Dialect::OpenAi,
        }
    }
}

/// Finds the route of a request.
pub(super) fn find(method: &Method, path: &str) -> Result<Route, Refusal> {
    let (route, allowed) = match ENDPOINTS.into_iter().find(|endpoint| endpoint.path() == path) {
        Some(endpoint) => (Route::Call(endpoint), Method::POST),
        None if path == MODELS_PATH => (Route::Models, Method::GET),
        None => return Err(Refusal::UnknownRoute),
    };
    match (method == allowed, allowed == Method::POST) {
        (true, _) => Ok(route),
        (false, true) => Err(Refusal::MethodNotAllowed { allowed: "POST" }),
        (false, false) => Err(Refusal::MethodNotAllowed { allowed: "GET" }),
    }
}

/// The dialect in which a request is answered, wherever it goes.
pub(super) fn dialect<B>(request: &Request<B>) -> Dialect {
    let path = request.uri().path();
    let endpoint = ENDPOINTS.into_iter().find(|endpoint| endpoint.path() == path);
    endpoint.map_or_else(|| Dialect::of_headers(request.headers()), Endpoint::dialect)
}
