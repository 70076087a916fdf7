//! What all routes have in common, asked of every route that the OpenAPI document says has it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use axum::body::Body;
use http::header::{CONTENT_TYPE, HeaderName, IF_MATCH};
use http::{HeaderValue, Request};
use serde_json::{Value, json};
use smartbox_api::Problem;
use smartbox_testkit::Answer;

use crate::describe::{Route, routes};
use crate::matrix::{Somebody, somebody};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

impl Somebody {
    /// The good request of a route, changed.
    async fn asks_with(&self, route: &Route, change: impl FnOnce(&mut Request<Body>)) -> Answer {
        let mut request = route.request(&self.client, &self.smartbox, &self.operation);
        change(&mut request);
        self.client.send(request).await
    }

    /// The good request of a route, with something in its query.
    async fn asks_about(&self, route: &Route, query: &str) -> Answer {
        self.asks_with(route, |request| {
            let path = request.uri().path().to_owned();
            *request.uri_mut() = format!("{path}?{query}").parse().unwrap();
        })
        .await
    }
}

/// A refusal has the form that every refusal has; returns it.
fn refused(route: &Route, answer: &Answer) -> Problem {
    let problem = answer.problem();
    assert_eq!(problem.status, answer.status.as_u16(), "{}: {problem:?}", route.id);
    assert!(problem.status < 500, "{}: {problem:?}", route.id);
    assert_eq!(problem.instance.as_deref(), Some(answer.header("x-request-id")), "{}: {problem:?}", route.id);
    assert_eq!(problem.kind, format!("/docs/errors/{}", problem.code), "{}", route.id);
    assert!(smartbox_http::find_error_page(&problem.code).is_some(), "{}: {}", route.id, problem.code);
    assert!(!problem.title.is_empty(), "{}: {problem:?}", route.id);
    problem
}

/// Whether fields are wrong. Older APIs have a status of their own for it.
fn is_invalid(problem: &Problem) -> bool {
    problem.code == "invalid" && matches!(problem.status, 400 | 422)
}

/// What is asked of routes with a wrong `If-Match`, by what is answered.
#[tokio::test]
async fn a_change_of_what_somebody_else_has_changed_is_refused_by_every_route_with_a_version() {
    let mut table = String::new();
    for route in routes().iter().filter(|route| route.takes("header", "If-Match")) {
        let who = somebody("admin").await;
        let of_another_version = |request: &mut Request<Body>| {
            request.headers_mut().insert(IF_MATCH, HeaderValue::from_static("\"987654\""));
        };
        let answer = who.asks_with(route, of_another_version).await;
        let problem = refused(route, &answer);
        let _ = writeln!(table, "{} {}: {} {}", route.method, route.id, problem.status, problem.code);
        let no_tag = |request: &mut Request<Body>| {
            request.headers_mut().insert(IF_MATCH, HeaderValue::from_static("no tag"));
        };
        let problem = refused(route, &who.asks_with(route, no_tag).await);
        assert!(matches!(problem.status, 404 | 409 | 412 | 422), "{}: {problem:?}", route.id);
    }
    insta::assert_snapshot!(table);
}

/// Each is asked twice with one key; then with the same key for something else.
#[tokio::test]
async fn a_repeated_request_with_a_key_is_answered_as_the_first_by_every_route_that_takes_one() {
    let mut table = String::new();
    for route in routes().iter().filter(|route| route.takes("header", "Idempotency-Key")) {
        let who = somebody("admin").await;
        let keyed = |request: &mut Request<Body>| {
            request.headers_mut().insert(IDEMPOTENCY_KEY, HeaderValue::from_static("a-key"));
        };
        let first = who.asks_with(route, keyed).await;
        let again = who.asks_with(route, keyed).await;
        // A stream is not kept: its answer is told once.
        if first.header("content-type") == "text/event-stream" {
            assert!(first.status.is_success() && again.status.is_success(), "{}", route.id);
            continue;
        }
        if first.status.is_success() {
            assert_eq!(first.header("idempotency-replayed"), "", "{}", route.id);
            assert_eq!(again.header("idempotency-replayed"), "true", "{}: {}", route.id, again.text());
            assert_eq!((first.status, &first.body), (again.status, &again.body), "{}", route.id);
        } else {
            refused(route, &first);
        }
        let without = |request: &mut Request<Body>| {
            request.headers_mut().insert(IDEMPOTENCY_KEY, HeaderValue::from_static("no key"));
        };
        let problem = refused(route, &who.asks_with(route, without).await);
        let is_told = problem.errors.first().is_some_and(|error| error.field == "Idempotency-Key");
        assert!(problem.status == 404 || (is_invalid(&problem) && is_told), "{}: {problem:?}", route.id);
        let _ = writeln!(table, "{} {}: {}", route.method, route.id, first.status.as_u16());
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn every_list_has_pages_of_a_bounded_size_and_refuses_a_cursor_that_is_none() {
    let who = somebody("admin").await;
    let lists: Vec<_> = routes().into_iter().filter(|route| route.takes("query", "cursor")).collect();
    assert!(lists.len() > 10, "{lists:?}");
    for route in &lists {
        assert!(route.takes("query", "limit"), "{}: pages have a size", route.id);
        for wrong in ["limit=0", "limit=1000000", "limit=many", "cursor=no-cursor%21"] {
            let answer = who.asks_about(route, wrong).await;
            // Of a directory any name can be the last one that was told.
            let is_a_name = route.takes("path", "path") || route.id == "listFiles";
            if is_a_name && wrong.starts_with("cursor") && answer.status.is_success() {
                continue;
            }
            if answer.status == 404 {
                refused(route, &answer);
                continue;
            }
            let problem = refused(route, &answer);
            let field = wrong.split('=').next().unwrap();
            let fields: BTreeSet<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
            assert!(is_invalid(&problem) && fields.contains(field), "{} {wrong}: {problem:?}", route.id);
        }
        let page = who.asks_about(route, "limit=1").await;
        if page.status.is_success() {
            let page: Value = serde_json::from_slice(&page.body).unwrap();
            let items = ["/items", "/lines", "/events", "/entries", ""]
                .iter()
                .find_map(|at| page.pointer(at)?.as_array());
            assert!(items.is_some_and(|items| items.len() <= 1), "{}: {page:#}", route.id);
        }
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_by_every_route_that_takes_json() {
    let who = somebody("admin").await;
    let takers: Vec<_> =
        routes().into_iter().filter(|route| route.takes_json() && !route.is_hidden()).collect();
    assert!(takers.len() > 50, "{takers:?}");
    for route in &takers {
        let cut = |request: &mut Request<Body>| *request.body_mut() = Body::from("{\"half\": ");
        let problem = refused(route, &who.asks_with(route, cut).await);
        // The library of the Model Context Protocol takes it for another type.
        let is_told =
            matches!(problem.status, 400 | 404 | 422) || (route.id == "mcp" && problem.status == 415);
        assert!(is_told, "{}: {problem:?}", route.id);

        let as_text = |request: &mut Request<Body>| {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        };
        let problem = refused(route, &who.asks_with(route, as_text).await);
        assert_eq!((problem.status, problem.code.as_str()), (415, "unsupported-media-type"), "{}", route.id);

        let too_long = |request: &mut Request<Body>| {
            let text = json!({ "text": "x".repeat(2 << 20) }).to_string();
            *request.body_mut() = Body::from(text);
        };
        let problem = refused(route, &who.asks_with(route, too_long).await);
        assert!(matches!(problem.status, 400 | 404 | 413 | 422), "{}: {problem:?}", route.id);
    }
}
