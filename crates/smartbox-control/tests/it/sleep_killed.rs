//! The platform is killed between any two steps of a sleep and of a wake.

use std::cell::Cell;
use std::time::Duration;

use jiff::SignedDuration;
use smartbox_core::{BoxId, Desired, SleepTier, Threshold, Thresholds};
use smartbox_provider::fake::Call;
use smartbox_store::SystemActor;
use smartbox_testkit::{SeededEntropy, TestApp, id_of};

/// How long each step of the fake provider takes, so that there is a moment in the middle of its calls.
const DELAY: Duration = Duration::from_millis(20);

const POLICY: Thresholds = Thresholds {
    frozen: Threshold::After(Duration::from_mins(10)),
    squeezed: Threshold::Never,
    stopped: Threshold::Never,
};

type Reached = fn(&TestApp, BoxId) -> bool;

fn is_frozen(app: &TestApp, id: BoxId) -> bool {
    app.provider.is_asleep(id)
}

/// A box that was idle for long enough, and its platform.
async fn idle_box() -> (TestApp, BoxId) {
    let app = TestApp::builder().sleep(POLICY).start().await;
    app.expect_log("WARN");
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.settle().await;
    app.clock.advance(SignedDuration::from_mins(10));
    (app, id)
}

/// After a kill: the box is awake or asleep, a person who needs it gets an answer, and it is the process it was.
async fn is_whole(app: &mut TestApp, id: BoxId, what: &str) {
    app.provider.set_delay(Duration::ZERO);
    app.settle().await;
    let rows = app.store.fleet(SystemActor::new("test")).all_boxes().await.unwrap();
    let is_frozen = is_frozen(app, id);
    assert_eq!(is_frozen, rows[0].desired == Desired::Asleep, "{what}");
    // A gateway that is at rest and awake goes on by itself when its lease is over; ours does not know of time.
    if !is_frozen {
        app.gateway.end_leases(&[id]);
    }
    assert!(answers(app, id, what).await);
    assert_eq!(app.provider.starts(id), 1, "{what}: the same process");
}

#[tokio::test]
async fn a_kill_between_any_two_steps_of_a_sleep_loses_nothing() {
    let steps: [(&str, Reached); 4] = [
        ("the doors are closed", |app, id| app.ingress.is_closed(id)),
        ("the gateway is at rest", |app, id| app.gateway.is_at_rest(id)),
        ("it is being frozen", |app, id| app.provider.calls(Call::EnsureAsleep) > 0 && !is_frozen(app, id)),
        ("it is frozen", is_frozen),
    ];
    for (what, reached) in steps {
        let (mut app, id) = idle_box().await;
        app.provider.set_delay(DELAY);
        assert!(app.kill_when(|app| reached(app, id)).await, "{what}");
        is_whole(&mut app, id, what).await;
    }
}

#[tokio::test]
async fn a_kill_between_any_two_steps_of_a_wake_loses_nothing() {
    let steps: [(&str, Reached); 4] = [
        ("it should run", |app, _id| app.provider.calls(Call::EnsureAwake) == 0),
        ("it is being thawed", |app, id| app.provider.calls(Call::EnsureAwake) > 0 && is_frozen(app, id)),
        ("it is thawed", |app, id| !is_frozen(app, id) && app.gateway.is_at_rest(id)),
        ("its gateway goes on", |app, id| !app.gateway.is_at_rest(id) && app.ingress.is_closed(id)),
    ];
    for (what, reached) in steps {
        let (mut app, id) = idle_box().await;
        app.settle().await;
        assert!(is_frozen(&app, id));
        app.control.wake_box(&app.admin_op(), id, "a request").await.unwrap();
        app.provider.set_delay(DELAY);
        assert!(app.kill_when(|app| reached(app, id)).await, "{what}");
        is_whole(&mut app, id, what).await;
    }
}

/// Kills of an ordinary run; `SMARTBOX_SIM_KILLS=1000` is what `scripts/chaos.sh` asks for.
const KILLS: u64 = 60;

#[tokio::test]
async fn random_kills_in_cycles_of_sleep_and_wake_lose_nothing() {
    let (kills, seed) =
        (setting("SMARTBOX_SIM_KILLS").unwrap_or(KILLS), setting("SMARTBOX_SIM_SEED").unwrap_or(1));
    let dice = SeededEntropy::new(seed);
    let (mut app, id) = idle_box().await;
    app.provider.set_delay(Duration::from_millis(1));
    let (mut answered, mut met) = (0, [0u64; 3]);
    for kill in 0..kills {
        let what = format!("seed {seed}, kill {kill}");
        if dice.below(2) == 0 {
            // Refused while it is not seen to be awake yet.
            let _ = app.control.sleep_box(&app.admin_op(), "home", SleepTier::Frozen, None).await;
        } else {
            // A refusal would be one of a box that failed, and none fails here.
            app.control.wake_box(&app.admin_op(), id, "a request").await.unwrap();
        }
        let turns = Cell::new(dice.below(4000));
        app.kill_when(|_app| turns.replace(turns.get().saturating_sub(1)) == 0).await;
        met[usize::from(is_frozen(&app, id)) + usize::from(app.gateway.is_at_rest(id))] += 1;
        if !is_frozen(&app, id) {
            app.gateway.end_leases(&[id]);
        }
        assert_eq!(app.provider.starts(id), 1, "{what}: no second process, ever");
        if kill % 10 == 9 {
            app.settle().await;
            answered += usize::from(answers(&mut app, id, &what).await);
        }
    }
    assert_eq!(answered as u64, kills / 10, "every message that was sent was answered");
    assert_eq!(app.gateway.received().len(), answered, "and each was delivered once");
    assert!(met.iter().all(|times| *times > 0), "kills met boxes awake, on the way and asleep: {met:?}");
}

/// Sends a message and waits for its answer.
async fn answers(app: &mut TestApp, id: BoxId, what: &str) -> bool {
    app.run_loops();
    let op = app.admin_op();
    let mut chat = app.control.send_message(&op, &id.to_string(), "hello".into(), None).await.unwrap();
    let mut last = String::new();
    while let Some(event) = chat.next().await {
        last = format!("{event:?}");
    }
    drop(chat);
    app.restart().await;
    assert!(last.contains("You said: hello"), "{what}: {last}");
    true
}

#[expect(clippy::disallowed_methods, reason = "a knob of this test")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}
