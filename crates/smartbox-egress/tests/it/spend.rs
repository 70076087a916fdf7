//! Money: asked for before it is spent, settled by what was counted, refused so that an agent understands it.

use anyhow::Result;
use futures_util::future::join_all;
use serde_json::{Value, json};
use smartbox_egress::{Model, ModelPlan, ModelRules, Tokens};
use smartbox_testkit::scripted_model::{Gate, ModelScript, ScriptedModel, Step};

use crate::ledger::{Counted, TOKEN_NANOS, nothing, picture};
use crate::rig::{REAL_KEY, TURNS, error_message, plan_for, turn};
use crate::sse;

/// The plan, with a price that both dialects have: the scripted model is no vendor's.
fn plan(model: &ScriptedModel) -> ModelPlan {
    plan_for(model, REAL_KEY)
}

#[tokio::test]
async fn what_was_counted_is_settled_in_every_api_streamed_and_whole() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let counted = Counted::with_plan(&plan(&model), u64::MAX / 2).await?;
    let mut calls = 0;
    for path in TURNS {
        for stream in [true, false] {
            counted.rig.post(path, &turn(path, "hello", stream)).send().await?.bytes().await?;
            calls += 1;
            let call = counted.calls.wait_for(calls).await.pop().unwrap();
            let tokens = Tokens { input: 10, output: 5, ..Tokens::default() };
            assert_eq!((call.tokens, call.is_estimated), (tokens, false), "{path} {stream}: {call:?}");
            assert_eq!((call.path, call.status, call.outcome), (path, Some(200), "complete"));
            let nanos = 15 * TOKEN_NANOS;
            assert_eq!((call.nanos, call.provider.is_some(), call.via), (nanos, true, None));
        }
    }
    assert!(counted.budget.is_settled());
    assert_eq!(counted.budget.spent().len(), calls);
    assert_eq!(counted.budget.spent()[0].model, "scripted-1");
    Ok(())
}

#[tokio::test]
async fn counts_that_the_caller_did_not_ask_for_are_taken_out_again() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let counted = Counted::with_plan(&plan(&model), u64::MAX / 2).await?;
    let path = "/v1/chat/completions";
    let mut body = turn(path, "hello", true);
    let events = sse::events(counted.rig.post(path, &body).send().await?).all().await?;
    assert_eq!(model.requests()[0].body["stream_options"], json!({ "include_usage": true }));
    let has_counts = |events: &[sse::Event]| {
        events.iter().filter(|event| event.data != "[DONE]").any(|event| event.json()["usage"].is_object())
    };
    assert!(!has_counts(&events), "{events:?}");
    assert_eq!(events.last().unwrap().data, "[DONE]");
    sse::text_of_valid_stream(path, &events);

    body["stream_options"] = json!({ "include_usage": true });
    let events = sse::events(counted.rig.post(path, &body).send().await?).all().await?;
    assert!(has_counts(&events), "{events:?}");
    Ok(())
}

#[tokio::test]
async fn a_call_that_nobody_counts_is_estimated_by_what_went_by() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let counted = Counted::with_plan(&plan(&model), u64::MAX / 2).await?;
    let path = "/v1/messages";
    let text = "x".repeat(400);
    let event = json!({ "type": "content_block_delta", "delta": { "type": "text_delta", "text": text } });
    let raw = Step::Raw(format!("event: content_block_delta\ndata: {event}\n\n"));
    model.script(ModelScript::Answer(vec![raw, Step::Cut]));
    counted.rig.post(path, &turn(path, "hello", true)).send().await?.bytes().await?;
    let call = counted.calls.wait_for(1).await.pop().unwrap();
    assert!(call.is_estimated && call.outcome == "broken", "{call:?}");
    assert_eq!(call.tokens.output, 100, "four bytes a token");
    Ok(())
}

#[tokio::test]
async fn whoever_leaves_pays_for_what_was_seen_and_the_rest_goes_back() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let counted = Counted::with_plan(&plan(&model), u64::MAX / 2).await?;
    let path = "/v1/messages";
    model.script(ModelScript::Answer(vec![Step::Say("begun".to_owned()), Step::Wait(Gate::closed())]));
    let mut events = sse::events(counted.rig.post(path, &turn(path, "hello", true)).send().await?);
    while !events.next().await?.expect("the stream goes on").data.contains("begun") {}
    assert!(!counted.budget.is_settled());
    drop(events);
    let call = counted.calls.wait_for(1).await.pop().unwrap();
    assert_eq!((call.outcome, call.is_estimated, call.tokens.input), ("abandoned", true, 10), "{call:?}");
    assert!(call.tokens.output >= 2 && counted.budget.is_settled());
    Ok(())
}

#[tokio::test]
async fn a_refusal_of_the_vendor_costs_nothing() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let counted = Counted::with_plan(&plan(&model), u64::MAX / 2).await?;
    model.script(ModelScript::error(400));
    let path = "/v1/messages";
    counted.rig.post(path, &turn(path, "hello", false)).send().await?.bytes().await?;
    let call = counted.calls.wait_for(1).await.pop().unwrap();
    assert_eq!((call.status, call.nanos, counted.budget.spent_nanos()), (Some(400), 0, 0));
    assert!(counted.budget.is_settled());
    Ok(())
}

