//! Where a request goes: to the platform, to a box, or back with a refusal.

use std::sync::Arc;

use http::header::{LOCATION, VIA};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;
use smartbox_core::box_host;
use tokio::time::Instant;
use tracing::Instrument;

use crate::body::{Body, Bounded, empty};
use crate::config::Scheme;
use crate::edge::Shared;
use crate::forwarded;
use crate::gate::{self, Addressed};
use crate::limits::Tally;
use crate::names::{FORWARDED, X_FORWARDED_FOR, X_FORWARDED_PROTO, X_REAL_IP, X_REQUEST_ID};
use crate::page;
use crate::peers::hop::HOP;
use crate::ports::{ClientAddr, FromThisMachine, RequestId, call_platform};
use crate::problem::{Problem, head_too_large, not_found};
use crate::serve::Connection;
use crate::traced::Traced;

mod admin_api;
mod answered;
mod boxes;
mod counted;
mod elsewhere;
mod entry;
mod homes;
mod plain;
mod starting;
mod upstream;

use answered::Remarks;

/// Paths of the platform itself; everything below them, too.
const PLATFORM_PATHS: [&str; 22] = [
    "/_smartbox",
    "/admin/agents",
    "/admin/cleanup",
    "/admin/plans",
    "/admin/users",
    "/admin/vps-configs",
    "/admin/vpses",
    "/ai",
    "/api/status",
    "/api/v1",
    "/docs/errors",
    "/health",
    "/healthz",
    "/llms.txt",
    "/mcp",
    "/openapi.json",
    "/plans",
    "/readyz",
    "/sign-in",
    "/sign-out",
    "/users/me",
    "/v1",
];
/// Paths of the admin API, which may be another server's; everything below them, too.
const ADMIN_API_PATHS: [&str; 2] = ["/api/admin", "/api/super"];
/// In front of a box's id or name.
const BOX_PATH: &str = "/b/";
/// In front of a box's id or name, of an older API.
const AGENT_PATH: &str = "/agents/";
/// Behind it there, in front of the gateway's own path.
const AGENT_GATEWAY: &str = "/gateway";
/// The one socket of an agent there, whatever the gateway calls it.
const AGENT_SOCKET: &str = "/ws";
/// In front of the box's id in the loading page's own requests.
const STATE_PATH: &str = "/_smartbox/boxes/";

/// Where a browser exchanges what it was sent with for a cookie: the platform's one path at a box's own host.
const ENTER_PATH: &str = "/_smartbox/enter";

/// Whether the platform's service answers this path, and not a box.
pub fn is_platform_path(path: &str) -> bool {
    PLATFORM_PATHS.iter().any(|root| is_at(path, root)) || is_admin_api_path(path) || is_agents_path(path)
}

/// What an older API has below `/agents`, but for what it passes on to gateways.
fn is_agents_path(path: &str) -> bool {
    is_at(path, AGENT_PATH.trim_end_matches('/')) && agent_mount(path).is_none()
}

/// `/agents` and what is right below it are pages of the gateway's own UI as well, for a browser that opens one.
fn is_agents_page(path: &str) -> bool {
    is_agents_path(path) && path.matches('/').count() <= 2
}

fn is_admin_api_path(path: &str) -> bool {
    ADMIN_API_PATHS.iter().any(|root| is_at(path, root))
}

fn is_at(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What is known of a request besides itself.
pub(crate) struct Asked {
    /// Its id.
    pub(crate) id: String,
    pub(crate) conn: Connection,
    pub(crate) addressed: Addressed,
    /// Whether a person's browser wants a page.
    pub(crate) wants_page: bool,
    /// What it was counted for.
    pub(crate) tally: Tally,
    /// Where it belongs in a trace.
    pub(crate) traced: Traced,
}

/// What of a box is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Id or name; `None` means the caller's default box.
    pub(crate) reference: Option<String>,
    /// What stands before the gateway's own path: `/b/home`, or nothing.
    pub(crate) prefix: String,
    /// What the gateway is asked for.
    pub(crate) path_and_query: PathAndQuery,
}

impl Target {
    /// All of a box, at the host that is its own.
    fn of_host(label: &str, head: &Parts) -> Option<Self> {
        let path_and_query = head.uri.path_and_query()?.clone();
        Some(Self { reference: Some(box_host::reference(label)), prefix: String::new(), path_and_query })
    }

    /// Puts another query in place of the request's.
    fn set_query(&mut self, query: &str) -> Result<(), Problem> {
        let path = self.path_and_query.path();
        let whole = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        self.path_and_query = whole.parse().map_err(|_error| not_found())?;
        Ok(())
    }

