//! Who serves models.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use smartbox_core::models::{ModelScope, Offered, Price, Provider, ProviderName, key_hint};

use super::subject;
use crate::Error;
use crate::database::Connection;
use crate::row::{bigint, instant, number, parsed};
use crate::sealing::{Place, Sealed, Sealer};

/// Most providers of one scope.
pub const PROVIDERS_MAX: u32 = 32;

/// A provider that was put down.
#[derive(Clone, Debug)]
pub struct ModelProvider {
    /// Whose it is.
    pub scope: ModelScope,
    /// What it is.
    pub provider: Provider,
    /// What may be shown of its key; `None`: it has none.
    pub key_hint: Option<String>,
    /// Raised by every change.
    pub version: i64,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Who changed it.
    pub changed_by: String,
}

/// What becomes of a key.
#[derive(Clone, Debug)]
pub enum KeyChange {
    /// It stays as it is; a new provider has none.
    Keep,
    /// This one from now on.
    Set(SecretString),
    /// None.
    Remove,
}

#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    subject: String,
    name: String,
    org_id: Option<String>,
    box_id: Option<String>,
    dialect: String,
    base_url: Option<String>,
    models: String,
    price_input: Option<i64>,
    price_output: Option<i64>,
    price_cache_read: Option<i64>,
    price_cache_write: Option<i64>,
    may_be_inside: bool,
    key_hint: Option<String>,
    key_id: Option<String>,
    nonce: Option<String>,
    ciphertext: Option<String>,
    version: i64,
    changed_at_ms: i64,
    changed_by: String,
}

/// Every column, and what comes after.
macro_rules! select_providers {
    ($rest:literal) => {
        concat!(
            "select subject, name, org_id, box_id, dialect, base_url, models, price_input, price_output, price_cache_read,
                price_cache_write, may_be_inside, key_hint, key_id, nonce, ciphertext, version, changed_at_ms, changed_by
             from model_providers ",
            $rest
        )
    };
}

impl Row {
    /// The key, opened.
    fn key(&self, sealer: &Sealer) -> Result<Option<SecretString>, Error> {
        let sealed = (self.key_id.clone(), self.nonce.clone(), self.ciphertext.clone());
        let (Some(key_id), Some(nonce), Some(ciphertext)) = sealed else { return Ok(None) };
        sealer.open(place(&self.subject, &self.name), &Sealed { key_id, nonce, ciphertext }).map(Some)
    }
}

impl TryFrom<Row> for ModelProvider {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let org = row.org_id.as_deref().map(parsed).transpose()?;
        let box_id = row.box_id.as_deref().map(parsed).transpose()?;
        let prices = (row.price_input, row.price_output, row.price_cache_read, row.price_cache_write);
        let price = match prices {
            (Some(input), Some(output), Some(cache_read), Some(cache_write)) => Some(Price {
                input: number(input)?,
                output: number(output)?,
                cache_read: number(cache_read)?,
                cache_write: number(cache_write)?,
            }),
            _ => None,
        };
        Ok(Self {
            scope: super::rules::scope(org, box_id),
            provider: Provider {
                name: parsed(&row.name)?,
                dialect: parsed(&row.dialect)?,
                base_url: row.base_url,
                models: models(&row.models)?,
                price,
                may_be_inside: row.may_be_inside,
            },
            key_hint: row.key_hint,
            version: row.version,
            changed_at: instant(row.changed_at_ms)?,
            changed_by: row.changed_by,
        })
    }
}

/// Where the key of a provider is sealed.
pub(crate) fn place<'a>(subject: &'a str, name: &'a str) -> Place<'a> {
    Place { table: "model_providers", row: subject, name }
}

fn models(text: &str) -> Result<Vec<Offered>, Error> {
    let list: Vec<Value> = serde_json::from_str(text).map_err(Error::damaged)?;
    let size = |value: &Value| value.as_u64().and_then(|size| u32::try_from(size).ok());
    let model = |value: &Value| Offered {
        id: value["id"].as_str().unwrap_or_default().to_owned(),
        context_window: size(&value["context_window"]),
        output_tokens_max: size(&value["output_tokens_max"]),
    };
    Ok(list.iter().map(model).collect())
}

fn models_text(models: &[Offered]) -> String {
    let model = |of: &Offered| json!({ "id": of.id, "context_window": of.context_window, "output_tokens_max": of.output_tokens_max });
    Value::Array(models.iter().map(model).collect()).to_string()
}

