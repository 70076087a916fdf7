//! Requests that a routing flag sends to another server.

use std::sync::Arc;

use http::Response;
use smartbox_core::Principal;
use smartbox_core::routing::{BaseUrl, RouteName};

use super::Asked;
use super::boxes::{ATTEMPTS_MAX, Visit};
use crate::body::Body;
use crate::edge::Shared;
use crate::hold::{InFlight, closed};
use crate::limits::network;
use crate::problem::Problem;
use crate::relay::foreign;
use crate::relay::{self, Answer, Failure, Inquiry, Source, documents};
use crate::routes::RouteState;
use crate::routing::Choice;

impl Shared {
    /// Chooses where a caller's request goes; `None` where there is nothing to choose.
    pub(super) fn choose(&self, route: RouteName, principal: &Principal, asked: &Asked) -> Option<Choice> {
        self.ports.routing.choose(route, || match principal {
            // One person keeps their side whatever they are signed in with and wherever they are.
            Principal::Member { who, .. } => who.to_string(),
            Principal::Admin => network(asked.conn.peer.ip()).to_string(),
        })
    }

    /// Asks whom the flag says: this platform's box, or another server in its place. A candidate to which nothing could be
    /// sent is replaced by the primary, with the same body.
    pub(super) async fn converse_with(
        &self,
        choice: Option<&mut Choice>,
        visit: &Visit<'_>,
        inquiry: &Inquiry<'_>,
        in_flight: &InFlight,
        mut body: Body,
    ) -> Result<Answer, Response<Body>> {
        let Some(choice) = choice else { return self.converse(visit, inquiry, in_flight, body).await };
        while let Some(base) = choice.foreign() {
            if visit.route.state == RouteState::Gone {
                return Err(visit.asked.refuse(closed(&visit.route)));
            }
            match self.ask_upstream(RouteName::ContainerGateway, &base, inquiry, body).await {
                Ok(response) => {
                    let route = Arc::clone(&visit.route);
                    return Ok(Answer { response, route, upstream: Some(base) });
                }
                Err(Failure::NotSent(unsent)) if choice.fall_back() => body = unsent,
                Err(failure) => return Err(visit.asked.refuse(lost(visit.asked, &base, failure))),
            }
        }
        self.converse(visit, inquiry, in_flight, body).await
    }

    /// Passes an answer on that is no switch of protocols.
    pub(super) async fn stream_answer(
        &self,
        inquiry: &Inquiry<'_>,
        answer: Answer,
        in_flight: InFlight,
    ) -> Response<Body> {
        let Answer { response, route, upstream } = answer;
        let (config, pool) = (&self.config, &self.pool);
        if let Some(base) = upstream {
            return documents::secure_foreign(foreign::pass_on(
                config,
                pool,
                &base,
                response,
                Some(in_flight),
            ));
        }
        let answer = Answer { response, route, upstream };
        let response = relay::pass_on(config, pool, inquiry, answer, in_flight);
        documents::secure(inquiry, self.ports.mount, response).await
    }

    /// Sends a request to another server, on another connection if nothing of it was sent on the last.
    ///
    /// # Errors
    /// With the body, if nothing at all could be sent: then somebody else may be asked.
    pub(super) async fn ask_upstream(
        &self,
        route: RouteName,
        base: &Arc<BaseUrl>,
        inquiry: &Inquiry<'_>,
        mut body: Body,
    ) -> Result<Response<Source>, Failure> {
        if self.ports.routing.has_seen(&inquiry.head.headers) {
            return Err(Failure::Lost(foreign::loop_detected()));
        }
        for _attempt in 0..ATTEMPTS_MAX {
            let sender = match self.pool.connect_upstream(base).await {
                Ok(sender) => sender,
                Err(error) => {
                    tracing::info!(request.id = inquiry.asked.id, upstream = %base, %error, "an upstream is not reached");
                    return Err(Failure::NotSent(body));
                }
            };
            let sent =
                foreign::send(&self.config, &self.ports.routing, (route, base), inquiry, sender, body).await;
            match sent {
                Err(Failure::NotSent(unsent)) => body = unsent,
                sent => return sent,
            }
        }
        Err(Failure::NotSent(body))
    }
}

/// Why another server gave no answer, for the log and for the client.
pub(super) fn lost(asked: &Asked, base: &BaseUrl, failure: Failure) -> Problem {
    let problem = match failure {
        Failure::NotSent(_body) => foreign::unreachable(),
        Failure::Lost(problem) => problem,
    };
    tracing::info!(request.id = asked.id, upstream = %base, code = problem.code, "no answer of an upstream");
    problem
}
