//! Support access to orgs.

mod end;
mod list;
mod open;
mod show;

use jiff::Timestamp;
use smartbox_api::SupportSessionView;
use smartbox_control::SupportSession;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

/// Who opens it: nobody else can.
const OPENER: &str = "admin";

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(open::open, list::list)).routes(routes!(show::show, end::end))
}

pub(super) fn support_view(session: &SupportSession, now: Timestamp) -> SupportSessionView {
    let ended = session.ended.as_ref();
    SupportSessionView {
        id: session.id.to_string(),
        org: session.org.to_string(),
        user: session.user.to_string(),
        user_name: session.user_name.clone(),
        opened_by: OPENER.to_owned(),
        operator: session.operator.clone(),
        reason: session.reason.clone(),
        level: session.level.to_string(),
        opened_at: session.opened_at.to_string(),
        expires_at: session.expires_at.to_string(),
        is_open: session.is_open(now),
        ended_at: ended.map(|end| end.at.to_string()),
        ended_by: ended.map(|end| end.by.clone()),
        ended_why: ended.map(|end| end.why.clone()),
    }
}
