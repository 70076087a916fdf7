//! The picture of all providers and rules, which the data plane reads.

use std::collections::HashMap;
use std::sync::Arc;

use secrecy::SecretString;
use smartbox_core::models::{ModelRules, ModelScope, Provider};
use smartbox_core::{BoxId, OrgId};
use smartbox_store::SystemActor;
use tokio::sync::watch;

use super::ACTOR;
use crate::{Control, Error};

/// Providers and rules of one scope.
#[derive(Clone, Default)]
pub struct ModelShelf {
    /// Who serves, each with its key.
    pub providers: Vec<(Provider, Option<SecretString>)>,
    /// What may be asked for.
    pub rules: ModelRules,
}

impl std::fmt::Debug for ModelShelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.providers.iter().map(|(provider, _)| provider.name.as_str()).collect();
        f.debug_struct("ModelShelf").field("providers", &names).field("rules", &self.rules).finish()
    }
}

/// All scopes: an immutable picture.
#[derive(Clone, Debug, Default)]
pub struct ModelPicture {
    /// For everybody, beside the settings.
    pub platform: Arc<ModelShelf>,
    /// Of orgs.
    pub orgs: HashMap<OrgId, Arc<ModelShelf>>,
    /// Of single boxes.
    pub boxes: HashMap<BoxId, Arc<ModelShelf>>,
    /// Those of the platform's settings, for people: the data plane has them from there.
    pub of_settings: Arc<[Provider]>,
}

impl Control {
    /// Providers and rules of all scopes, always the latest.
    pub fn model_picture(&self) -> watch::Receiver<Arc<ModelPicture>> {
        self.inner.models.subscribe()
    }

    /// Reads all providers and rules and publishes them, beside those of the platform's settings. To be called once, before boxes are
    /// served.
    pub async fn start_models(&self, of_settings: Vec<Provider>) -> Result<(), Error> {
        self.inner.models.send_modify(|picture| Arc::make_mut(picture).of_settings = of_settings.into());
        self.publish_models().await
    }

    pub(crate) async fn publish_models(&self) -> Result<(), Error> {
        // Two changes at a time must not publish the older picture last.
        let _alone = self.inner.models_publishing.lock().await;
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let mut shelves: HashMap<ModelScope, ModelShelf> = HashMap::new();
        for (row, key) in fleet.model_providers_of_all().await? {
            shelves.entry(row.scope).or_default().providers.push((row.provider, key));
        }
        for row in fleet.model_rules_of_all().await? {
            shelves.entry(row.scope).or_default().rules = row.rules;
        }
        let of_settings = Arc::clone(&self.inner.models.borrow().of_settings);
        let mut picture = ModelPicture { of_settings, ..ModelPicture::default() };
        for (scope, shelf) in shelves {
            let shelf = Arc::new(shelf);
            match scope {
                ModelScope::Platform => picture.platform = shelf,
                ModelScope::Org(org) => {
                    picture.orgs.insert(org, shelf);
                }
                ModelScope::Box(_, id) => {
                    picture.boxes.insert(id, shelf);
                }
            }
        }
        self.inner.models.send_replace(Arc::new(picture));
        Ok(())
    }
}
