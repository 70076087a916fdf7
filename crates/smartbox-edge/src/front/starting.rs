//! What the loading page asks for: how far a box has come, and another attempt to start it.

use std::sync::Arc;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};

use super::Asked;
use crate::body::{Body, full};
use crate::edge::Shared;
use crate::page;
use crate::ports::DeviceNotApproved;
use crate::problem::{Problem, device_not_approved, not_found, not_signed_in};
use crate::routes::Route;

impl Shared {
    /// `GET …/state` and `POST …/wake`.
    pub(super) async fn answer_loading_page(
        &self,
        asked: &Asked,
        head: &Parts,
        reference: &str,
        action: &str,
    ) -> Response<Body> {
        let allowed = match action {
            "state" => Method::GET,
            "wake" => Method::POST,
            _ => return asked.refuse(not_found()),
        };
        if head.method != allowed {
            return asked.refuse_method(&allowed);
        }
        let caller = match self.ports.identity.identify(head, asked.conn.peer).await {
            Ok(Some(caller)) => caller,
            Ok(None) => return asked.refuse(not_signed_in(asked.wants_page)),
            Err(DeviceNotApproved) => return asked.refuse(device_not_approved()),
        };
        let principal = caller.principal;
        let route = match self.find(&principal, Some(reference)) {
            Ok(route) => route,
            Err(problem) => return asked.refuse(problem),
        };
        if allowed == Method::GET {
            return self.state_of(&route, StatusCode::OK);
        }
        let woken = match self.hold.enter(route.id) {
            Ok(in_flight) => self.hold.wake(route.id, &principal, &in_flight).await,
            Err(problem) => Err(problem),
        };
        match woken {
            Ok(()) => {
                let latest = self.ports.routes.borrow().get(&principal, route.id).map(Arc::clone);
                self.state_of(latest.as_ref().unwrap_or(&route), StatusCode::ACCEPTED)
            }
            Err(problem) => asked.refuse(problem),
        }
    }

    fn state_of(&self, route: &Route, status: StatusCode) -> Response<Body> {
        let mut response = Response::new(full(page::state(route, (self.ports.clock)()).to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl Asked {
    fn refuse_method(&self, allowed: &Method) -> Response<Body> {
        let problem =
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "This method is not served");
        let mut response = self.refuse(problem);
        if let Ok(allowed) = HeaderValue::try_from(allowed.as_str()) {
            response.headers_mut().insert(ALLOW, allowed);
        }
        response
    }
}
