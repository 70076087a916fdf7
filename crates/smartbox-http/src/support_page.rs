//! What people see of support access: a page with all of it, and the banner that every page of the platform shows.
//!
//! The banner is a script of the platform. The edge puts it into the Control UI and into its own pages; it asks the API what there is to
//! be seen, so that it is the same for whoever helps and for whoever is helped, and as late as the next question.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

const BANNER: &str = include_str!("support_page/banner.js");
const SCRIPT: &str = include_str!("support_page/page.js");
const STYLE: &str = include_str!("support_page/page.css");
const PAGE: &str = include_str!("support_page/page.html");

static HTML: LazyLock<String> =
    LazyLock::new(|| PAGE.replace("/*style*/", STYLE).replace("/*script*/", SCRIPT));

/// Nothing but these scripts and this style run, and scripts may talk to this server only.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; script-src 'self' 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        sha256(SCRIPT),
        sha256(STYLE)
    )
});

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(page)).routes(routes!(banner))
}

fn sha256(text: &str) -> String {
    STANDARD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// The page of support access
///
/// What is open and what was, with a button that ends it. Its script asks the API.
#[utoipa::path(
    get,
    path = "/_smartbox/support",
    tag = "support",
    operation_id = "supportPage",
    security(()),
    responses((status = OK, description = "The page.", body = String, content_type = "text/html")),
)]
async fn page() -> Response {
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    (headers, Html(HTML.as_str())).into_response()
}

/// The banner of support access
///
/// A script that pages of the platform load.
#[utoipa::path(
    get,
    path = "/_smartbox/support/banner.js",
    tag = "support",
    operation_id = "supportBanner",
    security(()),
    responses((status = OK, description = "The script.", body = String, content_type = "text/javascript")),
)]
async fn banner() -> Response {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (headers, BANNER).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_holds_exactly_the_script_and_style_that_its_policy_allows() {
        assert!(HTML.contains(&format!("<script>{SCRIPT}</script>")));
        assert!(HTML.contains(&format!("<style>{STYLE}</style>")));
        assert!(HTML.contains(r#"<script src="/_smartbox/support/banner.js" defer></script>"#));
        assert_eq!((HTML.matches("<script").count(), HTML.matches("<style").count()), (2, 1));
        assert!(!HTML.contains("style=\"") && !HTML.contains("onclick"), "inline attributes are blocked");
    }

    #[test]
    fn what_people_wrote_is_shown_as_text() {
        for script in [BANNER, SCRIPT] {
            assert!(!script.contains("innerHTML") && !script.contains("insertAdjacentHTML"));
        }
    }
}
