//! Answers pass piece by piece, and end when either side does.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use smartbox_testkit::scripted_model::{Ending, Gate, ModelScript, ScriptedModel, Step};
use tokio::net::TcpStream;

use crate::rig::{REAL_KEY, Rig, TURNS, turn};
use crate::sse;

fn say(text: &str) -> Step {
    Step::Say(text.to_owned())
}

#[tokio::test]
async fn every_piece_arrives_before_the_next_one_is_made() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    for path in TURNS {
        let gate = Gate::closed();
        let wait = || Step::Wait(gate.clone());
        model.script(ModelScript::Answer(vec![
            wait(),
            say("one "),
            wait(),
            say("two "),
            wait(),
            say("three"),
        ]));
        let answer = rig.post(path, &turn(path, "count", true)).send().await?;
        assert_eq!(answer.headers()["content-type"], "text/event-stream; charset=utf-8");
        let mut events = sse::events(answer);
        for piece in ["one ", "two ", "three"] {
            // The model stands at the gate: what is read from here on was not there before.
            gate.open();
            loop {
                let event = events.next().await?.expect("the stream goes on");
                if event.data.contains(piece) {
                    break;
                }
            }
        }
        let rest = events.all().await?;
        assert!(rest.last().is_some(), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn whole_answers_and_tool_calls_pass_unchanged() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    let answer: Value =
        rig.post("/v1/messages", &turn("/v1/messages", "RUN:id -u", false)).send().await?.json().await?;
    assert_eq!(answer["content"][1]["input"], json!({ "command": "id -u" }));
    assert_eq!(answer["stop_reason"], "tool_use");

    let path = "/v1/chat/completions";
    let answer: Value = rig.post(path, &turn(path, "RUN:id -u", false)).send().await?.json().await?;
    assert_eq!(answer["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "exec");
    Ok(())
}

#[tokio::test]
async fn a_caller_that_leaves_takes_its_upstream_request_along() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    for (index, path) in TURNS.into_iter().enumerate() {
        model.script(ModelScript::Answer(vec![say("begun"), Step::Wait(Gate::closed()), say("never")]));
        let mut events = sse::events(rig.post(path, &turn(path, "hello", true)).send().await?);
        while !events.next().await?.expect("the stream goes on").data.contains("begun") {}
        drop(events);
        model.wait_for(|requests| requests.get(index).is_some_and(|r| r.ending == Ending::Abandoned)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_caller_that_leaves_before_the_answer_begins_ends_it_too() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    model.script(ModelScript::Silence);
    let asking = rig.post("/v1/messages", &turn("/v1/messages", "hello", true)).send();
    tokio::select! {
        answer = asking => panic!("nobody answers, but {answer:?}"),
        arrived = model.wait_for(|requests| requests.len() == 1) => { arrived?; }
    }
    model.wait_for(|requests| requests[0].ending == Ending::Abandoned).await?;
    Ok(())
}

#[tokio::test]
async fn the_body_and_the_query_reach_the_vendor_as_they_are() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    let mut body = turn("/v1/messages", "grüße \u{1f980}", false);
    body["vendor_extension"] = json!({ "nested": [1, 2.5, null, true] });
    rig.post("/v1/messages?beta=true", &body).send().await?.error_for_status()?;
    let request = &model.requests()[0];
    assert_eq!(request.body, body);
    assert_eq!(request.target, "/v1/messages?beta=true");
    Ok(())
}

#[tokio::test]
async fn token_counts_and_embeddings_go_to_their_vendors() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    let path = "/v1/messages/count_tokens";
    let counted: Value = rig.post(path, &turn(path, "hello", false)).send().await?.json().await?;
    assert_eq!(counted["input_tokens"], 10);
    let path = "/v1/embeddings";
    let vectors: Value =
        rig.post(path, &json!({ "model": "e", "input": "hello" })).send().await?.json().await?;
    assert_eq!(vectors["data"][0]["embedding"], json!([0.25, -0.5]));
    Ok(())
}

#[tokio::test]
async fn a_slow_reader_holds_the_model_back() -> Result<()> {
    const PIECES: usize = 512;
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    let piece = "x".repeat(64 * 1024);
    model.script(ModelScript::Answer(vec![say(&piece); PIECES]));
    let path = "/v1/chat/completions";
    let mut answer = rig.post(path, &turn(path, "hello", true)).send().await?;
    // Far more than all sockets in between can hold is still to come.
    let ended = model.wait_for(|requests| requests[0].ending != Ending::UnderWay);
    assert!(tokio::time::timeout(Duration::from_millis(300), ended).await.is_err());
    let mut bytes = 0;
    while let Some(chunk) = answer.chunk().await? {
        bytes += chunk.len();
    }
    assert!(bytes > PIECES * piece.len());
    Ok(())
}

#[tokio::test]
async fn a_stop_lets_an_answer_under_way_end() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let mut rig = Rig::before(&model).await?;
    let gate = Gate::closed();
    model.script(ModelScript::Answer(vec![say("begun"), Step::Wait(gate.clone()), say("ended")]));
    let path = "/v1/messages";
    let mut events = sse::events(rig.post(path, &turn(path, "hello", true)).send().await?);
    while !events.next().await?.expect("the stream goes on").data.contains("begun") {}
    rig.stop.cancel();
    // The door is shut at once, so that another one can be made in its place.
    while TcpStream::connect(rig.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    gate.open();
    assert!(events.all().await?.iter().any(|event| event.data.contains("ended")));
    rig.served.join_next().await.expect("serving ends")??;
    Ok(())
}
