//! Whose provider answers, where a call goes on when one fails, and what may be asked for.

use anyhow::Result;
use serde_json::Value;
use smartbox_egress::{ModelRules, ModelUpstream};
use smartbox_testkit::scripted_model::{ModelScript, ScriptedModel};

use crate::ledger::{Counted, nothing, picture};
use crate::rig::{REAL_KEY, TURNS, error_message, plan_for, turn};

const OWN_KEY: &str = "sk-own-55aa";
const PLENTY: u64 = u64::MAX / 2;

/// A vendor as a provider in both dialects, with the models it has.
fn provider(id: &str, model: &ScriptedModel, key: &str, models: &[&str]) -> Vec<ModelUpstream> {
    let mut upstreams = plan_for(model, key).upstreams().to_vec();
    for upstream in &mut upstreams {
        let known = upstream.models[0].clone();
        upstream.id = id.to_owned();
        upstream.is_of_settings = false;
        upstream.models = models
            .iter()
            .map(|id| smartbox_egress::Model { id: (*id).to_owned(), ..known.clone() })
            .collect();
    }
    upstreams
}

#[tokio::test]
async fn an_orgs_own_key_is_used_before_the_platforms_and_changes_without_a_restart() -> Result<()> {
    let (platforms, own) = (ScriptedModel::start(REAL_KEY).await?, ScriptedModel::start(OWN_KEY).await?);
    let plan = plan_for(&platforms, REAL_KEY);
    let counted = Counted::with_plan(&plan, PLENTY).await?;
    let ask = || async {
        for path in TURNS {
            assert_eq!(counted.rig.post(path, &turn(path, "hello", true)).send().await?.status(), 200);
        }
        anyhow::Ok((platforms.requests().len(), own.requests().len()))
    };
    assert_eq!(ask().await?, (3, 0));
    let platform = || (plan.upstreams().to_vec(), ModelRules::default());
    let of_org = (provider("ours", &own, OWN_KEY, &[]), ModelRules::default());
    counted.routes.send_replace(picture(platform(), of_org, nothing()));
    assert_eq!(ask().await?, (3, 3), "from the next call on");
    counted.routes.send_replace(picture(platform(), nothing(), nothing()));
    assert_eq!(ask().await?, (6, 3));
    let calls = counted.calls.wait_for(9).await;
    assert_eq!(calls[3].provider.as_deref(), Some("ours"));
    Ok(())
}

#[tokio::test]
async fn a_call_goes_on_with_another_provider_and_another_model_in_order() -> Result<()> {
    let (first, second) = (ScriptedModel::start(REAL_KEY).await?, ScriptedModel::start(OWN_KEY).await?);
    let mut all = provider("first", &first, REAL_KEY, &["scripted-1"]);
    all.extend(provider("second", &second, OWN_KEY, &["other"]));
    let rules = ModelRules {
        fallbacks: vec![("scripted-1".to_owned(), vec!["other".to_owned()])],
        ..ModelRules::default()
    };
    let counted =
        Counted::start(&plan_for(&first, REAL_KEY), picture((all, rules), nothing(), nothing()), PLENTY)
            .await?;
    for (index, path) in TURNS.into_iter().enumerate() {
        for (times, status) in [(1, 529), (2, 429)] {
            first.script(ModelScript::error(status));
            let answer = counted.rig.post(path, &turn(path, "hello", true)).send().await?;
            assert_eq!(answer.status(), 200, "{path}");
            answer.bytes().await?;
            assert_eq!(second.requests().len(), index * 2 + times);
        }
        assert_eq!(second.requests().last().unwrap().body["model"], "other");
    }
    let calls = counted.calls.wait_for(6).await;
    assert_eq!((calls[0].model.as_str(), calls[0].provider.as_deref()), ("scripted-1", Some("second")));
    assert!(counted.budget.spent().iter().all(|spent| spent.model == "other" && spent.provider == "second"));
    Ok(())
}

