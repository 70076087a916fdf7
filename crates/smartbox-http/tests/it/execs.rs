//! Commands that run by themselves.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use smartbox_api::{ExecList, ExecResult, ExecView};
use smartbox_testkit::{Client, TestApp};

/// A platform with a running box in which commands run.
async fn begun() -> (TestApp, Client) {
    let app = TestApp::start().await;
    app.run_commands();
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    (app, client)
}

async fn start(client: &Client, body: &Value) -> ExecView {
    client.post_json("/v1/boxes/home/exec", body).await.json(StatusCode::ACCEPTED)
}

async fn show(client: &Client, id: &str, query: &str) -> ExecView {
    client.get(&format!("/v1/boxes/home/exec/{id}{query}")).await.json(StatusCode::OK)
}

async fn ended(client: &Client, id: &str) -> ExecView {
    let seen = show(client, id, "?wait=20s").await;
    assert!(seen.ended_at.is_some(), "{seen:?}");
    seen
}

/// A command that says that it runs and then waits for its end.
async fn running(client: &Client) -> ExecView {
    let begun = start(client, &json!({ "argv": ["sh", "-c", "echo running; exec sleep 600"] })).await;
    let look = || async { show(client, &begun.id, "").await };
    let is_running = |seen: &ExecView| seen.stdout.as_deref() == Some("running\n");
    smartbox_testkit::wait_for("it to run", std::time::Duration::from_secs(20), look, is_running).await
}

#[tokio::test]
async fn a_command_begins_at_once_and_what_came_of_it_is_read_by_its_id() {
    let (app, client) = begun().await;
    let script = "cat; printf '%s' \"$GREETING\" >&2; pwd; exit 3";
    let begun = start(
        &client,
        &json!({ "argv": ["sh", "-c", script], "env": { "GREETING": "hello" }, "cwd": "/", "stdin": "in\n" }),
    )
    .await;
    assert!(begun.id.starts_with("exe_") && begun.ended_at.is_none(), "{begun:?}");
    let seen = ended(&client, &begun.id).await;
    assert_eq!((seen.state.as_str(), seen.code), ("exited", Some(3)));
    assert_eq!((seen.stdout.as_deref(), seen.stderr.as_deref()), (Some("in\n/\n"), Some("hello")));
    assert_eq!((seen.stdout_bytes, seen.stderr_bytes, seen.truncated), (5, 5, false));
    assert!(seen.started_at.is_some() && seen.expires_at.is_some());
    // Neither its input nor its environment is kept anywhere.
    let told =
        app.admin().get("/v1/boxes/home/timeline").await.text() + &app.admin().get("/v1/audit").await.text();
    assert!(
        told.contains("box.exec-started") && told.contains(&begun.id) && !told.contains("hello"),
        "{told}"
    );
}

#[tokio::test]
async fn a_command_of_another_org_or_box_does_not_exist() {
    let (app, client) = begun().await;
    app.running_box(&client, "second").await;
    let stranger = app.tenant("acme").await.client;
    app.running_box(&stranger, "home").await;
    let id = ended(&client, &start(&client, &json!({ "argv": ["echo", "secret"] })).await.id).await.id;
    for (who, place) in [(&stranger, "home"), (&client, "second")] {
        for path in [format!("/v1/boxes/{place}/exec/{id}"), format!("/v1/boxes/{place}/exec/exe_nonsense")] {
            for answer in [who.get(&path).await, who.delete(&path).await] {
                let problem = answer.problem();
                assert_eq!((problem.status, problem.code.as_str()), (404, "exec-not-found"), "{path}");
            }
            let signal =
                who.post_json(&format!("{path}/signal"), &json!({ "signal": "INT" })).await.problem();
            assert_eq!((signal.status, signal.code.as_str()), (404, "exec-not-found"), "{path}");
            let resize = who.post_json(&format!("{path}/resize"), &json!({ "cols": 80, "rows": 24 })).await;
            assert_eq!(resize.problem().code, "exec-not-found", "{path}");
        }
        let listed: ExecList = who.get(&format!("/v1/boxes/{place}/exec")).await.json(StatusCode::OK);
        assert!(listed.items.is_empty());
    }
    assert_eq!(show(&client, &id, "").await.stdout.as_deref(), Some("secret\n"));
}

