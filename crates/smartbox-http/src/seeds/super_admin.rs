//! The older API of the platform's admin, below `/api/super/`: thin aliases of what `/v1` has.
//!
//! Whoever does not show the admin's secret gets 403, whatever else they show, and every refusal is a problem document that also has
//! the older API's `error`. `{id}` is a person, and means the default box of their org, or the one that `?box=` names.

mod bulk_patch;
mod bulk_restart;
mod config;
mod config_history;
mod config_reload;
mod config_rollback;
mod config_set;
mod config_show;
mod cost;
mod cost_check;
mod cost_of_service;
mod cost_of_user;
mod cost_rates;
mod cost_trend;
mod dashboard;
mod emergency_reset;
mod exec;
mod exec_status;
mod exec_sync;
mod file_batch;
mod file_delete;
mod file_get;
mod file_list;
mod file_put;
mod files;
mod health;
mod live_state;
mod logs;
mod message;
mod r2_status;
mod restart_async;
mod sessions;
mod state;
mod sync_async;
mod target;
mod users;
mod users_lookup;
mod wake;
mod words;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(dashboard::dashboard))
        .routes(routes!(health::health))
        .routes(routes!(users::users))
        .routes(routes!(users_lookup::users_lookup))
        .routes(routes!(state::state))
        .routes(routes!(live_state::live_state))
        .routes(routes!(config_show::config_show, config_set::config_set, config::config_patch))
        .routes(routes!(config_history::config_history))
        .routes(routes!(config_rollback::config_rollback))
        .routes(routes!(config_reload::config_reload))
        .routes(routes!(exec::exec))
        .routes(routes!(exec_sync::exec_sync))
        .routes(routes!(exec_status::exec_status))
        .routes(routes!(restart_async::restart_async))
        .routes(routes!(emergency_reset::emergency_reset))
        .routes(routes!(wake::wake))
        .routes(routes!(message::message))
        .routes(routes!(logs::logs))
        .routes(routes!(sessions::sessions))
        .routes(routes!(file_list::file_list))
        .routes(routes!(file_batch::file_batch))
        .routes(routes!(file_get::file_get, file_put::file_put, file_delete::file_delete))
        .routes(routes!(bulk_restart::bulk_restart))
        .routes(routes!(bulk_patch::bulk_patch))
        .routes(routes!(cost::cost))
        .routes(routes!(cost_of_user::cost_of_user))
        .routes(routes!(cost_of_service::cost_of_service))
        .routes(routes!(cost_trend::cost_trend))
        .routes(routes!(cost_check::cost_check))
        .routes(routes!(cost_rates::cost_rates))
        .routes(routes!(r2_status::r2_status))
        .routes(routes!(sync_async::sync_async))
}
