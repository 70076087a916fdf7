//! `GET /_smartbox/enter`

use axum::extract::State;
use axum::response::Response;
use http::request::Parts;
use secrecy::ExposeSecret;
use serde::Deserialize;
use smartbox_api::ENTER_PATH;
use smartbox_control::Error;
use smartbox_core::{BoxId, box_host};
use utoipa::IntoParams;

use super::{redirect, return_path};
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::{own_origin, set_box};
use crate::problem::{ApiError, codes};
use crate::request::{is_over_tls, origin_of};

/// What a browser brings.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EnterQuery {
    /// A ticket to this origin.
    ticket: Option<String>,
    /// The service token of one box.
    token: Option<String>,
    /// Where to go then.
    to: Option<String>,
}

/// Come in to one box
///
/// Exchanges a ticket, or the service token of one box, for a cookie that is good for that box alone, and takes it out of the
/// address. `?token=` at the root of a box comes here by itself.
#[utoipa::path(
    get,
    path = "/_smartbox/enter",
    tag = "sign-in",
    operation_id = "enterBox",
    security(()),
    params(EnterQuery),
    responses((status = SEE_OTHER, description = "On, with the cookie.")),
)]
pub(crate) async fn enter(
    State(state): State<HttpState>,
    parts: Parts,
    QueryOf(query): QueryOf<EnterQuery>,
) -> Result<Response, ApiError> {
    let to = return_path(query.to.as_deref());
    let over_tls = is_over_tls(&parts.headers);
    let cookie = match (&query.ticket, &query.token) {
        (Some(ticket), None) => {
            let own = own_origin(&parts).ok_or_else(|| ApiError::known(&codes::BAD_REQUEST))?;
            let from = origin_of(&parts.headers);
            let session = state.control().enter_box(&from, ticket, ENTER_PATH, &own).await?;
            set_box(session.token.expose_secret(), "/", session.ttl.as_secs(), over_tls)
        }
        (None, Some(token)) => {
            let control = state.control();
            let found = control.find_token(token).await?.filter(|found| found.principal.only().is_some());
            let found = found.ok_or_else(|| ApiError::known(&codes::WRONG_CREDENTIAL))?;
            if let Some(there) = own_host(&state, &parts, found.principal.only()) {
                return Ok(redirect(&format!("{there}{ENTER_PATH}?token={token}"), None));
            }
            let left = found.expires_at.map(|at| at.duration_since(control.clock().now()).as_secs());
            let seconds = u64::try_from(left.unwrap_or(0)).unwrap_or(0);
            set_box(token, cookie_path(to), seconds, over_tls)
        }
        _ => return Err(ApiError::field("ticket", "bring either `ticket` or `token`")),
    };
    let cookie = cookie.ok_or_else(|| Error::internal("a credential does not fit into a header"))?;
    Ok(redirect(to, Some(cookie)))
}

/// The box's own host, for a browser that is at the platform's where every box has one: its cookie belongs there.
fn own_host(state: &HttpState, parts: &Parts, only: Option<BoxId>) -> Option<String> {
    let origin = own_origin(parts)?;
    let (scheme, authority) = origin.split_once("://")?;
    let name = authority.split(':').next()?;
    let is_here =
        |domain: &&String| *domain != box_host::LOOPBACK_DOMAIN && domain.eq_ignore_ascii_case(name);
    state.box_domains().iter().find(is_here)?;
    Some(format!("{scheme}://{}.{authority}", box_host::label_of(only?)))
}

/// Below which path a cookie is sent: below the box's, where several boxes share an origin.
fn cookie_path(to: &str) -> &str {
    let Some(rest) = to.strip_prefix("/b/") else { return "/" };
    let reference = rest.split(['/', '?']).next().unwrap_or_default();
    let is_plain = reference.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if reference.is_empty() || !is_plain { "/" } else { &to[..3 + reference.len()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_of_one_box_is_sent_below_its_path_alone() {
        for (to, path) in [
            ("/", "/"),
            ("/chat", "/"),
            ("/b/home/", "/b/home"),
            ("/b/home/chat?x=/b/other/", "/b/home"),
            ("/b/home", "/b/home"),
            ("/b//", "/"),
            ("/b/a;Domain=evil/", "/"),
        ] {
            assert_eq!(cookie_path(to), path, "{to}");
        }
    }
}