#[tokio::test]
async fn a_day_after_its_end_nobody_finds_it() {
    let (app, client) = begun().await;
    let id = ended(&client, &start(&client, &json!({ "argv": ["true"] })).await.id).await.id;
    app.clock.advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    assert_eq!(show(&client, &id, "").await.state, "exited");
    app.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(client.get(&format!("/v1/boxes/home/exec/{id}")).await.problem().code, "exec-not-found");
    let listed: ExecList = client.get("/v1/boxes/home/exec").await.json(StatusCode::OK);
    assert!(listed.items.is_empty());
}

#[tokio::test]
async fn lists_come_in_pages_newest_first_and_without_output() {
    let (_app, client) = begun().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let begun = start(&client, &json!({ "argv": ["echo", number.to_string()] })).await;
        ids.insert(0, ended(&client, &begun.id).await.id);
    }
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page: ExecList = client.get(&format!("/v1/boxes/home/exec{query}")).await.json(StatusCode::OK);
        assert!(page.items.iter().all(|exec| exec.stdout.is_none() && exec.stdout_bytes == 2));
        seen.extend(page.items.into_iter().map(|exec| exec.id));
        let Some(cursor) = page.next_cursor else { break };
        query = format!("?limit=2&cursor={cursor}");
    }
    seen.sort_unstable();
    ids.sort_unstable();
    assert_eq!(seen, ids);
    for bad in ["?limit=0", "?cursor=%20", "?cursor=box_1"] {
        assert_eq!(client.get(&format!("/v1/boxes/home/exec{bad}")).await.problem().status, 422, "{bad}");
    }
}

#[tokio::test]
async fn a_command_is_killed_signalled_and_timed_out() {
    let (_app, client) = begun().await;
    let first = running(&client).await;
    let killed: ExecView =
        client.delete(&format!("/v1/boxes/home/exec/{}", first.id)).await.json(StatusCode::OK);
    assert_eq!((killed.state.as_str(), killed.stdout.as_deref()), ("killed", Some("running\n")));
    let again: ExecView =
        client.delete(&format!("/v1/boxes/home/exec/{}", first.id)).await.json(StatusCode::OK);
    assert_eq!(again, killed, "one that has ended stays as it is");

    let second = running(&client).await;
    let path = format!("/v1/boxes/home/exec/{}/signal", second.id);
    let refused = client.post_json(&path, &json!({ "signal": "STOP" })).await.problem();
    assert_eq!((refused.status, refused.errors[0].field.as_str()), (422, "signal"));
    client.post_json(&path, &json!({ "signal": "TERM" })).await.json::<ExecView>(StatusCode::OK);
    let seen = ended(&client, &second.id).await;
    assert_eq!((seen.state.as_str(), seen.signal.as_deref()), ("signalled", Some("TERM")));
    let late = client.post_json(&path, &json!({ "signal": "TERM" })).await.problem();
    assert_eq!((late.status, late.code.as_str()), (409, "conflict"));

    let third = start(&client, &json!({ "argv": ["sleep", "600"], "timeout_ms": 50 })).await;
    assert_eq!(ended(&client, &third.id).await.state, "timed_out");
}

