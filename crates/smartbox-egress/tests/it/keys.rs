//! Real keys stay outside, placeholders stay inside.

use anyhow::Result;
use smartbox_testkit::scripted_model::{ModelScript, ScriptedModel};

use crate::rig::{PLACEHOLDER, REAL_KEY, Rig, TURNS, error_message, plan_for, turn};
use smartbox_egress::{Limits, ModelSettings, UpstreamSettings, model_plan};

#[tokio::test]
async fn the_placeholder_is_dropped_and_the_real_key_put_on() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    for path in TURNS {
        let answer = rig.post(path, &turn(path, "hello", false)).send().await?;
        assert_eq!(answer.status(), 200, "{path}");
    }
    for request in model.requests() {
        let mut headers = request.headers.iter();
        assert!(!headers.any(|(_, value)| value.to_str().is_ok_and(|value| value.contains(PLACEHOLDER))));
        let (name, value) = match request.target.as_str() {
            "/v1/messages" => ("x-api-key", REAL_KEY.to_owned()),
            _ => ("authorization", format!("Bearer {REAL_KEY}")),
        };
        assert_eq!(request.headers[name], value);
    }
    Ok(())
}

#[tokio::test]
async fn a_key_under_any_other_name_does_not_pass_either() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    let mut request = rig.post("/v1/messages", &turn("/v1/messages", "hello", false));
    for name in
        ["authorization", "api-key", "x-goog-api-key", "cookie", "proxy-authorization", "openai-organization"]
    {
        request = request.header(name, PLACEHOLDER);
    }
    assert_eq!(request.header("anthropic-beta", "beta-1").send().await?.status(), 200);
    let headers = &model.requests()[0].headers;
    assert!(!headers.values().any(|value| value == PLACEHOLDER), "{headers:?}");
    assert_eq!(headers["anthropic-beta"], "beta-1");
    assert_eq!(headers["anthropic-version"], "2023-06-01");
    Ok(())
}

#[tokio::test]
async fn a_refused_key_is_reported_without_a_piece_of_it() -> Result<()> {
    let model = ScriptedModel::start("sk-another").await?;
    let rig = Rig::with_plan(plan_for(&model, REAL_KEY), Limits::default()).await?;
    for (path, setting) in [("/v1/messages", "ANTHROPIC_API_KEY"), ("/v1/chat/completions", "OPENAI_API_KEY")]
    {
        let answer = rig.post(path, &turn(path, "hello", true)).send().await?;
        assert_eq!(answer.status(), 401);
        let document = answer.json().await?;
        let message = error_message(path, &document);
        assert!(message.contains(setting), "{message}");
        assert!(!document.to_string().contains(REAL_KEY), "{document}");
    }
    Ok(())
}

#[tokio::test]
async fn a_vendor_that_wants_a_key_and_gets_none_says_which_setting_is_missing() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let openai = UpstreamSettings { base_url: Some(model.openai_base_url()), ..UpstreamSettings::default() };
    let plan = model_plan(&ModelSettings { openai, ..ModelSettings::default() }).unwrap();
    let rig = Rig::with_plan(plan, Limits::default()).await?;
    let path = "/v1/chat/completions";
    let answer = rig.post(path, &turn(path, "hello", false)).send().await?;
    assert_eq!(answer.status(), 401);
    let message = error_message(path, &answer.json().await?);
    assert!(message.contains("has none for it") && message.contains("OPENAI_API_KEY"), "{message}");
    assert!(!model.requests()[0].headers.contains_key("authorization"));
    Ok(())
}

#[tokio::test]
async fn an_error_that_repeats_the_key_is_not_passed_on() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    model.script(ModelScript::Error { status: 400, message: format!("bad header: Bearer {REAL_KEY}") });
    let path = "/v1/chat/completions";
    let answer = rig.post(path, &turn(path, "hello", false)).send().await?;
    assert_eq!(answer.status(), 400);
    let document = answer.json().await?;
    error_message(path, &document);
    assert!(!document.to_string().contains(REAL_KEY), "{document}");
    Ok(())
}

#[tokio::test]
async fn answers_lose_cookies_and_the_names_of_accounts() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rig = Rig::before(&model).await?;
    let answer = rig.post("/v1/messages", &turn("/v1/messages", "hello", false)).send().await?;
    for name in ["set-cookie", "anthropic-organization-id", "openai-organization"] {
        assert!(!answer.headers().contains_key(name), "{name}");
    }
    assert_eq!(answer.headers()["request-id"], "req_scripted");
    assert_eq!(answer.headers()["anthropic-ratelimit-requests-remaining"], "99");
    Ok(())
}
