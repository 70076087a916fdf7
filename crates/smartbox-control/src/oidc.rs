//! Signing in with an OpenID provider.

use std::time::Duration;

use moka::sync::Cache;
use secrecy::SecretString;
use smartbox_identity::{Callback, OidcError, Pending};
use smartbox_store::{Subject, TokenHash};

use crate::admin_secret::token_hash;
use crate::entropy::random_token;
use crate::op::Origin;
use crate::sign_in::NewSession;
use crate::{Control, Error};

/// Sign-ins that are under way. The oldest give way: a flood of beginnings costs some people a second attempt.
const PENDING_MAX: u64 = 10_000;
/// How long a person may take at the provider.
const PENDING_TTL: Duration = Duration::from_mins(15);

/// Sign-ins that are under way, by the hash of what the browser holds. In memory: a restart makes people begin again.
pub(crate) struct PendingSignIns(Cache<TokenHash, Pending>);

impl Default for PendingSignIns {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(PENDING_MAX).time_to_live(PENDING_TTL).build())
    }
}

/// A sign-in that has begun.
pub struct BegunSignIn {
    /// Where to send the browser.
    pub url: String,
    /// What the browser keeps until it comes back: it proves that it is the same one.
    pub handle: SecretString,
    /// How long.
    pub ttl: Duration,
}

impl Control {
    /// Whether an OpenID provider is configured.
    pub fn has_oidc(&self) -> bool {
        self.inner.foreign.oidc.is_some()
    }

    /// Begins a sign-in; `redirect_uri` is where the provider sends the browser back to.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a provider; [`Error::Unavailable`] while it does not answer.
    pub async fn begin_oidc(&self, redirect_uri: &str) -> Result<BegunSignIn, Error> {
        let client = self.inner.foreign.oidc.as_ref().ok_or(Error::NotFound("sign-in service"))?;
        let mut random = [0; 96];
        self.inner.entropy.fill(&mut random);
        let begun = client.begin(redirect_uri, random, self.inner.clock.now()).await.map_err(refused)?;
        let handle = random_token(&*self.inner.entropy);
        self.inner.pending_sign_ins.0.insert(token_hash(&handle), begun.pending);
        Ok(BegunSignIn { url: begun.url, handle: handle.into(), ttl: PENDING_TTL })
    }

    /// Ends it with a session. Works once, whatever comes of it.
    ///
    /// # Errors
    /// [`Error::BadToken`] with the reason; [`Error::NotTaken`], [`Error::AccountPending`], [`Error::AccountFrozen`];
    /// [`Error::Unavailable`].
    pub async fn finish_oidc(
        &self,
        origin: &Origin,
        handle: &str,
        callback: Callback<'_>,
    ) -> Result<NewSession, Error> {
        let client = self.inner.foreign.oidc.as_ref().ok_or(Error::NotFound("sign-in service"))?;
        let pending = self.inner.pending_sign_ins.0.remove(&token_hash(handle));
        let pending = pending.ok_or_else(|| refused(OidcError::Mismatch))?;
        let verified = client.finish(pending, callback, self.inner.clock.now()).await.map_err(refused)?;
        let subject = Subject { issuer: verified.issuer.clone(), id: verified.subject.clone() };
        let email = verified.email.as_deref().filter(|_address| verified.email_verified);
        let user = self.enter(origin, subject, verified.name.as_deref(), email).await?;
        self.begin_session(origin, &user, "oidc").await
    }
}

fn refused(error: OidcError) -> Error {
    match error {
        OidcError::Unavailable { retry_after } => {
            Error::Unavailable { what: "the sign-in service does not answer".to_owned(), retry_after }
        }
        other => Error::BadToken(other.to_string()),
    }
}