#[tokio::test]
async fn only_a_command_with_a_terminal_has_a_size() {
    let (_app, client) = begun().await;
    let plain = running(&client).await;
    let path = format!("/v1/boxes/home/exec/{}/resize", plain.id);
    let refused = client.post_json(&path, &json!({ "cols": 80, "rows": 24 })).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (409, "conflict"));
    let script =
        json!({ "argv": ["sh", "-c", "echo running; exec sleep 600"], "tty": { "cols": 80, "rows": 24 } });
    let begun = start(&client, &script).await;
    let look = || async { show(&client, &begun.id, "").await };
    let runs = |seen: &ExecView| seen.state == "running";
    let seen = smartbox_testkit::wait_for("it", std::time::Duration::from_secs(20), look, runs).await;
    assert!(seen.tty);
    let path = format!("/v1/boxes/home/exec/{}/resize", begun.id);
    client.post_json(&path, &json!({ "cols": 100, "rows": 50 })).await.json::<ExecView>(StatusCode::OK);
    let refused = client.post_json(&path, &json!({ "cols": 0, "rows": 24 })).await.problem();
    assert_eq!((refused.status, refused.errors[0].field.as_str()), (422, "tty"));
}

#[tokio::test]
async fn of_long_output_the_beginning_and_the_end_are_kept_and_it_is_said() {
    let (_app, client) = begun().await;
    let script = "echo first; head -c 1000000 /dev/zero | tr '\\0' x; echo; echo last";
    let seen = ended(&client, &start(&client, &json!({ "argv": ["sh", "-c", script] })).await.id).await;
    let output = seen.stdout.unwrap();
    assert!(seen.truncated && seen.stdout_bytes == 1_000_012, "{} bytes", seen.stdout_bytes);
    assert!(
        output.starts_with("first\nx") && output.ends_with("x\nlast\n") && output.contains("bytes left out")
    );
    assert!(output.len() < 132_000, "{}", output.len());

    let body = json!({ "argv": ["sh", "-c", format!("{script}; head -c 1000000 /dev/zero")] });
    let sync: ExecResult = client.post_json("/v1/boxes/home/exec:sync", &body).await.json(StatusCode::OK);
    assert!(sync.truncated && sync.stdout.starts_with("first\n"), "the same for one that is waited for");
}

#[tokio::test]
async fn a_command_that_is_asked_for_twice_with_one_key_runs_once() {
    let (_app, client) = begun().await;
    let keyed = client.clone().with(http::HeaderName::from_static("idempotency-key"), "k1");
    let body = json!({ "argv": ["true"] });
    let (first, second) = (start(&keyed, &body).await, start(&keyed, &body).await);
    assert_eq!(first.id, second.id);
    let listed: ExecList = client.get("/v1/boxes/home/exec").await.json(StatusCode::OK);
    assert_eq!(listed.items.len(), 1);
    let other = keyed.post_json("/v1/boxes/home/exec", &json!({ "argv": ["false"] })).await.problem();
    assert_eq!((other.status, other.code.as_str()), (422, "idempotency-mismatch"));
}

#[tokio::test]
async fn a_box_that_sleeps_is_woken_and_one_that_may_not_run_is_not() {
    let (app, client) = begun().await;
    client.post_json("/v1/boxes/home/sleep", &json!({ "tier": "frozen" })).await;
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "sleeping");
    let begun = start(&client, &json!({ "argv": ["echo", "awake"] })).await;
    assert_eq!(begun.state, "waiting");
    let look = || async {
        app.settle().await;
        show(&client, &begun.id, "").await
    };
    let seen =
        smartbox_testkit::wait_for("its end", std::time::Duration::from_secs(20), look, |seen: &ExecView| {
            seen.ended_at.is_some()
        })
        .await;
    assert_eq!((seen.state.as_str(), seen.stdout.as_deref()), ("exited", Some("awake\n")));
    assert_eq!(app.show(&client, "home").await.phase, "running");

    client.delete("/v1/boxes/home").await;
    app.settle().await;
    let refused = client.post_json("/v1/boxes/home/exec", &json!({ "argv": ["true"] })).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (409, "box-deleted"));
}

