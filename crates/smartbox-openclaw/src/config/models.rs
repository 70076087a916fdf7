//! The models a gateway may use. All are served by the platform's AI gateway on the box's loopback.

use serde_json::{Value, json};

/// Provider id of models that speak Anthropic Messages.
const ANTHROPIC_PROVIDER: &str = "smartbox";
/// Provider id of models that speak OpenAI chat completions.
const OPENAI_PROVIDER: &str = "smartbox-openai";
/// The key that a box holds. The AI gateway knows the box by the listener, so it is not a secret.
const PLACEHOLDER_KEY: &str = "smartbox";

/// The protocol a model is spoken to in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelApi {
    /// `POST /v1/messages`.
    AnthropicMessages,
    /// `POST /v1/chat/completions`.
    OpenAiCompletions,
}

/// A model of the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// How it is spoken to.
    pub api: ModelApi,
    /// Its id at the AI gateway.
    pub id: String,
    /// What people see.
    pub name: String,
    /// Tokens that fit into its context.
    pub context_window: u32,
    /// Most tokens of one answer.
    pub max_tokens: u32,
    /// Whether it thinks before it answers.
    pub reasoning: bool,
    /// Whether it sees images.
    pub images: bool,
}

impl Model {
    /// How the gateway names the model: provider and id.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.provider(), self.id)
    }

    fn provider(&self) -> &'static str {
        match self.api {
            ModelApi::AnthropicMessages => ANTHROPIC_PROVIDER,
            ModelApi::OpenAiCompletions => OPENAI_PROVIDER,
        }
    }

    fn render(&self) -> Value {
        let input: &[&str] = if self.images { &["text", "image"] } else { &["text"] };
        json!({
            "id": self.id,
            "name": self.name,
            "reasoning": self.reasoning,
            "input": input,
            // The AI gateway counts; a price here would be a second, wrong count.
            "cost": { "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 },
            "contextWindow": self.context_window,
            "maxTokens": self.max_tokens,
        })
    }
}

/// The models of a box: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelConfig {
    primary: Model,
    others: Vec<Model>,
}

impl ModelConfig {
    /// `primary` answers unless a person chooses one of the `others`.
    pub fn new(primary: Model, others: Vec<Model>) -> Self {
        Self { primary, others }
    }

    /// The model that answers unless a person chooses another.
    pub fn primary(&self) -> &Model {
        &self.primary
    }

    /// All models, the primary first.
    pub fn all(&self) -> impl Iterator<Item = &Model> {
        std::iter::once(&self.primary).chain(&self.others)
    }

    /// The `models` section: these models and no others, and no catalog from the network.
    pub(super) fn render(&self, ai_gateway_url: &str) -> Value {
        let mut document =
            json!({ "mode": "replace", "catalogRefresh": { "enabled": false }, "providers": {} });
        for (api, wire_name, base_url) in [
            // The client adds /v1/messages to the one and /chat/completions to the other.
            (ModelApi::AnthropicMessages, "anthropic-messages", ai_gateway_url.to_owned()),
            (ModelApi::OpenAiCompletions, "openai-completions", format!("{ai_gateway_url}/v1")),
        ] {
            let of_api: Vec<&Model> = self.all().filter(|model| model.api == api).collect();
            if let Some(first) = of_api.first() {
                document["providers"][first.provider()] = json!({
                    "baseUrl": base_url,
                    "apiKey": PLACEHOLDER_KEY,
                    "api": wire_name,
                    "models": of_api.iter().map(|model| model.render()).collect::<Vec<_>>(),
                });
            }
        }
        document
    }
}
