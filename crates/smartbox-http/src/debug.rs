//! `/_smartbox/debug/…`: what whoever runs the platform sees of its process, from the machine it runs on.
//!
//! Off unless a setting says otherwise. They take no command, show no environment, no credential and nothing of a box but ids and
//! numbers: what the older routes of this name did beyond that was a shell for whoever asked.

mod edge;
mod log;
mod process;
mod tasks;

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use smartbox_api::{ADMIN_SECRET_HEADER, DebugEdge, DebugLog, DebugProcess, DebugTasks};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::problem::{ApiError, codes};

/// What stands in front of their paths.
const ROOT: &str = "/_smartbox/debug";

/// What there is to see. Implemented by the composition root.
pub trait Insight: Send + Sync {
    /// The process, as far as it is known without asking the database.
    fn process(&self) -> DebugProcess;

    /// What runs.
    fn tasks(&self) -> DebugTasks;

    /// What the edge has in its hands.
    fn edge(&self) -> DebugEdge;

    /// What is written to the log.
    fn log(&self) -> DebugLog;

    /// Writes lines of the platform itself from this level on, for so long.
    fn raise_log(&self, level: LogLevel, lasts: Duration);
}

/// From which level on lines of the platform are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// What an operator wants to know anyway.
    Info,
    /// Each request.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::Info, Self::Debug, Self::Trace];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// A request comes from a program on this machine itself. Whoever calls the router and knows that puts it into the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FromThisMachine;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(process::show))
        .routes(routes!(tasks::list))
        .routes(routes!(edge::show))
        .routes(routes!(log::show, log::raise))
}

/// Lets in who is on this machine and has the admin secret. For everybody else nothing is there, whatever the method, so that
/// nobody learns whether the routes are on.
pub(crate) async fn gate(State(state): State<HttpState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_debug = path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if !is_debug || is_let_in(&state, &request) {
        return next.run(request).await;
    }
    ApiError::known(&codes::NOT_FOUND).into_response()
}

fn is_let_in(state: &HttpState, request: &Request) -> bool {
    let is_near = request.extensions().get::<FromThisMachine>().is_some();
    state.insight().is_some() && is_near && brings_secret(state, request.headers())
}

/// The secret itself, in its own header: what a browser sends along by itself opens nothing here.
fn brings_secret(state: &HttpState, headers: &HeaderMap) -> bool {
    let mut given = headers.get_all(ADMIN_SECRET_HEADER).iter();
    let (Some(secret), None) = (given.next(), given.next()) else { return false };
    secret.to_str().is_ok_and(|secret| state.control().is_admin_secret(secret))
}
