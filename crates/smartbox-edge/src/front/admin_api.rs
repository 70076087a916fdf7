//! The admin API: this platform's own, or that of another server, as its routing flag says.
//!
//! Another server gets the secret that the client sent, because it asks for it itself. So nothing goes there that this
//! edge does not know to be from an admin.

use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use smartbox_core::Principal;
use smartbox_core::routing::RouteName;

use super::upstream::lost;
use super::{Asked, Target};
use crate::body::{Body, Bounded};
use crate::edge::Shared;
use crate::gate;
use crate::path;
use crate::ports::{Caller, DeviceNotApproved};
use crate::problem::{Problem, admin_only, device_not_approved, not_signed_in};
use crate::relay::documents;
use crate::relay::{self, Failure, Inquiry, foreign};
use crate::routing::Choice;

impl Shared {
    /// Answers a request to the admin API, or has it answered.
    pub(super) async fn ask_admin_api(&self, asked: &Asked, head: Parts, body: Body) -> Response<Body> {
        // Whoever is no admin is refused wherever it leads.
        let Some(mut choice) = self.choose(RouteName::AdminApi, &Principal::Admin, asked) else {
            return self.ask_platform(asked, head, body).await;
        };
        let response = if choice.foreign().is_none() {
            self.ask_platform(asked, head, body).await
        } else {
            match self.admit_admin(asked, &head).await {
                Ok(()) => self.ask_other_admin_api(asked, head, body, &mut choice).await,
                Err(problem) => return asked.refuse(problem),
            }
        };
        choice.settle(response)
    }

    /// Lets the platform's admin pass, after everything that a request to a box has to pass as well.
    async fn admit_admin(&self, asked: &Asked, head: &Parts) -> Result<(), Problem> {
        path::refuse_credentials(head.uri.query())?;
        gate::check_box(head, &asked.addressed, true)?;
        path::plain(head.uri.path())?;
        match self.ports.identity.identify(head, asked.conn.peer).await {
            Ok(Some(Caller { principal: Principal::Admin, .. })) => {}
            Ok(Some(_member)) => return Err(admin_only()),
            Ok(None) => return Err(not_signed_in(asked.wants_page)),
            Err(DeviceNotApproved) => return Err(device_not_approved()),
        }
        let length = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if length.is_some_and(|length: u64| length > self.config.request_body_bytes_max) {
            return Err(relay::too_large());
        }
        Ok(())
    }

    async fn ask_other_admin_api(
        &self,
        asked: &Asked,
        head: Parts,
        body: Body,
        choice: &mut Choice,
    ) -> Response<Body> {
        let Some(whole) = head.uri.path_and_query().cloned() else {
            return asked.refuse(crate::problem::not_found());
        };
        let body = Bounded::new(body, self.config.request_body_bytes_max, self.config.stall_timeout);
        let verdict = body.verdict();
        let mut body = body.boxed_unsync();
        let target = Target { reference: None, prefix: String::new(), path_and_query: whole };
        while let Some(base) = choice.foreign() {
            let inquiry = Inquiry {
                asked,
                head: &head,
                target: &target,
                principal: &Principal::Admin,
                // The admin API has no sockets: an upgrade is not asked for.
                is_websocket: false,
                verdict: &verdict,
            };
            match self.ask_upstream(RouteName::AdminApi, &base, &inquiry, body).await {
                Ok(answer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
                    return asked.refuse(foreign::broken());
                }
                Ok(answer) => {
                    let response = foreign::pass_on(&self.config, &self.pool, &base, answer, None);
                    return documents::secure_foreign(response);
                }
                Err(Failure::NotSent(unsent)) if choice.fall_back() => body = unsent,
                Err(failure) => return asked.refuse(lost(asked, &base, failure)),
            }
        }
        self.ask_platform_with(asked, head, body).await
    }
}
