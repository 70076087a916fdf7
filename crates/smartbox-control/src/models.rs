//! Who serves models for whom, what may be asked for, and what was asked.

mod offered;
mod picture;
mod wish;

pub use picture::{ModelPicture, ModelShelf};
pub use wish::{ModelScopeWish, ProviderWish};

use smartbox_core::models::{ModelRules, ModelScope, Provider, ProviderName};
use smartbox_core::{Permission, Principal};
use smartbox_store::{Cursor, KeyChange, ModelCall, ModelProvider, ModelRulesRow, Page, SystemActor};

use crate::{Control, Error, Op};

/// The providers that count somewhere.
#[derive(Clone, Debug)]
pub struct ModelProviders {
    /// Those that were put down, the nearest first.
    pub found: Vec<ModelProvider>,
    /// Those of the platform's settings.
    pub of_settings: Vec<Provider>,
    /// Whether the built-in demo model answers for what nobody else does.
    pub has_demo: bool,
}

/// Who acts here.
const ACTOR: &str = "models";

impl Control {
    /// Whose providers and rules a request is about, for a caller who may do this with them.
    async fn model_scope(
        &self,
        op: &Op,
        wish: &ModelScopeWish,
        may: Permission,
    ) -> Result<ModelScope, Error> {
        match (&wish.box_reference, wish.is_platform) {
            (Some(_), true) => Err(Error::field("platform", "is no box: name one of the two")),
            (None, true) if op.principal != Principal::Admin => Err(Error::Forbidden),
            (None, true) => Ok(ModelScope::Platform),
            (Some(reference), false) => {
                let smartbox = self.resolve(op, may, reference).await?;
                Ok(ModelScope::Box(smartbox.org, smartbox.id))
            }
            (None, false) => {
                op.require(may)?;
                Ok(ModelScope::Org(self.resolve_org(op, wish.org.as_deref()).await?))
            }
        }
    }

    async fn readable(&self, op: &Op, wish: &ModelScopeWish) -> Result<ModelScope, Error> {
        self.model_scope(op, wish, Permission::BoxesRead).await
    }

    async fn manageable(&self, op: &Op, wish: &ModelScopeWish) -> Result<ModelScope, Error> {
        self.model_scope(op, wish, Permission::ModelsManage).await
    }

    /// The providers that count in a scope, the nearest first: of a box its own, its org's and the platform's. Those of the
    /// platform's settings come after them. No key is among them.
    pub async fn model_providers(&self, op: &Op, wish: &ModelScopeWish) -> Result<ModelProviders, Error> {
        let scope = self.readable(op, wish).await?;
        let mut found = Vec::new();
        if let Some(org) = scope.org() {
            let store = self.inner.store.org(org);
            if let Some(id) = scope.box_id() {
                found.extend(store.model_providers(Some(id)).await?);
            }
            found.extend(store.model_providers(None).await?);
        }
        let of_platform = self.inner.store.fleet(SystemActor::new(ACTOR)).platform_model_providers().await?;
        let of_settings = self.inner.models.borrow().of_settings.to_vec();
        let has_demo = of_platform.is_empty() && of_settings.is_empty();
        found.extend(of_platform);
        Ok(ModelProviders { found, of_settings, has_demo })
    }

