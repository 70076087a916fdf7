//! Every code has a page, and every page a code.

use std::collections::BTreeSet;

use http::StatusCode;
use http::header::CONTENT_TYPE;
use smartbox_testkit::TestApp;

/// Codes of failed boxes: reasons of death, and steps that failed.
const OF_BOXES: [&str; 13] = [
    "archive-failed",
    "breaker-open",
    "config",
    "config-rolled-back",
    "crashed",
    "internal",
    "not-erased",
    "not-restored",
    "out-of-memory",
    "provider",
    "silent",
    "upgrade-failed",
    "vanished",
];

fn codes() -> BTreeSet<&'static str> {
    let ours = smartbox_http::CODES.iter().map(|code| code.name);
    ours.chain(smartbox_edge::CODES).chain(OF_BOXES).collect()
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let pages: BTreeSet<_> = smartbox_http::ERROR_PAGES.iter().map(|(code, _)| *code).collect();
    assert_eq!(pages, codes());
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors");
    let files: BTreeSet<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().trim_end_matches(".md").to_owned())
        .collect();
    assert_eq!(files, pages.into_iter().map(str::to_owned).collect());
}

#[test]
fn every_page_says_what_happened_why_and_what_to_do() {
    for (code, page) in smartbox_http::ERROR_PAGES {
        assert!(page.starts_with("# ") && page.contains(&format!("`{code}`")), "{code}");
        for part in ["**What happened.**", "**Why.**", "**What to do.**"] {
            assert!(page.contains(part), "{code}: {part}");
        }
    }
}

#[test]
fn titles_of_the_api_and_the_edge_agree_with_the_status_of_the_page() {
    for code in smartbox_http::CODES {
        let page = smartbox_http::find_error_page(code.name).unwrap();
        assert!(page.contains(code.status.as_str()), "{}", code.name);
    }
}

#[tokio::test]
async fn the_page_of_a_problem_is_served_where_the_problem_says() {
    let app = TestApp::start().await;
    let problem = app.anonymous().get("/v1/boxes").await.problem();
    let page = app.anonymous().get(&problem.kind).await;
    assert_eq!((page.status, page.header(CONTENT_TYPE)), (StatusCode::OK, "text/markdown; charset=utf-8"));
    assert!(page.text().contains("not-signed-in"));
    assert_eq!(app.anonymous().get("/docs/errors/no-such-code").await.problem().status, 404);
}
