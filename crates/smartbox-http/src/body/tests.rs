use serde::Deserialize;
use smartbox_api::{CreateBox, ListQuery};

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nested {
    #[expect(dead_code, reason = "only its name in error messages matters")]
    inner: Inner,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inner {
    #[expect(dead_code, reason = "only its name in error messages matters")]
    list: Vec<u8>,
}

fn told<T: DeserializeOwned>(body: &str) -> String {
    let error = parse::<T>(body.as_bytes()).err().expect("the body is wrong");
    let problem = error.report("req_1");
    assert_eq!(problem.status, 422);
    problem.detail.unwrap()
}

#[test]
fn a_wrong_field_is_named() {
    let bodies = [
        r#"{"name": 5}"#,
        r#"{"kind": "pa"}"#,
        r#"{"name": "a", "colour": "red"}"#,
        r#"{"name": "a", "name": "b"}"#,
        r#"{"name": "a", "start": "yes"}"#,
        "[]",
        "5",
        "{",
        "",
        "{\"name\": \"a\"} x",
        "\u{0}",
    ];
    let told: Vec<_> = bodies.iter().map(|body| format!("{body:?} -> {}", told::<CreateBox>(body))).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_wrong_field_inside_another_is_named_with_its_path() {
    let bodies = [
        r#"{"inner": {"list": [1, "x"]}}"#,
        r#"{"inner": {}}"#,
        r#"{"inner": {"list": [], "more": 1}}"#,
        r#"{"inner": 1}"#,
    ];
    let told: Vec<_> = bodies.iter().map(|body| format!("{body:?} -> {}", told::<Nested>(body))).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn a_wrong_field_of_a_query_is_named() {
    let mut lines = Vec::new();
    for query in ["limit=x", "limit=-1", "limit=1&limit=2", "colour=red"] {
        let request = Request::get(format!("/?{query}")).body(()).unwrap();
        let parsed = QueryOf::<ListQuery>::from_request_parts(&mut request.into_parts().0, &()).await;
        let problem = parsed.err().expect("the query is wrong").report("req_1");
        lines.push(format!("{query} -> {}", problem.detail.unwrap()));
    }
    insta::assert_snapshot!(lines.join("\n"));
}