    /// The address under which the gateway is, in the form that is the same for every box.
    fn pattern(&self) -> &'static str {
        match self.prefix.as_str() {
            "" => "/{path}",
            prefix if prefix.starts_with(AGENT_PATH) => "/agents/{agent}/gateway/{path}",
            _ => "/b/{box}/{path}",
        }
    }

    /// Whether the gateway's root is not the server's root.
    pub(crate) fn is_mounted(&self) -> bool {
        !self.prefix.is_empty()
    }
}

impl Asked {
    /// A refusal, in the form that suits the caller.
    pub(crate) fn refuse(&self, problem: Problem) -> Response<Body> {
        refuse(problem, self.wants_page, &self.id)
    }
}

impl Shared {
    /// Answers a request, whatever it is.
    pub(crate) async fn answer(
        self: Arc<Self>,
        mut conn: Connection,
        request: Request<Body>,
    ) -> Response<Body> {
        let began = Instant::now();
        let asked = Remarks::of(&request, &conn);
        let (mut head, body) = request.into_parts();
        let (id, scheme) = match self.introduce(&mut conn, &head) {
            Ok(introduced) => introduced,
            Err(problem) => return problem.into_response(&(self.ports.request_ids)()),
        };
        head.headers.remove(HOP);
        let mut request = Request::from_parts(head, body);
        let tally = Tally::default();
        let traced = Traced::begin(self.ports.traces.as_ref(), &id, &mut request);
        let mut response =
            self.dispatch((conn, scheme), &id, (&tally, &traced), request).instrument(traced.span()).await;
        traced.answered(&response);
        asked.write(&mut response, &id);
        tally.write(response.headers_mut());
        self.totals.answered(response.status(), began.elapsed());
        response
    }

    /// Finds out who asks, and how they came: from the connection, from trusted proxies, or from the platform that passes them on.
    fn introduce(&self, conn: &mut Connection, head: &Parts) -> Result<(String, Option<Scheme>), Problem> {
        if conn.is_internal {
            let hop = self.open_hop(head)?;
            (conn.peer, conn.local) = (hop.client, hop.local);
            return Ok((hop.id, Some(hop.scheme)));
        }
        let client = forwarded::client(&self.config.trusted_proxies, conn.peer, &head.headers);
        conn.peer = client.address;
        let scheme = client.scheme.or_else(|| conn.is_tls.then_some(Scheme::Https));
        Ok(((self.ports.request_ids)(), scheme))
    }

    async fn dispatch(
        &self,
        (conn, scheme): (Connection, Option<Scheme>),
        id: &str,
        (tally, traced): (&Tally, &Traced),
        request: Request<Body>,
    ) -> Response<Body> {
        let (mut head, body) = request.into_parts();
        let wants_page = page::is_navigation(&head);
        let addressed = self
            .count_address(tally, &head, conn.peer.ip())
            .and_then(|()| gate::check(&self.config, &head, conn.local, scheme));
        let addressed = match addressed {
            // HTTP/1.1 was bounded by its parser.
            Ok(_addressed) if head.headers.len() > self.config.headers_max => Err(head_too_large()),
            checked => checked,
        };
        let addressed = match addressed {
            Ok(addressed) => addressed,
            Err(problem) => return refuse(problem, wants_page, id),
        };
        plain::make(&mut head, &addressed.host);
        // Whoever says who somebody is reads it: which cookies count depends on it.
        head.headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static(addressed.scheme.as_str()));
        let (tally, traced) = (tally.clone(), traced.clone());
        let asked = Asked { id: id.to_owned(), conn, addressed, wants_page, tally, traced };
        // From which page it may come is for the ticket to say, then.
        if let Err(problem) = gate::check_page(&head, &asked.addressed)
            && !gate::brings_ticket(&head)
        {
            return asked.refuse(problem);
        }
        match self.elsewhere(&asked, &head) {
            Ok(None) => {}
            Ok(Some(elsewhere)) => return self.hand_over(&asked, head, body, elsewhere).await,
            Err(problem) => return asked.refuse(problem),
        }
        let path = head.uri.path();
        if let Some((reference, action)) = path.strip_prefix(STATE_PATH).and_then(|rest| rest.split_once('/'))
        {
            let (reference, action) = (reference.to_owned(), action.to_owned());
            return self.answer_loading_page(&asked, &head, &reference, &action).await;
        }
        let is_own_host = asked.addressed.label.is_some();
        if !is_own_host && is_admin_api_path(path) {
            return self.ask_admin_api(&asked, head, body).await;
        }
        let is_platforms = is_platform_path(path) && !(asked.wants_page && is_agents_page(path));
        if if is_own_host { path == ENTER_PATH } else { is_platforms } {
            return self.ask_platform(&asked, head, body).await;
        }
        let target = match &asked.addressed.label {
            Some(label) => Target::of_host(label, &head).map(Ok),
            None => target(&head),
        };
        match target {
            Some(Ok(target)) => match homes::with_token(&head, &target) {
                Some(uri) => self.exchange_token(&asked, head, body, uri).await,
                None => self.ask_box(&asked, head, body, target).await,
            },
            Some(Err(redirect)) => redirect,
            None => asked.refuse(not_found()),
        }
    }

    async fn ask_platform(&self, asked: &Asked, head: Parts, body: Body) -> Response<Body> {
        // How large a body may be is for each of the platform's own routes to say.
        let body = Bounded::new(body, u64::MAX, self.config.stall_timeout).boxed_unsync();
        self.ask_platform_with(asked, head, body).await
    }

    async fn ask_platform_with(&self, asked: &Asked, mut head: Parts, body: Body) -> Response<Body> {
        if gate::is_websocket(&head) {
            // It does not know yet who asks; its own bound on streams is what callers have here.
            match self.take_platform_socket(asked) {
                Ok(place) => drop(head.extensions.insert(place)),
                Err(problem) => return asked.refuse(problem),
            }
        }
        if asked.conn.is_loopback && !asked.conn.is_internal && !is_passed_on(&head) {
            head.extensions.insert(FromThisMachine);
        }
        head.extensions.insert(ClientAddr(asked.conn.peer));
        head.extensions.insert(RequestId(asked.id.clone()));
        head.extensions.insert(self.sockets.clone());
        // Whatever a client says here is overwritten: the platform's service takes it as a fact.
        let client = asked.conn.peer.ip().to_canonical().to_string();
        let facts = [
            (X_REQUEST_ID, asked.id.as_str()),
            (X_FORWARDED_PROTO, asked.addressed.scheme.as_str()),
            (X_FORWARDED_FOR, client.as_str()),
        ];
        for (name, fact) in facts {
            if let Ok(fact) = HeaderValue::try_from(fact) {
                head.headers.insert(name, fact);
            }
        }
        call_platform(self.ports.platform.clone(), Request::from_parts(head, body)).await
    }
}

