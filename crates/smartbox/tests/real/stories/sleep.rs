use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use smartbox_control::{Clock as _, SystemClock};
use smartbox_testkit::scripted_model::{Gate, ModelRequest, ModelScript, ScriptedModel, Step};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::advisories::socket::Socket;
use crate::platform::Platform;

const KEY: &str = "sk-test-of-a-sleeper-0123456789";
/// When the job is due that is planned below: the box has to fall asleep before.
const DUE_IN: SignedDuration = SignedDuration::from_secs(60);

/// A real gateway falls asleep when it is idle and not before, keeps its process, is woken by a request, and ahead of
/// its own job.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_box_sleeps_when_it_is_idle_and_misses_nothing() {
    let model = ScriptedModel::start(KEY).await.unwrap();
    let base_url = model.anthropic_base_url();
    let environment =
        [("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", &*base_url), ("SANDBOX_SLEEP_AFTER", "10s")];
    let platform = Platform::start(&environment).await;
    let before = platform.wait_for_phase("home", "running").await;
    a_turn_is_not_cut(&platform, &model).await;

    platform.wait_for_phase("home", "sleeping").await;
    let held = platform.http().get(platform.url("/b/home/v1/models"));
    let held = held.header("x-admin-secret", platform.admin_secret()).send().await.unwrap();
    assert_eq!(held.status(), 200, "a request wakes it and is answered");
    let after = platform.json("/v1/boxes/home").await;
    assert_eq!(
        (&after["pid"], &after["restarts"]),
        (&before["pid"], &before["restarts"]),
        "the same process"
    );

    let due = plan_a_job(&platform).await;
    platform.wait_for_phase("home", "sleeping").await;
    model.script(ModelScript::say(["here is the report"]));
    platform.wait_for("home", "woken", |view| view["phase"] != "sleeping").await;
    // A turn in a session of its own takes a while to begin on a busy machine.
    let mut is_done = false;
    for _ in 0..4 {
        let job = |request: &ModelRequest| request.body.to_string().contains("say the report");
        is_done = is_done || model.wait_for(|requests| requests.iter().any(job)).await.is_ok();
    }
    assert!(is_done, "the job was done: {:?}", platform.actions("home").await);
    let woken = last_wake(&platform).await;
    assert!(woken["reason"].as_str().unwrap().contains("daily report"), "{woken:#}");
    let at: Timestamp = woken["at"].as_str().unwrap().parse().unwrap();
    assert!(at < due, "it is woken ahead: {at}, due {due}");
}

/// While a model answers, the box is not frozen, whoever asks; when it has answered, it is.
async fn a_turn_is_not_cut(platform: &Platform, model: &ScriptedModel) {
    let gate = Gate::closed();
    let slow =
        vec![Step::Say("first ".to_owned()), Step::Wait(gate.clone()), Step::Say("then the rest".to_owned())];
    model.script(ModelScript::Answer(slow));
    let seen = model.requests().len();
    // Sent to the gateway itself, so that nothing of the platform's own knows of the turn.
    let mut socket = greeted(platform).await;
    let params =
        json!({ "sessionKey": "agent:main:main", "message": "take your time", "idempotencyKey": "slow" });
    let sent = socket.call("chat.send", params).await;
    assert_eq!(sent["ok"], true, "{sent:#}");
    model.wait_for(|requests| requests.len() > seen).await.unwrap();
    let asked = platform.cli(&["box", "sleep", "home", "--no-wait"]);
    assert!(asked.status.success(), "{asked:?}");
    // It asks its gateway again and again, and waits.
    let view = platform.json("/v1/boxes/home").await;
    assert_eq!(view["phase"], "falling_asleep", "{view:#}");
    gate.open();
    let answer = async {
        loop {
            let frame = socket.next().await.expect("the socket stays open");
            if frame["event"] == "chat" && frame["payload"]["state"] == "final" {
                return frame["payload"]["message"].to_string();
            }
        }
    };
    let answer = answer.await;
    assert!(answer.contains("first then the rest"), "{answer}");
}

async fn plan_a_job(platform: &Platform) -> Timestamp {
    let mut socket = greeted(platform).await;
    // The gateway in the box has the system's clock.
    let due = SystemClock.now() + DUE_IN;
    let job = json!({
        "name": "daily report",
        "enabled": true,
        "schedule": { "kind": "at", "at": due.to_string() },
        "sessionTarget": "isolated",
        "wakeMode": "now",
        "payload": { "kind": "agentTurn", "message": "say the report" },
        "delivery": { "mode": "none" },
    });
    let planned = socket.call("cron.add", job).await;
    assert_eq!(planned["ok"], true, "{planned:#}");
    due
}

pub(super) async fn greeted(platform: &Platform) -> Socket {
    let url = platform.url("/b/home").replacen("http", "ws", 1);
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("x-admin-secret", platform.admin_secret().parse().unwrap());
    let (socket, _response) = connect_async(request).await.unwrap();
    let mut socket = Socket(socket);
    let hello = socket
        .greet(json!({
            "minProtocol": 4,
            "maxProtocol": 4,
            "client": { "id": "gateway-client", "version": "0", "platform": "linux", "mode": "backend" },
            "role": "operator",
            "scopes": ["operator.read", "operator.write", "operator.admin"],
        }))
        .await;
    assert_eq!(hello["ok"], true, "{hello:#}");
    socket
}

async fn last_wake(platform: &Platform) -> Value {
    let page = platform.json("/v1/boxes/home/timeline?limit=200").await;
    let mut events = page["items"].as_array().unwrap().iter();
    events.find(|event| event["action"] == "box.woken").expect("it was woken").clone()
}