#[tokio::test]
async fn one_that_runs_when_the_platform_is_killed_is_found_to_be_lost() {
    let (mut app, client) = begun().await;
    let id = running(&client).await.id;
    app.restart().await;
    app.run_commands();
    app.settle().await;
    let client = app.browser(&app.first_org().await.to_string()).await;
    assert_eq!(show(&client, &id, "").await.state, "running", "it may still be somebody else's");
    app.clock.advance(SignedDuration::from_secs(21));
    app.control.look_after_execs().await.unwrap();
    let lost = show(&client, &id, "").await;
    assert_eq!(lost.state, "lost");
    assert!(lost.why.unwrap().contains("the platform ended"));
    assert_eq!(ended(&client, &start(&client, &json!({ "argv": ["true"] })).await.id).await.code, Some(0));
}

#[tokio::test]
async fn one_that_runs_stays_known_however_long_it_runs() {
    let (app, client) = begun().await;
    let id = running(&client).await.id;
    let other = app.another_control();
    for _ in 0..5 {
        app.clock.advance(SignedDuration::from_secs(19));
        app.control.look_after_execs().await.unwrap();
        other.look_after_execs().await.unwrap();
    }
    assert_eq!(show(&client, &id, "").await.state, "running");
    // Another process of the platform knows it, and may end it.
    let home = app.show(&client, "home").await.id;
    let seen = other.kill_exec(&app.admin_op(), &home, id.parse().unwrap()).await.unwrap();
    assert!(seen.ended.is_none(), "whoever runs it has to see that first");
    app.control.look_after_execs().await.unwrap();
    assert_eq!(ended(&client, &id).await.state, "killed");
}

#[tokio::test]
async fn only_so_many_run_in_a_box_at_the_same_time() {
    let (_app, client) = begun().await;
    for _ in 0..16 {
        start(&client, &json!({ "argv": ["sleep", "600"] })).await;
    }
    let answer = client.post_json("/v1/boxes/home/exec", &json!({ "argv": ["true"] })).await;
    let problem = answer.problem();
    assert_eq!((problem.status, problem.code.as_str()), (429, "too-many-commands"));
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn what_no_shell_reads_does_nothing_in_any_field() {
    let (_app, client) = begun().await;
    for trick in
        ["$(id)", "`id`", "; id", "| id", "&& id", "\n id", "'; id; '", "\"; id; \"", "*", "~", "$HOME", "-"]
    {
        let body = json!({ "argv": ["printf", "%s", trick], "env": { "TRICK": trick }, "stdin": trick });
        let seen = ended(&client, &start(&client, &body).await.id).await;
        assert_eq!((seen.code, seen.stdout.as_deref()), (Some(0), Some(trick)));
        let seen = ended(&client, &start(&client, &json!({ "argv": [trick] })).await.id).await;
        assert_eq!(
            (seen.state.as_str(), seen.code),
            ("exited", Some(127)),
            "there is no such program: {trick}"
        );
    }
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_by_its_field() {
    let (_app, client) = begun().await;
    for (body, field) in [
        (json!({ "argv": [] }), "argv"),
        (json!({ "argv": [""] }), "argv"),
        (json!({ "argv": ["a\0b"] }), "argv"),
        (json!({ "argv": "ls" }), "argv"),
        (json!({ "argv": ["ls"], "env": { "A=B": "c" } }), "env"),
        (json!({ "argv": ["ls"], "env": { "A": "\0" } }), "env"),
        (json!({ "argv": ["ls"], "timeout_ms": 0 }), "timeout_ms"),
        (json!({ "argv": ["ls"], "timeout_ms": 86_400_001 }), "timeout_ms"),
        (json!({ "argv": ["ls"], "tty": { "cols": 0, "rows": 1 } }), "tty"),
        (json!({ "argv": ["ls"], "shell": true }), "shell"),
    ] {
        let problem = client.post_json("/v1/boxes/home/exec", &body).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, field), "{body}");
    }
    let problem =
        client.get("/v1/boxes/home/exec/exe_01932f00000070008000000000000000?wait=soon").await.problem();
    assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "wait"));
}
