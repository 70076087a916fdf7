//! What may be asked for under support access: a list, so that a route that nobody thought of is refused.

use std::sync::{Arc, OnceLock};

use axum::extract::MatchedPath;
use http::request::Parts;
use http::{HeaderValue, Method};
use smartbox_control::Recognised;
use smartbox_core::{Support, SupportLevel};

use crate::problem::{ApiError, codes};

/// Looking. None of these tells a credential, or the configuration of a gateway, which may hold some.
const READ: &[(Method, &str)] = &[
    (Method::GET, "/api/status"),
    (Method::GET, "/v1/audit"),
    (Method::GET, "/v1/boxes"),
    (Method::GET, "/v1/boxes/{box}"),
    (Method::GET, "/v1/boxes/{box}/backup-policy"),
    (Method::GET, "/v1/boxes/{box}/backups"),
    (Method::GET, "/v1/boxes/{box}/budget"),
    (Method::GET, "/v1/boxes/{box}/egress"),
    (Method::GET, "/v1/boxes/{box}/logs"),
    (Method::GET, "/v1/boxes/{box}/model-calls"),
    (Method::GET, "/v1/boxes/{box}/schedules"),
    (Method::GET, "/v1/boxes/{box}/schedules/{schedule}"),
    (Method::GET, "/v1/boxes/{box}/sessions"),
    (Method::GET, "/v1/boxes/{box}/state"),
    (Method::GET, "/v1/boxes/{box}/timeline"),
    (Method::GET, "/v1/boxes/{box}/usage"),
    (Method::GET, "/v1/boxes/{box}/why"),
    (Method::GET, "/v1/events"),
    (Method::GET, "/v1/fleet/summary"),
    (Method::GET, "/v1/maintenance"),
    (Method::GET, "/v1/me"),
    (Method::GET, "/v1/operations/{operation}"),
    (Method::GET, "/v1/orgs/{org}"),
    (Method::GET, "/v1/orgs/{org}/backup-policy"),
    (Method::GET, "/v1/orgs/{org}/budget"),
    (Method::GET, "/v1/orgs/{org}/egress"),
    (Method::GET, "/v1/plans"),
    (Method::GET, "/v1/plans/{plan}"),
    (Method::GET, "/v1/runtimes"),
    (Method::GET, "/v1/support-sessions"),
    (Method::GET, "/v1/support-sessions/{support}"),
    (Method::GET, "/v1/tiers"),
    (Method::GET, "/v1/usage"),
    // Its own end.
    (Method::DELETE, "/v1/support-sessions/{support}"),
    // Each call of a tool is a request of its own, which is checked as any other.
    (Method::POST, "/mcp"),
];

/// Working with boxes. Nothing here ends a box, makes one, or says what may be spent.
const ACT: &[(Method, &str)] = &[
    (Method::GET, "/v1/boxes/{box}/messages/{message}"),
    (Method::PATCH, "/v1/boxes/{box}"),
    (Method::POST, "/v1/boxes/{box}/backups"),
    (Method::POST, "/v1/boxes/{box}/backups/{backup}/restore"),
    (Method::POST, "/v1/boxes/{box}/backups/{backup}/verify"),
    (Method::POST, "/v1/boxes/{box}/messages"),
    (Method::POST, "/v1/boxes/{box}/restart"),
    (Method::POST, "/v1/boxes/{box}/schedules"),
    (Method::PATCH, "/v1/boxes/{box}/schedules/{schedule}"),
    (Method::DELETE, "/v1/boxes/{box}/schedules/{schedule}"),
    (Method::POST, "/v1/boxes/{box}/sleep"),
    (Method::POST, "/v1/boxes/{box}/start"),
    (Method::POST, "/v1/boxes/{box}/stop"),
    (Method::POST, "/v1/boxes/{box}/upgrade"),
    (Method::POST, "/v1/boxes/{box}/wake"),
    (Method::POST, "/v1/operations/{operation}/cancel"),
];

/// Lets a request pass that may be made under support access; every other caller passes. What the person themselves may not do is
/// refused by the use-case.
pub(super) fn check(parts: &Parts, who: &Recognised) -> Result<(), ApiError> {
    let Some(support) = who.principal.as_support() else { return Ok(()) };
    if let Some(mark) = parts.extensions.get::<SupportMark>() {
        mark.set(support, who);
    }
    let path = parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    // The answer to HEAD is that to GET without its body.
    let method = if parts.method == Method::HEAD { &Method::GET } else { &parts.method };
    let is_in = |list: &[(Method, &str)]| list.iter().any(|(known, route)| known == method && *route == path);
    match support.level {
        _ if is_in(READ) => Ok(()),
        SupportLevel::Act if is_in(ACT) => Ok(()),
        SupportLevel::Read if is_in(ACT) => Err(ApiError::known(&codes::SUPPORT_READ_ONLY)),
        SupportLevel::Read | SupportLevel::Act => Err(ApiError::known(&codes::SUPPORT_REFUSED)),
    }
}

/// By which support access a request was made: put down where the caller is recognised, for the header of the answer.
#[derive(Clone, Default)]
pub(crate) struct SupportMark(Arc<OnceLock<HeaderValue>>);

impl SupportMark {
    fn set(&self, support: Support, who: &Recognised) {
        let until = who.expires_at.map(|at| format!("; until={at}")).unwrap_or_default();
        if let Ok(value) = HeaderValue::from_str(&format!("{}{until}", support.session)) {
            // Recognised twice, it is the same.
            let _same = self.0.set(value);
        }
    }

    /// The header's value, if there is one.
    pub(crate) fn value(&self) -> Option<HeaderValue> {
        self.0.get().cloned()
    }
}
