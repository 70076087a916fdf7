//! Requests about boxes that other platforms keep.

use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use smartbox_core::BoxId;
use smartbox_core::box_host;
use smartbox_core::routing::BaseUrl;

use super::boxes::ATTEMPTS_MAX;
use super::entry::Entry;
use super::{Asked, BOX_PATH, STATE_PATH, Target};
use crate::body::{Body, Bounded, empty};
use crate::edge::Shared;
use crate::gate;
use crate::page;
use crate::peers::Whose;
use crate::peers::hop::Hop;
use crate::problem::Problem;
use crate::relay::peer::{moving, passed, send, stranger};
use crate::relay::{Failure, Source, websocket};

/// In front of a box's id or name, in paths of the platform that need the live box.
const API_PATHS: [&str; 2] = ["/v1/boxes/", "/api/super/users/"];
/// Longest wait for both sides to finish their part of the switch of protocols.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);

/// A box, and the platform that keeps it.
pub(super) struct Elsewhere {
    id: BoxId,
    keeper: Arc<BaseUrl>,
}

impl Shared {
    /// What a platform says of a request that it passes on; for any other request, what the connection says.
    pub(super) fn open_hop(&self, head: &Parts) -> Result<Hop, Problem> {
        let seal = self.ports.peers.seal();
        seal.and_then(|seal| Hop::open(seal, head, (self.ports.clock)())).ok_or_else(stranger)
    }

    /// Whether another platform keeps the box that a request is about, as far as its address says which one that is, whoever
    /// asks. Nothing is looked up for strangers by that: the keeper answers them as it would if they had come to it.
    pub(super) fn elsewhere(&self, asked: &Asked, head: &Parts) -> Result<Option<Elsewhere>, Problem> {
        if !self.ports.peers.are_there() {
            return Ok(None);
        }
        let label = asked.addressed.label.as_deref().map(box_host::reference);
        let reference = label.as_deref().or_else(|| reference_in(head.uri.path()));
        let id = reference.and_then(|reference| self.ports.routes.borrow().meant_by(reference));
        match id {
            Some(id) => self.keeper_of(asked, id),
            None => Ok(None),
        }
    }

    /// Another platform that keeps this box.
    ///
    /// # Errors
    /// There is one, and the request comes from a platform already: the two disagree for a moment.
    pub(super) fn keeper_of(&self, asked: &Asked, id: BoxId) -> Result<Option<Elsewhere>, Problem> {
        match self.ports.peers.whose(id) {
            Whose::Other(_) if asked.conn.is_internal => Err(moving()),
            Whose::Other(keeper) => Ok(Some(Elsewhere { id, keeper })),
            Whose::Own | Whose::Nobody => Ok(None),
        }
    }

    /// Lets a caller in to a box that this platform keeps. A request to another one is answered by its keeper.
    pub(super) async fn admit(
        &self,
        asked: &Asked,
        head: Parts,
        body: Body,
        target: &Target,
    ) -> Result<(Entry, Parts, Body), Response<Body>> {
        let entry = match self.enter(asked, &head, target).await {
            Ok(entry) => entry,
            Err(problem) => return Err(self.turn_away(asked, &head, problem)),
        };
        match self.keeper_of(asked, entry.route.id) {
            Err(problem) => Err(asked.refuse(problem)),
            Ok(Some(elsewhere)) => Err(self.hand_over(asked, head, body, elsewhere).await),
            Ok(None) if self.ports.peers.whose(entry.route.id) == Whose::Own => Ok((entry, head, body)),
            // A person sees that it is on its way.
            Ok(None) if asked.wants_page => {
                let has_banner = asked.addressed.label.is_none();
                Err(page::loading(&entry.route, None, (self.ports.clock)(), (&asked.id, has_banner)))
            }
            Ok(None) => Err(asked.refuse(moving())),
        }
    }