#[tokio::test]
async fn a_bad_request_is_nobody_elses_business() -> Result<()> {
    let (first, second) = (ScriptedModel::start(REAL_KEY).await?, ScriptedModel::start(OWN_KEY).await?);
    let mut all = provider("first", &first, REAL_KEY, &["scripted-1"]);
    all.extend(provider("second", &second, OWN_KEY, &["scripted-1"]));
    let platform = (all, ModelRules::default());
    let counted =
        Counted::start(&plan_for(&first, REAL_KEY), picture(platform, nothing(), nothing()), PLENTY).await?;
    first.script(ModelScript::error(400));
    let path = "/v1/messages";
    assert_eq!(counted.rig.post(path, &turn(path, "hello", true)).send().await?.status(), 400);
    assert_eq!(second.requests().len(), 0);
    Ok(())
}

#[tokio::test]
async fn when_all_fail_the_last_one_says_so() -> Result<()> {
    let (first, second) = (ScriptedModel::start(REAL_KEY).await?, ScriptedModel::start(OWN_KEY).await?);
    let mut all = provider("first", &first, REAL_KEY, &["scripted-1"]);
    all.extend(provider("second", &second, OWN_KEY, &["scripted-1"]));
    let platform = (all, ModelRules::default());
    let counted =
        Counted::start(&plan_for(&first, REAL_KEY), picture(platform, nothing(), nothing()), PLENTY).await?;
    first.script(ModelScript::error(500));
    second.script(ModelScript::error(529));
    let path = "/v1/messages";
    assert_eq!(counted.rig.post(path, &turn(path, "hello", true)).send().await?.status(), 529);
    let call = counted.calls.wait_for(1).await.pop().unwrap();
    assert_eq!((call.status, call.nanos), (Some(529), 0));
    Ok(())
}

#[tokio::test]
async fn models_that_are_not_allowed_are_named_and_not_listed() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let rules = ModelRules { allow: Some(vec!["small-*".to_owned()]), ..ModelRules::default() };
    let platform = (provider("p", &model, REAL_KEY, &["scripted-1", "small-1"]), ModelRules::default());
    let counted = Counted::start(
        &plan_for(&model, REAL_KEY),
        picture(platform, (Vec::new(), rules), nothing()),
        PLENTY,
    )
    .await?;
    for path in TURNS {
        let answer = counted.rig.post(path, &turn(path, "hello", true)).send().await?;
        assert_eq!(answer.status(), 403);
        let message = error_message(path, &answer.json().await?);
        assert!(message.contains("scripted-1") && message.contains("small-*"), "{message}");
    }
    let listed: Value = counted.rig.client.get(counted.rig.url("/v1/models")).send().await?.json().await?;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed["data"][0]["id"], "small-1");
    assert_eq!(model.requests().len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_box_that_asks_too_often_is_told_when_to_come_back() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let plan = plan_for(&model, REAL_KEY);
    let lax = ModelRules { requests_per_minute: Some(2), ..ModelRules::default() };
    let laxer = ModelRules { requests_per_minute: Some(100), ..ModelRules::default() };
    let platform = (plan.upstreams().to_vec(), lax);
    let counted = Counted::start(&plan, picture(platform, nothing(), (Vec::new(), laxer)), PLENTY).await?;
    for path in ["/v1/messages", "/v1/chat/completions"] {
        assert_eq!(counted.rig.post(path, &turn(path, "hello", true)).send().await?.status(), 200);
    }
    for path in TURNS {
        let answer = counted.rig.post(path, &turn(path, "hello", true)).send().await?;
        assert_eq!(answer.status(), 429);
        let wait: u64 = answer.headers()["retry-after"].to_str()?.parse()?;
        assert!((1..=31).contains(&wait), "{wait}");
        let document: Value = answer.json().await?;
        assert_eq!(document["error"]["type"], "rate_limit_error");
        assert!(error_message(path, &document).contains("2 requests"), "{document}");
    }
    Ok(())
}

