//! From errors to `application/problem+json`: the only place that does it, and the only one that logs a failed
//! request.

pub(crate) mod codes;

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use smartbox_api::{FieldError, PROBLEM_CONTENT_TYPE, Problem};
use smartbox_control::Error;
use smartbox_core::wake::{HoldKind, WakeRefusal};

use codes::Code;

use crate::seeds::Dialect;

/// When to come back after a short overload.
const OVERLOAD_RETRY: Duration = Duration::from_secs(1);

/// Why a request was refused, in words for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Code, status and title.
    pub code: &'static Code,
    /// What happened this time.
    pub detail: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
    /// When to try again.
    pub retry_after: Option<Duration>,
    /// Which fields are wrong.
    pub errors: Vec<FieldError>,
}

impl Explanation {
    fn new(code: &'static Code) -> Self {
        let remedy = code.remedy.map(str::to_owned);
        let retry_after = (*code == codes::OVERLOADED).then_some(OVERLOAD_RETRY);
        Self { code, detail: None, remedy, retry_after, errors: Vec::new() }
    }

    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    fn remedy(mut self, remedy: &str) -> Self {
        self.remedy = Some(remedy.to_owned());
        self
    }

    /// The document for the request with this id.
    pub(crate) fn problem(self, instance: &str) -> Problem {
        let mut problem = Problem::new(self.code.status.as_u16(), self.code.name, self.code.title);
        problem.detail = self.detail;
        problem.remedy = self.remedy;
        problem.instance = Some(instance.to_owned());
        problem.retry_after_ms =
            self.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        problem.errors = self.errors;
        problem
    }
}

/// Explains a failed use-case to its caller. The cause of an internal error stays out of it.
pub fn explain(error: &Error) -> Explanation {
    let text = error.to_string();
    match error {
        Error::NotFound(what) => {
            not_found(what).unwrap_or_else(|| Explanation::new(&codes::NOT_FOUND).detail(text))
        }
        Error::Invalid(issues) => {
            let field = |issue: &smartbox_control::FieldIssue| FieldError {
                field: issue.field.to_owned(),
                message: issue.message.clone(),
            };
            fields(issues.iter().map(field).collect())
        }
        Error::NameTaken(_) => Explanation::new(&codes::NAME_TAKEN).detail(text),
        Error::Ambiguous(_) => Explanation::new(&codes::NAME_AMBIGUOUS).detail(text),
        Error::Conflict { remedy, .. } => Explanation::new(&codes::CONFLICT).detail(text).remedy(remedy),
        Error::Cancelled => Explanation::new(&codes::CONFLICT).detail(text).remedy("ask for it again"),
        Error::VersionMismatch => Explanation::new(&codes::VERSION_MISMATCH),
        Error::WakeRefused(WakeRefusal::Deleted) => Explanation::new(&codes::BOX_DELETED),
        Error::WakeRefused(WakeRefusal::Outdated) => Explanation::new(&codes::RUNTIME_TOO_OLD),
        Error::RuntimeTooOld { .. } => Explanation::new(&codes::RUNTIME_TOO_OLD).detail(text),
        Error::WakeRefused(WakeRefusal::TierFull { .. }) => Explanation::new(&codes::TIER_FULL).detail(text),
        Error::WakeRefused(WakeRefusal::Held(kind)) => Explanation::new(match kind {
            HoldKind::Account => &codes::BOXES_FROZEN,
            HoldKind::Abuse => &codes::BOXES_FLAGGED,
            HoldKind::Plan => &codes::PLAN_TOO_SMALL,
            HoldKind::Budget => &codes::BUDGET_USED_UP,
        }),
        Error::PlanFull { .. } => Explanation::new(&codes::PLAN_FULL).detail(text),
        Error::HostFull { .. } => Explanation::new(&codes::HOST_FULL).detail(text),
        Error::EmailTaken => Explanation::new(&codes::EMAIL_TAKEN),
        Error::Forbidden => Explanation::new(&codes::ADMIN_ONLY),
        Error::Lacks(_) => Explanation::new(&codes::MISSING_PERMISSION).detail(text),
        Error::AccountFrozen => Explanation::new(&codes::ACCOUNT_FROZEN),
        Error::AccountPending => Explanation::new(&codes::ACCOUNT_PENDING),
        Error::WrongPassword => Explanation::new(&codes::WRONG_PASSWORD),
        Error::BadToken(_) => Explanation::new(&codes::WRONG_CREDENTIAL).detail(text),
        Error::NotTaken => Explanation::new(&codes::SIGN_UP_CLOSED),
        Error::TooManyAttempts { retry_after } => {
            let mut refused = Explanation::new(&codes::TOO_MANY_ATTEMPTS);
            refused.retry_after = Some(*retry_after);
            refused
        }
        Error::TooManyCommands { .. } => {
            let mut refused = Explanation::new(&codes::TOO_MANY_COMMANDS).detail(text);
            refused.retry_after = Some(OVERLOAD_RETRY);
            refused
        }
        Error::Unavailable { retry_after, .. } => {
            let mut unavailable = Explanation::new(&codes::BOX_UNAVAILABLE).detail(text);
            unavailable.retry_after = Some(*retry_after);
            unavailable
        }
        Error::Maintenance { retry_after, .. } => {
            let mut refused = Explanation::new(&codes::MAINTENANCE).detail(text);
            refused.retry_after = Some(*retry_after);
            refused
        }
        Error::BoxFailed { remedy, .. } => Explanation::new(&codes::BOX_FAILED).detail(text).remedy(remedy),
        Error::FileTooLarge(_) => Explanation::new(&codes::FILE_TOO_LARGE).detail(text),
        Error::Agent(_) => Explanation::new(&codes::AGENT_FAILED).detail(text),
        Error::ReplayOver => Explanation::new(&codes::REPLAY_OVER),
        Error::DiskFull => Explanation::new(&codes::DISK_FULL),
        Error::Internal(_) => Explanation::new(&codes::PLATFORM_FAILED),
    }
}

