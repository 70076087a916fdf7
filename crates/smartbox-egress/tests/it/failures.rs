//! Vendors that fail, and what a box is told.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;
use smartbox_egress::Limits;
use smartbox_testkit::scripted_model::{Gate, ModelScript, ScriptedModel, Step};
use tokio::net::TcpListener;

use crate::rig::{REAL_KEY, Rig, TURNS, error_message, plan_at, turn};
use crate::sse;

const SHORT: Duration = Duration::from_millis(50);

fn say(text: &str) -> Step {
    Step::Say(text.to_owned())
}

#[tokio::test]
async fn a_vendor_that_is_down_is_a_502_with_a_remedy() -> Result<()> {
    let unused = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?;
    let base = format!("http://{unused}");
    let rig = Rig::with_plan(plan_at(&base, &base, REAL_KEY), Limits::default()).await?;
    for path in TURNS {
        let answer = rig.post(path, &turn(path, "hello", true)).send().await?;
        assert_eq!(answer.status(), 502);
        let message = error_message(path, &answer.json().await?);
        assert!(message.contains("cannot be reached") && message.contains("BASE_URL"), "{message}");
        assert!(
            !message.contains(&unused.port().to_string()),
            "addresses are the operator's business: {message}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_vendor_that_says_nothing_is_a_504() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let limits = Limits { first_byte_timeout: SHORT, whole_answer_timeout: SHORT, ..Limits::default() };
    let rig = Rig::with_limits(&model, limits).await?;
    for path in TURNS {
        for stream in [true, false] {
            model.script(ModelScript::Silence);
            let answer = rig.post(path, &turn(path, "hello", stream)).send().await?;
            assert_eq!(answer.status(), 504);
            assert!(error_message(path, &answer.json().await?).contains("did not begin to answer"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_vendors_own_errors_pass_as_they_are() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    for path in TURNS {
        for status in [400, 403, 429, 500, 529] {
            model.script(ModelScript::error(status));
            let answer = rig.post(path, &turn(path, "hello", true)).send().await?;
            assert_eq!(answer.status(), status);
            let retry_after = answer.headers().get("retry-after").cloned();
            assert_eq!(retry_after.is_some(), matches!(status, 429 | 529));
            let message = error_message(path, &answer.json().await?);
            assert_eq!(message, format!("scripted error {status}"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_redirect_is_not_followed() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    model.script(ModelScript::Redirect("/v1/messages".to_owned()));
    let answer = rig.post("/v1/messages", &turn("/v1/messages", "hello", true)).send().await?;
    assert_eq!(answer.status(), 502);
    assert!(!answer.headers().contains_key("location"));
    assert!(error_message("/v1/messages", &answer.json().await?).contains("redirect"));
    assert_eq!(model.requests().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_stream_that_breaks_off_between_events_ends_in_an_error_event() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    for path in TURNS {
        model.script(ModelScript::Answer(vec![say("half"), Step::Cut]));
        let events = sse::events(rig.post(path, &turn(path, "hello", true)).send().await?).all().await?;
        let last = events.last().expect("events").json();
        assert!(error_message(path, &last).contains("broke off"), "{last}");
        assert!(!events.iter().any(|event| event.data.contains("message_stop") || event.data == "[DONE]"));
    }
    Ok(())
}

#[tokio::test]
async fn a_stream_that_breaks_off_inside_an_event_is_no_whole_answer() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    for path in TURNS {
        model.script(ModelScript::Answer(vec![Step::Raw("data: {\"ha".to_owned()), Step::Cut]));
        let events = sse::events(rig.post(path, &turn(path, "hello", true)).send().await?).all().await;
        assert!(events.is_err(), "{events:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_document_that_breaks_off_is_no_whole_answer() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    for path in TURNS {
        model.script(ModelScript::Answer(vec![Step::Cut]));
        let answer = rig.post(path, &turn(path, "hello", false)).send().await?;
        assert!(answer.bytes().await.is_err(), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_stream_that_pauses_for_too_long_ends_in_an_error_event() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::with_limits(&model, Limits { answer_idle_timeout: SHORT, ..Limits::default() }).await?;
    model.script(ModelScript::Answer(vec![say("half"), Step::Wait(Gate::closed()), say("never")]));
    let events = rig.post("/v1/messages", &turn("/v1/messages", "hello", true)).send().await?;
    let events = sse::events(events).all().await?;
    let last: Value = events.last().expect("events").json();
    assert!(error_message("/v1/messages", &last).contains("paused"), "{last}");
    Ok(())
}

#[tokio::test]
async fn a_dialect_that_nobody_speaks_says_what_to_configure() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let settings = smartbox_egress::ModelSettings {
        anthropic: smartbox_egress::UpstreamSettings {
            api_key: Some(REAL_KEY.into()),
            base_url: Some(model.anthropic_base_url()),
            models: Vec::new(),
        },
        ..Default::default()
    };
    let rig = Rig::with_plan(smartbox_egress::model_plan(&settings).unwrap(), Limits::default()).await?;
    let path = "/v1/chat/completions";
    let answer = rig.post(path, &turn(path, "hello", false)).send().await?;
    assert_eq!(answer.status(), 404);
    assert!(error_message(path, &answer.json().await?).contains("OPENAI_API_KEY"));
    assert_eq!(model.requests().len(), 0);
    Ok(())
}