    /// Passes a request on to the platform that keeps its box, and its answer back.
    pub(super) async fn hand_over(
        &self,
        asked: &Asked,
        mut head: Parts,
        body: Body,
        to: Elsewhere,
    ) -> Response<Body> {
        let is_websocket = gate::is_websocket(&head);
        let upgrade = head.extensions.remove::<OnUpgrade>();
        let place = match is_websocket.then(|| self.take_platform_socket(asked)).transpose() {
            Ok(place) => place,
            Err(problem) => return asked.refuse(problem),
        };
        let Some(hop) = self.hop_of(asked, &head) else { return asked.refuse(moving()) };
        // How large it may be is for the keeper to say.
        let body = Bounded::new(body, u64::MAX, self.config.stall_timeout).boxed_unsync();
        let mut answer = match self.ask_keeper(asked, (&head, &hop), &to, body).await {
            Ok(answer) => answer,
            Err(problem) => return asked.refuse(problem),
        };
        let headers = passed(answer.headers());
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            return crate::relay::stream(&self.config, &self.pool, answer, headers, None);
        }
        let (Some(client), Some(place)) = (upgrade, place) else { return asked.refuse(moving()) };
        let keeper = hyper::upgrade::on(&mut answer);
        let (peers, hard) = (self.ports.peers.clone(), self.hard.clone());
        let connection = Arc::clone(&asked.conn.place);
        self.tunnels.spawn(async move {
            tokio::select! {
                () = hard.cancelled() => {}
                // Its sockets are opened anew with whoever has it now.
                () = peers.left(to.id, &to.keeper) => {}
                () = tunnel(client, keeper) => {}
            }
            drop((place, connection));
        });
        let mut response = Response::new(empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        *response.headers_mut() = headers;
        response.headers_mut().extend(websocket());
        response
    }

    fn hop_of(&self, asked: &Asked, head: &Parts) -> Option<HeaderValue> {
        let hop = Hop {
            client: asked.conn.peer,
            local: asked.conn.local,
            scheme: asked.addressed.scheme,
            id: asked.id.clone(),
        };
        hop.seal(self.ports.peers.seal()?, head, (self.ports.clock)())
    }

    async fn ask_keeper(
        &self,
        asked: &Asked,
        (head, hop): (&Parts, &HeaderValue),
        to: &Elsewhere,
        mut body: Body,
    ) -> Result<Response<Source>, Problem> {
        let is_websocket = gate::is_websocket(head);
        for _attempt in 0..ATTEMPTS_MAX {
            let sender = match self.pool.connect_upstream(&to.keeper).await {
                Ok(sender) => sender,
                Err(error) => {
                    tracing::info!(request.id = asked.id, box.id = %to.id, keeper = %to.keeper, %error,
                        "the keeper of a box is not reached");
                    return Err(moving());
                }
            };
            match send(&self.config, (head, hop), (is_websocket, &asked.traced), sender, body).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::NotSent(unsent)) => body = unsent,
                Err(Failure::Lost(problem)) => {
                    tracing::info!(request.id = asked.id, box.id = %to.id, keeper = %to.keeper, code = problem.code,
                        "no answer of the keeper of a box");
                    return Err(problem);
                }
            }
        }
        Err(moving())
    }
}

/// Carries bytes between two sides that have switched protocols. The keeper looks at what they say, and ends what is silent.
async fn tunnel(client: OnUpgrade, keeper: OnUpgrade) {
    let both = tokio::time::timeout(UPGRADE_TIMEOUT, async { tokio::try_join!(client, keeper) });
    if let Ok(Ok((client, keeper))) = both.await {
        // However it ended, both are closed now.
        let _end = tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(keeper)).await;
    }
}

/// The id or name of the box that a path begins with.
fn reference_in(path: &str) -> Option<&str> {
    let roots = [BOX_PATH, STATE_PATH].into_iter().chain(API_PATHS);
    let rest = roots.into_iter().find_map(|root| path.strip_prefix(root))?;
    let reference = rest.split('/').next()?;
    // What is written in another way is found out by whoever knows who asks.
    (!reference.is_empty() && !reference.contains('%')).then_some(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_box_or_none() {
        for (path, reference) in [
            ("/b/home", Some("home")),
            ("/b/home/chat", Some("home")),
            ("/v1/boxes/home/exec", Some("home")),
            ("/v1/boxes/home", Some("home")),
            ("/_smartbox/boxes/home/state", Some("home")),
            ("/api/super/users/home/sync-async", Some("home")),
            ("/v1/boxes", None),
            ("/v1/boxes/", None),
            ("/b/", None),
            ("/b/h%6fme/", None),
            ("/chat", None),
        ] {
            assert_eq!(reference_in(path), reference, "{path}");
        }
    }
}
