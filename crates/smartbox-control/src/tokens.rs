//! Service tokens.

use std::time::Duration;

use secrecy::SecretString;
use smartbox_core::{Permission, Permissions, Tie, TokenId};
use smartbox_store::{Cursor, NewServiceToken, Page, ServiceToken};

use crate::admin_secret::token_hash;
use crate::entropy::{id_parts, random_token};
use crate::people::is_printable;
use crate::{Control, Error, FieldIssue, Op};

/// What a token begins with: recognisable for people and for scanners of leaked secrets.
pub const TOKEN_PREFIX: &str = "sbx_";
const DAYS_DEFAULT: u32 = 90;
const DAYS_MAX: u32 = 365;
const DAY: Duration = Duration::from_hours(24);

/// A token to be made.
#[derive(Clone, Debug, Default)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// See [`Permission`].
    pub scopes: Vec<String>,
    /// Days until it ends.
    pub expires_in_days: Option<u32>,
    /// The org; only an admin may name one.
    pub org: Option<String>,
    /// The one box for which it is good, by id or name.
    pub only: Option<String>,
}

/// A token that was made.
#[derive(Clone, Debug)]
pub struct MadeToken {
    /// What is known of it.
    pub token: ServiceToken,
    /// The token itself; shown once.
    pub secret: SecretString,
}

impl Control {
    /// Makes a service token with at most the caller's own permissions.
    pub async fn create_token(&self, op: &Op, new: &NewToken) -> Result<MadeToken, Error> {
        op.require(Permission::PeopleManage)?;
        let (scopes, days) = check(new)?;
        if let Some(beyond) = scopes.without(op.principal.permissions()).iter().next() {
            return Err(Error::Lacks(beyond));
        }
        let mut org = self.resolve_org(op, new.org.as_deref()).await?;
        let only = match new.only.as_deref() {
            Some(reference) => {
                let found =
                    self.resolve(op, Permission::BoxesRead, reference).await.map_err(
                        |error| match error {
                            Error::NotFound(_) => Error::field("box", "no such box"),
                            other => other,
                        },
                    )?;
                org = found.org;
                Some(found.id)
            }
            None => None,
        };
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let secret = format!("{TOKEN_PREFIX}{}", random_token(&*self.inner.entropy));
        let token = NewServiceToken {
            id: TokenId::from_parts(at, random),
            hash: token_hash(&secret),
            name: new.name.trim().to_owned(),
            scopes,
            only,
            created_by: op.principal.actor(),
            expires_at: now.checked_add(DAY.saturating_mul(days)).map_err(Error::internal)?,
        };
        let words: Vec<_> = scopes.iter().map(Permission::as_str).collect();
        let only = only.map(|only| only.to_string());
        let detail = serde_json::json!({ "token": token.id.to_string(), "scopes": words, "box": only });
        let event = self.event_of(op, "token.made", "asked for", detail);
        let token = self.inner.store.org(org).create_token(&token, event, now).await?;
        Ok(MadeToken { token, secret: secret.into() })
    }

    /// A page of an org's service tokens.
    pub async fn list_tokens(
        &self,
        op: &Op,
        org: Option<&str>,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<ServiceToken>, Error> {
        op.require(Permission::PeopleManage)?;
        let org = self.resolve_org(op, org).await?;
        Ok(self.inner.store.org(org).list_tokens(cursor, limit, self.inner.clock.now()).await?)
    }

    /// Ends a service token. An admin ends those of the platform's first org, or of the one named.
    pub async fn revoke_token(&self, op: &Op, org: Option<&str>, token: &str) -> Result<(), Error> {
        op.require(Permission::PeopleManage)?;
        let id: TokenId = token.parse().map_err(|_error| Error::NotFound("token"))?;
        let org = self.resolve_org(op, org).await?;
        let event = self.event_of(op, "token.revoked", "asked for", serde_json::json!({ "token": token }));
        let hash = self.inner.store.org(org).revoke_token(id, event, self.inner.clock.now()).await?;
        self.inner.sessions.forget(&hash);
        self.inner.revocations.tell(Tie::Token(id));
        Ok(())
    }
}

fn check(new: &NewToken) -> Result<(Permissions, u32), Error> {
    let mut issues = Vec::new();
    let mut wrong = |field, message: String| issues.push(FieldIssue { field, message });
    if !is_printable(new.name.trim()) {
        wrong("name", "must have 1 to 100 printable characters".to_owned());
    }
    let scopes: Result<Vec<Permission>, _> = new.scopes.iter().map(|scope| scope.parse()).collect();
    let scopes = match scopes {
        Ok(scopes) if scopes.is_empty() => {
            wrong("scopes", "name at least one".to_owned());
            Permissions::NONE
        }
        Ok(scopes) => scopes.into_iter().collect(),
        Err(error) => {
            wrong("scopes", error.to_string());
            Permissions::NONE
        }
    };
    let days = new.expires_in_days.unwrap_or(DAYS_DEFAULT);
    if !(1..=DAYS_MAX).contains(&days) {
        wrong("expires_in_days", format!("must be 1 to {DAYS_MAX}"));
    }
    if issues.is_empty() { Ok((scopes, days)) } else { Err(Error::Invalid(issues)) }
}
