//! From settings to upstreams and models: a pure function.

pub(crate) mod base_url;
mod model_list;

use secrecy::{ExposeSecret as _, SecretString};

use crate::catalog::{self, Model, ModelCatalog};
use crate::demo;
use crate::dialect::Dialect;
use crate::upstream::ModelUpstream;

/// The setting that chooses the model a box starts with.
const PRIMARY_SETTING: &str = "SMARTBOX__MODELS__PRIMARY";

/// What an operator says about one dialect. Empty texts count as not set.
#[derive(Clone, Debug, Default)]
pub struct UpstreamSettings {
    /// `ANTHROPIC_API_KEY` or `OPENAI_API_KEY`.
    pub api_key: Option<SecretString>,
    /// `SMARTBOX__MODELS__ANTHROPIC_BASE_URL` or `SMARTBOX__MODELS__OPENAI_BASE_URL`: any server that speaks the
    /// dialect, with or without `/v1` at its end. Without it, the vendor's own.
    pub base_url: Option<String>,
    /// `SMARTBOX__MODELS__ANTHROPIC_MODELS` or `SMARTBOX__MODELS__OPENAI_MODELS`: the models that boxes are
    /// offered, the best first. Each is an id, or an id and sizes in tokens: `qwen3:8b context=32768 output=8192`.
    /// An element may itself be a list with commas.
    pub models: Vec<String>,
}

/// What an operator says about models. The composition root fills it.
#[derive(Clone, Debug, Default)]
pub struct ModelSettings {
    /// The upstream that speaks Anthropic's API.
    pub anthropic: UpstreamSettings,
    /// The upstream that speaks OpenAI's API.
    pub openai: UpstreamSettings,
    /// `SMARTBOX__MODELS__PRIMARY`: id of the model a box starts with, if wanted with the dialect before it
    /// (`openai/gpt-6-sol`). Without it, the first model of the first upstream.
    pub primary: Option<String>,
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} {problem}")]
pub struct BadSetting {
    /// The setting's name in the environment.
    pub setting: &'static str,
    /// What is wrong and what to do, as the rest of a sentence. Holds no secret.
    pub problem: String,
}

/// Where model calls go, and which models there are.
#[derive(Clone, Debug)]
pub struct ModelPlan {
    upstreams: Vec<ModelUpstream>,
    catalog: ModelCatalog,
    advice: Vec<String>,
}

impl ModelPlan {
    /// The plan of a platform on which nothing is configured: the demo model answers.
    pub fn demo() -> Self {
        let advice =
            vec![format!("no model is configured, so boxes use the built-in demo model. {}", demo::REMEDY)];
        Self { upstreams: Vec::new(), catalog: catalog::demo(), advice }
    }

    /// Whether the demo model answers.
    pub fn is_demo(&self) -> bool {
        self.upstreams.is_empty()
    }

    /// The upstreams, at most one a dialect.
    pub fn upstreams(&self) -> &[ModelUpstream] {
        &self.upstreams
    }

    /// The models that boxes are offered.
    pub fn catalog(&self) -> &ModelCatalog {
        &self.catalog
    }

    pub(crate) fn into_parts(self) -> (Vec<ModelUpstream>, ModelCatalog) {
        (self.upstreams, self.catalog)
    }

    /// What the operator should be told at the start, in sentences.
    pub fn advice(&self) -> &[String] {
        &self.advice
    }
}

