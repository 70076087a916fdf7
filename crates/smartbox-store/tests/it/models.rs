//! Who serves models, and what was asked of them: keys sealed, versions, pages, an end.

use jiff::Timestamp;
use secrecy::ExposeSecret;
use smartbox_core::models::{ModelRules, ModelScope, Tokens};
use smartbox_core::{BoxId, models::Price};
use smartbox_store::{Error, KeyChange, ModelCall, PROVIDERS_MAX};

use crate::support::{World, at, create, event, fleet_of, new_box, new_provider};

const KEY: &str = "sk-0123456789abcdef";

#[tokio::test]
async fn a_provider_is_kept_with_its_key_sealed_and_survives_a_restart() {
    let world = World::new().await;
    let (mine, _) = create(&world.org, new_box("mine")).await.unwrap();
    let price = Price { input: 1, output: 2, cache_read: 3, cache_write: 4 };
    let provider = smartbox_core::models::Provider { price: Some(price), ..new_provider("p") };
    let put = |key: KeyChange, version| {
        let (org, provider) = (world.org.clone(), provider.clone());
        async move {
            let changed = event("model.provider-set");
            org.put_model_provider(Some(mine.id), (&provider, &key), version, changed, at(3)).await
        }
    };
    let first = put(KeyChange::Set(KEY.into()), Some(0)).await.unwrap();
    assert_eq!((first.version, first.key_hint.as_deref(), &first.provider), (1, Some("…cdef"), &provider));
    assert!(matches!(first.scope, ModelScope::Box(_, id) if id == mine.id));
    assert!(matches!(put(KeyChange::Keep, Some(0)).await, Err(Error::VersionMismatch { current: 1 })));
    assert_eq!(put(KeyChange::Keep, Some(1)).await.unwrap().key_hint.as_deref(), Some("…cdef"));

    let (directory, store) = world.reopen().await;
    let all = fleet_of(&store).model_providers_of_all().await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].1.as_ref().unwrap().expose_secret(), KEY);
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()), "{}", path.display());
        }
    }
}

#[tokio::test]
async fn a_key_can_be_taken_away_and_a_provider_too() {
    let world = World::new().await;
    let provider = new_provider("p");
    let changed = || event("model.provider-set");
    let fleet = &world.fleet;
    fleet
        .put_platform_model_provider((&provider, &KeyChange::Set(KEY.into())), None, changed(), at(1))
        .await
        .unwrap();
    let without =
        fleet.put_platform_model_provider((&provider, &KeyChange::Remove), None, changed(), at(2)).await;
    assert_eq!(without.unwrap().key_hint, None);
    assert!(fleet.model_providers_of_all().await.unwrap()[0].1.is_none());
    fleet.delete_platform_model_provider(&provider.name, changed(), at(3)).await.unwrap();
    assert!(fleet.platform_model_providers().await.unwrap().is_empty());
    let again = fleet.delete_platform_model_provider(&provider.name, changed(), at(3)).await;
    assert!(matches!(again, Err(Error::NotFound("model provider"))));
}

#[tokio::test]
async fn there_are_only_so_many_providers_in_one_scope() {
    let world = World::new().await;
    for index in 0..=PROVIDERS_MAX {
        let provider = new_provider(&format!("p{index}"));
        let put = world
            .org
            .put_model_provider(None, (&provider, &KeyChange::Keep), None, event("model.provider-set"), at(1))
            .await;
        assert_eq!(put.is_ok(), index < PROVIDERS_MAX, "{index}");
    }
}

