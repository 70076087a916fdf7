//! The two wire protocols that models are spoken to in.

use std::fmt;

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

/// A wire protocol of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Anthropic's Messages API.
    Anthropic,
    /// OpenAI's Chat Completions, Responses and Embeddings APIs.
    OpenAi,
}

impl Dialect {
    /// The dialect's name in settings, logs and upstream ids: `anthropic` or `openai`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
        }
    }

    /// The vendor's own server, as the URL to which `/messages` or `/chat/completions` is added.
    pub const fn vendor_url(self) -> &'static str {
        crate::settings::base_url::of_vendor(self)
    }

    /// The setting that holds the key of this dialect's upstream.
    pub(crate) const fn key_setting(self) -> &'static str {
        match self {
            Self::Anthropic => "ANTHROPIC_API_KEY",
            Self::OpenAi => "OPENAI_API_KEY",
        }
    }

    /// The setting that names another server than the vendor's.
    pub(crate) const fn base_url_setting(self) -> &'static str {
        match self {
            Self::Anthropic => "SMARTBOX__MODELS__ANTHROPIC_BASE_URL",
            Self::OpenAi => "SMARTBOX__MODELS__OPENAI_BASE_URL",
        }
    }

    /// The setting that lists the models boxes are offered.
    pub(crate) const fn models_setting(self) -> &'static str {
        match self {
            Self::Anthropic => "SMARTBOX__MODELS__ANTHROPIC_MODELS",
            Self::OpenAi => "SMARTBOX__MODELS__OPENAI_MODELS",
        }
    }

    /// The dialect of a request whose path does not tell: what vendors' clients always send decides.
    pub(crate) fn of_headers(headers: &HeaderMap) -> Self {
        if headers.contains_key("anthropic-version") || headers.contains_key("x-api-key") {
            Self::Anthropic
        } else {
            Self::OpenAi
        }
    }

    /// An error document as the vendor itself would write it.
    ///
    /// Anthropic: `docs.claude.com/en/api/errors`; OpenAI: `platform.openai.com/docs/guides/error-codes`.
    pub(crate) fn error(self, status: StatusCode, code: &str, message: &str) -> Value {
        match self {
            Self::Anthropic => {
                json!({ "type": "error", "error": { "type": anthropic_type(status), "message": message } })
            }
            Self::OpenAi => json!({ "error": {
                "message": message, "type": openai_type(status), "param": null, "code": code,
            } }),
        }
    }

    /// An error inside an event stream that has begun already, as the vendor itself would send it.
    pub(crate) fn error_event(self, status: StatusCode, code: &str, message: &str) -> String {
        let data = self.error(status, code, message);
        match self {
            Self::Anthropic => format!("event: error\ndata: {data}\n\n"),
            Self::OpenAi => format!("data: {data}\n\n"),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn anthropic_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        504 => "timeout_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

fn openai_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        402 => "insufficient_quota",
        403 => "permission_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}
