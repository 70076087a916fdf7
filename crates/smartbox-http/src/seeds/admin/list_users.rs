//! `GET /admin/users`

use std::collections::HashMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use smartbox_api::{SeedAdminUser, SeedPageQuery};

use crate::HttpState;
use crate::body::{QueryOf, json};
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::admin_only;
use crate::seeds::agents::{next_header, part};

/// List the people of every org
///
/// For the platform's admin. Of more than 200 the header `X-Next-Cursor` says where the list goes on.
#[utoipa::path(
    get,
    path = "/admin/users",
    tag = "seeds",
    operation_id = "seedAdminUsers",
    params(SeedPageQuery),
    responses((status = OK, description = "The people, the oldest first.", body = Vec<SeedAdminUser>)),
)]
pub(crate) async fn list_users(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<SeedPageQuery>,
) -> Result<Response, ApiError> {
    admin_only(&op)?;
    let (limit, cursor) = part(&query)?;
    let page = state.control().list_all_users(&op, cursor.as_ref(), limit).await?;
    let mut plans: HashMap<_, Option<String>> = HashMap::new();
    for user in &page.items {
        if let std::collections::hash_map::Entry::Vacant(room) = plans.entry(user.org) {
            room.insert(state.control().org_plan(user.org).await?.plan);
        }
    }
    let view = |user: &smartbox_control::User| SeedAdminUser {
        id: user.id.to_string(),
        email: user.email.clone(),
        name: user.name.clone(),
        role: user.role.to_string(),
        status: user.status.to_string(),
        plan_id: plans.get(&user.org).cloned().flatten(),
        org_id: user.org.to_string(),
        created_at: user.created_at.to_string(),
        updated_at: user.created_at.to_string(),
    };
    let users: Vec<SeedAdminUser> = page.items.iter().map(view).collect();
    Ok((next_header(page.next.as_ref()), json(StatusCode::OK, &users)).into_response())
}