#[tokio::test]
async fn an_orgs_provider_inside_the_operators_network_is_not_asked() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let mut inside = provider("inside", &model, REAL_KEY, &[]);
    inside.iter_mut().for_each(|upstream| upstream.may_be_inside = false);
    let mut by_name = inside.clone();
    by_name
        .iter_mut()
        .for_each(|upstream| upstream.base_url = upstream.base_url.replace("127.0.0.1", "localhost"));
    for upstreams in [inside, by_name] {
        let picture = picture(nothing(), (upstreams, ModelRules::default()), nothing());
        let counted = Counted::start(&plan_for(&model, REAL_KEY), picture, PLENTY).await?;
        let path = "/v1/messages";
        assert_eq!(counted.rig.post(path, &turn(path, "hello", true)).send().await?.status(), 502);
    }
    assert_eq!(model.requests().len(), 0);
    Ok(())
}

#[tokio::test]
async fn identical_requests_are_answered_again_where_the_org_wants_that() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let plan = plan_for(&model, REAL_KEY);
    let rules = ModelRules { cache_secs: Some(60), ..ModelRules::default() };
    let platform = || (plan.upstreams().to_vec(), ModelRules::default());
    let counted = Counted::start(&plan, picture(platform(), (Vec::new(), rules), nothing()), PLENTY).await?;
    for path in TURNS {
        let before = model.requests().len();
        let ask = |text: &'static str| counted.rig.post(path, &turn(path, text, true)).send();
        let first = ask("hello").await?.text().await?;
        let again = ask("hello").await?;
        assert_eq!(again.headers()["smartbox-cache"], "hit");
        assert_eq!(again.headers()["content-type"], "text/event-stream; charset=utf-8");
        assert_eq!(again.text().await?, first);
        ask("something else").await?.text().await?;
        assert_eq!(model.requests().len(), before + 2);
    }
    let calls = counted.calls.wait_for(9).await;
    assert_eq!((calls[1].is_cached, calls[1].nanos), (true, 0));
    assert_eq!(counted.budget.spent().len(), 6);
    Ok(())
}

#[tokio::test]
async fn what_was_said_is_kept_only_where_that_is_wanted_and_without_secrets() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let plan = plan_for(&model, REAL_KEY);
    let platform = || (plan.upstreams().to_vec(), ModelRules::default());
    let counted = Counted::with_plan(&plan, PLENTY).await?;
    let said = "my key is sk-abc123 thanks";
    let path = "/v1/messages";
    counted.rig.post(path, &turn(path, said, true)).send().await?.bytes().await?;
    assert_eq!(counted.calls.wait_for(1).await[0].prompt, None);
    let rules = ModelRules { keeps_prompts: true, ..ModelRules::default() };
    counted.routes.send_replace(picture(platform(), (Vec::new(), rules), nothing()));
    for path in TURNS {
        counted.rig.post(path, &turn(path, said, true)).send().await?.bytes().await?;
    }
    for call in &counted.calls.wait_for(4).await[1..] {
        assert_eq!(call.prompt.as_deref(), Some("my key is [redacted] thanks"));
    }
    Ok(())
}

#[tokio::test]
async fn a_program_outside_is_answered_for_its_box_and_told_apart() -> Result<()> {
    let model = ScriptedModel::start(REAL_KEY).await?;
    let counted = Counted::with_plan(&plan_for(&model, REAL_KEY), PLENTY).await?;
    let body = turn("/v1/messages", "hello", false).to_string();
    let request = http::Request::post("/v1/messages").body(http_body_util::Full::new(body.into()))?;
    let answer = counted.gateway.answer_for(crate::rig::a_box(), "tok_1".to_owned(), request).await;
    assert_eq!(answer.status(), 200);
    http_body_util::BodyExt::collect(answer.into_body()).await?;
    assert_eq!(counted.calls.wait_for(1).await[0].via.as_deref(), Some("tok_1"));
    Ok(())
}
