//! What can go wrong with an upstream, in words for the box.

use std::time::Duration;

use http::StatusCode;

use crate::dialect::Dialect;

/// An upstream did not do its part.
#[derive(Clone, Debug)]
pub(crate) struct UpstreamFailure {
    pub(crate) upstream: String,
    pub(crate) dialect: Dialect,
    /// Whether the platform's settings name it; else somebody has added it.
    pub(crate) is_of_settings: bool,
    pub(crate) what: Failure,
}

/// What it did instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It did not take the connection, or lost it before it answered.
    Unreachable(&'static str),
    /// It took the request and did not begin to answer in time.
    Silent(Duration),
    /// Its address is not public, and nobody who may has allowed that.
    Inside,
    /// It answered with a redirect.
    Redirected,
    /// It refused the platform's key.
    KeyRefused,
    /// It wants a key, and the platform has none for it.
    KeyMissing,
    /// It answered with an error whose text is not to be passed on.
    Unshowable(StatusCode),
    /// Its answer broke off.
    Cut,
    /// Its answer paused for too long.
    Stalled(Duration),
}

impl UpstreamFailure {
    pub(crate) fn status(&self) -> StatusCode {
        match self.what {
            Failure::Unreachable(_) | Failure::Inside | Failure::Redirected | Failure::Cut => {
                StatusCode::BAD_GATEWAY
            }
            Failure::Silent(_) | Failure::Stalled(_) => StatusCode::GATEWAY_TIMEOUT,
            Failure::KeyRefused | Failure::KeyMissing => StatusCode::UNAUTHORIZED,
            Failure::Unshowable(status) => status,
        }
    }

    pub(crate) fn code(&self) -> &'static str {
        match self.what {
            Failure::Unreachable(_) => "upstream_unreachable",
            Failure::Silent(_) => "upstream_timeout",
            Failure::Inside => "upstream_not_public",
            Failure::Redirected => "upstream_redirected",
            Failure::KeyRefused => "upstream_key_refused",
            Failure::KeyMissing => "upstream_key_missing",
            Failure::Unshowable(_) => "upstream_error_withheld",
            Failure::Cut => "upstream_cut",
            Failure::Stalled(_) => "upstream_stalled",
        }
    }

    pub(crate) fn message(&self) -> String {
        let name = format!("The model provider `{}`", self.upstream);
        let (key, base_url) = match self.is_of_settings {
            true => (self.dialect.key_setting(), self.dialect.base_url_setting()),
            false => (
                "the key with `smartbox model provider set`",
                "the address with `smartbox model provider set`",
            ),
        };
        match self.what {
            Failure::Unreachable(why) => format!(
                "{name} cannot be reached: {why}. Try again; if it stays so, whoever runs this Smartbox can check \
                 its network and {base_url}."
            ),
            Failure::Silent(patience) => format!(
                "{name} took the request and did not begin to answer within {} s. Try again, with a streamed \
                 answer if this one was not.",
                patience.as_secs_f32()
            ),
            Failure::Inside => format!(
                "{name} is at an address that is not public. Whoever runs this Smartbox can allow that, with \
                 `smartbox model provider set --inside`."
            ),
            Failure::Redirected => format!(
                "{name} answered with a redirect, which is not followed with a key in hand. Whoever runs this \
                 Smartbox can correct {base_url}."
            ),
            Failure::KeyRefused => {
                format!("{name} refused the key of this Smartbox. Whoever runs it can check {key}.")
            }
            Failure::KeyMissing => {
                format!(
                    "{name} wants a key, and this Smartbox has none for it. Whoever runs it can set {key}."
                )
            }
            Failure::Unshowable(status) => format!(
                "{name} answered {status} with a text that cannot be passed on. Whoever runs this Smartbox can look \
                 for the cause at the provider."
            ),
            Failure::Cut => format!("{name} broke off in the middle of its answer. Try again."),
            Failure::Stalled(patience) => {
                format!(
                    "{name} paused for {} s in the middle of its answer. Try again.",
                    patience.as_secs_f32()
                )
            }
        }
    }
}

/// Why no answer came, without addresses.
pub(super) fn why(error: &reqwest::Error) -> &'static str {
    if error.is_dns() {
        "its name is not known"
    } else if error.is_connect() && error.is_timeout() {
        "it did not take the connection in time"
    } else if error.is_connect() {
        "the connection failed"
    } else {
        "the connection broke before an answer came"
    }
}
