//! How a browser comes to a box: to its own host where it has one, with what it was sent with, or to the page where it signs in.

use http::header::LOCATION;
use http::request::Parts;
use http::uri::{Authority, Uri};
use http::{HeaderValue, Response, StatusCode};
use smartbox_core::box_host;

use super::{Asked, ENTER_PATH, Target};
use crate::body::{Body, empty};
use crate::edge::Shared;
use crate::problem::{Problem, device_not_approved, not_signed_in};
use crate::routes::Route;

/// What a service token begins with. Another credential in an address is refused.
const TOKEN_PREFIX: &str = "sbx_";

/// Where a request goes whose address brings the token of one box to that box's root: a browser is to keep it as a cookie, and the
/// address is to lose it.
pub(super) fn with_token(head: &Parts, target: &Target) -> Option<Uri> {
    if target.path_and_query.path() != "/" || head.method != http::Method::GET {
        return None;
    }
    let token = target.path_and_query.query()?.strip_prefix("token=")?;
    let is_plain = token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let uri = format!("{ENTER_PATH}?token={token}&to={}/", target.prefix);
    if is_plain && token.starts_with(TOKEN_PREFIX) { uri.parse().ok() } else { None }
}

impl Shared {
    /// Lets the platform exchange a token for a cookie.
    pub(super) async fn exchange_token(
        &self,
        asked: &Asked,
        mut head: Parts,
        body: Body,
        uri: Uri,
    ) -> Response<Body> {
        head.uri = uri;
        self.ask_platform(asked, head, body).await
    }

    /// Refuses somebody; a person's browser is sent where they can do something about it.
    pub(super) fn turn_away(&self, asked: &Asked, head: &Parts, problem: Problem) -> Response<Body> {
        let is_stranger = problem.code == not_signed_in(true).code;
        let is_unpaired = problem.code == device_not_approved().code;
        if !asked.wants_page || !(is_stranger || is_unpaired) {
            return asked.refuse(problem);
        }
        let to = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        match &asked.addressed.label {
            Some(_) => match self.home_of(asked) {
                Some(home) => {
                    let host = &asked.addressed.host;
                    see(&format!("{home}/sign-in/box?host={}&to={}", encoded(host), encoded(to)))
                }
                None => asked.refuse(problem),
            },
            None if is_unpaired => see(&format!("/sign-in/device?to={}", encoded(to))),
            None => asked.refuse(problem),
        }
    }

    /// The platform's own address for whoever is at a box's host.
    fn home_of(&self, asked: &Asked) -> Option<String> {
        let host: Authority = asked.addressed.host.parse().ok()?;
        let label = asked.addressed.label.as_deref()?;
        let domain = host.host().get(label.len() + 1..)?;
        if domain.eq_ignore_ascii_case(box_host::LOOPBACK_DOMAIN)
            && let Some(local) = &self.config.local_url
        {
            return Some(local.clone());
        }
        Some(format!("{}://{domain}{}", asked.addressed.scheme.as_str(), port_of(&host)))
    }

    /// Sends a browser that opens a page of a box beside the platform's own pages to the box's own host, where there is
    /// one for everybody.
    pub(super) fn own_host(&self, asked: &Asked, route: &Route, target: &Target) -> Option<Response<Body>> {
        if !asked.wants_page || asked.addressed.label.is_some() {
            return None;
        }
        let host: Authority = asked.addressed.host.parse().ok()?;
        let mut domains =
            self.config.box_domains.iter().filter(|domain| *domain != box_host::LOOPBACK_DOMAIN);
        let domain = domains.find(|domain| domain.eq_ignore_ascii_case(host.host()))?;
        let label = self.ports.routes.borrow().host_label(route);
        let (scheme, port) = (asked.addressed.scheme.as_str(), port_of(&host));
        Some(see(&format!("{scheme}://{label}.{domain}{port}{}", target.path_and_query)))
    }
}

fn port_of(host: &Authority) -> String {
    host.port_u16().map(|port| format!(":{port}")).unwrap_or_default()
}

/// Percent-encoded, fit for a query.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn see(location: &str) -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}