/// Whether a request says of itself that it went through a proxy.
fn is_passed_on(head: &Parts) -> bool {
    [X_FORWARDED_FOR, FORWARDED, X_REAL_IP, VIA].iter().any(|name| head.headers.contains_key(name))
}

fn refuse(problem: Problem, wants_page: bool, id: &str) -> Response<Body> {
    if wants_page { page::message(&problem, id) } else { problem.into_response(id) }
}

/// Which box a path means; a redirect for `/b/{box}`, where relative links would miss the box.
fn target(head: &Parts) -> Option<Result<Target, Response<Body>>> {
    let whole = head.uri.path_and_query()?;
    let Some((prefix, reference)) = box_mount(whole.path()).or_else(|| agent_mount(whole.path())) else {
        return Some(Ok(Target { reference: None, prefix: String::new(), path_and_query: whole.clone() }));
    };
    let rest = whole.as_str().get(prefix.len()..)?;
    // The Control UI's own socket is at the prefix without a slash.
    if !rest.starts_with('/') && !gate::is_websocket(head) {
        return Some(Err(redirect(&format!("{prefix}/{rest}"))));
    }
    let is_socket = prefix.starts_with(AGENT_PATH) && rest == AGENT_SOCKET && gate::is_websocket(head);
    let path = match rest {
        _ if is_socket => "/".to_owned(),
        rest if rest.starts_with('/') => rest.to_owned(),
        rest => format!("/{rest}"),
    };
    let (reference, prefix) = (Some(reference.to_owned()), prefix.to_owned());
    Some(Ok(Target { reference, prefix, path_and_query: path.parse().ok()? }))
}

/// What stands before the gateway's own path in `/b/{box}/…`, and the box in it.
fn box_mount(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix(BOX_PATH)?;
    let reference = rest.split('/').next().unwrap_or_default();
    Some((path.get(..BOX_PATH.len() + reference.len())?, reference))
}

/// The same of `/agents/{agent}/gateway/…`.
fn agent_mount(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix(AGENT_PATH)?;
    let reference = rest.split('/').next().filter(|reference| !reference.is_empty())?;
    let behind = rest.get(reference.len()..)?;
    is_at(behind, AGENT_GATEWAY).then_some(())?;
    Some((path.get(..AGENT_PATH.len() + reference.len() + AGENT_GATEWAY.len())?, reference))
}

fn redirect(location: &str) -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

#[cfg(test)]
mod tests;
