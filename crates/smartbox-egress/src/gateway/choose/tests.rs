use std::collections::HashMap;

use smartbox_core::models::ModelRules;
use smartbox_core::{BoxId, OrgId};

use super::*;
use crate::catalog;
use crate::models::{BoxShelves, ModelRoutes};
use crate::upstream::ModelUpstream;

fn upstream(id: &str, models: &[&str]) -> ModelUpstream {
    ModelUpstream {
        id: id.to_owned(),
        dialect: Dialect::OpenAi,
        base_url: "http://127.0.0.1:1/v1".to_owned(),
        api_key: None,
        models: models.iter().map(|id| catalog::unknown(Dialect::OpenAi, id)).collect(),
        price: None,
        is_of_settings: false,
        may_be_inside: true,
    }
}

fn shelf(upstreams: Vec<ModelUpstream>, rules: ModelRules) -> Arc<Shelf> {
    Arc::new(Shelf::new(upstreams, rules).unwrap())
}

fn a_box() -> BoxId {
    "box_01890a5d5a5a7b6c8d9e0f1a2b3c4d5e".parse().unwrap()
}

fn shelves(own: Arc<Shelf>, of_org: Arc<Shelf>, platform: Arc<Shelf>) -> Shelves {
    let org: OrgId = "org_01890a5d5a5a7b6c8d9e0f1a2b3c4d5e".parse().unwrap();
    let boxes = HashMap::from([(a_box(), BoxShelves { org, own: Some(own) })]);
    ModelRoutes::new(platform, HashMap::from([(org, of_org)]), boxes).of(a_box())
}

fn none() -> Arc<Shelf> {
    Arc::default()
}

/// Who is asked, as `upstream/model`.
fn asked(shelves: &Shelves, model: &str) -> Vec<String> {
    match choose(shelves, Dialect::OpenAi, Some(model)) {
        Ok(Choice::Demo) => vec!["demo".to_owned()],
        Ok(Choice::Attempts(attempts)) => attempts
            .iter()
            .map(|attempt| format!("{}/{}", attempt.upstream.id(), attempt.model.as_deref().unwrap_or(model)))
            .collect(),
        Err(refusal) => vec![refusal.code().to_owned()],
    }
}

#[test]
fn the_nearest_layer_that_has_a_model_answers() {
    let rules = ModelRules::default;
    let shelves = shelves(
        shelf(vec![upstream("mine", &["a"])], rules()),
        shelf(vec![upstream("ours", &["a", "b"]), upstream("ours-too", &["b"])], rules()),
        shelf(vec![upstream("everybodys", &["a", "b", "c"])], rules()),
    );
    assert_eq!(asked(&shelves, "a"), ["mine/a"]);
    assert_eq!(asked(&shelves, "b"), ["ours/b", "ours-too/b"]);
    assert_eq!(asked(&shelves, "c"), ["everybodys/c"]);
    assert_eq!(asked(&shelves, "unknown"), ["mine/unknown"], "it answers for itself");
}

#[test]
fn one_without_a_list_has_every_model() {
    let open = shelf(vec![upstream("mine", &[])], ModelRules::default());
    let shelves = shelves(open, none(), shelf(vec![upstream("everybodys", &["a"])], ModelRules::default()));
    assert_eq!(asked(&shelves, "a"), ["mine/a"]);
}

#[test]
fn fallbacks_follow_in_order_within_the_bound_and_what_may_be_asked_for() {
    let rules = ModelRules {
        allow: Some(vec!["a*".to_owned(), "b".to_owned()]),
        fallbacks: vec![(
            "*".to_owned(),
            ["b", "forbidden", "a2", "nobody-has-it"].map(str::to_owned).to_vec(),
        )],
        ..ModelRules::default()
    };
    let everybodys = vec![upstream("x", &["a", "a2", "b", "forbidden"]), upstream("y", &["a", "b", "a2"])];
    let shelves = shelves(none(), shelf(Vec::new(), rules), shelf(everybodys, ModelRules::default()));
    assert_eq!(asked(&shelves, "a"), ["x/a", "y/a", "x/b", "y/b"], "at most {ATTEMPTS_MAX}");
    assert_eq!(asked(&shelves, "forbidden"), ["model_not_allowed"]);
}

#[test]
fn every_layer_has_to_allow_a_model() {
    let only = |models: &[&str]| ModelRules {
        allow: Some(models.iter().map(|model| (*model).to_owned()).collect()),
        ..ModelRules::default()
    };
    let everybodys = vec![upstream("x", &["a", "b", "c"])];
    let shelves = shelves(
        shelf(Vec::new(), only(&["a", "c"])),
        shelf(Vec::new(), only(&["b", "c"])),
        shelf(everybodys, ModelRules::default()),
    );
    assert_eq!(
        ["a", "b", "c"].map(|model| asked(&shelves, model).remove(0)),
        ["model_not_allowed", "model_not_allowed", "x/c"]
    );
}

#[test]
fn the_demo_answers_where_nobody_else_could() {
    assert_eq!(asked(&shelves(none(), none(), none()), "anything"), ["demo"]);
    let mine = shelf(vec![upstream("mine", &["a"])], ModelRules::default());
    let with_own = shelves(mine, none(), none());
    assert_eq!(asked(&with_own, "a"), ["mine/a"]);
    assert_eq!(asked(&with_own, "demo"), ["demo"], "a box that was started before goes on");
    let answered = choose(&with_own, Dialect::Anthropic, Some("claude"));
    assert!(matches!(answered, Err(Refusal::NoUpstream(Dialect::Anthropic))));
}