    /// One provider of this very scope.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn model_provider(
        &self,
        op: &Op,
        wish: &ModelScopeWish,
        name: &str,
    ) -> Result<ModelProvider, Error> {
        let scope = self.readable(op, wish).await?;
        let Ok(name) = name.parse() else { return Err(NO_PROVIDER) };
        self.find_provider(scope, &name).await?.ok_or(NO_PROVIDER)
    }

    async fn find_provider(
        &self,
        scope: ModelScope,
        name: &ProviderName,
    ) -> Result<Option<ModelProvider>, Error> {
        Ok(match scope.org() {
            Some(org) => self.inner.store.org(org).model_provider(scope.box_id(), name).await?,
            None => self.inner.store.fleet(SystemActor::new(ACTOR)).platform_model_provider(name).await?,
        })
    }

    /// Makes or replaces a provider. It counts from the next call on.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::VersionMismatch`]; [`Error::Forbidden`] when somebody else than the platform's admin puts down or
    /// changes one that may be at an address that is not public.
    pub async fn put_model_provider(
        &self,
        op: &Op,
        wish: &ModelScopeWish,
        (name, provider): (&str, &ProviderWish),
        if_version: Option<i64>,
    ) -> Result<ModelProvider, Error> {
        let scope = self.manageable(op, wish).await?;
        let (provider, key) = provider.read(name)?;
        let before = self.find_provider(scope, &provider.name).await?;
        let version = before.as_ref().map_or(0, |before| before.version);
        let is_inside = before.as_ref().is_some_and(|before| before.provider.may_be_inside);
        if op.principal != Principal::Admin && (provider.may_be_inside || is_inside) {
            return Err(Error::Forbidden);
        }
        // A key that somebody has put down for one server must not be sent to another by whoever cannot read it.
        if before
            .as_ref()
            .is_some_and(|before| is_elsewhere(&before.provider, &provider) && before.key_hint.is_some())
            && matches!(key, KeyChange::Keep)
        {
            return Err(Error::field("key", "is needed again, because the provider is another one now"));
        }
        let detail = serde_json::json!({
            "scope": scope.word(),
            "provider": provider.name.as_str(),
            "dialect": provider.dialect.as_str(),
            "base_url": provider.base_url,
            "key_changed": !matches!(key, KeyChange::Keep),
        });
        let reason = format!("the model provider {} was set", provider.name);
        let event = self.event_of(op, "model.provider-set", &reason, detail);
        // Always against what was just looked at: the checks above rest on it.
        let expected = Some(if_version.unwrap_or(version));
        let (now, put) = (self.inner.clock.now(), (&provider, &key));
        let row = match scope.org() {
            Some(org) => {
                let store = self.inner.store.org(org);
                store.put_model_provider(scope.box_id(), put, expected, event, now).await?
            }
            None => {
                let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
                fleet.put_platform_model_provider(put, expected, event, now).await?
            }
        };
        self.publish_models().await?;
        Ok(row)
    }

    /// Takes a provider away, with its key.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete_model_provider(
        &self,
        op: &Op,
        wish: &ModelScopeWish,
        name: &str,
    ) -> Result<(), Error> {
        let scope = self.manageable(op, wish).await?;
        let Ok(name) = name.parse::<ProviderName>() else { return Err(NO_PROVIDER) };
        let detail = serde_json::json!({ "scope": scope.word(), "provider": name.as_str() });
        let reason = format!("the model provider {name} was taken away");
        let event = self.event_of(op, "model.provider-removed", &reason, detail);
        let now = self.inner.clock.now();
        match scope.org() {
            Some(org) => {
                let store = self.inner.store.org(org);
                store.delete_model_provider(scope.box_id(), &name, event, now).await?;
            }
            None => {
                let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
                fleet.delete_platform_model_provider(&name, event, now).await?;
            }
        }
        self.publish_models().await
    }

    /// The rules of this very scope; `None` where there never were any.
    pub async fn model_rules(
        &self,
        op: &Op,
        wish: &ModelScopeWish,
    ) -> Result<(ModelScope, Option<ModelRulesRow>), Error> {
        let scope = self.readable(op, wish).await?;
        let rules = match scope.org() {
            Some(org) => self.inner.store.org(org).model_rules(scope.box_id()).await?,
            None => self.inner.store.fleet(SystemActor::new(ACTOR)).platform_model_rules().await?,
        };
        Ok((scope, rules))
    }

    /// Replaces the rules of a scope. They count from the next call on.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::VersionMismatch`].
    pub async fn set_model_rules(
        &self,
        op: &Op,
        wish: &ModelScopeWish,
        rules: &ModelRules,
        if_version: Option<i64>,
    ) -> Result<ModelRulesRow, Error> {
        let scope = self.manageable(op, wish).await?;
        rules.check().map_err(|bad| Error::field(bad.field, bad.problem))?;
        let detail = serde_json::json!({
            "scope": scope.word(),
            "allow": rules.allow,
            "requests_per_minute": rules.requests_per_minute,
            "tokens_per_minute": rules.tokens_per_minute,
            "keeps_prompts": rules.keeps_prompts,
        });
        let event = self.event_of(op, "model.rules-set", "the rules about models were changed", detail);
        let now = self.inner.clock.now();
        let row = match scope.org() {
            Some(org) => {
                let store = self.inner.store.org(org);
                store.set_model_rules(scope.box_id(), rules, if_version, event, now).await?
            }
            None => {
                let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
                fleet.set_platform_model_rules(rules, if_version, event, now).await?
            }
        };
        self.publish_models().await?;
        Ok(row)
    }

    /// Calls of a box, newest first.
    pub async fn model_calls(
        &self,
        op: &Op,
        reference: &str,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<ModelCall>, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        Ok(self.inner.store.org(smartbox.org).model_calls(smartbox.id, cursor, limit).await?)
    }

    /// Puts calls down, all or none.
    pub async fn record_model_calls(&self, calls: &[ModelCall]) -> Result<(), Error> {
        Ok(self.inner.store.fleet(SystemActor::new(ACTOR)).append_model_calls(calls).await?)
    }
}

const NO_PROVIDER: Error = Error::NotFound("model provider");

/// Whether what was sent to one would go somewhere else with the other.
fn is_elsewhere(before: &Provider, after: &Provider) -> bool {
    before.base_url != after.base_url || before.dialect != after.dialect
}
