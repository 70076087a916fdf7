//! From settings to upstreams and models.

use secrecy::{ExposeSecret as _, SecretString};
use smartbox_egress::{Dialect, ModelPlan, ModelSettings, UpstreamSettings, model_plan};

fn keyed(key: &str) -> UpstreamSettings {
    UpstreamSettings { api_key: Some(SecretString::from(key)), ..UpstreamSettings::default() }
}

fn planned(anthropic: UpstreamSettings, openai: UpstreamSettings, primary: Option<&str>) -> ModelPlan {
    model_plan(&ModelSettings { anthropic, openai, primary: primary.map(str::to_owned) }).unwrap()
}

/// The settings that are complained about, and all complaints in one text.
fn refused(settings: &ModelSettings) -> (Vec<&'static str>, String) {
    let problems = model_plan(settings).unwrap_err();
    let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    (problems.iter().map(|problem| problem.setting).collect(), text)
}

#[test]
fn with_nothing_set_the_demo_model_is_all_there_is() {
    let empty =
        UpstreamSettings { api_key: Some("  ".into()), base_url: Some(String::new()), models: Vec::new() };
    for settings in [UpstreamSettings::default(), empty] {
        let plan = planned(settings.clone(), settings, None);
        assert!(plan.is_demo());
        assert_eq!(plan.catalog().primary().id, "demo");
        assert_eq!(plan.catalog().primary().display_name, "Smartbox demo (built in)");
        assert!(plan.advice()[0].contains("ANTHROPIC_API_KEY"));
    }
}

#[test]
fn a_key_alone_means_the_vendors_own_server_and_models() {
    let plan = planned(keyed("sk-a\n"), UpstreamSettings::default(), None);
    let upstream = &plan.upstreams()[0];
    assert_eq!(upstream.base_url, "https://api.anthropic.com/v1");
    assert_eq!(upstream.api_key.as_ref().unwrap().expose_secret(), "sk-a");
    assert_eq!(plan.catalog().primary().dialect, Dialect::Anthropic);
    assert!(plan.catalog().models().any(|model| model.id == "claude-haiku-4-5"));

    let plan = planned(UpstreamSettings::default(), keyed("sk-o"), None);
    assert_eq!(plan.upstreams()[0].base_url, "https://api.openai.com/v1");
    assert!(plan.catalog().models().all(|model| model.dialect == Dialect::OpenAi));
}

#[test]
fn the_primary_model_can_be_chosen_with_and_without_its_dialect() {
    for (wanted, id) in [
        (None, "claude-sonnet-5"),
        (Some("claude-haiku-4-5"), "claude-haiku-4-5"),
        (Some("openai/gpt-6-sol"), "gpt-6-sol"),
        (Some(" "), "claude-sonnet-5"),
    ] {
        let plan = planned(keyed("a"), keyed("o"), wanted);
        assert_eq!(plan.catalog().primary().id, id);
        assert_eq!(plan.catalog().models().count(), 6, "no model is lost");
    }
}

#[test]
fn a_compatible_server_needs_no_key_and_may_name_its_models() {
    let openai = UpstreamSettings {
        api_key: None,
        base_url: Some("http://127.0.0.1:11434".to_owned()),
        models: vec!["qwen3:8b context=32768, llama4".to_owned(), "phi5".to_owned()],
    };
    let plan = planned(UpstreamSettings::default(), openai, None);
    assert_eq!(plan.upstreams()[0].base_url, "http://127.0.0.1:11434/v1");
    assert!(plan.upstreams()[0].api_key.is_none());
    let ids: Vec<&str> = plan.catalog().models().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["qwen3:8b", "llama4", "phi5"]);
    assert_eq!(plan.catalog().primary().context_window, 32_768);
}

#[test]
fn everything_that_is_wrong_is_said_at_once_and_no_key_is_repeated() {
    let settings = ModelSettings {
        anthropic: UpstreamSettings {
            api_key: Some("sk-with a blank".into()),
            base_url: Some("not a url".to_owned()),
            models: vec!["a a=b".to_owned()],
        },
        openai: UpstreamSettings { models: vec!["gpt-6-sol".to_owned()], ..UpstreamSettings::default() },
        primary: None,
    };
    let (names, text) = refused(&settings);
    assert_eq!(
        names,
        [
            "SMARTBOX__MODELS__ANTHROPIC_BASE_URL",
            "ANTHROPIC_API_KEY",
            "SMARTBOX__MODELS__ANTHROPIC_MODELS",
            "SMARTBOX__MODELS__OPENAI_MODELS"
        ]
    );
    assert!(!text.contains("sk-with"), "{text}");
}

#[test]
fn a_primary_model_that_is_not_there_is_refused_with_the_ones_that_are() {
    let settings =
        ModelSettings { anthropic: keyed("a"), primary: Some("gpt-6-sol".to_owned()), ..Default::default() };
    let (names, text) = refused(&settings);
    assert_eq!(names, ["SMARTBOX__MODELS__PRIMARY"]);
    assert!(text.contains("claude-sonnet-5"), "{text}");
}

#[test]
fn no_debug_output_shows_a_key() {
    let settings = ModelSettings { anthropic: keyed("sk-hidden"), ..Default::default() };
    assert!(!format!("{settings:?} {:?}", model_plan(&settings)).contains("sk-hidden"));
}
