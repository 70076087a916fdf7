//! Requests to boxes: who asks, which box, is it there, and then the relay.

use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use hyper::upgrade::OnUpgrade;
use smartbox_core::Principal;
use smartbox_core::routing::RouteName;

use super::entry::Entry;
use super::{Asked, Target};
use crate::body::{self, Body, Bounded, ReadAhead};
use crate::edge::Shared;
use crate::gate;
use crate::hold::{InFlight, Line, Opened, Waiter, closed};
use crate::page;
use crate::path;
use crate::places::Place;
use crate::ports::ForeignOrigin;
use crate::problem::{Problem, access_ended, box_not_found, unreachable};
use crate::relay::{self, Answer, Failure, Inquiry, foreign};
use crate::routes::{Route, RouteState};
use crate::routing::settle;
use crate::sockets::Ticket;
use crate::tunnel::{self, Rules};

/// How often a request is put on another connection because nothing of it was sent on the last. Kept connections go
/// stale together when a gateway restarts, and each attempt finds out about one.
pub(super) const ATTEMPTS_MAX: usize = 4;

/// What comes of the attempt to reach a box.
enum Reached {
    Opened(Opened),
    /// The answer is known without the gateway.
    Answered(Response<Body>),
}

/// What a request or socket has while it lasts.
struct Held {
    in_flight: InFlight,
    ticket: Ticket,
    /// What its socket takes of what its address and caller may have open.
    sockets: Vec<Place>,
}

/// A caller, and the box they mean.
pub(super) struct Visit<'a> {
    pub(super) asked: &'a Asked,
    principal: &'a Principal,
    pub(super) route: Arc<Route>,
    is_websocket: bool,
}

impl Shared {
    /// Relays a request to a box.
    pub(super) async fn ask_box(
        &self,
        asked: &Asked,
        mut head: Parts,
        body: Body,
        mut target: Target,
    ) -> Response<Body> {
        if let Err(problem) = path::refuse_credentials(target.path_and_query.query()) {
            return asked.refuse(problem);
        }
        let foreign = match gate::check_box(&head, &asked.addressed, target.is_mounted()) {
            Ok(()) => None,
            Err(problem) if gate::brings_ticket(&head) => Some(problem),
            Err(problem) => return asked.refuse(problem),
        };
        if foreign.is_some() {
            let origin = gate::origin(&head).unwrap_or("null").to_owned();
            head.extensions.insert(ForeignOrigin(origin));
        }
        let (entry, mut head, body) = match self.admit(asked, head, body, &target).await {
            Ok(admitted) => admitted,
            Err(answered) => return answered,
        };
        let Entry { principal, route, ticket, query, by_ticket, is_quiet } = entry;
        asked.traced.is_to(route.id, target.pattern());
        if let Some(problem) = foreign.filter(|_problem| !by_ticket) {
            return asked.refuse(problem);
        }
        // Support access has a cookie of the platform's own origin and of no other; and there its page can show what it is.
        if principal.as_support().is_none()
            && let Some(own) = self.own_host(asked, &route, &target)
        {
            return own;
        }
        if let Some(query) = query
            && let Err(problem) = target.set_query(&query)
        {
            return asked.refuse(problem);
        }
        if declared_length(&head).is_some_and(|length| length > self.config.request_body_bytes_max) {
            return asked.refuse(relay::too_large());
        }
        let in_flight = match self.hold.enter(route.id) {
            Ok(in_flight) => in_flight.quiet(is_quiet),
            Err(problem) => return asked.refuse(problem),
        };
        let is_websocket = gate::is_websocket(&head);
        let sockets = if is_websocket { self.take_socket(asked, &principal) } else { Ok(Vec::new()) };
        let sockets = match sockets {
            Ok(sockets) => sockets,
            Err(problem) => return asked.refuse(problem),
        };
        let upgrade = head.extensions.remove::<OnUpgrade>();
        let body = Bounded::new(body, self.config.request_body_bytes_max, self.config.stall_timeout);
        let inquiry = Inquiry {
            asked,
            head: &head,
            target: &target,
            principal: &principal,
            is_websocket,
            verdict: &body.verdict(),
        };
        let visit = Visit { asked, principal: &principal, route, is_websocket };
        let mut choice = self.choose(RouteName::ContainerGateway, &principal, asked);
        let answered = tokio::select! {
            biased;
            // However long the box takes to start or to answer: nothing is begun for somebody who may not any more.
            why = ticket.ended_within(self.longest_wait()) => Err(asked.refuse(self.no_longer(&visit, &why))),
            answered = self.converse_with(choice.as_mut(), &visit, &inquiry, &in_flight, body.boxed_unsync()) => answered,
        };
        let response = match answered {
            Ok(answer) => self.finish(&inquiry, answer, upgrade, Held { in_flight, ticket, sockets }).await,
            Err(response) => response,
        };
        settle(choice, response)
    }

