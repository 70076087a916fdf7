//! `smartbox mcp`: the real program over pipes, in front of the real API.

use std::process::Stdio;

use serde_json::{Value, json};
use smartbox_testkit::TestApp;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::time::timeout;

use crate::program::{LIMIT, end_of, smartbox};

/// A program that speaks the protocol, at the other end of the pipes.
struct Bridge {
    child: Child,
    says: ChildStdin,
    hears: Lines<BufReader<ChildStdout>>,
}

impl Bridge {
    fn start(url: &str, token: &str) -> Self {
        let mut command = smartbox(&["mcp"]);
        command.env("SMARTBOX_SERVER", url).env("SMARTBOX_TOKEN", token).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let hears = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { says: child.stdin.take().unwrap(), hears, child }
    }

    async fn say(&mut self, line: &str) {
        self.says.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        let line = timeout(LIMIT, self.hears.next_line()).await.unwrap().unwrap();
        serde_json::from_str(&line.unwrap()).unwrap()
    }

    async fn ask(&mut self, id: u32, method: &str, params: Value) -> Value {
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.say(&message.to_string()).await;
        let answer = self.hear().await;
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }
}

async fn platform() -> (TestApp, smartbox_testkit::Served, String) {
    let app = TestApp::start().await;
    let served = app.serve().await;
    let url = format!("http://{}", served.address);
    (app, served, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_speaks_over_pipes_has_the_tools_of_its_token() {
    let (app, _served, url) = platform().await;
    let owner = app.first_tenant().await;
    app.running_box(&owner.client, "home").await;
    let (made, _program) = app.program(&owner.org, &["boxes:read"]).await;
    let mut bridge = Bridge::start(&url, &made.secret);
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" } });
    let answer = bridge.ask(1, "initialize", hello).await;
    assert_eq!(answer["result"]["serverInfo"]["name"], "smartbox", "{answer}");
    bridge.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    let tools = bridge.ask(2, "tools/list", json!({})).await;
    assert!(tools["result"]["tools"].as_array().is_some_and(|tools| tools.len() > 10), "{tools}");
    let seen = bridge.ask(3, "tools/call", json!({ "name": "list_boxes", "arguments": {} })).await;
    assert_eq!(seen["result"]["structuredContent"]["items"][0]["name"], "home", "{seen}");
    let stop = json!({ "name": "stop_box", "arguments": { "box": "home" } });
    let refused = bridge.ask(4, "tools/call", stop).await;
    assert_eq!(refused["result"]["structuredContent"]["code"], "missing-permission", "{refused}");

    bridge.say("no JSON at all").await;
    let answer = bridge.hear().await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&Value::Null, &json!(-32700)));
    let seen = bridge.ask(5, "ping", json!({})).await;
    assert!(seen["result"].is_object(), "it goes on: {seen}");
    drop(bridge.says);
    let ran = end_of(bridge.child).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "the end of its input is its end");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_passed_on_is_an_error_of_its_request_that_says_what_to_do() {
    let (_app, served, url) = platform().await;
    let mut bridge = Bridge::start(&url, "sbx_not-a-token");
    let refused = bridge.ask(1, "tools/list", json!({})).await;
    assert_eq!(refused["error"]["data"]["code"], "wrong-credential", "{refused}");
    assert!(refused["error"]["data"]["remedy"].is_string(), "{refused}");
    bridge.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    drop(served);
    let lost = bridge.ask(2, "tools/list", json!({})).await;
    let what = lost["error"]["message"].as_str().unwrap_or_default();
    assert!(what.contains("No platform answers") || what.contains("was lost"), "{lost}");
}
