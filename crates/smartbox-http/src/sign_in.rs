//! Signing a browser in and out.
//!
//! The link's code stands behind `#`, which browsers send to nobody: it reaches no server log, and a mail program
//! that opens the link uses nothing up. The page's script reads it, takes it out of the address bar and posts it.

mod boxes;
mod enter;
mod oidc;
mod page;
mod redeem;
mod sign_out;

use axum::response::{IntoResponse, Response};
use http::header::{LOCATION, REFERRER_POLICY, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(page::page, redeem::redeem)) //
        .routes(routes!(sign_out::sign_out))
        .routes(routes!(oidc::begin))
        .routes(routes!(oidc::callback))
        .routes(routes!(page::device_page))
        .routes(routes!(boxes::go))
        .routes(routes!(enter::enter))
}

/// Sends a browser on. What stands in the address that it came from is told to nobody.
fn redirect(location: &str, cookie: Option<HeaderValue>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Ok(location) = HeaderValue::from_str(location) {
        headers.insert(LOCATION, location);
    }
    headers.extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    response
}

/// A path of this server to go on to; the root for everything that a browser could read as another server's address.
fn return_path(to: Option<&str>) -> &str {
    let is_own = |to: &&str| {
        let mut bytes = to.bytes();
        bytes.next() == Some(b'/')
            && !matches!(bytes.next(), Some(b'/' | b'\\'))
            && to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
    };
    to.filter(is_own).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::return_path;

    #[test]
    fn nobody_is_sent_on_to_another_server() {
        for own in ["/", "/b/home/", "/chat?x=//evil.example"] {
            assert_eq!(return_path(Some(own)), own);
        }
        for foreign in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "evil",
            "",
            "/a\\b",
            "/\t/evil.example",
            "/é",
        ] {
            assert_eq!(return_path(Some(foreign)), "/", "{foreign}");
        }
        assert_eq!(return_path(None), "/");
    }
}
