use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use smartbox_store::testing;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::sleep::greeted;
use crate::platform::{PATIENCE, Platform};

/// Longest time without a keeper.
const TAKE_OVER_MAX: Duration = Duration::from_secs(10);
/// A turn is over after this time. Who asks again at once joins the turn that the last question has begun, and so on for ever.
const TURN: Duration = Duration::from_secs(5);
/// Pause between two requests of the load.
const EVERY: Duration = Duration::from_millis(100);

/// Two platforms on one PostgreSQL database and one data directory, each with a box that runs. The first one is killed with -9
/// while requests come, a schedule fires and boxes are made: the second one has its box within ten seconds, starts nothing a second
/// time, runs no due time twice, and has everything that was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_platforms_share_the_boxes_and_one_takes_over_when_the_other_is_killed() {
    let database = testing::new_database().await;
    let mut platform = Platform::start(&[("DATABASE_URL", database.expose_secret())]).await;
    let before = platform.wait_for_phase("home", "running").await;
    let second = platform.start_another().await;
    let second_url = second.url.clone();
    // The box that runs stays; the new one is the second platform's.
    platform.cli_ok(&["box", "create", "work"]);
    platform.wait_for_phase("work", "running").await;
    assert_eq!(spread(&platform).await, [1, 1]);

    // Each platform answers for both.
    let answered = platform.cli_ok(&["chat", "--box", "home", "are you there?"]);
    assert!(!answered.trim().is_empty(), "the box of the first, asked through the second");
    let (code, said, _) = platform.exec("home", &["echo", "through both"]);
    assert_eq!((code, said.trim()), (Some(0), "through both"));
    platform.cli_ok(&[
        "schedule",
        "add",
        "minutely",
        "--box",
        "home",
        "--cron",
        "* * * * *",
        "--message",
        "go",
    ]);
    // The command line's platform is the second one: the socket goes through both.
    let mut socket = greeted(&platform).await;
    first_run(&platform).await;
    let health = socket.call("health", json!({})).await;
    assert_eq!(health["ok"], true, "{health:#}");

    let load = Load::start(&platform, &second_url);
    let ids = ask_until_killed(&mut platform, &second_url).await;
    let killed = Instant::now();
    let ended =
        tokio::time::timeout(TAKE_OVER_MAX, async { while let Some(Ok(_)) = socket.0.next().await {} }).await;
    assert!(ended.is_ok(), "a socket through the second to the first ends with the first");
    while spread(&platform).await != [2 + ids.len() as u64] {
        assert!(killed.elapsed() < PATIENCE, "{}", platform.log());
        tokio::time::sleep(EVERY).await;
    }
    let kept = killed.elapsed();
    platform.hand_over_to(second).await;
    let after = platform.wait_for_phase("home", "running").await;
    let silent = load.end_after_an_answer(killed).await;
    assert!(kept < TAKE_OVER_MAX && silent < TAKE_OVER_MAX, "{kept:?} {silent:?}: {}", platform.log());

    assert_eq!(
        (&after["pid"], &after["restarts"]),
        (&before["pid"], &before["restarts"]),
        "the same process"
    );
    let actions = platform.actions("home").await;
    assert_eq!(actions.iter().filter(|action| *action == "box.starting").count(), 1, "{actions:?}");
    let listed = platform.json("/v1/boxes?limit=200").await;
    for id in &ids {
        let is_there = listed["items"].as_array().unwrap().iter().any(|it| it["id"] == *id);
        assert!(is_there, "{id} was acknowledged: {listed:#}");
    }
    println!("kept by the other one {kept:?} after the kill; its box answers again after {silent:?}");
    // A message that comes while a scheduled turn is under way joins that turn, and has no answer of its own.
    let asked = Instant::now();
    let is_answered = || {
        let said = platform.cli(&["chat", "--box", "home", "and now?"]);
        said.status.success() && !said.stdout.trim_ascii().is_empty()
    };
    while !is_answered() {
        assert!(asked.elapsed() < PATIENCE, "the chat does not go on: {}", platform.log());
        tokio::time::sleep(TURN).await;
    }
    let runs = runs_after(&platform, 2).await;
    assert!(runs.values().all(|times| *times == 1), "a due time ran twice: {runs:?}");
    println!("{} boxes made meanwhile, {} due times run", ids.len(), runs.len());
}