#[tokio::test]
async fn rules_are_kept_as_they_are() {
    let world = World::new().await;
    let rules = ModelRules {
        allow: Some(vec!["a*".to_owned()]),
        fallbacks: vec![("*".to_owned(), vec!["b".to_owned(), "c".to_owned()])],
        requests_per_minute: Some(60),
        tokens_per_minute: Some(1_000_000),
        keeps_prompts: true,
        cache_secs: Some(30),
    };
    let set = |version| world.org.set_model_rules(None, &rules, version, event("model.rules-set"), at(1));
    assert_eq!(set(Some(0)).await.unwrap().rules, rules);
    assert!(matches!(set(Some(0)).await, Err(Error::VersionMismatch { current: 1 })));
    assert_eq!(world.org.model_rules(None).await.unwrap().unwrap().rules, rules);
    assert_eq!(world.fleet.model_rules_of_all().await.unwrap().len(), 1);
    assert_eq!(world.fleet.platform_model_rules().await.unwrap(), None);
}

fn call(box_id: BoxId, at: Timestamp, model: &str) -> ModelCall {
    ModelCall {
        box_id,
        at,
        via: None,
        dialect: "openai".to_owned(),
        path: "/v1/responses".to_owned(),
        model: model.to_owned(),
        provider: Some("p".to_owned()),
        status: Some(200),
        outcome: "complete".to_owned(),
        code: None,
        tokens: Tokens { input: 1, output: 2, cache_read: 3, cache_write: 4 },
        nanos: 5,
        is_estimated: true,
        is_cached: false,
        duration_ms: 6,
        prompt: Some("hello".to_owned()),
    }
}

#[tokio::test]
async fn calls_are_followed_in_the_order_in_which_they_were_put_down_without_what_was_asked() {
    let world = World::new().await;
    let (mine, _) = create(&world.org, new_box("mine")).await.unwrap();
    let (other, _) = create(&world.org, new_box("other")).await.unwrap();
    assert_eq!(world.org.last_model_calls(mine.id, 10).await.unwrap(), []);
    let calls = [call(mine.id, at(3), "one"), call(other.id, at(1), "others"), call(mine.id, at(2), "two")];
    world.fleet.append_model_calls(&calls).await.unwrap();
    let models =
        |calls: &[(i64, ModelCall)]| calls.iter().map(|(_, of)| of.model.clone()).collect::<Vec<_>>();
    let last = world.org.last_model_calls(mine.id, 10).await.unwrap();
    assert_eq!(models(&last), ["one", "two"]);
    assert!(last.iter().all(|(_, call)| call.prompt.is_none()));
    assert_eq!(models(&world.org.last_model_calls(mine.id, 1).await.unwrap()), ["two"]);
    let newest = last[1].0;
    world.fleet.append_model_calls(&[call(mine.id, at(1), "three")]).await.unwrap();
    assert_eq!(models(&world.org.model_calls_after(mine.id, newest).await.unwrap()), ["three"]);
    assert_eq!(models(&world.org.model_calls_after(mine.id, last[0].0).await.unwrap()), ["two", "three"]);
    assert_eq!(world.other.model_calls_after(mine.id, 0).await.unwrap(), [], "not to another org");
}

#[tokio::test]
async fn calls_are_listed_newest_first_until_they_are_old() {
    let world = World::new().await;
    let (mine, _) = create(&world.org, new_box("mine")).await.unwrap();
    let gone: BoxId = "box_01890a5d5a5a7b6c8d9e0f1a2b3c4d5e".parse().unwrap();
    let calls = [
        call(mine.id, at(1), "one"),
        call(gone, at(1), "nobodys"),
        call(mine.id, at(2), "two"),
        call(mine.id, at(3), "three"),
    ];
    world.fleet.append_model_calls(&calls).await.unwrap();
    let first = world.org.model_calls(mine.id, None, 2).await.unwrap();
    assert_eq!(first.items, [calls[3].clone(), calls[2].clone()]);
    let second = world.org.model_calls(mine.id, first.next.as_ref(), 2).await.unwrap();
    assert_eq!((second.items, second.next), (vec![calls[0].clone()], None));

    let month = std::time::Duration::from_hours(30 * 24);
    let purged = world.fleet.purge_expired(at(2) + month, 100).await.unwrap();
    assert_eq!(purged.model_calls, 2);
    assert_eq!(world.org.model_calls(mine.id, None, 10).await.unwrap().items.len(), 1);
}
