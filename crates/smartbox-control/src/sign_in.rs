//! Signing in: the admin secret, one-time links, sessions.

use std::time::Duration;

use aws_lc_rs::{constant_time, digest};
use jiff::Timestamp;
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use smartbox_core::{OrgId, Principal, Role, UserId};
use smartbox_store::{SystemActor, TokenHash};

use crate::entropy::random_token;
use crate::{Control, Error, Op};

/// Sessions remembered between look-ups.
const SESSION_CACHE_ENTRIES_MAX: u64 = 10_000;
/// How long one is remembered; a session that ends elsewhere is refused at the latest after this time.
const SESSION_CACHE_TTL: Duration = Duration::from_secs(1);

/// SHA-256 of a random token. Tokens have 256 bits of entropy, so a fast hash is enough.
pub fn token_hash(token: &str) -> TokenHash {
    sha256(token)
}

/// The platform's admin secret. Only its hash is kept.
#[derive(Clone)]
pub struct AdminSecret {
    sha256: [u8; 32],
}

impl AdminSecret {
    /// Keeps the hash of `secret`.
    pub fn new(secret: &SecretString) -> Self {
        Self { sha256: sha256(secret.expose_secret()) }
    }

    /// Whether `candidate` is the secret. Takes the same time whatever differs.
    pub fn matches(&self, candidate: &str) -> bool {
        constant_time::verify_slices_are_equal(&self.sha256, &sha256(candidate)).is_ok()
    }
}

fn sha256(text: &str) -> [u8; 32] {
    let mut bytes = [0u8; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    bytes
}

/// A one-time code that signs a person in.
#[derive(Clone)]
pub struct SignInCode {
    /// The code itself; shown once.
    pub code: SecretString,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// A new session of a browser.
#[derive(Clone)]
pub struct NewSession {
    /// The cookie's value; shown once.
    pub token: SecretString,
    /// Who.
    pub user: UserId,
    /// For which org.
    pub org: OrgId,
    /// How long the cookie lives.
    pub ttl: Duration,
}

/// Sessions that were looked up a moment ago.
pub(crate) struct SessionCache(Cache<TokenHash, (Principal, Timestamp)>);

impl Default for SessionCache {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(SESSION_CACHE_ENTRIES_MAX).time_to_live(SESSION_CACHE_TTL);
        Self(cache.build())
    }
}

impl Control {
    /// Whether `candidate` is the platform's admin secret.
    pub fn is_admin_secret(&self, candidate: &str) -> bool {
        self.inner.admin_secret.matches(candidate)
    }

    /// Makes a one-time code for the first user of an org.
    pub async fn create_sign_in_code(&self, op: &Op, org: Option<&str>) -> Result<SignInCode, Error> {
        let org = self.resolve_org(op, org).await?;
        let fleet = self.inner.store.fleet(SystemActor::new("sign-in link"));
        // A user makes links for themselves only; an admin makes them for the org's owner.
        let user = match op.principal.user_id() {
            Some(user) => user,
            None => fleet.first_user(org).await?.ok_or(Error::NotFound("user"))?.id,
        };
        let now = self.inner.clock.now();
        let code = random_token(&*self.inner.entropy);
        let expires_at = now.checked_add(self.inner.limits.sign_in_ttl).map_err(Error::internal)?;
        fleet.insert_sign_in_code(&token_hash(&code), user, expires_at).await?;
        Ok(SignInCode { code: code.into(), expires_at })
    }

    /// Exchanges a code for a session. A code works once.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a code that is unknown, used or too old.
    pub async fn redeem_sign_in_code(&self, code: &str) -> Result<NewSession, Error> {
        let now = self.inner.clock.now();
        let fleet = self.inner.store.fleet(SystemActor::new("sign-in"));
        let gone = Error::NotFound("sign-in code");
        let user = fleet.redeem_sign_in_code(&token_hash(code), now).await?.ok_or(gone)?;
        let user = fleet.find_user(user).await?.ok_or(Error::NotFound("user"))?;
        let token = random_token(&*self.inner.entropy);
        let ttl = self.inner.limits.session_ttl;
        let expires_at = now.checked_add(ttl).map_err(Error::internal)?;
        fleet.insert_session(&token_hash(&token), user.id, expires_at, now).await?;
        Ok(NewSession { token: token.into(), user: user.id, org: user.org, ttl })
    }

    /// The person behind a session cookie, if it is valid.
    pub async fn find_session(&self, token: &str) -> Result<Option<Principal>, Error> {
        let now = self.inner.clock.now();
        let hash = token_hash(token);
        if let Some((principal, expires_at)) = self.inner.sessions.0.get(&hash) {
            return Ok((expires_at > now).then_some(principal));
        }
        let fleet = self.inner.store.fleet(SystemActor::new("session"));
        let Some(session) = fleet.find_session(&hash, now).await? else { return Ok(None) };
        let principal = Principal::user(session.user, session.org, Role::Owner);
        self.inner.sessions.0.insert(hash, (principal.clone(), session.expires_at));
        Ok(Some(principal))
    }

    /// Ends a session.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        let hash = token_hash(token);
        self.inner.sessions.0.invalidate(&hash);
        self.inner.store.fleet(SystemActor::new("sign-out")).delete_session(&hash).await?;
        Ok(())
    }
}
