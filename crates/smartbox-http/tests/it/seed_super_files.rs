//! Files in the older shape.

use http::Method;
use serde_json::{Value, json};
use smartbox_testkit::{Answer, Client, TestApp};

async fn running() -> (TestApp, Client, String) {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    app.running_box(&owner.client, "home").await;
    let admin = app.admin();
    (app, admin, format!("/api/super/users/{}/files", owner.owner))
}

fn body(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn a_file_is_written_with_its_directories_read_listed_and_thrown_away() {
    let (_app, admin, base) = running().await;
    let path = format!("{base}/workspace/a/b.txt");
    let written = body(&admin.change_json(Method::PUT, &path, &json!({ "content": "hello" })).await, 200);
    assert_eq!((&written["written"], &written["size"]), (&json!(true), &json!(5)));
    let read = body(&admin.get(&path).await, 200);
    assert_eq!(
        (&read["content"], &read["source"], &read["size"]),
        (&json!("hello"), &json!("container"), &json!(5))
    );
    // Its route was shadowed in the older API.
    let there = body(&admin.get(&format!("{path}/exists")).await, 200);
    assert_eq!((&there["exists"], &there["metadata"]["size"]), (&json!(true), &json!(5)));
    let missing = body(&admin.get(&format!("{base}/workspace/no/exists")).await, 200);
    assert_eq!(missing["exists"], json!(false));
    let listed = body(&admin.get(&format!("{base}?path=workspace&recursive=true")).await, 200);
    let paths: Vec<_> =
        listed["entries"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&"workspace/a") && paths.contains(&"workspace/a/b.txt"), "{paths:?}");
    let deleted = body(&admin.delete(&path).await, 200);
    assert_eq!(deleted["deleted"], json!(true));
    assert!(deleted["trashed_as"].is_null() && deleted["trashedAs"].is_string(), "{deleted}");
    assert_eq!(admin.get(&path).await.problem().code, "file-not-found");
}

#[tokio::test]
async fn no_path_leads_out_of_the_home() {
    let (_app, admin, base) = running().await;
    for path in ["../x", "a/../../x", "%2e%2e/x", "a%2fb", "a%00b", "/etc/passwd"] {
        let answer = admin.get(&format!("{base}/{path}")).await;
        assert!(matches!(answer.status.as_u16(), 404 | 422), "{path}: {}", answer.text());
    }
    let batch = json!({ "operations": [
        { "op": "read", "path": "../../etc/passwd" },
        { "op": "write", "path": "/workspace/$(id).txt", "content": "x" },
        { "op": "exists", "path": "workspace/$(id).txt" },
        { "op": "delete", "path": "workspace/$(id).txt" },
        { "op": "format", "path": "workspace" },
    ]});
    let done = body(&admin.post_json(&format!("{base}/batch"), &batch).await, 200);
    let told: Vec<_> = done["results"].as_array().unwrap().iter().map(|one| one["success"].clone()).collect();
    assert_eq!(told, [json!(false), json!(true), json!(true), json!(true), json!(false)], "{done}");
    assert_eq!(done["results"][2]["exists"], json!(true));
    let many: Vec<Value> = (0..51).map(|_| json!({ "op": "exists", "path": "a" })).collect();
    let problem = admin.post_json(&format!("{base}/batch"), &json!({ "operations": many })).await.problem();
    assert_eq!(problem.errors[0].field, "operations");
}
