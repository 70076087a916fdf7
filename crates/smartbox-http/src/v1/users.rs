//! People of an org.

mod create;
mod list;
mod me;
mod remove;
mod set_password;
mod show;
mod update;

use smartbox_api::UserView;
use smartbox_control::User;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(show::show, update::update, remove::remove))
        .routes(routes!(set_password::set_password))
        .routes(routes!(me::me))
}

pub(super) fn user_view(user: &User) -> UserView {
    UserView {
        id: user.id.to_string(),
        org: user.org.to_string(),
        name: user.name.clone(),
        email: user.email.clone(),
        role: user.role.to_string(),
        status: user.status.to_string(),
        has_password: user.has_password,
        created_at: user.created_at.to_string(),
    }
}
