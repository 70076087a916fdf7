//! Pages for people whose browser navigates to something that the edge has to answer itself.
//!
//! Every page is one self-contained document. Its policy lets nothing run but its own style and script, which carry
//! the request's id as their nonce.

use std::fmt::Write as _;
use std::time::Duration;

use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Body;
use crate::body::full;
use crate::gate;
use crate::names::SEC_FETCH_MODE;
use crate::problem::{Problem, set_retry_after};
use crate::routes::{Route, RouteState};

const MESSAGE_HTML: &str = include_str!("../assets/message.html");
const LOADING_HTML: &str = include_str!("../assets/loading.html");
const LOADING_JS: &str = include_str!("../assets/loading.js");
const PAGE_CSS: &str = include_str!("../assets/page.css");

/// What browsers without scripts do instead of asking for the state.
const REFRESH: &str = r#"<meta http-equiv="refresh" content="5">"#;
/// When programs that get the loading page should ask again.
const RETRY_LOADING: Duration = Duration::from_secs(3);

/// Whether a person's browser opens a page, as opposed to a program or a script of a page that asks for something.
pub(crate) fn is_navigation(head: &Parts) -> bool {
    let text = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
    text(ACCEPT).is_some_and(|accept| accept.contains("text/html"))
        && matches!(head.method, Method::GET | Method::HEAD)
        && !gate::is_websocket(head)
        && text(SEC_FETCH_MODE).is_none_or(|mode| mode == "navigate")
}

/// A refusal as a page.
pub(crate) fn message(problem: &Problem, instance: &str) -> Response<Body> {
    let mut text = String::new();
    for (class, part) in [("what", &problem.detail), ("remedy", &problem.remedy)] {
        if let Some(part) = part {
            // Writing to a string does not fail.
            let _ok = write!(text, r#"<p class="{class}">{}</p>"#, with_code(part));
        }
    }
    let filled = fill(
        MESSAGE_HTML,
        &[
            ("title", &escape(&problem.title)),
            ("text", &text),
            ("code", problem.code),
            ("instance", &escape(instance)),
            ("nonce", &escape(instance)),
            ("style", PAGE_CSS),
        ],
    );
    respond(problem.status, filled, instance, problem.retry_after)
}

/// The page of a box that is on its way; with `refused`, of one that may not or cannot start.
/// With `has_banner` it shows support access: where the platform's own paths can be asked.
pub(crate) fn loading(
    route: &Route,
    refused: Option<&Problem>,
    now: Timestamp,
    (instance, has_banner): (&str, bool),
) -> Response<Body> {
    let mut state = state(route, now);
    let failed = match refused {
        Some(problem) => {
            let error = json!({ "title": problem.title, "detail": problem.detail, "remedy": problem.remedy });
            state["refused"] = Value::Bool(true);
            state["error"] = error;
            true
        }
        None => !state["error"].is_null(),
    };
    let wakes = route.state.keeps_processes();
    let (title, line) = match (failed, wakes) {
        (true, _) => ("The box did not start", ""),
        (false, true) => ("Waking", "The box wakes in a moment."),
        (false, false) => ("Starting", "The box is starting. This takes about ten seconds."),
    };
    let banner =
        format!(r#"<script nonce="{}" src="/_smartbox/support/banner.js" defer></script>"#, escape(instance));
    let told = |member: &str| escape(state["error"][member].as_str().unwrap_or_default());
    let filled = fill(
        LOADING_HTML,
        &[
            ("title", title),
            ("name", &escape(route.name.as_str())),
            ("line", line),
            ("stages_hidden", if failed || wakes { " hidden" } else { "" }),
            ("trouble_hidden", if failed { "" } else { " hidden" }),
            ("trouble_title", &told("title")),
            ("trouble_detail", &told("detail")),
            ("trouble_remedy", &told("remedy")),
            // A script element ends at the first `</`, whatever the JSON says.
            ("state", &state.to_string().replace('<', "\\u003c")),
            ("refresh", if failed { "" } else { REFRESH }),
            ("nonce", &escape(instance)),
            ("style", PAGE_CSS),
            ("script", LOADING_JS),
            ("banner", if has_banner { &banner } else { "" }),
        ],
    );
    let (status, retry_after) = match refused {
        Some(problem) => (problem.status, problem.retry_after),
        None => (StatusCode::SERVICE_UNAVAILABLE, (!failed).then_some(RETRY_LOADING)),
    };
    respond(status, filled, instance, retry_after)
}

/// State of a box, for the loading page.
pub(crate) fn state(route: &Route, now: Timestamp) -> Value {
    let (phase, stage, since, error) = match &route.state {
        RouteState::Ready => ("running", None, None, None),
        RouteState::Waiting { phase, stage, since } => (*phase, *stage, Some(*since), None),
        RouteState::Asleep { phase, since } | RouteState::Stopped { phase, since, .. } => {
            (*phase, None, Some(*since), None)
        }
        RouteState::Failed { title, detail, remedy, since } => {
            let error = json!({ "title": title, "detail": detail, "remedy": remedy });
            ("failed", None, Some(*since), Some(error))
        }
        RouteState::Gone => ("deleting", None, None, None),
    };
    let elapsed_ms = since.map(|since| now.duration_since(since).as_millis().max(0));
    json!({
        "id": route.id.to_string(),
        "name": route.name.as_str(),
        "phase": phase,
        "stage": stage.map(|stage| stage.as_str()),
        "since": since.map(|since| since.to_string()),
        "elapsed_ms": elapsed_ms.and_then(|millis| u64::try_from(millis).ok()),
        "ready": route.state == RouteState::Ready,
        "error": error,
    })
}

fn respond(status: StatusCode, html: String, nonce: &str, retry_after: Option<Duration>) -> Response<Body> {
    let mut response = Response::new(full(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert("content-security-policy", policy);
    }
    let fixed = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
        (HeaderName::from_static("x-frame-options"), "DENY"),
        (HeaderName::from_static("referrer-policy"), "no-referrer"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    set_retry_after(headers, retry_after);
    response
}

/// Replaces each `{{name}}` in one pass, so that no value is read as a place.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() + PAGE_CSS.len() + LOADING_JS.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        filled.push_str(before);
        filled.push_str(
            values.iter().find(|(known, _value)| *known == name).map_or("", |(_name, value)| value),
        );
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Escapes, and shows what stands between backticks as code.
fn with_code(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in text.split('`').enumerate() {
        let is_code = index % 2 == 1;
        html.push_str(if is_code { "<code>" } else { "" });
        html.push_str(&escape(part));
        html.push_str(if is_code { "</code>" } else { "" });
    }
    html
}

#[cfg(test)]
mod tests;
