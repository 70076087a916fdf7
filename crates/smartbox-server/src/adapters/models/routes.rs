//! From control's pictures of the fleet and of providers to who answers for each box.

use std::collections::HashMap;
use std::sync::Arc;

use secrecy::SecretString;
use smartbox_control::{FleetView, ModelPicture, ModelShelf};
use smartbox_core::models::{Dialect as Spoken, Provider, api_root};
use smartbox_core::{BoxId, OrgId};
use smartbox_egress::{BoxShelves, Dialect, Model, ModelRoutes, ModelUpstream, Shelf};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Of which boxes, and by which picture.
type Published = (Vec<(BoxId, OrgId)>, Arc<ModelPicture>);

/// Publishes who answers for each picture of the fleet that has other boxes, and for each of the providers, until told to stop.
/// `settings` are the platform's own providers, which come after those that were put down.
pub(crate) async fn follow(
    mut fleet: watch::Receiver<Arc<FleetView>>,
    mut pictures: watch::Receiver<Arc<ModelPicture>>,
    routes: watch::Sender<Arc<ModelRoutes>>,
    settings: Vec<ModelUpstream>,
    stop: CancellationToken,
) {
    let mut published: Option<Published> = None;
    loop {
        let boxes: Vec<_> =
            fleet.borrow_and_update().boxes.iter().map(|state| (state.id, state.org)).collect();
        let picture = Arc::clone(&pictures.borrow_and_update());
        let is_old = published.as_ref().is_some_and(|(of, by)| *of == boxes && Arc::ptr_eq(by, &picture));
        if !is_old {
            routes.send_replace(Arc::new(table(&boxes, &picture, &settings)));
            published = Some((boxes, picture));
        }
        tokio::select! { biased;
            () = stop.cancelled() => return,
            changed = fleet.changed() => if changed.is_err() { return },
            changed = pictures.changed() => if changed.is_err() { return },
        }
    }
}

/// Who answers, as the picture has it.
pub(crate) fn table(
    boxes: &[(BoxId, OrgId)],
    picture: &ModelPicture,
    settings: &[ModelUpstream],
) -> ModelRoutes {
    let platform = shelf(&picture.platform, settings);
    let orgs = picture.orgs.iter().map(|(org, of)| (*org, shelf(of, &[]))).collect();
    let of_box = |(id, org): &(BoxId, OrgId)| {
        let own = picture.boxes.get(id).map(|of| shelf(of, &[]));
        (*id, BoxShelves { org: *org, own })
    };
    ModelRoutes::new(platform, orgs, boxes.iter().map(of_box).collect::<HashMap<_, _>>())
}

/// One that cannot be used is left out, so that it takes nobody else along.
fn shelf(of: &ModelShelf, settings: &[ModelUpstream]) -> Arc<Shelf> {
    let put_down = of.providers.iter().map(|(provider, key)| upstream(provider, key.clone()));
    let all: Vec<ModelUpstream> = put_down.chain(settings.iter().cloned()).collect();
    let shelf = Shelf::new(all.clone(), of.rules.clone()).or_else(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "a model provider is left out");
        let usable = |one: &ModelUpstream| Shelf::new(vec![one.clone()], of.rules.clone()).is_ok();
        Shelf::new(all.into_iter().filter(usable).collect(), of.rules.clone())
    });
    Arc::new(shelf.unwrap_or_default())
}

fn upstream(provider: &Provider, api_key: Option<SecretString>) -> ModelUpstream {
    let dialect = match provider.dialect {
        Spoken::Anthropic => Dialect::Anthropic,
        Spoken::OpenAi => Dialect::OpenAi,
    };
    let model = |of: &smartbox_core::models::Offered| {
        Model::offered(dialect, &of.id, of.context_window, of.output_tokens_max)
    };
    ModelUpstream {
        id: provider.name.to_string(),
        dialect,
        base_url: provider.base_url.as_deref().map_or_else(|| dialect.vendor_url().to_owned(), api_root),
        api_key,
        models: provider.models.iter().map(model).collect(),
        price: provider.price,
        is_of_settings: false,
        may_be_inside: provider.may_be_inside,
    }
}

/// A provider of the settings, for people.
pub(crate) fn described(upstream: &ModelUpstream) -> Option<Provider> {
    let dialect = match upstream.dialect {
        Dialect::Anthropic => Spoken::Anthropic,
        Dialect::OpenAi => Spoken::OpenAi,
    };
    let model = |of: &Model| smartbox_core::models::Offered {
        id: of.id.clone(),
        context_window: Some(of.context_window),
        output_tokens_max: Some(of.output_tokens_max),
    };
    Some(Provider {
        name: upstream.id.parse().ok()?,
        dialect,
        base_url: Some(upstream.base_url.clone()),
        models: upstream.models.iter().map(model).collect(),
        price: upstream.price,
        may_be_inside: upstream.may_be_inside,
    })
}