async fn row(
    connection: &mut Connection,
    scope: ModelScope,
    name: &ProviderName,
) -> Result<Option<Row>, Error> {
    let row = sqlx::query_as(select_providers!("where subject = $1 and name = $2"))
        .bind(subject(scope))
        .bind(name.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(row)
}

pub(crate) async fn find(
    connection: &mut Connection,
    scope: ModelScope,
    name: &ProviderName,
) -> Result<Option<ModelProvider>, Error> {
    row(connection, scope, name).await?.map(TryInto::try_into).transpose()
}

pub(crate) async fn list(
    connection: &mut Connection,
    scope: ModelScope,
) -> Result<Vec<ModelProvider>, Error> {
    let rows: Vec<Row> = sqlx::query_as(select_providers!("where subject = $1 order by name"))
        .bind(subject(scope))
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Every provider with its key.
pub(crate) async fn all(
    connection: &mut Connection,
    sealer: &Sealer,
) -> Result<Vec<(ModelProvider, Option<SecretString>)>, Error> {
    let rows: Vec<Row> =
        sqlx::query_as(select_providers!("order by subject, name")).fetch_all(connection).await?;
    rows.into_iter()
        .map(|row| {
            let key = row.key(sealer)?;
            Ok((row.try_into()?, key))
        })
        .collect()
}

/// What is kept of a key: what may be shown of it, and it, sealed.
fn kept_key(
    sealer: &Sealer,
    place: Place<'_>,
    key: &KeyChange,
    before: Option<Row>,
) -> Result<(Option<String>, Option<Sealed>), Error> {
    Ok(match key {
        KeyChange::Set(key) => {
            let sealed = sealer.seal(place, key)?;
            (Some(key_hint(key.expose_secret())), Some(sealed))
        }
        KeyChange::Remove => (None, None),
        KeyChange::Keep => match before {
            Some(Row {
                key_hint,
                key_id: Some(key_id),
                nonce: Some(nonce),
                ciphertext: Some(ciphertext),
                ..
            }) => (key_hint, Some(Sealed { key_id, nonce, ciphertext })),
            _ => (None, None),
        },
    })
}

/// Makes or replaces a provider.
pub(crate) async fn put(
    tx: &mut Connection,
    sealer: &Sealer,
    scope: ModelScope,
    (provider, key): (&Provider, &KeyChange),
    if_version: Option<i64>,
    (changed_by, now): (&str, Timestamp),
) -> Result<ModelProvider, Error> {
    super::check(tx, scope).await?;
    let subject = subject(scope);
    let before = row(tx, scope, &provider.name).await?;
    let current = before.as_ref().map_or(0, |row| row.version);
    if if_version.is_some_and(|expected| expected != current) {
        return Err(Error::VersionMismatch { current });
    }
    if before.is_none() {
        let there: i64 = sqlx::query_scalar("select count(*) from model_providers where subject = $1")
            .bind(&subject)
            .fetch_one(&mut *tx)
            .await?;
        if there >= i64::from(PROVIDERS_MAX) {
            return Err(Error::TooMany { what: "model providers", max: PROVIDERS_MAX });
        }
    }
    let (hint, sealed) = kept_key(sealer, place(&subject, provider.name.as_str()), key, before)?;
    let price = |pick: fn(&Price) -> u64| provider.price.as_ref().map(|price| bigint(pick(price)));
    sqlx::query(
        "insert into model_providers (subject, name, org_id, box_id, dialect, base_url, models, price_input, price_output,
             price_cache_read, price_cache_write, may_be_inside, key_hint, key_id, nonce, ciphertext, version,
             changed_at_ms, changed_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
         on conflict (subject, name) do update set dialect = $5, base_url = $6, models = $7, price_input = $8,
             price_output = $9, price_cache_read = $10, price_cache_write = $11, may_be_inside = $12, key_hint = $13,
             key_id = $14, nonce = $15, ciphertext = $16, version = $17, changed_at_ms = $18, changed_by = $19",
    )
    .bind(&subject)
    .bind(provider.name.as_str())
    .bind(scope.org().map(|org| org.to_string()))
    .bind(scope.box_id().map(|id| id.to_string()))
    .bind(provider.dialect.as_str())
    .bind(&provider.base_url)
    .bind(models_text(&provider.models))
    .bind(price(|price| price.input))
    .bind(price(|price| price.output))
    .bind(price(|price| price.cache_read))
    .bind(price(|price| price.cache_write))
    .bind(provider.may_be_inside)
    .bind(hint)
    .bind(sealed.as_ref().map(|sealed| &sealed.key_id))
    .bind(sealed.as_ref().map(|sealed| &sealed.nonce))
    .bind(sealed.as_ref().map(|sealed| &sealed.ciphertext))
    .bind(current + 1)
    .bind(now.as_millisecond())
    .bind(changed_by)
    .execute(&mut *tx)
    .await?;
    find(tx, scope, &provider.name).await?.ok_or(Error::NotFound("model provider"))
}

/// Takes a provider away.
pub(crate) async fn remove(tx: &mut Connection, scope: ModelScope, name: &ProviderName) -> Result<(), Error> {
    super::check(tx, scope).await?;
    let removed = sqlx::query("delete from model_providers where subject = $1 and name = $2")
        .bind(subject(scope))
        .bind(name.as_str())
        .execute(tx)
        .await?;
    if removed.rows_affected() == 0 { Err(Error::NotFound("model provider")) } else { Ok(()) }
}