/// Explains that something is not there, or not for this caller, where it has a page of its own.
fn not_found(what: &str) -> Option<Explanation> {
    let code = match what {
        "box" => &codes::BOX_NOT_FOUND,
        "operation" => &codes::OPERATION_NOT_FOUND,
        "sign-in code" => &codes::SIGN_IN_LINK_USED_UP,
        "user" => &codes::USER_NOT_FOUND,
        "token" => &codes::TOKEN_NOT_FOUND,
        "device" => &codes::DEVICE_NOT_FOUND,
        "plan" => &codes::PLAN_NOT_FOUND,
        "route" => &codes::ROUTE_NOT_FOUND,
        "rollout" => &codes::ROLLOUT_NOT_FOUND,
        "runtime" => &codes::RUNTIME_NOT_FOUND,
        "backup" => &codes::BACKUP_NOT_FOUND,
        "file" => &codes::BACKUP_FILE_NOT_FOUND,
        "box file" => &codes::FILE_NOT_FOUND,
        "command" => &codes::EXEC_NOT_FOUND,
        "webhook" => &codes::WEBHOOK_NOT_FOUND,
        "delivery" => &codes::DELIVERY_NOT_FOUND,
        "message" => &codes::MESSAGE_NOT_FOUND,
        "bulk run" => &codes::BULK_RUN_NOT_FOUND,
        "schedule" => &codes::SCHEDULE_NOT_FOUND,
        "model provider" => &codes::MODEL_PROVIDER_NOT_FOUND,
        "secret" => &codes::SECRET_NOT_FOUND,
        "session" => &codes::SESSION_NOT_FOUND,
        "support session" => &codes::SUPPORT_SESSION_NOT_FOUND,
        _ => return None,
    };
    Some(Explanation::new(code))
}

fn fields(errors: Vec<FieldError>) -> Explanation {
    let named: Vec<_> = errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
    let mut explanation = Explanation::new(&codes::INVALID).detail(named.join("; "));
    explanation.errors = errors;
    explanation
}

/// Why a request fails. Becomes a problem document in [`render`], where the request's id is known.
#[derive(Debug)]
pub(crate) struct ApiError(Box<Refusal>);

#[derive(Debug)]
struct Refusal {
    explanation: Explanation,
    cause: Option<Error>,
}

impl ApiError {
    /// A refusal whose words are always the same.
    pub(crate) fn known(code: &'static Code) -> Self {
        Self::new(Explanation::new(code), None)
    }

    /// A refusal that may be none after `retry_after`.
    pub(crate) fn later(code: &'static Code, retry_after: Duration) -> Self {
        let mut explanation = Explanation::new(code);
        explanation.retry_after = Some(retry_after);
        Self::new(explanation, None)
    }

    fn new(explanation: Explanation, cause: Option<Error>) -> Self {
        Self(Box::new(Refusal { explanation, cause }))
    }

    /// One wrong field.
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        let error = FieldError { field: field.to_owned(), message: message.into() };
        Self::new(fields(vec![error]), None)
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        self.0.explanation.code.status
    }

    /// Logs it if it is the platform's fault, and gives the document for the caller.
    pub(crate) fn report(self, instance: &str) -> Problem {
        let Refusal { explanation, cause } = *self.0;
        if let Some(cause @ Error::Internal(_)) = &cause {
            tracing::error!(
                error = cause as &dyn std::error::Error,
                request.id = instance,
                "a request failed"
            );
        }
        explanation.problem(instance)
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::new(explain(&error), Some(error))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.0.explanation.code.status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Writes the document of a failed request into its answer. Every other answer stays as it is.
pub(crate) fn render(mut response: Response, instance: &str) -> Response {
    let Some(error) = response.extensions_mut().remove::<Arc<ApiError>>() else { return response };
    // The extension was put there once, so nobody else holds it.
    let Some(error) = Arc::into_inner(error) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let retry_after = error.0.explanation.retry_after;
    let mut problem = error.report(instance);
    if let Some(dialect) = response.extensions_mut().remove::<Dialect>() {
        dialect.adapt(&mut problem);
        if let Ok(status) = StatusCode::from_u16(problem.status) {
            *response.status_mut() = status;
        }
    }
    let document = serde_json::to_vec(&problem).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_CONTENT_TYPE));
    set_retry_after(headers, retry_after);
    if problem.status == StatusCode::UNAUTHORIZED.as_u16() {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"smartbox\""));
    }
    // The length of the empty body is not that of the document.
    headers.remove(CONTENT_LENGTH);
    *response.body_mut() = document.into();
    response
}

/// Whole seconds, rounded up: never earlier than meant.
fn set_retry_after(headers: &mut HeaderMap, wait: Option<Duration>) {
    if let Some(wait) = wait {
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        headers.insert(RETRY_AFTER, HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX)));
    }
}
