//! Orgs.

mod create;
mod list;
mod update;

use smartbox_api::OrgView;
use smartbox_control::NewOrg;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(create::create, list::list)).routes(routes!(update::update))
}

fn org_view(new: &NewOrg) -> OrgView {
    OrgView {
        id: new.org.id.to_string(),
        name: new.org.name.clone(),
        pairing: new.org.pairing.to_string(),
        owner: new.owner.id.to_string(),
        created_at: new.org.created_at.to_string(),
    }
}
