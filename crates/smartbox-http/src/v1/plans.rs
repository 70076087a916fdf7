//! Plans.

mod create;
mod list;
mod remove;
mod set;
mod show;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::ETAG;
use smartbox_api::{PlanLimits, PlanRates, PlanView, SetPlan};
use smartbox_control::{NewPlan, PlanRow};
use smartbox_core::ledger::{Limits, PlanTerms, Rates};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::usage::limits_view;
use crate::HttpState;
use crate::body::json;
use crate::precondition::etag;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(list::list, create::create)).routes(routes!(
        show::show,
        set::set,
        remove::remove
    ))
}

fn limits(limits: &PlanLimits) -> Limits {
    Limits {
        bytes: limits.bandwidth_bytes,
        tokens: limits.tokens,
        nanos: limits.money_nanos,
        cpu_ms: limits.cpu_ms,
        memory_mib_s: limits.memory_mib_seconds,
        storage_bytes: limits.storage_bytes,
    }
}

fn rates(rates: &PlanRates) -> Rates {
    Rates {
        bytes: rates.bandwidth_gib,
        tokens: rates.million_tokens,
        nanos: rates.money_dollar,
        cpu_ms: rates.cpu_hour,
        memory_mib_s: rates.memory_gib_hour,
        storage_bytes: rates.storage_gib,
    }
}

fn new_plan(name: String, plan: &SetPlan) -> NewPlan {
    let terms = PlanTerms {
        boxes_max: plan.boxes_max,
        limits: limits(&plan.limits),
        rates: rates(&plan.rates),
        overage_is_free: plan.overage_is_free,
    };
    NewPlan { name, is_default: plan.is_default, terms }
}

fn plan_view(row: &PlanRow) -> PlanView {
    let rates = row.terms.rates;
    PlanView {
        name: row.name.clone(),
        is_default: row.is_default,
        boxes_max: row.terms.boxes_max,
        limits: limits_view(&row.terms.limits),
        rates: PlanRates {
            bandwidth_gib: rates.bytes,
            million_tokens: rates.tokens,
            money_dollar: rates.nanos,
            cpu_hour: rates.cpu_ms,
            memory_gib_hour: rates.memory_mib_s,
            storage_gib: rates.storage_bytes,
        },
        overage_is_free: row.terms.overage_is_free,
        version: row.version,
        changed_at: row.changed_at.to_string(),
        changed_by: row.changed_by.clone(),
    }
}

/// A plan with its version as entity tag.
fn tagged(row: &PlanRow) -> Response {
    ([(ETAG, etag(row.version))], json(StatusCode::OK, &plan_view(row))).into_response()
}