/// Turns settings into a plan, or says everything that is wrong with them.
///
/// # Errors
/// One [`BadSetting`] for each setting that cannot be used.
pub fn model_plan(settings: &ModelSettings) -> Result<ModelPlan, Vec<BadSetting>> {
    let mut advice = Vec::new();
    let mut problems = Vec::new();
    let mut upstreams = Vec::new();
    for (dialect, of) in [(Dialect::Anthropic, &settings.anthropic), (Dialect::OpenAi, &settings.openai)] {
        match upstream(dialect, of, &mut advice) {
            Ok(found) => upstreams.extend(found),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let models: Vec<Model> = upstreams.iter().flat_map(|upstream| upstream.models.iter().cloned()).collect();
    let wanted = text(settings.primary.as_deref());
    match pick_primary(models, wanted) {
        Err(problem) => Err(vec![problem]),
        Ok(None) => Ok(ModelPlan::demo()),
        Ok(Some(catalog)) => Ok(ModelPlan { upstreams, catalog, advice }),
    }
}

/// The upstream of one dialect, if one is wanted.
fn upstream(
    dialect: Dialect,
    settings: &UpstreamSettings,
    advice: &mut Vec<String>,
) -> Result<Option<ModelUpstream>, Vec<BadSetting>> {
    let mut problems = Vec::new();
    let mut keep = |setting, problem| problems.push(BadSetting { setting, problem });
    let base_url = text(settings.base_url.as_deref()).and_then(|given| {
        base_url::api_root(dialect, given).map_err(|problem| keep(dialect.base_url_setting(), problem)).ok()
    });
    let api_key = settings
        .api_key
        .as_ref()
        .and_then(|given| key(given).map_err(|problem| keep(dialect.key_setting(), problem)).ok().flatten());
    let models = model_list::parse(dialect, &settings.models)
        .map_err(|problem| keep(dialect.models_setting(), problem))
        .unwrap_or_default();
    let wanted = base_url.is_some() || api_key.is_some();
    if !wanted && !models.is_empty() && problems.is_empty() {
        let (key, base) = (dialect.key_setting(), dialect.base_url_setting());
        let problem =
            format!("names models, but neither {key} nor {base} is set: set one of them, or unset this");
        problems.push(BadSetting { setting: dialect.models_setting(), problem });
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if !wanted {
        return Ok(None);
    }
    if base_url.is_some() && models.is_empty() {
        advice.push(format!(
            "{} is set and {} is not: boxes are offered the vendor's own models. If that server has others, name them.",
            dialect.base_url_setting(),
            dialect.models_setting()
        ));
    }
    Ok(Some(ModelUpstream {
        id: dialect.name().to_owned(),
        dialect,
        base_url: base_url.unwrap_or_else(|| base_url::of_vendor(dialect).to_owned()),
        api_key,
        models: if models.is_empty() { catalog::offered(dialect) } else { models },
        price: None,
        is_of_settings: true,
        may_be_inside: true,
    }))
}

/// The key without the white space that files and shells leave around it.
fn key(given: &SecretString) -> Result<Option<SecretString>, String> {
    let bare = given.expose_secret().trim();
    if bare.is_empty() {
        Ok(None)
    } else if bare.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(Some(SecretString::from(bare)))
    } else {
        Err("holds characters that no key has; it must be one word of plain ASCII".to_owned())
    }
}

fn pick_primary(mut models: Vec<Model>, wanted: Option<&str>) -> Result<Option<ModelCatalog>, BadSetting> {
    let index = match wanted {
        None => 0,
        Some(wanted) => models.iter().position(|model| is_named(model, wanted)).ok_or_else(|| {
            let known: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
            let known = if known.is_empty() { "none is configured".to_owned() } else { known.join(", ") };
            BadSetting {
                setting: PRIMARY_SETTING,
                problem: format!("is `{wanted}`, which is none of the configured models ({known})"),
            }
        })?,
    };
    if models.is_empty() {
        return Ok(None);
    }
    let primary = models.remove(index);
    Ok(Some(ModelCatalog::new(primary, models)))
}

fn is_named(model: &Model, name: &str) -> bool {
    let qualified = || name.strip_prefix(model.dialect.name()).and_then(|rest| rest.strip_prefix('/'));
    model.id == name || qualified() == Some(model.id.as_str())
}

/// A text that says something, or nothing.
fn text(given: Option<&str>) -> Option<&str> {
    given.map(str::trim).filter(|text| !text.is_empty())
}
