//! The API as tools of the Model Context Protocol.

use http::header::{ACCEPT, CONTENT_TYPE, ORIGIN};
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use smartbox_testkit::{Answer, Client, TestApp};

/// What the protocol asks clients to accept.
const BOTH: &str = "application/json, text/event-stream";

async fn say(client: &Client, message: &Value) -> Answer {
    client.clone().with(ACCEPT, BOTH).post_json("/mcp", message).await
}

async fn result(client: &Client, method: &str, params: Value) -> Value {
    let answer = say(client, &json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params })).await;
    let answer: Value = answer.json(StatusCode::OK);
    assert_eq!(answer["id"], 7, "{answer}");
    answer
}

/// What a tool answers: whether it failed, and with which document.
async fn call(client: &Client, tool: &str, arguments: Value) -> (bool, Value) {
    let answer = result(client, "tools/call", json!({ "name": tool, "arguments": arguments })).await;
    let result = &answer["result"];
    (result["isError"] == true, result["structuredContent"].clone())
}

#[tokio::test]
async fn a_client_says_hello_and_learns_the_tools() {
    let app = TestApp::start().await;
    let hello = json!({
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    });
    let answer = result(&app.admin(), "initialize", hello).await;
    assert_eq!(answer["result"]["serverInfo"]["name"], "smartbox");
    assert_eq!(answer["result"]["protocolVersion"], "2025-06-18");
    assert!(answer["result"]["capabilities"].get("tools").is_some(), "{answer}");
    let told = say(&app.admin(), &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    assert_eq!(told.status, StatusCode::ACCEPTED);

    let answer = result(&app.admin(), "tools/list", json!({})).await;
    let tools = answer["result"]["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    for name in ["list_boxes", "create_box", "run_command", "read_file", "read_logs", "send_message"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    let create = tools.iter().find(|tool| tool["name"] == "create_box").unwrap();
    assert_eq!(create["inputSchema"]["properties"]["name"]["type"], "string", "{create:#}");
    let delete = tools.iter().find(|tool| tool["name"] == "delete_box").unwrap();
    assert_eq!(delete["annotations"]["destructiveHint"], true);
}

#[tokio::test]
async fn a_tool_does_what_its_route_does_and_fails_as_it_does() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let (is_error, created) =
        call(&admin, "create_box", json!({ "name": "home", "idempotency_key": "once" })).await;
    assert!(!is_error, "{created}");
    app.settle().await;
    let again = call(&admin, "create_box", json!({ "name": "home", "idempotency_key": "once" })).await;
    assert_eq!(again, (false, created.clone()), "the same answer, and no second box");
    let (_, list) = call(&admin, "list_boxes", json!({ "limit": 10 })).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["id"], created["box"]["id"]);
    let operation = created["operation"]["id"].as_str().unwrap();
    let (_, ended) =
        call(&admin, "wait_for_operation", json!({ "operation": operation, "wait": "1s" })).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");

    let (is_error, problem) = call(&admin, "show_box", json!({ "box": "no-such-box" })).await;
    assert_eq!((is_error, problem["status"].as_u64()), (true, Some(404)), "{problem}");
    let (is_error, problem) = call(&admin, "create_box", json!({ "name": "No Good!" })).await;
    assert_eq!((is_error, problem["errors"][0]["field"].as_str()), (true, Some("name")), "{problem}");
    let unknown = result(&admin, "tools/call", json!({ "name": "rm_rf", "arguments": {} })).await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
}

#[tokio::test]
async fn a_tool_may_no_more_than_its_caller() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    app.running_box(&tenant.client, "home").await;
    let id = app.show(&tenant.client, "home").await.id;
    let foreign = app.tenant("acme").await.client;
    for tool in ["show_box", "stop_box", "delete_box", "why_box", "list_commands", "box_timeline"] {
        let (is_error, problem) = call(&foreign, tool, json!({ "box": id })).await;
        assert_eq!((is_error, problem["status"].as_u64()), (true, Some(404)), "{tool}: {problem}");
    }
    assert_eq!(call(&foreign, "list_boxes", json!({})).await.1["items"], json!([]));

    let (_made, reader) = app.program(&tenant.org, &["boxes:read"]).await;
    assert!(!call(&reader, "show_box", json!({ "box": "home" })).await.0);
    let (is_error, problem) = call(&reader, "stop_box", json!({ "box": "home" })).await;
    assert_eq!((is_error, problem["code"].as_str()), (true, Some("missing-permission")));
    assert_eq!(app.show(&tenant.client, "home").await.phase, "running");

    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    assert_eq!(say(&app.anonymous(), &list).await.problem().code, "not-signed-in");
    let wrong = app.anonymous().with_bearer("sbx_wrong");
    assert_eq!(say(&wrong, &list).await.problem().code, "wrong-credential");
    let elsewhere = tenant.client.clone().with(ORIGIN, "https://elsewhere.example");
    assert_eq!(say(&elsewhere, &list).await.status, StatusCode::FORBIDDEN, "a page of somebody else");
}

#[tokio::test]
async fn what_an_agent_says_is_the_answer_of_the_tool() {
    let app = TestApp::start().await;
    app.running_box(&app.admin(), "home").await;
    let params = json!({ "name": "send_message", "arguments": { "box": "home", "text": "hello" } });
    let answer = result(&app.admin(), "tools/call", params).await;
    assert_eq!(answer["result"]["content"][0]["text"], "You said: hello", "{answer}");
    let params = json!({ "name": "read_logs", "arguments": { "box": "home", "tail": 5 } });
    let answer = result(&app.admin(), "tools/call", params).await;
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("the gateway of home starts"), "{answer}");
}

#[tokio::test]
async fn what_is_not_of_the_protocol_is_refused() {
    let app = TestApp::start().await;
    let admin = app.admin().with(ACCEPT, BOTH);
    assert_eq!(admin.get("/mcp").await.status, StatusCode::METHOD_NOT_ALLOWED, "there are no sessions");
    let mut garbage = admin.request(Method::POST, "/mcp", "{");
    garbage.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let answer = admin.send(garbage).await;
    assert!(answer.status.is_client_error(), "{answer:?}");
    let large =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": { "x": "x".repeat(1024 * 1024) } });
    assert_eq!(admin.post_json("/mcp", &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let one_type =
        app.admin().post_json("/mcp", &json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })).await;
    assert_eq!(one_type.status, StatusCode::NOT_ACCEPTABLE);
}
