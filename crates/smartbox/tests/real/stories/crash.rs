use std::time::Duration;

use smartbox_testkit::scripted_model::{Gate, ModelScript, ScriptedModel, Step};

use super::memory;
use crate::platform::Platform;

const KEY: &str = "sk-test-of-the-real-key-0123456789";

/// `kill -9` of the platform in the middle of a chat: the box keeps its process, the next start adopts it, and
/// what was said is still known. Then the box itself is killed and brought back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_outlives_the_platform_and_is_adopted() {
    let model = ScriptedModel::start(KEY).await.unwrap();
    let base_url = model.anthropic_base_url();
    let mut platform =
        Platform::start(&[("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", &base_url)]).await;
    let before = platform.wait_for_phase("home", "running").await;
    model.script(ModelScript::say(["the word is ", "heliotrope"]));
    let answer = platform.cli_ok(&["chat", "what is the word?"]);
    assert!(answer.contains("the word is heliotrope"), "{answer}");
    assert_eq!(key_of_last_request(&model), Some(KEY.to_owned()), "the real key is put in on the way out");
    // First: the searches inside the box bring the key along.
    let searched = memory::search(before["pid"].as_u64().unwrap(), KEY);
    assert!(searched.processes >= 2 && searched.bytes > 100_000_000, "{searched:?}");
    assert!(searched.finds_what_is_there, "the search finds what the box does have: {searched:?}");
    assert_eq!(searched.found, Vec::<String>::new(), "the real key is in the memory of the box");
    the_key_is_not_in_the_box(&platform);

    // A chat is under way: the model has begun and holds its answer back.
    let gate = Gate::closed();
    let slow =
        vec![Step::Say("half an ".to_owned()), Step::Wait(gate.clone()), Step::Say("answer".to_owned())];
    model.script(ModelScript::Answer(slow));
    let seen = model.requests().len();
    let request = platform.http().post(platform.url("/v1/boxes/home/messages"));
    let request = request.header("x-admin-secret", platform.admin_secret());
    let mut stream = request.json(&serde_json::json!({ "text": "take your time" })).send().await.unwrap();
    model.wait_for(|requests| requests.len() > seen).await.unwrap();
    platform.kill();
    while let Ok(Some(_)) = stream.chunk().await {}
    gate.open();

    platform.start_again().await;
    let after = platform.wait_for_phase("home", "running").await;
    assert_eq!(after["pid"], before["pid"], "the same process");
    assert_eq!(after["restarts"], before["restarts"], "nothing was restarted");
    let actions = platform.actions("home").await;
    assert_eq!(actions.iter().filter(|action| *action == "box.starting").count(), 1, "{actions:?}");
    // The gateway takes up the turn that was cut by itself. A message that comes before it is done joins that turn.
    model.wait_for(|requests| requests.len() > seen + 1).await.unwrap();
    let answered = (0..20).any(|_| !platform.cli_ok(&["chat", "still there?"]).trim().is_empty());
    assert!(answered, "the agent answers again: {}", platform.cli_ok(&["logs", "--tail", "40"]));
    history_is_intact(&model);

    // The box's first process is killed from outside.
    let pid = after["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let back =
        platform.wait_for("home", "back", |view| view["phase"] == "running" && view["pid"] != after["pid"]);
    tokio::time::timeout(Duration::from_secs(150), back).await.unwrap();
    assert!(platform.actions("home").await.iter().any(|action| action == "box.died"));
}

fn key_of_last_request(model: &ScriptedModel) -> Option<String> {
    let requests = model.requests();
    Some(requests.last()?.headers.get("x-api-key")?.to_str().ok()?.to_owned())
}

/// The conversation that the model is shown holds what was said before the crash.
fn history_is_intact(model: &ScriptedModel) {
    let requests = model.requests();
    let shown = requests.iter().rev().map(|request| request.body.to_string());
    let with_question = shown.into_iter().find(|body| body.contains("still there?"));
    let body = with_question.expect("the question reached the model");
    assert!(body.contains("what is the word?") && body.contains("heliotrope"), "{body}");
}

fn the_key_is_not_in_the_box(platform: &Platform) {
    let search = ["grep", "-rIl", "--", KEY, "/home/agent", "/run/smartbox", "/tmp"];
    let (code, found, _) = platform.exec("home", &search);
    assert_ne!(code, Some(0), "the real key lies in the box: {found}");
    let environs = "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'";
    let (_, environments, _) = platform.exec("home", &["sh", "-c", environs]);
    assert!(environments.contains("OPENCLAW_"), "the gateway's environment is readable by its user");
    assert!(!environments.contains(KEY), "the real key is in an environment");
}