#[tokio::test]
async fn what_is_over_the_budget_is_a_402_in_the_callers_dialect_and_asks_nobody() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let counted = Counted::with_plan(&plan(&model), 10).await?;
    for path in TURNS {
        let answer = counted.rig.post(path, &turn(path, "hello", true)).send().await?;
        assert_eq!(answer.status(), 402);
        assert_eq!(answer.headers()["x-should-retry"], "false");
        assert_eq!(answer.headers()["smartbox-resets-at"], "2026-12-01T00:00:00Z");
        assert_eq!(answer.headers()["retry-after"], "129600", "a day and a half");
        let document: Value = answer.json().await?;
        assert!(error_message(path, &document).contains("until 2026-12-01"), "{document}");
        let kind = document["error"]["type"].as_str().unwrap();
        assert!(matches!(kind, "billing_error" | "insufficient_quota"), "{kind}");
    }
    assert_eq!(model.requests().len(), 0);
    Ok(())
}

#[tokio::test]
async fn two_hundred_streams_at_once_stay_within_a_budget_for_ten() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let path = "/v1/messages";
    let body = turn(path, "hello", true);
    // As the gateway asks: two bytes a token, and the most that the caller lets be answered.
    let one = (serde_json::to_vec(&body)?.len() as u64).div_ceil(2) * TOKEN_NANOS + 100 * TOKEN_NANOS;
    let counted = Counted::with_plan(&plan(&model), 10 * one).await?;
    let ask = || async {
        let answer = counted.rig.post(path, &body).send().await?;
        let status = answer.status().as_u16();
        answer.bytes().await?;
        anyhow::Ok(status)
    };
    let statuses: Vec<u16> = join_all((0..200).map(|_| ask())).await.into_iter().collect::<Result<_>>()?;
    let answered = statuses.iter().filter(|status| **status == 200).count();
    assert!(statuses.iter().all(|status| matches!(status, 200 | 402)), "{statuses:?}");
    assert!(answered >= 10, "{answered} were answered");
    counted.calls.wait_for(200).await;
    assert!(counted.budget.highest() <= counted.budget.limit);
    assert!(counted.budget.spent_nanos() <= counted.budget.limit);
    assert_eq!(counted.budget.spent_nanos(), answered as u64 * 15 * TOKEN_NANOS);
    assert!(counted.budget.is_settled());
    Ok(())
}

#[tokio::test]
async fn a_settlement_that_fails_is_made_again() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let counted = Counted::with_plan(&plan(&model), u64::MAX / 2).await?;
    counted.budget.fails_to_settle(1);
    let path = "/v1/messages";
    counted.rig.post(path, &turn(path, "hello", false)).send().await?.bytes().await?;
    counted.calls.wait_for(1).await;
    assert_eq!(counted.budget.spent().len(), 1);
    Ok(())
}

#[tokio::test]
async fn counting_tokens_and_the_demo_model_ask_for_no_money() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let counted = Counted::with_plan(&plan(&model), 0).await?;
    let path = "/v1/messages/count_tokens";
    let answer = counted.rig.post(path, &turn(path, "hello", false)).send().await?;
    assert_eq!(answer.status(), 200);

    let demo = ModelPlan::demo();
    let counted = Counted::start(&demo, picture(nothing(), nothing(), nothing()), 0).await?;
    let path = "/v1/messages";
    assert_eq!(counted.rig.post(path, &turn(path, "hello", false)).send().await?.status(), 200);
    let call = counted.calls.wait_for(1).await.pop().unwrap();
    assert_eq!((call.provider.as_deref(), call.nanos), (Some("demo"), 0));
    Ok(())
}

#[tokio::test]
async fn the_demo_models_tokens_are_counted_by_size_set_aside_and_settled() -> Result<()> {
    let demo = ModelPlan::demo();
    let counted = Counted::start(&demo, picture(nothing(), nothing(), nothing()), 0).await?;
    for (calls, path) in (1..).zip(TURNS) {
        let body = turn(path, "hello", calls % 2 == 0);
        counted.rig.post(path, &body).send().await?.bytes().await?;
        let call = counted.calls.wait_for(calls).await.pop().unwrap();
        let input = (serde_json::to_vec(&body)?.len() as u64).div_ceil(4);
        assert_eq!((call.tokens.input, call.is_estimated), (input, true), "{path}");
        assert!(call.tokens.output > 0, "{path}");
        let spent = counted.budget.spent().pop().unwrap();
        assert_eq!((spent.provider.as_str(), spent.tokens, spent.nanos), ("demo", call.tokens, 0));
    }
    assert!(counted.budget.is_settled());
    let numbers = counted.gateway.numbers();
    let sum: u64 = counted.budget.spent().iter().map(|spent| spent.tokens.input).sum();
    assert_eq!(
        (numbers.tokens[0], numbers.nanos, numbers.estimated),
        (("input", sum), 0, TURNS.len() as u64)
    );
    Ok(())
}

#[tokio::test]
async fn a_model_without_a_bound_is_reserved_for_with_its_longest_answer() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let mut upstreams = plan(&model).upstreams().to_vec();
    upstreams[0].models = vec![Model { output_tokens_max: 1_000, ..upstreams[0].models[0].clone() }];
    let platform = (upstreams, ModelRules::default());
    let counted =
        Counted::start(&plan(&model), picture(platform, nothing(), nothing()), 900 * TOKEN_NANOS).await?;
    let path = "/v1/messages";
    let mut body = turn(path, "hello", false);
    assert_eq!(counted.rig.post(path, &body).send().await?.status(), 200);
    body.as_object_mut().unwrap().remove("max_tokens");
    assert_eq!(counted.rig.post(path, &body).send().await?.status(), 402);
    Ok(())
}
