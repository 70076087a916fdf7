//! What is decided about backups, by boxes, orgs and tiers.

mod set_of_box;
mod set_of_org;
mod set_of_tier;
mod show_of_box;
mod show_of_org;
mod show_of_tier;

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::ETAG;
use smartbox_api::{BackupPolicyView, BackupRuleView, BackupRules};
use smartbox_control::{BackupDecision, BackupWish};
use smartbox_core::backup::Matter;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::body::json;
use crate::precondition::etag;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(show_of_box::show_of_box, set_of_box::set_of_box))
        .routes(routes!(show_of_org::show_of_org, set_of_org::set_of_org))
        .routes(routes!(show_of_tier::show_of_tier, set_of_tier::set_of_tier))
}

/// What a body decides.
fn wish(rules: BackupRules) -> BackupWish {
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let said = [
        (Matter::Period, rules.period),
        (Matter::KeepAll, rules.keep_all),
        (Matter::KeepHourly, number(rules.keep_hourly)),
        (Matter::KeepDaily, number(rules.keep_daily)),
        (Matter::KeepWeekly, number(rules.keep_weekly)),
        (Matter::KeepMonthly, number(rules.keep_monthly)),
        (Matter::ArchiveAfter, rules.archive_after),
    ];
    said.into_iter().filter_map(|(matter, text)| Some((matter, text?))).collect()
}

/// The policy with its version as entity tag.
fn tagged(decision: &BackupDecision) -> Response {
    let view = backup_policy_view(decision);
    ([(ETAG, etag(view.version))], json(StatusCode::OK, &view)).into_response()
}

pub(super) fn backup_policy_view(decision: &BackupDecision) -> BackupPolicyView {
    let words = |matter: Matter| decision.rules.of(matter).map(|value| matter.words(value));
    let number = |matter: Matter| decision.rules.of(matter).and_then(|value| u32::try_from(value).ok());
    let effective = Matter::ALL.into_iter().map(|matter| {
        let said = decision.effective.of(matter);
        BackupRuleView {
            name: matter.as_str().to_owned(),
            value: matter.words(said.value),
            from: said.from.as_str().to_owned(),
        }
    });
    BackupPolicyView {
        rules: BackupRules {
            period: words(Matter::Period),
            keep_all: words(Matter::KeepAll),
            keep_hourly: number(Matter::KeepHourly),
            keep_daily: number(Matter::KeepDaily),
            keep_weekly: number(Matter::KeepWeekly),
            keep_monthly: number(Matter::KeepMonthly),
            archive_after: words(Matter::ArchiveAfter),
        },
        effective: effective.collect(),
        version: decision.version,
        changed_at: decision.changed.as_ref().map(|(at, _by)| at.to_string()),
        changed_by: decision.changed.as_ref().map(|(_at, by)| by.clone()),
    }
}
