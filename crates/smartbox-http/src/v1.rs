//! The resource API.

mod audit;
mod backup_policies;
mod backups;
pub(crate) mod boxes;
mod budgets;
mod bulk;
mod configs;
mod costs;
pub(crate) mod devices;
mod egress;
mod events;
mod exports;
mod files;
mod fleet;
mod imports;
mod injections;
mod maintenance;
mod models;
mod operations;
mod orgs;
mod plans;
mod platforms;
mod routes;
mod runtimes;
mod schedules;
mod secrets;
mod sessions;
mod sign_in_links;
mod sleep;
mod support_sessions;
mod tickets;
mod tiers;
mod tokens;
mod upgrades;
mod usage;
mod users;
mod webhooks;

pub use events::event_message;

use utoipa_axum::router::OpenApiRouter;

use crate::HttpState;

/// Every route under `/v1`.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .merge(audit::routes())
        .merge(backup_policies::routes())
        .merge(backups::routes())
        .merge(boxes::routes())
        .merge(budgets::routes())
        .merge(bulk::routes())
        .merge(configs::routes())
        .merge(costs::routes())
        .merge(devices::routes())
        .merge(maintenance::routes())
        .merge(models::routes())
        .merge(egress::routes())
        .merge(events::routes())
        .merge(exports::routes())
        .merge(files::routes())
        .merge(fleet::routes())
        .merge(imports::routes())
        .merge(injections::routes())
        .merge(operations::routes())
        .merge(orgs::routes())
        .merge(plans::routes())
        .merge(platforms::routes())
        .merge(routes::routes())
        .merge(runtimes::routes())
        .merge(schedules::routes())
        .merge(secrets::routes())
        .merge(sessions::routes())
        .merge(sign_in_links::routes())
        .merge(support_sessions::routes())
        .merge(tickets::routes())
        .merge(tiers::routes())
        .merge(tokens::routes())
        .merge(upgrades::routes())
        .merge(usage::routes())
        .merge(users::routes())
        .merge(webhooks::routes())
}
