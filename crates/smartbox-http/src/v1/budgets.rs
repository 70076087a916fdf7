//! Budgets of boxes and orgs.

mod set_of_box;
mod set_of_org;
mod show_of_box;
mod show_of_org;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::ETAG;
use smartbox_api::{BudgetBound, BudgetCaps, BudgetView, SetBudget};
use smartbox_control::BudgetState;
use smartbox_core::ledger::{Budget, Caps};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::body::json;
use crate::precondition::etag;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(show_of_box::show_of_box, set_of_box::set_of_box))
        .routes(routes!(show_of_org::show_of_org, set_of_org::set_of_org))
}

fn budget(body: &SetBudget) -> Budget {
    let caps = |caps: &BudgetCaps| Caps { bytes: caps.bytes, tokens: caps.tokens, nanos: caps.money_nanos };
    Budget { day: caps(&body.day), month: caps(&body.month) }
}

fn caps_view(caps: &Caps) -> BudgetCaps {
    BudgetCaps { bytes: caps.bytes, tokens: caps.tokens, money_nanos: caps.nanos }
}

/// A budget with its version as entity tag.
fn tagged(state: &BudgetState) -> Response {
    let view = budget_view(state);
    ([(ETAG, etag(view.version))], json(StatusCode::OK, &view)).into_response()
}

pub(super) fn budget_view(state: &BudgetState) -> BudgetView {
    let row = state.row.as_ref();
    let budget = row.map(|row| row.budget).unwrap_or_default();
    let spent = state.bounds.iter().map(|(bound, resets_at)| BudgetBound {
        span: bound.span.to_string(),
        measure: bound.measure.to_string(),
        limit: bound.limit,
        current: bound.current,
        resets_at: resets_at.to_string(),
    });
    BudgetView {
        org: state.org.to_string(),
        box_id: state.box_id.map(|id| id.to_string()),
        day: caps_view(&budget.day),
        month: caps_view(&budget.month),
        spent: spent.collect(),
        version: row.map_or(0, |row| row.version),
        changed_at: row.map(|row| row.changed_at.to_string()),
        changed_by: row.map(|row| row.changed_by.clone()),
    }
}
