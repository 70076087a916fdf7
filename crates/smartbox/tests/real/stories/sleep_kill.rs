use std::time::Duration;

use serde_json::{Value, json};
use smartbox_testkit::SeededEntropy;
use smartbox_testkit::scripted_model::ScriptedModel;

use crate::platform::Platform;

const KEY: &str = "sk-test-of-a-killed-sleeper-0123";
/// Kills of an ordinary run; `scripts/chaos.sh` asks for 20 with `SMARTBOX_SIM_KILLS`.
const KILLS: u64 = 3;
/// Longest time between a wish and the kill: a sleep and a wake take less.
const LATEST_MS: u64 = 1500;

/// `kill -9` of the platform at random moments of sleeps and wakes of a real box: its gateway keeps its process, is never
/// started a second time, and answers whoever comes; what was acknowledged before a kill is known after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_box_outlives_kills_in_the_middle_of_sleeps_and_wakes() {
    let (kills, seed) =
        (setting("SMARTBOX_SIM_KILLS").unwrap_or(KILLS), setting("SMARTBOX_SIM_SEED").unwrap_or(1));
    let dice = SeededEntropy::new(seed);
    let model = ScriptedModel::start(KEY).await.unwrap();
    let base_url = model.anthropic_base_url();
    let environment = [("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", &*base_url)];
    let mut platform = Platform::start(&environment).await;
    let first = platform.wait_for_phase("home", "running").await;
    for kill in 0..kills {
        let what = format!("seed {seed}, kill {kill}");
        let said = platform.cli_ok(&["chat", &format!("message {kill}")]);
        assert!(!said.trim().is_empty(), "{what}: it was acknowledged");
        let wish = if dice.below(2) == 0 { "sleep" } else { "wake" };
        ask(&platform, wish).await;
        if wish == "wake" {
            ask(&platform, "sleep").await;
            ask(&platform, "wake").await;
        }
        tokio::time::sleep(Duration::from_millis(dice.below(LATEST_MS))).await;
        platform.kill();
        platform.start_again().await;
        let view = platform
            .wait_for("home", "awake or asleep", |view| {
                ["running", "sleeping"].contains(&view["phase"].as_str().unwrap_or_default())
            })
            .await;
        assert_eq!(
            (&view["pid"], &view["restarts"], &view["error"]),
            (&first["pid"], &first["restarts"], &Value::Null),
            "{what}: the same process"
        );
        let held = platform.http().get(platform.url("/b/home/v1/models"));
        let held = held.header("x-admin-secret", platform.admin_secret()).send().await.unwrap();
        assert_eq!(held.status(), 200, "{what}: whoever comes is let in");
    }
    let actions = platform.actions("home").await;
    assert_eq!(actions.iter().filter(|action| *action == "box.starting").count(), 1, "{actions:?}");
    platform.cli_ok(&["chat", "and what was said?"]);
    let shown = model.requests().last().unwrap().body.to_string();
    for kill in 0..kills {
        assert!(shown.contains(&format!("message {kill}")), "message {kill} is lost");
    }
}

/// Wants something of the box; refusals and lost answers are fine.
async fn ask(platform: &Platform, wish: &str) {
    let request = platform.http().post(platform.url(&format!("/v1/boxes/home/{wish}")));
    let request = request.header("x-admin-secret", platform.admin_secret()).json(&json!({}));
    let _ = request.send().await;
}

#[expect(clippy::disallowed_methods, reason = "a knob of this test")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}
