//! How an older API tells errors. Its routes answer with a problem document all the same, which has what their clients look for.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use smartbox_api::Problem;

/// Whose words an error is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `{error}`. A wrong field is a 400, and what a plan, a budget or a frozen account does not allow is a 403.
    Agents,
    /// `{detail}`. A wrong field is a 400.
    Instances,
    /// `{error}`.
    SuperAdmin,
}

impl Dialect {
    /// The same problem in these words.
    pub(crate) fn adapt(self, problem: &mut Problem) {
        let text = problem.detail.clone().unwrap_or_else(|| problem.title.clone());
        match self {
            Self::Agents | Self::SuperAdmin => problem.error = Some(text),
            Self::Instances => problem.detail = Some(text),
        }
        let is_invalid = problem.code == "invalid";
        let is_limit = problem.status == StatusCode::PAYMENT_REQUIRED.as_u16()
            || problem.status == StatusCode::LOCKED.as_u16();
        if is_invalid && self != Self::SuperAdmin {
            problem.status = StatusCode::BAD_REQUEST.as_u16();
        } else if is_limit && self == Self::Agents {
            problem.status = StatusCode::FORBIDDEN.as_u16();
        }
    }
}

/// Around the routes of the agents API.
pub(super) async fn agents(request: Request, next: Next) -> Response {
    spoken(Dialect::Agents, request, next).await
}

/// Around the routes of the instances API.
pub(super) async fn instances(request: Request, next: Next) -> Response {
    spoken(Dialect::Instances, request, next).await
}

/// Around the routes of the super-admin API.
pub(super) async fn super_admin(request: Request, next: Next) -> Response {
    spoken(Dialect::SuperAdmin, request, next).await
}

async fn spoken(dialect: Dialect, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.extensions_mut().insert(dialect);
    response
}
