use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::Value;
use smartbox_store::testing;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::platform::Platform;

/// Longest time without a platform that acts.
const TAKE_OVER_MAX: Duration = Duration::from_secs(10);

/// Two platforms on one PostgreSQL database and one data directory. The first one is killed with -9 while things are asked of it:
/// the second one acts within ten seconds, has everything that was acknowledged, and starts no box a second time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_that_stands_by_takes_over_when_the_other_one_is_killed() {
    let database = testing::new_database().await;
    let mut platform = Platform::start(&[("DATABASE_URL", database.expose_secret())]).await;
    let before = platform.wait_for_phase("home", "running").await;
    let standby = platform.stand_by().await;
    let ids = ask_until_killed(&mut platform).await;

    let killed = Instant::now();
    platform.hand_over_to(standby).await;
    let took = killed.elapsed();
    assert!(took < TAKE_OVER_MAX, "{took:?}: {}", platform.log());

    let after = platform.wait_for_phase("home", "running").await;
    assert_eq!(
        (&after["pid"], &after["restarts"]),
        (&before["pid"], &before["restarts"]),
        "the same process"
    );
    let actions = platform.actions("home").await;
    assert_eq!(actions.iter().filter(|action| *action == "box.starting").count(), 1, "{actions:?}");
    let listed = platform.json("/v1/boxes?limit=200").await;
    let has =
        |id: &Value| listed["items"].as_array().is_some_and(|items| items.iter().any(|it| it["id"] == *id));
    for id in &ids {
        assert!(has(id), "{id} was acknowledged: {listed:#}");
    }
    println!("taken over after {took:?}, with {} boxes that were made meanwhile", ids.len());
}

/// Makes boxes that do not run, and kills the platform while one is being made; those that were acknowledged.
async fn ask_until_killed(platform: &mut Platform) -> Vec<Value> {
    let mut ids = Vec::new();
    for n in 0..5 {
        let body = serde_json::json!({ "name": format!("made-{n}"), "start": false });
        let request = platform.http().post(platform.url("/v1/boxes")).json(&body);
        let request = request.header("x-admin-secret", platform.admin_secret());
        if n == 4 {
            // Nobody learns whether it was made.
            let mut asked = JoinSet::new();
            asked.spawn(request.send());
            tokio::time::sleep(Duration::from_millis(3)).await;
            platform.kill();
            drop(asked.join_next().await);
            break;
        }
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        ids.push(answer["box"]["id"].clone());
    }
    ids
}
