//! Who serves models, and what may be asked for: one file per route.

mod delete_provider;
mod list_providers;
mod set_provider;
mod set_rules;
mod show_provider;
mod show_rules;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::ETAG;
use smartbox_api::{
    ModelRulesView, ModelScopeQuery, ProviderModel, ProviderPrice, ProviderView, SetModelRules,
};
use smartbox_control::{ModelProvider, ModelRulesRow, ModelScopeWish};
use smartbox_core::models::{ModelRules, Offered, Price, Provider};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::body::json;
use crate::precondition::etag;

/// Nano-dollars of a dollar.
const DOLLAR: u64 = 1_000_000_000;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list_providers::list_providers))
        .routes(routes!(
            show_provider::show_provider,
            set_provider::set_provider,
            delete_provider::delete_provider
        ))
        .routes(routes!(show_rules::show_rules, set_rules::set_rules))
}

fn wish(query: ModelScopeQuery) -> ModelScopeWish {
    ModelScopeWish {
        org: query.org,
        box_reference: query.box_reference,
        is_platform: query.platform.unwrap_or(false),
    }
}

fn provider_view(row: &ModelProvider) -> ProviderView {
    ProviderView {
        scope: row.scope.word().to_owned(),
        key_hint: row.key_hint.clone(),
        in_settings: false,
        version: row.version,
        changed_at: Some(row.changed_at.to_string()),
        changed_by: Some(row.changed_by.clone()),
        ..settings_view(&row.provider)
    }
}

/// A provider of the platform's settings. What its key ends in is for those who read the settings.
fn settings_view(provider: &Provider) -> ProviderView {
    ProviderView {
        name: provider.name.to_string(),
        scope: "platform".to_owned(),
        dialect: provider.dialect.as_str().to_owned(),
        base_url: provider.base_url.clone(),
        key_hint: None,
        models: provider.models.iter().map(model_view).collect(),
        price: provider.price.as_ref().map(price_view),
        inside: provider.may_be_inside,
        in_settings: true,
        version: 0,
        changed_at: None,
        changed_by: None,
    }
}

fn model_view(model: &Offered) -> ProviderModel {
    ProviderModel {
        id: model.id.clone(),
        context_window: model.context_window,
        output_tokens_max: model.output_tokens_max,
    }
}

fn price_view(price: &Price) -> ProviderPrice {
    ProviderPrice {
        input: dollars(price.input),
        output: dollars(price.output),
        cache_read: Some(dollars(price.cache_read)),
        cache_write: Some(dollars(price.cache_write)),
    }
}

/// Dollars with as many digits as are needed.
fn dollars(nanos: u64) -> String {
    let (whole, part) = (nanos / DOLLAR, nanos % DOLLAR);
    let text = format!("{whole}.{part:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn provider_response(row: &ModelProvider) -> Response {
    ([(ETAG, etag(row.version))], json(StatusCode::OK, &provider_view(row))).into_response()
}

fn rules_response(scope: &str, row: Option<&ModelRulesRow>) -> Response {
    let view = ModelRulesView {
        scope: scope.to_owned(),
        rules: row.map(|row| rules_view(&row.rules)).unwrap_or_default(),
        version: row.map_or(0, |row| row.version),
        changed_at: row.map(|row| row.changed_at.to_string()),
        changed_by: row.map(|row| row.changed_by.clone()),
    };
    ([(ETAG, etag(view.version))], json(StatusCode::OK, &view)).into_response()
}

fn rules_view(rules: &ModelRules) -> SetModelRules {
    SetModelRules {
        allow: rules.allow.clone(),
        fallbacks: rules.fallbacks.iter().cloned().collect(),
        requests_per_minute: rules.requests_per_minute,
        tokens_per_minute: rules.tokens_per_minute,
        keep_prompts: rules.keeps_prompts,
        cache_secs: rules.cache_secs,
    }
}
