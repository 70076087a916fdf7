//! `GET /api/super/users`

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedUser, SeedUsers};
use smartbox_control::{FleetQuery, Op, User};
use smartbox_core::OrgId;

use super::target::SuperAdmin;
use crate::HttpState;
use crate::problem::ApiError;

/// Most people of one answer.
const USERS_MAX: usize = 10_000;
/// People that are read at a time.
const PAGE: u32 = 200;

/// The tier of each org's default box.
pub(super) type Tiers = HashMap<OrgId, String>;

pub(super) fn tiers(state: &HttpState, op: &Op) -> Result<Tiers, ApiError> {
    let query = FleetQuery { limit: usize::MAX, ..FleetQuery::default() };
    let fleet = state.control().fleet_summary(op, &query)?;
    let default = fleet.boxes.iter().filter(|state| state.is_default);
    Ok(default.map(|state| (state.org, state.tier.clone())).collect())
}

pub(super) fn user_view(user: &User, tiers: &Tiers) -> SeedUser {
    SeedUser {
        id: user.id.to_string(),
        name: user.name.clone(),
        tier: tiers.get(&user.org).cloned(),
        org: user.org.to_string(),
    }
}

/// List people, in the older shape
#[utoipa::path(
    get,
    path = "/api/super/users",
    tag = "seeds",
    operation_id = "seedUsers",
    responses((status = OK, description = "Everybody.", body = SeedUsers)),
)]
pub(crate) async fn users(
    State(state): State<HttpState>,
    SuperAdmin(op): SuperAdmin,
) -> Result<Json<SeedUsers>, ApiError> {
    let tiers = tiers(&state, &op)?;
    let (mut users, mut cursor) = (Vec::new(), None);
    loop {
        let page = state.control().list_everybody(&op, cursor.as_ref(), PAGE).await?;
        users.extend(page.items.iter().map(|user| user_view(user, &tiers)));
        match page.next {
            Some(next) if users.len() < USERS_MAX => cursor = Some(next),
            _ => break,
        }
    }
    Ok(Json(SeedUsers { count: users.len() as u64, users }))
}
