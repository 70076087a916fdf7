//! `PUT /api/v1/settings`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedSetSettings, SeedSettings};
use smartbox_control::{ApiKeyChange, Whose};

use super::show_settings::{own_org, settings};
use super::{ANTHROPIC, BRAVE, OPENAI, changes};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Change the settings that instances share
///
/// Keys of the caller's org: those of models are kept as model providers, every other as a secret of the environment. A masked value that is
/// sent back changes nothing.
#[utoipa::path(
    put,
    path = "/api/v1/settings",
    tag = "seeds",
    operation_id = "seedSetSettings",
    request_body = SeedSetSettings,
    responses((status = OK, description = "The settings as they are now.", body = SeedSettings)),
)]
pub(crate) async fn set_settings(
    State(state): State<HttpState>,
    Caller(op): Caller,
    JsonBody(body): JsonBody<SeedSetSettings>,
) -> Result<Json<SeedSettings>, ApiError> {
    if let Some(other) = body.others.keys().next() {
        let decides = match other.as_str() {
            "default_models" => "the org's model providers: `PUT /v1/models/providers/{provider}`",
            name if name.starts_with("default_") => "a tier: `GET /v1/tiers`",
            _ => return Err(ApiError::field(&shown(other), "is not known here")),
        };
        return Err(ApiError::field(&shown(other), format!("is decided by {decides}")));
    }
    let fields =
        [(ANTHROPIC, body.anthropic_api_key), (OPENAI, body.openai_api_key), (BRAVE, body.brave_api_key)];
    let mut named: std::collections::BTreeMap<_, _> =
        body.api_keys.into_iter().map(|(name, value)| (name, Some(value))).collect();
    named.extend(body.delete_api_keys.into_iter().map(|name| (name, None)));
    let mut keys = changes(fields, named);
    let org = own_org(&state, &op).await?;
    keys.retain(|key| !is_masked(key));
    state.control().change_api_keys(&op, Whose::Org(&org), &keys).await?;
    Ok(Json(settings(&state, &op, &org).await?))
}

/// What `GET` shows of a key is no key.
fn is_masked(key: &ApiKeyChange) -> bool {
    use secrecy::ExposeSecret as _;
    key.value.as_ref().is_some_and(|value| value.expose_secret().starts_with("****"))
}

/// A name from outside, short enough for an answer.
fn shown(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(64).collect()
}
