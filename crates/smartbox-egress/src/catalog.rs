//! The models that boxes are offered.

use crate::dialect::Dialect;

/// A model that boxes may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The protocol it is spoken to in.
    pub dialect: Dialect,
    /// The id that goes over the wire, such as `claude-sonnet-5`.
    pub id: String,
    /// Name for people.
    pub display_name: String,
    /// Tokens that fit into a request and its answer together.
    pub context_window: u32,
    /// Most tokens of one answer.
    pub output_tokens_max: u32,
    /// Whether it looks at images.
    pub images: bool,
}

impl Model {
    /// A model as somebody offers it: with what is known of that id, unless its sizes are said.
    pub fn offered(dialect: Dialect, id: &str, context_window: Option<u32>, output_max: Option<u32>) -> Self {
        let known = find(dialect, id).unwrap_or_else(|| unknown(dialect, id));
        Self {
            context_window: context_window.unwrap_or(known.context_window),
            output_tokens_max: output_max.unwrap_or(known.output_tokens_max),
            ..known
        }
    }
}

/// All models of a platform. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelCatalog {
    primary: Model,
    others: Vec<Model>,
}

impl ModelCatalog {
    pub(crate) fn new(primary: Model, others: Vec<Model>) -> Self {
        Self { primary, others }
    }

    /// The model a box uses unless its owner chooses another.
    pub fn primary(&self) -> &Model {
        &self.primary
    }

    /// Whether there is the built-in demo model and nothing else.
    pub fn is_demo(&self) -> bool {
        self.primary.id == DEMO_ID && self.others.is_empty()
    }

    /// Every model, the primary one first.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        std::iter::once(&self.primary).chain(&self.others)
    }
}

/// Id of the built-in demo model.
pub(crate) const DEMO_ID: &str = "demo";
/// Name of the built-in demo model.
pub(crate) const DEMO_NAME: &str = "Smartbox demo (built in)";

/// The catalogue of a platform without upstreams.
pub(crate) fn demo() -> ModelCatalog {
    let demo = Model {
        dialect: Dialect::Anthropic,
        id: DEMO_ID.to_owned(),
        display_name: DEMO_NAME.to_owned(),
        // Larger than any prompt of OpenClaw, so that it never compacts a conversation for the demo's sake.
        context_window: 200_000,
        output_tokens_max: 1_000,
        images: false,
    };
    ModelCatalog::new(demo, Vec::new())
}

/// Id, name, context window and longest answer of a model.
type Row = (&'static str, &'static str, u32, u32);

/// Ids and sizes as in the catalogue of OpenClaw 2026.9.6, the best all-round model first.
const ANTHROPIC_OFFERED: &[Row] = &[
    ("claude-sonnet-5", "Claude Sonnet 5", 1_000_000, 128_000),
    ("claude-opus-5-5", "Claude Opus 5.5", 1_000_000, 128_000),
    ("claude-haiku-4-5", "Claude Haiku 4.5", 200_000, 64_000),
];
/// As above. Their windows end where the price doubles.
const OPENAI_OFFERED: &[Row] = &[
    ("gpt-6-sol", "GPT-6 Sol", 272_000, 128_000),
    ("gpt-6-astra", "GPT-6 Astra", 272_000, 128_000),
    ("gpt-6-luna", "GPT-6 Luna", 272_000, 128_000),
];
/// Not offered unless settings name them.
const ANTHROPIC_KNOWN: &[Row] = &[
    ("claude-opus-5", "Claude Opus 5", 1_000_000, 128_000),
    ("claude-fable-5-1", "Claude Fable 5.1", 1_000_000, 128_000),
    ("claude-fable-5", "Claude Fable 5", 1_000_000, 128_000),
    ("claude-opus-4-8", "Claude Opus 4.8", 200_000, 128_000),
    ("claude-sonnet-4-6", "Claude Sonnet 4.6", 200_000, 128_000),
    ("claude-sonnet-4-5", "Claude Sonnet 4.5", 200_000, 64_000),
    ("claude-opus-4-1", "Claude Opus 4.1", 200_000, 32_000),
];
/// As above.
const OPENAI_KNOWN: &[Row] = &[
    ("gpt-5.6-sol", "GPT-5.6 Sol", 272_000, 128_000),
    ("gpt-5.6-terra", "GPT-5.6 Terra", 272_000, 128_000),
    ("gpt-5.6-luna", "GPT-5.6 Luna", 272_000, 128_000),
    ("gpt-5.4-mini", "GPT-5.4 Mini", 400_000, 128_000),
];

/// What is offered of a dialect's vendor unless the settings say otherwise.
pub(crate) fn offered(dialect: Dialect) -> Vec<Model> {
    let (offered, _) = rows(dialect);
    offered.iter().map(|row| known(dialect, row)).collect()
}

/// The model of that id, if its sizes are known here.
pub(crate) fn find(dialect: Dialect, id: &str) -> Option<Model> {
    let (offered, known_too) = rows(dialect);
    let row = offered.iter().chain(known_too).find(|row| row.0 == id)?;
    Some(known(dialect, row))
}

/// Ids of every model whose sizes are known here.
#[cfg(test)]
pub(crate) fn known_ids(dialect: Dialect) -> Vec<&'static str> {
    let (offered, known_too) = rows(dialect);
    offered.iter().chain(known_too).map(|row| row.0).collect()
}

fn rows(dialect: Dialect) -> (&'static [Row], &'static [Row]) {
    match dialect {
        Dialect::Anthropic => (ANTHROPIC_OFFERED, ANTHROPIC_KNOWN),
        Dialect::OpenAi => (OPENAI_OFFERED, OPENAI_KNOWN),
    }
}

/// A model of which nothing but the id is known, with modest sizes: too small costs a summary, too large a failed turn.
pub(crate) fn unknown(dialect: Dialect, id: &str) -> Model {
    Model {
        dialect,
        id: id.to_owned(),
        display_name: id.to_owned(),
        context_window: 128_000,
        output_tokens_max: 8_192,
        images: false,
    }
}

fn known(dialect: Dialect, &(id, name, context_window, output_tokens_max): &Row) -> Model {
    Model {
        dialect,
        id: id.to_owned(),
        display_name: name.to_owned(),
        context_window,
        output_tokens_max,
        images: true,
    }
}
