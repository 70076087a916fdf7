//! Who asks, and which box is meant.

use axum::extract::{FromRequestParts, Query, RawPathParams};
use http::request::Parts;
use smartbox_api::SeedBoxQuery;
use smartbox_control::{Error, Op, Smartbox};
use smartbox_core::Principal;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::{ApiError, codes};

/// The platform's admin.
pub(super) struct SuperAdmin(pub(super) Op);

impl FromRequestParts<HttpState> for SuperAdmin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, ApiError> {
        match Caller::from_request_parts(parts, state).await {
            Ok(Caller(op)) if op.principal == Principal::Admin => Ok(Self(op)),
            // Who it is cannot be said at the moment.
            Err(error) if error.status().is_server_error() => Err(error),
            // No secret, a wrong one, and somebody else are the same to the older API.
            Ok(_) | Err(_) => Err(ApiError::known(&codes::ADMIN_ONLY)),
        }
    }
}

/// The platform's admin, and the box that a path and its query name.
pub(super) struct Target {
    pub(super) op: Op,
    /// As the path has it.
    pub(super) user: String,
    pub(super) smartbox: Smartbox,
}

impl Target {
    /// The reference of the box for use-cases.
    pub(super) fn reference(&self) -> String {
        self.smartbox.id.to_string()
    }
}

impl FromRequestParts<HttpState> for Target {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, ApiError> {
        let SuperAdmin(op) = SuperAdmin::from_request_parts(parts, state).await?;
        let params = RawPathParams::from_request_parts(parts, state).await;
        // A path that is no text names nobody.
        let params = params.map_err(|_rejection| ApiError::from(Error::NotFound("user")))?;
        let user = params.iter().find(|(name, _value)| *name == "id").map(|(_name, value)| value.to_owned());
        let user = user.ok_or_else(|| ApiError::from(Error::NotFound("user")))?;
        let named = Query::<SeedBoxQuery>::try_from_uri(&parts.uri);
        let named = named.map_err(|_bad| ApiError::field("box", "is the id or name of a box"))?;
        let smartbox = state.control().box_of_user(&op, &user, named.0.smartbox.as_deref()).await?;
        Ok(Self { op, user, smartbox })
    }
}
