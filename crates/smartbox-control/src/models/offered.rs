//! The models that a box is offered when it starts: those that providers of the box, its org and the platform name, beside the
//! platform's own.

use smartbox_core::models::{Dialect, ModelRules, Offered};
use smartbox_openclaw::config::{Model, ModelApi, ModelConfig};
use smartbox_store::Smartbox;

use super::{ModelPicture, ModelShelf};
use crate::Control;

/// Sizes of a model of which nobody says any: too small costs a summary, too large a failed turn.
const CONTEXT_WINDOW: u32 = 128_000;
/// See the one before.
const ANSWER_TOKENS: u32 = 8_192;
/// Id of the built-in model, which gives way to any other.
const DEMO: &str = "demo";

impl Control {
    /// The models of a box, as its next incarnation sees them.
    pub(crate) fn offered_models(&self, row: &Smartbox) -> ModelConfig {
        offered(&self.inner.runtime.models, &self.inner.models.borrow(), row)
    }
}

fn offered(platform: &ModelConfig, picture: &ModelPicture, row: &Smartbox) -> ModelConfig {
    let shelves: Vec<&ModelShelf> =
        [picture.boxes.get(&row.id), picture.orgs.get(&row.org), Some(&picture.platform)]
            .into_iter()
            .flatten()
            .map(|shelf| &**shelf)
            .collect();
    let rules: Vec<&ModelRules> = shelves.iter().map(|shelf| &shelf.rules).collect();
    let named = shelves
        .iter()
        .flat_map(|shelf| &shelf.providers)
        .flat_map(|(provider, _)| provider.models.iter().map(|of| model(provider.dialect, of)));
    choose(platform, named, |id| rules.iter().all(|rules| rules.allows(id)))
}

/// The platform's primary model stays the primary one, unless it is the demo or may not be asked for.
fn choose(
    platform: &ModelConfig,
    named: impl Iterator<Item = Model>,
    may: impl Fn(&str) -> bool,
) -> ModelConfig {
    let mut models: Vec<Model> = platform.all().filter(|model| model.id != DEMO).cloned().collect();
    for model in named {
        if !models.iter().any(|known| known.id == model.id && known.api == model.api) {
            models.push(model);
        }
    }
    models.retain(|model| may(&model.id));
    if models.is_empty() {
        return platform.clone();
    }
    let primary = models.remove(0);
    ModelConfig::new(primary, models)
}

fn model(dialect: Dialect, of: &Offered) -> Model {
    Model {
        api: match dialect {
            Dialect::Anthropic => ModelApi::AnthropicMessages,
            Dialect::OpenAi => ModelApi::OpenAiCompletions,
        },
        id: of.id.clone(),
        name: of.id.clone(),
        context_window: of.context_window.unwrap_or(CONTEXT_WINDOW),
        max_tokens: of.output_tokens_max.unwrap_or(ANSWER_TOKENS),
        reasoning: false,
        images: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str) -> Model {
        let of = Offered { id: id.to_owned(), context_window: None, output_tokens_max: Some(10) };
        model(Dialect::OpenAi, &of)
    }

    fn ids(platform: &[&str], own: &[&str], may: impl Fn(&str) -> bool) -> Vec<String> {
        let mut platform = platform.iter().map(|id| named(id));
        let platform = ModelConfig::new(platform.next().unwrap(), platform.collect());
        choose(&platform, own.iter().map(|id| named(id)), may).all().map(|model| model.id.clone()).collect()
    }

    #[test]
    fn models_of_ones_own_come_beside_the_platforms_and_before_the_demo() {
        assert_eq!(ids(&["p", "q"], &["a", "q"], |_| true), ["p", "q", "a"]);
        assert_eq!(ids(&["demo"], &["a", "b"], |_| true), ["a", "b"]);
        assert_eq!(ids(&["demo"], &[], |_| true), ["demo"]);
    }

    #[test]
    fn what_may_not_be_asked_for_is_not_offered() {
        assert_eq!(ids(&["p", "q"], &["a"], |id| id != "p"), ["q", "a"]);
        assert_eq!(ids(&["p"], &[], |_| false), ["p"], "a box needs one; it will be told");
    }
}