/// How many boxes each platform keeps, in the order in which they joined.
async fn spread(platform: &Platform) -> Vec<u64> {
    let listed = platform.json("/v1/platforms").await;
    listed["items"].as_array().unwrap().iter().map(|one| one["boxes"].as_u64().unwrap()).collect()
}

/// How often each due time was acted on.
async fn runs(platform: &Platform) -> HashMap<String, u32> {
    let page = platform.json("/v1/boxes/home/timeline?limit=200").await;
    let mut runs = HashMap::new();
    let items = page["items"].as_array().unwrap();
    for event in items.iter().filter(|event| event["action"] == "schedule.fired") {
        *runs.entry(event["detail"]["due_at"].to_string()).or_default() += 1;
    }
    runs
}

async fn first_run(platform: &Platform) {
    runs_after(platform, 1).await;
}

/// Waits until so many due times were acted on.
async fn runs_after(platform: &Platform, count: usize) -> HashMap<String, u32> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let runs = runs(platform).await;
        if runs.len() >= count {
            return runs;
        }
        assert!(Instant::now() < deadline, "{runs:?}: {}", platform.log());
        tokio::time::sleep(EVERY).await;
    }
}

/// Requests to the box of the first platform, through the second one, all the time.
struct Load {
    tasks: JoinSet<()>,
    answers: Arc<Mutex<Vec<(Instant, u16)>>>,
}

impl Load {
    fn start(platform: &Platform, url: &str) -> Self {
        let answers = Arc::<Mutex<Vec<_>>>::default();
        let (http, url, secret) =
            (platform.http().clone(), format!("{url}/b/home/healthz"), platform.admin_secret());
        let told = Arc::clone(&answers);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            loop {
                if let Ok(answer) = http.get(&url).header("x-admin-secret", &secret).send().await {
                    told.lock().unwrap().push((Instant::now(), answer.status().as_u16()));
                }
                tokio::time::sleep(EVERY).await;
            }
        });
        Self { tasks, answers }
    }

    /// How long after `killed` the box has answered again. Whoever was refused meanwhile was asked to come again.
    async fn end_after_an_answer(mut self, killed: Instant) -> Duration {
        let deadline = Instant::now() + PATIENCE;
        let again = |answers: &[(Instant, u16)]| {
            answers.iter().find(|(at, status)| *at > killed && *status == 200).map(|(at, _)| *at - killed)
        };
        loop {
            let found = again(&self.answers.lock().unwrap());
            if let Some(silent) = found {
                self.tasks.abort_all();
                let answers = self.answers.lock().unwrap();
                let odd: Vec<_> =
                    answers.iter().filter(|(_, status)| ![200, 502, 503].contains(status)).collect();
                assert!(odd.is_empty(), "{odd:?}");
                return silent;
            }
            assert!(Instant::now() < deadline, "it does not answer again");
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// Makes boxes that do not run, through the second platform, and kills the first one while one is being made; those that were
/// acknowledged.
async fn ask_until_killed(platform: &mut Platform, url: &str) -> Vec<Value> {
    let mut ids = Vec::new();
    for n in 0..5 {
        let body = json!({ "name": format!("made-{n}"), "start": false });
        let request = platform.http().post(format!("{url}/v1/boxes")).json(&body);
        let request = request.header("x-admin-secret", platform.admin_secret());
        let mut asked = JoinSet::new();
        asked.spawn(request.send());
        if n == 4 {
            tokio::time::sleep(Duration::from_millis(3)).await;
            platform.kill();
        }
        let answer: Value = asked.join_next().await.unwrap().unwrap().unwrap().json().await.unwrap();
        ids.push(answer["box"]["id"].clone());
    }
    ids
}
