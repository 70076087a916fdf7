//! Versions of the agent runtime.

mod install;
mod list;
mod remove;

use smartbox_api::RuntimeView;
use smartbox_control::RuntimeInfo;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(list::list, install::install)).routes(routes!(remove::remove))
}

fn runtime_view(info: RuntimeInfo) -> RuntimeView {
    RuntimeView {
        version: info.version,
        state: info.state.to_owned(),
        failure: info.failure,
        is_default: info.is_default,
        too_old: info.too_old,
        boxes: info.boxes,
    }
}
