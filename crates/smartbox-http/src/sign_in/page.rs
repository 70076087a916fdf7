//! `GET /sign-in`

use std::sync::LazyLock;

use aws_lc_rs::digest;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_FRAME_OPTIONS};

use crate::HttpState;

const SCRIPT: &str = concat!(include_str!("page/device.js"), include_str!("page/page.js"));
const STYLE: &str = include_str!("page/page.css");
const PAGE: &str = include_str!("page/page.html");

static HTML: LazyLock<String> =
    LazyLock::new(|| PAGE.replace("/*style*/", STYLE).replace("/*script*/", SCRIPT));

/// The page of a platform whose people have no OpenID provider.
static HTML_WITHOUT_OIDC: LazyLock<String> = LazyLock::new(|| {
    let (before, rest) = HTML.split_once("<!--oidc-->").unwrap_or((&HTML, ""));
    let after = rest.split_once("<!--/oidc-->").map_or("", |(_link, after)| after);
    format!("{before}{after}")
});

/// Nothing but this script and this style run, and the script may talk to this server only.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        sha256(SCRIPT),
        sha256(STYLE)
    )
});

fn sha256(text: &str) -> String {
    STANDARD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// The page behind a sign-in link
///
/// Loading it changes nothing; its script posts the code.
#[utoipa::path(
    get,
    path = "/sign-in",
    tag = "sign-in",
    operation_id = "signInPage",
    security(()),
    responses((status = OK, description = "The page.", body = String, content_type = "text/html")),
)]
pub(crate) async fn page(State(state): State<HttpState>) -> Response {
    answer(&state)
}

/// The page that shows a browser's device
///
/// Where devices are approved by hand it waits for that.
#[utoipa::path(
    get,
    path = "/sign-in/device",
    tag = "sign-in",
    operation_id = "devicePage",
    security(()),
    responses((status = OK, description = "The page.", body = String, content_type = "text/html")),
)]
pub(crate) async fn device_page(State(state): State<HttpState>) -> Response {
    answer(&state)
}

fn answer(state: &HttpState) -> Response {
    let html = if state.control().has_oidc() { &HTML } else { &HTML_WITHOUT_OIDC };
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    (headers, Html(html.as_str())).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_holds_exactly_the_script_and_style_that_its_policy_allows() {
        assert!(HTML.contains(&format!("<script>{SCRIPT}</script>")));
        assert!(HTML.contains(&format!("<style>{STYLE}</style>")));
        assert!(HTML_WITHOUT_OIDC.contains(&format!("<script>{SCRIPT}</script>")));
        assert!(HTML.contains("/sign-in/oidc") && !HTML_WITHOUT_OIDC.contains("/sign-in/oidc\""));
        assert_eq!((HTML.matches("<script").count(), HTML.matches("<style").count()), (1, 1));
        assert!(!HTML.contains("style=\"") && !HTML.contains("onclick"), "inline attributes are blocked");
    }
}