    /// No request waits longer than this for the head of its answer: each attempt has its deadlines, and there are so many with
    /// the box, with a candidate and with a primary.
    fn longest_wait(&self) -> Duration {
        let config = &self.config;
        let asked = config.connect_timeout.saturating_add(config.response_head_timeout);
        asked
            .saturating_add(config.hold_timeout)
            .saturating_mul(3 * u32::try_from(ATTEMPTS_MAX).unwrap_or(u32::MAX))
    }

    /// Why a request that is under way is not finished.
    fn no_longer(&self, visit: &Visit<'_>, why: &str) -> Problem {
        match self.ports.routes.borrow().get(visit.principal, visit.route.id) {
            None => box_not_found(),
            Some(route) if route.state == RouteState::Gone => closed(route),
            Some(_route) => access_ended(why),
        }
    }

    /// The box that a caller means.
    pub(super) fn find(&self, principal: &Principal, reference: Option<&str>) -> Result<Arc<Route>, Problem> {
        let table = self.ports.routes.borrow();
        match reference {
            Some(reference) => table.find(principal, reference).map(Arc::clone).ok_or_else(box_not_found),
            None => table.default_of(principal).map(Arc::clone).ok_or_else(no_default_box),
        }
    }

    /// Sends the request, on another connection if nothing of it was sent on the last.
    pub(super) async fn converse(
        &self,
        visit: &Visit<'_>,
        inquiry: &Inquiry<'_>,
        in_flight: &InFlight,
        mut body: Body,
    ) -> Result<Answer, Response<Body>> {
        for _attempt in 0..ATTEMPTS_MAX {
            let opened;
            (opened, body) = match self.reach(visit, in_flight, body).await {
                (Reached::Opened(opened), body) => (opened, body),
                (Reached::Answered(response), _body) => return Err(response),
            };
            match relay::send(&self.config, &self.pool, inquiry, opened, body).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::NotSent(unsent)) => body = unsent,
                Err(Failure::Lost(problem)) => {
                    tracing::info!(request.id = visit.asked.id, box.id = %visit.route.id, code = problem.code,
                        "no answer of the gateway");
                    return Err(visit.asked.refuse(problem));
                }
            }
        }
        Err(visit.asked.refuse(unreachable()))
    }

    /// Gets a connection to the box's gateway; wakes and waits for it if need be.
    async fn reach(&self, visit: &Visit<'_>, in_flight: &InFlight, body: Body) -> (Reached, Body) {
        let route = &visit.route;
        let is_ready = route.state == RouteState::Ready;
        if is_ready && !self.hold.has_queue(in_flight) && in_flight.begin() {
            if let Ok(conn) = self.pool.connect(route).await {
                return (Reached::Opened(Opened { route: Arc::clone(route), conn, turn: None }), body);
            }
            in_flight.rest();
        }
        // A box that sleeps is there in a moment: a person need not see a page in between.
        if visit.asked.wants_page && !is_ready && !route.state.keeps_processes() {
            return (Reached::Answered(self.show_start(visit, in_flight).await), body);
        }
        let patience =
            if visit.asked.wants_page { self.config.page_patience } else { self.config.hold_timeout };
        let waiter = Waiter {
            id: route.id,
            principal: visit.principal,
            in_flight,
            timeout: patience,
            is_socket: visit.is_websocket,
        };
        let _waits = visit.asked.traced.waits_for(route.id);
        let mut ahead = ReadAhead::new(body, self.config.hold_body_bytes_max);
        let waited = tokio::select! {
            biased;
            waited = self.hold.wait(&waiter) => waited,
            never = ahead.run() => match never {},
        };
        let reached = match waited {
            Ok(opened) => Reached::Opened(opened),
            // A person sees what the box does, instead of an error that would be over in a moment.
            Err(problem) if visit.asked.wants_page && problem.retry_after.is_some() => {
                Reached::Answered(self.loading_page(visit, None))
            }
            Err(problem) => Reached::Answered(visit.asked.refuse(problem)),
        };
        (reached, ahead.into_body())
    }

    /// Wakes the box, and shows how it starts or why it does not.
    async fn show_start(&self, visit: &Visit<'_>, in_flight: &InFlight) -> Response<Body> {
        match visit.route.state {
            RouteState::Gone => visit.asked.refuse(closed(&visit.route)),
            RouteState::Ready | RouteState::Waiting { .. } | RouteState::Failed { .. } => {
                self.loading_page(visit, None) //
            }
            RouteState::Asleep { .. } | RouteState::Stopped { .. } => {
                let woken = self.hold.wake(visit.route.id, visit.principal, in_flight).await;
                self.loading_page(visit, woken.err().as_ref())
            }
        }
    }

    fn loading_page(&self, visit: &Visit<'_>, refused: Option<&Problem>) -> Response<Body> {
        // The latest state: it may have changed while the box was woken.
        let latest = self.ports.routes.borrow().get(visit.principal, visit.route.id).map(Arc::clone);
        let route = latest.as_ref().unwrap_or(&visit.route);
        let has_banner = visit.asked.addressed.label.is_none();
        page::loading(route, refused, (self.ports.clock)(), (&visit.asked.id, has_banner))
    }

    async fn finish(
        &self,
        inquiry: &Inquiry<'_>,
        mut answer: Answer,
        upgrade: Option<OnUpgrade>,
        Held { in_flight, ticket, sockets }: Held,
    ) -> Response<Body> {
        if answer.response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let response = self.stream_answer(inquiry, answer, in_flight).await;
            return response.map(|body| body::while_allowed(body, ticket));
        }
        let Some(client) = upgrade.filter(|_upgrade| inquiry.is_websocket) else {
            return inquiry
                .asked
                .refuse(answer.upstream.map_or_else(broken_switch, |_base| foreign::broken()));
        };
        let gateway = hyper::upgrade::on(&mut answer.response);
        let rules = self.rules(inquiry.principal, &answer.route);
        let (config, hard) = (Arc::clone(&self.config), self.hard.clone());
        let place = Arc::clone(&inquiry.asked.conn.place);
        let line = Line::new(Arc::clone(&self.hold), inquiry.principal.clone(), &answer.route, in_flight);
        let is_own = answer.upstream.is_none();
        self.tunnels.spawn(async move {
            // Another server's sleep is its own business.
            let own = is_own.then_some(&line);
            tunnel::relay(&config, (client, gateway), rules, own, &ticket, &hard).await;
            drop((line, place, sockets));
        });
        relay::switched(&self.config, inquiry, &answer.response, answer.upstream.as_deref())
    }
}

impl Shared {
    /// What a socket of this caller is held to.
    fn rules(&self, principal: &Principal, route: &Route) -> Rules {
        Rules {
            policy: Arc::clone(&route.policy),
            may: principal.permissions(),
            grant: route.credential.grant_for(principal),
            first_bytes_max: self.config.socket_first_message_bytes_max,
            bytes_max: self.config.socket_message_bytes_max,
            memory: Arc::clone(&self.socket_memory),
        }
    }
}

fn declared_length(head: &Parts) -> Option<u64> {
    head.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn no_default_box() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-default-box", "You have no box yet")
        .remedy("Create one with `smartbox box create home`.")
}

fn broken_switch() -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, "gateway-broken-answer", "The box sent a broken answer")
        .detail("It switched to another protocol without being asked.")
}
