//! Refusals: RFC 9457 documents for programs. Pages for people are in [`crate::page`].

use std::borrow::Cow;
use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use smartbox_core::Permission;

use crate::Body;
use crate::body::full;
use crate::limits::{Quota, Rate, Standing};
use crate::ports::WakeRefused;

/// When to ask again for something that others have to close first.
const OPEN_PAUSE: Duration = Duration::from_secs(10);

/// Every code that the edge makes itself; each has a page under `docs/errors/`. Refused wakes bring their own.
pub const CODES: [&str; 40] = [
    "access-ended",
    "admin-only",
    "bad-host",
    "bad-origin",
    "bad-request",
    "body-stalled",
    "body-too-large",
    "box-asleep",
    "box-busy",
    "box-failed",
    "box-gone",
    "box-moving",
    "box-not-found",
    "box-queue-full",
    "box-starting",
    "box-stopped",
    "credential-in-url",
    "device-not-approved",
    "edge-stopping",
    "gateway-broken-answer",
    "gateway-timeout",
    "gateway-unreachable",
    "head-too-large",
    "https-required",
    "keeper-lost",
    "keeper-timeout",
    "loop-detected",
    "method-not-allowed",
    "missing-permission",
    "no-default-box",
    "not-a-platform",
    "not-found",
    "not-signed-in",
    "overloaded",
    "too-many-open",
    "too-many-requests",
    "upstream-broken-answer",
    "upstream-timeout",
    "upstream-unreachable",
    "wake-timeout",
];

/// Why a request was refused and what to do, in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Status of the answer.
    pub status: StatusCode,
    /// Stable code for programs; one of [`CODES`], or of a refused wake.
    pub code: &'static str,
    /// One line.
    pub title: Cow<'static, str>,
    /// What happened this time.
    pub detail: Option<Cow<'static, str>>,
    /// What to do about it.
    pub remedy: Option<Cow<'static, str>>,
    /// When to try again.
    pub retry_after: Option<Duration>,
    /// Which limit was met.
    pub limit: Option<Box<Standing>>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, title: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, title: title.into(), detail: None, remedy: None, retry_after: None, limit: None }
    }

    pub(crate) fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The answer for a program.
    pub(crate) fn into_response(self, instance: &str) -> Response<Body> {
        let retry_after_ms = self.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        let mut document = serde_json::json!({
            "type": format!("/docs/errors/{}", self.code),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
            "remedy": self.remedy,
            "retry_after_ms": retry_after_ms,
        });
        if let Some(members) = document.as_object_mut() {
            members.retain(|_name, value| !value.is_null());
        }
        let mut response = Response::new(full(document.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        set_retry_after(headers, self.retry_after);
        if let Some(limit) = self.limit {
            limit.write(headers);
        }
        response
    }
}

impl From<WakeRefused> for Problem {
    fn from(refused: WakeRefused) -> Self {
        Self {
            status: refused.status,
            code: refused.code,
            title: refused.title.into(),
            detail: refused.detail.map(Cow::Owned),
            remedy: refused.remedy.map(Cow::Owned),
            retry_after: refused.retry_after,
            limit: None,
        }
    }
}

/// Sets `Retry-After` in whole seconds, rounded up: never earlier than meant.
pub(crate) fn set_retry_after(headers: &mut HeaderMap, wait: Option<Duration>) {
    if let Some(wait) = wait {
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        headers.insert(RETRY_AFTER, HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX)));
    }
}

/// Somebody asks more often than they may.
pub(crate) fn too_many_requests(name: &'static str, rate: Rate, wait: Duration) -> Problem {
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests")
        .detail(format!("The limit `{name}` is {} in {} s.", rate.burst, rate.window.as_secs()))
        .remedy("Ask less often, and wait as long as the answer says.")
        .retry_after(wait);
    Problem {
        limit: Some(Box::new(Standing { name, quota: Quota::Rate(rate), left: 0, reset: Some(wait) })),
        ..problem
    }
}

/// Somebody has as much open as they may have.
pub(crate) fn too_many_open(name: &'static str, max: usize) -> Problem {
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-open", "Too much is open")
        .detail(format!("The limit `{name}` is {max} at a time."))
        .remedy("Close what is not used, or raise the limit in the settings.")
        .retry_after(OPEN_PAUSE);
    Problem {
        limit: Some(Box::new(Standing { name, quota: Quota::AtOnce(max), left: 0, reset: None })),
        ..problem
    }
}

/// As many requests are under way as there can be.
pub(crate) fn overloaded() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "The platform has too much to do")
        .remedy("Try again in a moment.")
        .retry_after(Duration::from_secs(1))
}

/// More header lines than a request may have.
pub(crate) fn head_too_large() -> Problem {
    Problem::new(
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        "head-too-large",
        "The request has too many headers",
    )
}

/// Somebody speaks plain HTTP where TLS is spoken.
pub(crate) fn https_required() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "https-required", "This port speaks HTTPS")
        .remedy("Use an address that begins with https://.")
}

/// A box that this caller cannot see, or that is not there: the same words for both.
pub(crate) fn box_not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "box-not-found", "There is no such box")
        .remedy("`smartbox box list` shows your boxes.")
}

/// Neither the platform nor a box has this.
pub(crate) fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "There is nothing here")
}

/// Nobody is signed in. A person and a program do so in different ways.
pub(crate) fn not_signed_in(wants_page: bool) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "not-signed-in", "You are not signed in").remedy(if wants_page {
        "Open the link that `smartbox open` prints on the machine that runs Smartbox. It signs this browser in."
    } else {
        "Send the header X-Admin-Secret, or the session cookie of a browser that is signed in."
    })
}

/// Somebody is known, and their org lets people in with approved devices only.
pub(crate) fn device_not_approved() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "device-not-approved", "This device is not approved").remedy(
        "Open the platform in this browser, or run `smartbox device pair`; whoever runs your org approves it with \
         `smartbox device approve`.",
    )
}

/// Somebody took the right away, or it expired, while the request was under way.
pub(crate) fn access_ended(why: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "access-ended", "Your access has ended")
        .detail(format!("While the request was under way: {why}."))
        .remedy("Sign in again, or ask whoever runs this place.")
}

/// This is for the platform's admin, and they are somebody else.
pub(crate) fn admin_only() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "admin-only", "Only an admin may do this")
        .remedy("Ask whoever runs the platform.")
}

/// They see the box and may not do this with it.
pub(crate) fn missing_permission(needed: Permission) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "missing-permission", "You may not do this")
        .detail(format!("It needs the permission `{needed}`."))
        .remedy("Ask whoever runs your org for another role, or make a token with this scope.")
}

/// The box's gateway did not take the request although the box should run.
pub(crate) fn unreachable() -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, "gateway-unreachable", "The box does not answer")
        .remedy("Try again in a moment. If it stays so, `smartbox logs` shows what the box says.")
        .retry_after(Duration::from_secs(2))
}
