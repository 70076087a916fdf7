//! Answers of the proxy itself: what is wrong, and what to do about it, for an agent to read.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, PROXY_AUTHENTICATE};
use http::{Response, StatusCode};
use smartbox_core::egress_policy::{BadTarget, Refused};

use super::admit::UsedUp;
use super::body::{Body, full};

/// Header with the stable name of the reason.
pub(crate) const REASON: HeaderName = HeaderName::from_static("x-smartbox-reason");
/// What a remote box has to bring.
const CHALLENGE: &str = "Basic realm=\"smartbox\"";
/// Who can change a policy, and how.
const REMEDY: &str = "Whoever manages this box can change its rules: `smartbox egress allow`.";
/// The same for what is not public.
const REMEDY_INSIDE: &str = "The platform's admin can allow it: `smartbox egress allow … --inside`.";
/// The same for secrets.
const REMEDY_SECRET: &str = "Whoever manages this box can set it: `smartbox secret set`.";

/// Why the proxy answers instead of an upstream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// No box, or not its credential.
    #[error("this proxy needs the box's own credential (`Proxy-Authorization: Basic base64(box_id:token)`)")]
    Unauthenticated,
    /// Not HTTP.
    #[error("the request cannot be read: {0}")]
    Malformed(&'static str),
    /// The head is too long.
    #[error("the head of the request is too long")]
    HeadTooLarge,
    /// The head stopped coming.
    #[error("the rest of the request did not come in time")]
    HeadTooSlow,
    /// The body stopped coming.
    #[error("the rest of the request's body did not come in time")]
    BodyTooSlow,
    /// Nothing that can be reached.
    #[error("the target cannot be used: {0}")]
    BadTarget(#[from] BadTarget),
    /// A path without a host.
    #[error("this is a forward proxy: it takes `CONNECT host:port` and `GET http://host/path`")]
    NoTarget,
    /// `GET https://…`.
    #[error("`{0}` is not forwarded: ask for a tunnel with CONNECT")]
    Scheme(String),
    /// TRACE.
    #[error("the method {0} is not forwarded: it would show headers that were added on the way")]
    Method(String),
    /// The rules say no.
    #[error("{0}")]
    Policy(#[from] Refused),
    /// The name leads where boxes may not go.
    #[error("it leads to {0}, which boxes reach only by a rule with `inside` for its name")]
    Address(&'static str),
    /// The platform's own name.
    #[error(
        "it is the platform itself, which boxes reach only by a rule with `inside` for its name and port"
    )]
    Own,
    /// A plan or budget leaves nothing.
    #[error("{}", .0.message)]
    UsedUp(Box<UsedUp>),
    /// What it uses cannot be recorded.
    #[error("what this box uses cannot be recorded at the moment, and it has limits; try again in a moment")]
    NoMeter,
    /// No policy is known yet.
    #[error("what this box may reach is not known yet")]
    NoPolicy,
    /// Too much at a time.
    #[error("too many {0} are open at the same time")]
    Busy(&'static str),
    /// The name leads nowhere.
    #[error("there is no address for this name")]
    Unresolved,
    /// Nobody knew in time.
    #[error("the name could not be looked up in time")]
    LookupTimeout,
    /// Nobody listens.
    #[error("no connection could be made: {0}")]
    Unreachable(&'static str),
    /// Nobody answered.
    #[error("no connection came about in time")]
    DialTimeout,
    /// The connection ended, or was not HTTP.
    #[error("the connection ended before there was an answer, or the answer was not HTTP")]
    Broken,
    /// The answer did not begin.
    #[error("the answer did not begin in time")]
    AnswerTimeout,
    /// It is not who it should be, or does not speak TLS.
    #[error("TLS with it did not come about: {0}")]
    Tls(&'static str),
    /// A placeholder stands for nothing.
    #[error("the placeholder of {0} stands for a secret that is not set")]
    NoSecret(String),
    /// A value does not fit where the placeholder stands.
    #[error("the secret {0} cannot be put there: it holds line ends, or characters that no header may have")]
    UnfitSecret(String),
    /// Secrets cannot be read.
    #[error("the secrets of this box cannot be read at the moment")]
    VaultClosed,
}

impl Refusal {
    /// The status that is answered.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
            Self::Malformed(_) | Self::BadTarget(_) | Self::NoTarget | Self::Scheme(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::Method(_) => StatusCode::NOT_IMPLEMENTED,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::HeadTooSlow | Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Policy(_)
            | Self::Address(_)
            | Self::Own
            | Self::UsedUp(_)
            | Self::NoSecret(_)
            | Self::UnfitSecret(_) => StatusCode::FORBIDDEN,
            Self::NoPolicy | Self::NoMeter | Self::Busy(_) | Self::VaultClosed => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Unresolved | Self::Unreachable(_) | Self::Broken | Self::Tls(_) => StatusCode::BAD_GATEWAY,
            Self::LookupTimeout | Self::DialTimeout | Self::AnswerTimeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// A stable name for programs.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "authentication-required",
            Self::Malformed(_) => "malformed",
            Self::HeadTooLarge => "head-too-large",
            Self::HeadTooSlow => "head-too-slow",
            Self::BodyTooSlow => "body-too-slow",
            Self::BadTarget(_) => "bad-target",
            Self::NoTarget => "no-target",
            Self::Scheme(_) => "bad-scheme",
            Self::Method(_) => "bad-method",
            Self::Policy(Refused::Denied { .. }) => "denied",
            Self::Policy(Refused::Port { .. }) => "port-closed",
            Self::Address(_) => "address-refused",
            Self::Own => "platform-refused",
            Self::UsedUp(_) => "used-up",
            Self::NoMeter => "no-meter",
            Self::NoPolicy => "no-policy",
            Self::Busy(_) => "busy",
            Self::Unresolved => "unresolved",
            Self::LookupTimeout => "lookup-timeout",
            Self::Unreachable(_) => "unreachable",
            Self::DialTimeout => "dial-timeout",
            Self::Broken => "upstream-broken",
            Self::AnswerTimeout => "answer-timeout",
            Self::Tls(_) => "upstream-tls",
            Self::NoSecret(_) => "secret-missing",
            Self::UnfitSecret(_) => "secret-unfit",
            Self::VaultClosed => "vault-closed",
        }
    }

    /// Whether its owner should hear of it: somebody decided it, and somebody can change it.
    pub(crate) const fn is_of_policy(&self) -> bool {
        matches!(self, Self::Policy(_) | Self::Address(_) | Self::Own | Self::UsedUp(_))
    }

    /// What is wrong and what to do, for people and agents.
    fn text(&self, target: &str) -> String {
        let target = if target.is_empty() { "This request" } else { target };
        let remedy = match self {
            Self::Policy(_) => format!(" {REMEDY}"),
            Self::Address(_) | Self::Own => format!(" {REMEDY_INSIDE}"),
            Self::NoSecret(_) | Self::UnfitSecret(_) => format!(" {REMEDY_SECRET}"),
            _ => String::new(),
        };
        let reason = self.reason();
        let facts = match self {
            Self::UsedUp(used) => {
                let UsedUp { what, current, limit, resets_at, .. } = &**used;
                format!("what: {what}, current: {current}, limit: {limit}, resets: {resets_at}, ")
            }
            _ => String::new(),
        };
        format!("Smartbox: {target} was not reached: {self}.{remedy}\n({facts}reason: {reason})\n")
    }

    /// The answer.
    pub(crate) fn into_response(self, target: &str) -> Response<Body> {
        let mut response = Response::new(full(Bytes::from(self.text(target))));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert(REASON, HeaderValue::from_static(self.reason()));
        if self == Self::Unauthenticated {
            headers.insert(PROXY_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
        }
        response
    }

    /// The same as bytes, where hyper does not speak. The connection ends with it.
    pub(crate) fn into_bytes(self, target: &str) -> Vec<u8> {
        let text = self.text(target);
        let status = self.status();
        let challenge = match self {
            Self::Unauthenticated => format!("{PROXY_AUTHENTICATE}: {CHALLENGE}\r\n"),
            _ => String::new(),
        };
        format!(
            "HTTP/1.1 {} {}\r\n{CONTENT_TYPE}: text/plain; charset=utf-8\r\n{REASON}: {}\r\n{challenge}content-length: {}\r\n\
             {CONNECTION}: close\r\n\r\n{text}",
            status.as_u16(),
            status.canonical_reason().unwrap_or_default(),
            self.reason(),
            text.len(),
        )
        .into_bytes()
    }
}
