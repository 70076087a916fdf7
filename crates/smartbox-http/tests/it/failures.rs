//! What goes wrong with boxes, as their owners see it.

use http::StatusCode;
use jiff::SignedDuration;
use smartbox_api::{BoxErrorView, EventList, OperationView};
use smartbox_core::DeathReason;
use smartbox_provider::LogSource;
use smartbox_provider::fake::{Call, Failure};
use smartbox_testkit::{Client, TestApp, id_of};

fn transient() -> Failure {
    Failure::Transient("the host is busy".to_owned())
}

#[tokio::test]
async fn a_refused_configuration_fails_the_box_with_its_last_log_lines_and_is_not_tried_again() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.provider.write_log(id, LogSource::Gateway, "Config invalid: gateway.port\n");
    app.provider.die(id, DeathReason::Config);
    app.settle().await;
    app.clock.advance(SignedDuration::from_hours(1));
    app.settle().await;

    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.retry_at), ("failed", None), "no next try is promised");
    let BoxErrorView { code, remedy, log_tail, .. } = view.error.unwrap();
    assert_eq!(code, "config");
    assert!(remedy.is_some());
    assert_eq!(log_tail.last().map(String::as_str), Some("Config invalid: gateway.port"));
    assert_eq!(app.provider.starts(id), 1, "starting it again would change nothing");

    client.post("/v1/boxes/home/start").await;
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.error), ("running", None));
    assert_eq!(app.provider.starts(id), 2, "a person asked for it");
}

#[tokio::test]
async fn a_box_that_vanishes_is_brought_back_at_once() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.provider.die(id, DeathReason::Vanished);
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
    assert_eq!(app.provider.starts(id), 2);
}

#[tokio::test]
async fn a_crashing_box_is_tried_again_with_growing_pauses() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    for (starts, pause) in [(2, 3), (3, 5), (4, 10)] {
        app.provider.die(id, DeathReason::Crashed { code: 1 });
        app.settle().await;
        let view = app.show(&client, "home").await;
        assert_eq!(view.phase, "failed");
        assert!(view.retry_at.is_some() && view.error.is_some_and(|error| error.code == "crashed"));
        assert_eq!(app.provider.starts(id), starts - 1, "not before its time");
        // Ready clears the count, so the box must not become ready in between for the pauses to grow.
        app.provider.set_ready_after(None);
        app.clock.advance(SignedDuration::from_secs(pause));
        app.settle().await;
        assert_eq!(app.provider.starts(id), starts);
        assert_eq!(app.show(&client, "home").await.phase, "starting");
    }
    app.provider.make_ready(id);
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.error, view.retry_at), ("running", None, None));
}

#[tokio::test]
async fn running_out_of_memory_is_told_in_the_timeline_and_the_box_comes_back() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.provider.restart_gateway(id, true);
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.restarts, view.oom_kills), ("running", 1, 1));
    let list: EventList = client.get("/v1/boxes/home/timeline").await.json(StatusCode::OK);
    let actions: Vec<_> = list.items.iter().map(|event| event.action.as_str()).collect();
    assert!(
        actions.contains(&"box.out-of-memory") && actions.contains(&"box.gateway-restarted"),
        "{actions:?}"
    );
}

#[tokio::test]
async fn a_gateway_that_fails_its_probe_is_degraded_until_it_recovers() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.provider.make_unready(id);
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "degraded");
    app.provider.make_ready(id);
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
}

#[tokio::test]
async fn a_provider_that_fails_for_a_while_is_asked_again() {
    let app = TestApp::start().await;
    app.expect_log("a step failed");
    let client = app.first_tenant().await.client;
    app.provider.fail_next(Call::EnsureRunning, 2, transient());
    let operation = app.created_box(&client, "home").await.operation;
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!(view.phase, "failed");
    assert_eq!(view.error.unwrap().detail, "the host is busy");
    for _ in 0..2 {
        app.clock.advance(SignedDuration::from_mins(5));
        app.settle().await;
    }
    assert_eq!(app.show(&client, "home").await.phase, "running");
    let path = format!("/v1/operations/{}", operation.id);
    let operation: OperationView = client.get(&path).await.json(StatusCode::OK);
    assert_eq!(operation.state, "succeeded", "two failures are no reason to give up");
}

