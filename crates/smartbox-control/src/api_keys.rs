//! Keys of services by the names of their variables, as an older API knows them.
//!
//! `ANTHROPIC_API_KEY` and `OPENAI_API_KEY` are keys of model providers, which never enter a box. Every other name is a secret that
//! gateways have in their environment, as they had it there.

use secrecy::{ExposeSecret, SecretString};
use smartbox_core::models::Price;
use smartbox_core::secret::check_value;
use smartbox_core::{Delivery, SecretName};
use smartbox_store::{KeptSecret, ModelProvider};

use crate::{Control, Error, GivenSecret, ModelScopeWish, Op, ProviderWish, Whose};

/// Variables that are keys of model providers: name of the variable, and of provider and dialect.
const OF_MODELS: [(&str, &str); 2] = [("ANTHROPIC_API_KEY", "anthropic"), ("OPENAI_API_KEY", "openai")];
/// Most keys that one request changes.
const CHANGES_MAX: usize = 50;
/// Nano-dollars of a dollar.
const DOLLAR: u64 = 1_000_000_000;

/// A key, without itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Name of its variable.
    pub name: String,
    /// What it ends in, where that may be shown.
    pub last_four: Option<String>,
    /// Whether the box itself has it, and not its org.
    pub is_of_box: bool,
}

/// What becomes of a key: another value, or none any more.
#[derive(Clone, Debug)]
pub struct ApiKeyChange {
    /// Name of its variable.
    pub name: String,
    /// Its value; `None` takes it away.
    pub value: Option<SecretString>,
}

fn provider_of(name: &str) -> Option<&'static str> {
    OF_MODELS
        .into_iter()
        .find(|(variable, _provider)| *variable == name)
        .map(|(_variable, provider)| provider)
}

/// Refuses changes that could not be made, before any is.
///
/// # Errors
/// [`Error::Invalid`], which repeats nothing of a value.
pub(crate) fn check(changes: &[ApiKeyChange]) -> Result<(), Error> {
    if changes.len() > CHANGES_MAX {
        return Err(Error::field("api_keys", format!("has more than {CHANGES_MAX} keys")));
    }
    for change in changes {
        if provider_of(&change.name).is_none() {
            change.name.parse::<SecretName>().map_err(|bad| Error::field("api_keys", bad.to_string()))?;
        }
        if let Some(value) = &change.value {
            check_value(value.expose_secret()).map_err(|bad| Error::field("api_keys", bad.to_string()))?;
        }
    }
    Ok(())
}

impl Control {
    /// The keys of a box and its org, or those of an org. A key of the box's own hides that of its org.
    pub async fn api_keys(&self, op: &Op, whose: Whose<'_>) -> Result<Vec<ApiKey>, Error> {
        let providers = self.model_providers(op, &scope(whose)).await?;
        let mut keys: Vec<ApiKey> = Vec::new();
        for (variable, provider) in OF_MODELS {
            let nearest = providers.found.iter().find(|found| {
                found.provider.name.as_str() == provider
                    && found.key_hint.is_some()
                    && found.scope.org().is_some()
            });
            keys.extend(nearest.map(|found| of_provider(variable, found)));
        }
        keys.extend(self.secrets(op, whose).await?.iter().map(of_secret));
        Ok(keys)
    }

    /// Changes keys of a box or an org. All are looked at before any is changed.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::Lacks`] a permission.
    pub async fn change_api_keys(
        &self,
        op: &Op,
        whose: Whose<'_>,
        changes: &[ApiKeyChange],
    ) -> Result<(), Error> {
        check(changes)?;
        for change in changes {
            match (provider_of(&change.name), &change.value) {
                (Some(provider), Some(key)) => self.set_provider_key(op, whose, provider, key).await?,
                (Some(provider), None) => {
                    gone(self.delete_model_provider(op, &scope(whose), provider).await)?;
                }
                (None, Some(value)) => {
                    let delivery = Some(Delivery::Environment.as_str().to_owned());
                    let given = GivenSecret { value: value.clone(), delivery };
                    self.set_secret(op, whose, &change.name, &given, None).await?;
                }
                (None, None) => gone(self.remove_secret(op, whose, &change.name).await)?,
            }
        }
        Ok(())
    }

    /// Gives a model provider another key. One that somebody has put down stays what it is otherwise.
    async fn set_provider_key(
        &self,
        op: &Op,
        whose: Whose<'_>,
        provider: &str,
        key: &SecretString,
    ) -> Result<(), Error> {
        let scope = scope(whose);
        let before = match self.model_provider(op, &scope, provider).await {
            Ok(found) => Some(found.provider),
            Err(Error::NotFound("model provider")) => None,
            Err(error) => return Err(error),
        };
        let key = Some(Some(key.clone()));
        let wish = match before {
            None => ProviderWish { dialect: provider.to_owned(), key, ..ProviderWish::default() },
            Some(before) => ProviderWish {
                dialect: before.dialect.as_str().to_owned(),
                base_url: before.base_url,
                key,
                models: before.models,
                price: before.price.as_ref().map(dollars),
                may_be_inside: before.may_be_inside,
            },
        };
        self.put_model_provider(op, &scope, (provider, &wish), None).await?;
        Ok(())
    }
}

fn scope(whose: Whose<'_>) -> ModelScopeWish {
    match whose {
        Whose::Box(reference) => {
            ModelScopeWish { box_reference: Some(reference.to_owned()), ..ModelScopeWish::default() }
        }
        // `me` is what nobody names.
        Whose::Org(org) => {
            ModelScopeWish { org: (org != "me").then(|| org.to_owned()), ..ModelScopeWish::default() }
        }
    }
}

/// What is not there any more is taken away.
fn gone(removed: Result<(), Error>) -> Result<(), Error> {
    match removed {
        Err(Error::NotFound("model provider" | "secret")) => Ok(()),
        other => other,
    }
}

fn of_provider(variable: &str, found: &ModelProvider) -> ApiKey {
    let hint = found.key_hint.as_deref().unwrap_or_default();
    let mut last: Vec<char> = hint.chars().rev().take_while(char::is_ascii_graphic).take(4).collect();
    last.reverse();
    ApiKey {
        name: variable.to_owned(),
        last_four: (last.len() == 4).then(|| last.into_iter().collect()),
        is_of_box: found.scope.box_id().is_some(),
    }
}

fn of_secret(kept: &KeptSecret) -> ApiKey {
    ApiKey {
        name: kept.name.to_string(),
        last_four: kept.last_four.clone(),
        is_of_box: kept.box_id.is_some(),
    }
}

fn dollars(price: &Price) -> [String; 4] {
    [price.input, price.output, price.cache_read, price.cache_write]
        .map(|nanos| format!("{}.{:09}", nanos / DOLLAR, nanos % DOLLAR))
}
