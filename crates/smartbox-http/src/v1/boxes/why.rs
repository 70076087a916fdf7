//! `GET /v1/boxes/{box}/why`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use smartbox_api::{LastWakeView, ReasonView, WhyView};
use smartbox_control::{Event, Why, phase_of};
use smartbox_core::explain::Because;

use super::BoxReference;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::sleep::effective_view;

/// Why a box is as it is
///
/// Why it is awake and when it would sleep, or why it sleeps and what wakes it; what blocks a wake; what woke it last and
/// what that took. Asking wakes nobody.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/why",
    tag = "boxes",
    operation_id = "whyBox",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((status = OK, description = "The reasons, each with a code and a sentence.", body = WhyView)),
)]
pub(crate) async fn why(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Json<WhyView>, ApiError> {
    Ok(Json(view(&state.control().why(&op, &reference).await?)))
}

fn view(why: &Why) -> WhyView {
    WhyView {
        box_id: why.smartbox.id.to_string(),
        name: why.smartbox.name.to_string(),
        phase: phase_of(&why.smartbox).as_str().to_owned(),
        since: why.smartbox.observed_at.map(|at| at.to_string()),
        reasons: why.reasons.iter().map(reason).collect(),
        sleep_after: effective_view(&why.effective),
        looked_at: why.looked_at.map(|at| at.to_string()),
        last_wake: why.last_wake.as_ref().map(last_wake),
    }
}

fn reason(because: &Because) -> ReasonView {
    let millis = |span: Duration| Some(u64::try_from(span.as_millis()).unwrap_or(u64::MAX));
    let told =
        ReasonView { code: because.code().to_owned(), text: because.to_string(), ..ReasonView::default() };
    match because {
        Because::Requests(count) | Because::Uses(count) | Because::Calls(count) => {
            ReasonView { count: Some(*count), ..told }
        }
        Because::Idle { idle, next } => ReasonView {
            idle_ms: millis(*idle),
            tier: next.map(|(tier, _)| tier.to_string()),
            in_ms: next.and_then(|(_, left)| millis(left)),
            ..told
        },
        Because::DueSoon(left) => ReasonView { in_ms: millis(*left), ..told },
        Because::Refused(refused) => ReasonView {
            at: Some(refused.at.to_string()),
            why: Some(refused.why.clone()),
            again_at: Some(refused.again.to_string()),
            ..told
        },
        Because::Sleeps { tier, idle_since } => {
            ReasonView { tier: Some(tier.to_string()), at: idle_since.map(|at| at.to_string()), ..told }
        }
        Because::Deeper { tier, after } => {
            ReasonView { tier: Some(tier.to_string()), in_ms: millis(*after), ..told }
        }
        Because::WakesAt { at, why } => {
            ReasonView { at: Some(at.to_string()), why: Some(why.clone()), ..told }
        }
        Because::Failed(what) => ReasonView { why: what.clone(), ..told },
        _ => told,
    }
}

fn last_wake(event: &Event) -> LastWakeView {
    let text = |name: &str| event.detail[name].as_str().map(str::to_owned);
    LastWakeView {
        at: event.at.to_string(),
        by: text("by"),
        why: text("why"),
        took_ms: event.detail["took_ms"].as_u64(),
        slept_ms: event.detail["slept_ms"].as_u64(),
        was_kept: event.action == "box.awake",
    }
}