#[tokio::test]
async fn an_answer_that_was_lost_is_no_reason_to_start_twice() {
    let app = TestApp::start().await;
    app.expect_log("a step failed");
    let client = app.first_tenant().await.client;
    app.provider.lose_next_answers(Call::EnsureRunning, 1);
    app.created_box(&client, "home").await;
    app.settle().await;
    app.clock.advance(SignedDuration::from_mins(5));
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.error.as_ref()), ("running", None));
    assert_eq!(app.provider.starts(id_of(&view)), 1);
}

#[tokio::test]
async fn a_box_that_cannot_be_stopped_says_so_and_is_stopped_later() {
    let app = TestApp::start().await;
    app.expect_log("a step failed");
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    app.provider.fail_next(Call::EnsureStopped, 1, transient());
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    let view = app.show(&client, "home").await;
    assert_eq!((view.phase.as_str(), view.desired.as_str()), ("stopping", "stopped"));
    assert_eq!(view.error.unwrap().detail, "the host is busy");
    app.clock.advance(SignedDuration::from_mins(5));
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "stopped");
}

#[tokio::test]
async fn what_an_internal_failure_says_stays_in_the_log() {
    let app = TestApp::start().await;
    app.expect_log("a request failed");
    let client = app.first_tenant().await.client;
    app.store.close().await;
    let answer = client.get("/v1/boxes").await;
    let problem = answer.problem();
    assert_eq!((problem.status, problem.code.as_str(), problem.detail), (500, "platform-failed", None));
    let logged = app.logged();
    assert_eq!(logged.len(), 1, "once: {logged:?}");
    assert!(logged[0].contains(&problem.instance.unwrap()), "{logged:?}");
}

#[tokio::test]
async fn whoever_was_let_in_a_moment_ago_may_look_for_a_while_without_a_database() {
    let app = TestApp::start().await;
    app.expect_log("the database does not answer");
    app.expect_log("a request failed");
    let owner = app.first_tenant().await;
    let (_user, unknown) = app.member(&owner.org, "ada", "owner").await;
    let tiers = "/v1/tiers";
    assert_eq!(owner.client.get(tiers).await.status, StatusCode::OK);
    app.store.close().await;
    app.clock.advance(jiff::SignedDuration::from_secs(2));
    let allowed = async |client: &Client| {
        let cookie = client.headers()[http::header::COOKIE].to_str().unwrap();
        let found = app.control.find_session(cookie.split_once('=').unwrap().1).await;
        found.map(|found| found.map(|who| who.principal.permissions()))
    };
    let looking = smartbox_core::Permissions::of(&[smartbox_core::Permission::BoxesRead]);
    assert_eq!(allowed(&owner.client).await.unwrap(), Some(looking), "nothing can be changed");
    let refused = owner.client.post_json("/v1/boxes", &serde_json::json!({ "name": "x" })).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (403, "missing-permission"));
    assert!(allowed(&unknown).await.is_err(), "nobody new is let in");
    app.clock.advance(jiff::SignedDuration::from_mins(5));
    assert!(allowed(&owner.client).await.is_err(), "it ends");
}

#[tokio::test]
async fn a_host_without_room_refuses_a_start_with_what_to_do() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    app.host.set(smartbox_core::capacity::HostFacts {
        memory_bytes: 16 << 30,
        available_bytes: 2 << 30,
        swap_free_bytes: 0,
        cpu_pressure: None,
        memory_pressure: None,
    });
    // The reserve and the box fit exactly; one byte less does not.
    client.post("/v1/boxes/home/restart").await.json::<smartbox_api::Launched>(StatusCode::ACCEPTED);
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    app.host.set(smartbox_core::capacity::HostFacts {
        memory_bytes: 16 << 30,
        available_bytes: (2 << 30) - 1,
        swap_free_bytes: 0,
        cpu_pressure: None,
        memory_pressure: None,
    });
    let refused: smartbox_api::Problem = client.post("/v1/boxes/home/start").await.json(StatusCode::CONFLICT);
    assert_eq!(refused.code, "host-full");
    assert!(refused.detail.unwrap().contains("needs 1024 MiB of memory, and the host has 1023 MiB free"));
    assert!(refused.remedy.unwrap().contains("let it sleep"));
}

#[tokio::test]
async fn a_box_that_keeps_failing_shows_until_when_it_is_left_alone() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    for _ in 0..5 {
        app.provider.die(id, DeathReason::Vanished);
        app.settle().await;
    }
    let view = app.show(&client, "home").await;
    let breaker = view.breaker.unwrap();
    assert_eq!((view.phase.as_str(), breaker.is_trying), ("failed", false));
    assert!(breaker.next_trial_at > breaker.open_since);
    assert_eq!(view.error.unwrap().code, "breaker-open");
}
