use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::platform::{Platform, cache};

/// A program with the official SDK of the Model Context Protocol works with a real box: it lists, runs a command, writes and reads a
/// file, reads the log and talks to the agent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_with_the_official_sdk_works_in_a_box() {
    let platform = Platform::start(&[]).await;
    platform.wait_for_phase("home", "running").await;
    let made = platform.cli_ok(&[
        "token",
        "create",
        "tools",
        "--scope",
        "boxes:read",
        "--scope",
        "boxes:talk",
        "--scope",
        "boxes:exec",
        "--json",
    ]);
    let made: Value = serde_json::from_str(&made).unwrap();
    let python = cache().join("python/bin/python3");
    assert!(python.exists(), "{} is missing; run scripts/test-python.sh", python.display());
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/stories/tools.py");
    let mut client = Command::new(python);
    client.args([program, &platform.url("/mcp")]).env("TOKEN", made["secret"].as_str().unwrap());
    let ended = client.stderr(Stdio::inherit()).output().unwrap();
    assert!(ended.status.success());
    let said: Value = serde_json::from_slice(&ended.stdout).unwrap();

    assert!(said["tools"].as_array().unwrap().contains(&json!("run_command")), "{said:#}");
    assert_eq!(said["boxes"]["value"]["items"][0]["name"], "home", "{said:#}");
    assert_eq!(said["ran"]["value"]["stdout"], "42\n", "{said:#}");
    assert_eq!(said["wrote"]["error"], false, "{said:#}");
    assert_eq!(said["read"]["text"], "from afar\n", "{said:#}");
    assert_eq!(platform.exec("home", &["cat", "workspace/by-mcp.txt"]).1, "from afar\n");
    assert!(said["logs"]["text"].as_str().unwrap().lines().count() > 3, "{said:#}");
    assert!(!said["asked"]["text"].as_str().unwrap().is_empty(), "{said:#}");
    assert_eq!(said["elsewhere"]["error"], true, "{said:#}");
    assert_eq!(said["elsewhere"]["value"]["status"], 404, "{said:#}");
}
