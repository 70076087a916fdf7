//! Signing in: the admin secret, one-time links, sessions.

use std::time::Duration;

use aws_lc_rs::{constant_time, digest};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use smartbox_core::{
    BoxId, DeviceId, OrgId, Permission, Principal, SessionId, Tie, TokenId, UserId, UserStatus, Who,
};
use smartbox_store::{NewSession as StoredSession, ServiceToken, Session, SystemActor, TokenHash, User};

use crate::entropy::{id_parts, random_token};
use crate::op::Origin;
use crate::tokens::TOKEN_PREFIX;
use crate::{Control, Error, Op};

/// Longest part of a `User-Agent` that is kept, in characters.
const USER_AGENT_CHARS_MAX: usize = 200;

/// SHA-256 of a random token. Tokens have 256 bits of entropy, so a fast hash is enough.
pub fn token_hash(token: &str) -> TokenHash {
    sha256(token)
}

/// The platform's admin secret. Only hashes are kept: of the one in force, and of the one before while it is replaced.
#[derive(Clone)]
pub struct AdminSecret {
    accepted: Vec<[u8; 32]>,
}

impl AdminSecret {
    /// Keeps the hash of `secret`.
    pub fn new(secret: &SecretString) -> Self {
        Self { accepted: vec![sha256(secret.expose_secret())] }
    }

    /// Accepts the secret before it, too, so that programs can be changed over one by one.
    #[must_use]
    pub fn or_previous(mut self, secret: &SecretString) -> Self {
        self.accepted.push(sha256(secret.expose_secret()));
        self
    }

    /// Whether `candidate` is the secret. Takes the same time whatever differs.
    pub fn matches(&self, candidate: &str) -> bool {
        let candidate = sha256(candidate);
        let is = |known: &[u8; 32]| constant_time::verify_slices_are_equal(known, &candidate).is_ok();
        // Every one is compared, so that the time does not tell which one matched.
        self.accepted.iter().filter(|known| is(known)).count() > 0
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

/// How a session begins.
pub(crate) struct Beginning {
    /// See [`Session::method`].
    pub(crate) method: &'static str,
    /// See [`Session::is_vouched`].
    pub(crate) is_vouched: bool,
    /// See [`Session::parent`].
    pub(crate) parent: Option<SessionId>,
    /// See [`Session::only`].
    pub(crate) only: Option<BoxId>,
    /// See [`Session::device`].
    pub(crate) device: Option<DeviceId>,
    /// When it ends at the latest.
    pub(crate) until: Option<Timestamp>,
}

impl Beginning {
    /// A session of its own.
    pub(crate) const fn by(method: &'static str) -> Self {
        Self { method, is_vouched: false, parent: None, only: None, device: None, until: None }
    }
}

/// A caller who was recognised, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// Who.
    pub principal: Principal,
    /// The browser's session, if it is one.
    pub session: Option<SessionId>,
    /// The session out of which that one was begun.
    pub parent: Option<SessionId>,
    /// The device, if one was shown.
    pub device: Option<DeviceId>,
    /// Whether the org lets them in with that device, or without one.
    pub is_paired: bool,
    /// When the credential ends by itself.
    pub expires_at: Option<Timestamp>,
}

impl Recognised {
    /// The platform's admin.
    pub fn admin() -> Self {
        Self::new(Principal::Admin, None)
    }

    /// Somebody with neither session nor device, of whom none is asked.
    pub(crate) fn new(principal: Principal, expires_at: Option<Timestamp>) -> Self {
        Self { principal, session: None, parent: None, device: None, is_paired: true, expires_at }
    }

    /// A signed-in browser.
    pub(crate) fn of_session(session: &Session) -> Self {
        let user = &session.user;
        let principal = Principal::user(user.id, user.org, user.role);
        let (device, status) = session.device.unzip();
        Self {
            principal: match session.only {
                Some(only) => principal.for_box(only),
                None => principal,
            },
            session: Some(session.id),
            parent: session.parent,
            device,
            is_paired: session.pairing.lets_in(status),
            expires_at: Some(session.expires_at),
        }
    }

    /// A program.
    pub(crate) fn of_token(token: &ServiceToken) -> Self {
        let who = Who::Token(token.id);
        let principal = Principal::Member { who, org: token.org, may: token.scopes, only: token.only };
        Self::new(principal, Some(token.expires_at))
    }

    /// What their right hangs on, beside the box that they use.
    pub fn ties(&self) -> Vec<Tie> {
        let who = match &self.principal {
            Principal::Admin => None,
            Principal::Member { who: Who::User(user), org, .. } => Some((Tie::User(*user), Tie::Org(*org))),
            Principal::Member { who: Who::Token(token), org, .. } => {
                Some((Tie::Token(*token), Tie::Org(*org)))
            }
        };
        let sessions = self.session.into_iter().chain(self.parent).map(Tie::Session);
        let device = self.device.map(Tie::Device);
        who.into_iter().flat_map(|(who, org)| [who, org]).chain(sessions).chain(device).collect()
    }

    /// The service token, if the caller holds one.
    pub fn token(&self) -> Option<TokenId> {
        match self.principal {
            Principal::Member { who: Who::Token(token), .. } => Some(token),
            Principal::Member { .. } | Principal::Admin => None,
        }
    }
}

impl Control {
    /// Whether `candidate` is the platform's admin secret.
    pub fn is_admin_secret(&self, candidate: &str) -> bool {
        self.inner.admin_secret.matches(candidate)
    }

    /// Makes a one-time code: for the caller, for the person named, or for the first user of an org.
    ///
    /// # Errors
    /// [`Error::Lacks`] for somebody else's, whose role the caller could not give.
    pub async fn create_sign_in_code(
        &self,
        op: &Op,
        org: Option<&str>,
        user: Option<&str>,
    ) -> Result<SignInCode, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new("sign-in link"));
        let org = self.resolve_org(op, org).await?;
        let user = match (user, op.principal.user_id()) {
            (Some(named), own) => {
                let user = self.resolve_user(op, named).await?;
                if own != Some(user.id) {
                    // The link signs in as them: whoever makes it could be them.
                    crate::people::require_assignable(op, user.role)?;
                }
                user
            }
            (None, Some(own)) => fleet.find_user(own).await?.ok_or(Error::NotFound("user"))?,
            (None, None) => {
                let first = fleet.first_user(org).await?.ok_or(Error::NotFound("user"))?;
                crate::people::require_assignable(op, first.role)?;
                first
            }
        };
        let now = self.inner.clock.now();
        let code = random_token(&*self.inner.entropy);
        let expires_at = now.checked_add(self.inner.limits.sign_in_ttl).map_err(Error::internal)?;
        // Whoever may approve devices approves the one that the link is opened on.
        let is_vouched = op.require(Permission::PeopleManage).is_ok();
        fleet.insert_sign_in_code(&token_hash(&code), user.id, is_vouched, expires_at).await?;
        Ok(SignInCode { code: code.into(), expires_at })
    }

    /// Exchanges a code for a session. A code works once.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a code that is unknown, used or too old; [`Error::AccountFrozen`].
    pub async fn redeem_sign_in_code(&self, origin: &Origin, code: &str) -> Result<NewSession, Error> {
        let now = self.inner.clock.now();
        let fleet = self.inner.store.fleet(SystemActor::new("sign-in"));
        let gone = Error::NotFound("sign-in code");
        let (user, is_vouched) = fleet.redeem_sign_in_code(&token_hash(code), now).await?.ok_or(gone)?;
        let user = fleet.find_user(user).await?.ok_or(Error::NotFound("user"))?;
        self.begin_session_of(origin, &user, Beginning { is_vouched, ..Beginning::by("link") }).await
    }

    /// Signs a person in who has proved who they are.
    pub(crate) async fn begin_session(
        &self,
        origin: &Origin,
        user: &User,
        method: &'static str,
    ) -> Result<NewSession, Error> {
        self.begin_session_of(origin, user, Beginning::by(method)).await
    }

    /// The same, with all that hangs on it.
    pub(crate) async fn begin_session_of(
        &self,
        origin: &Origin,
        user: &User,
        begun: Beginning,
    ) -> Result<NewSession, Error> {
        require_active(user)?;
        let now = self.inner.clock.now();
        let method = begun.method;
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let token = random_token(&*self.inner.entropy);
        let latest = now.checked_add(self.inner.limits.session_ttl).map_err(Error::internal)?;
        let expires_at = begun.until.map_or(latest, |until| until.min(latest));
        let ttl = Duration::try_from(expires_at.duration_since(now)).unwrap_or_default();
        let address = origin.address.map(|address| address.to_string());
        let user_agent = origin.user_agent.as_deref().map(clipped);
        let session = StoredSession {
            id: SessionId::from_parts(at, random),
            hash: token_hash(&token),
            user: user.id,
            method,
            address: address.as_deref(),
            user_agent: user_agent.as_deref(),
            expires_at,
            parent: begun.parent,
            only: begun.only,
            is_vouched: begun.is_vouched,
            device: begun.device,
        };
        let op = Op::new(Principal::user(user.id, user.org, user.role)).with_origin(origin.clone());
        let detail = serde_json::json!({ "method": method, "session": session.id.to_string() });
        let event = self.event_of(&op, "user.signed-in", "they proved who they are", detail);
        self.inner.store.fleet(SystemActor::new("sign-in")).insert_session(&session, event, now).await?;
        Ok(NewSession { token: token.into(), user: user.id, org: user.org, ttl })
    }

    /// The person behind a session cookie, if it is valid.
    ///
    /// # Errors
    /// [`Error::AccountFrozen`], [`Error::AccountPending`].
    pub async fn find_session(&self, token: &str) -> Result<Option<Recognised>, Error> {
        let now = self.inner.clock.now();
        let hash = token_hash(token);
        if let Some(known) = self.remembered(&hash, now) {
            return Ok(known);
        }
        let asked_at = self.inner.sessions.moment(now);
        let fleet = self.inner.store.fleet(SystemActor::new("session"));
        let found = match fleet.find_session(&hash, now).await {
            Ok(found) => found,
            Err(error) => return self.known_before(&hash, now, error),
        };
        let Some(session) = found else { return Ok(None) };
        require_active(&session.user)?;
        let recognised = Recognised::of_session(&session);
        self.inner.sessions.put(hash, &recognised, asked_at);
        Ok(Some(recognised))
    }

    /// Whoever holds the credential of a browser that may use one box alone: a session of a person, or a service token.
    /// `None` for one that is good for more, or for nothing.
    pub async fn find_box_credential(&self, secret: &str) -> Result<Option<Recognised>, Error> {
        let found = if secret.starts_with(TOKEN_PREFIX) {
            self.find_token(secret).await?
        } else {
            self.find_session(secret).await?
        };
        Ok(found.filter(|found| found.principal.only().is_some()))
    }

    /// On a platform that one developer runs for themselves: everybody who reaches it is the first person of its
    /// first org. `None` on every other.
    pub async fn developer(&self) -> Result<Option<Recognised>, Error> {
        if !self.inner.foreign.is_dev_mode {
            return Ok(None);
        }
        let fleet = self.inner.store.fleet(SystemActor::new("dev mode"));
        let Some(org) = fleet.first_org().await? else { return Ok(None) };
        let user = fleet.first_user(org.id).await?;
        Ok(user.map(|user| Recognised::new(Principal::user(user.id, user.org, user.role), None)))
    }

    /// The program behind a service token, if it is valid.
    pub async fn find_token(&self, token: &str) -> Result<Option<Recognised>, Error> {
        if !token.starts_with(TOKEN_PREFIX) {
            return Ok(None);
        }
        let now = self.inner.clock.now();
        let hash = token_hash(token);
        if let Some(known) = self.remembered(&hash, now) {
            return Ok(known);
        }
        let asked_at = self.inner.sessions.moment(now);
        let fleet = self.inner.store.fleet(SystemActor::new("service token"));
        let found = match fleet.find_token(&hash, now).await {
            Ok(found) => found,
            Err(error) => return self.known_before(&hash, now, error),
        };
        let Some(token) = found else { return Ok(None) };
        // Not worth failing a request for.
        if let Err(error) = fleet.touch_token(&token, now).await {
            tracing::warn!(error = &error as &dyn std::error::Error, token = %token.id, "last use not written down");
        }
        let recognised = Recognised::of_token(&token);
        self.inner.sessions.put(hash, &recognised, asked_at);
        Ok(Some(recognised))
    }

    /// What is remembered of a credential: `Some(None)` when it has ended since.
    pub(crate) fn remembered(&self, hash: &TokenHash, now: Timestamp) -> Option<Option<Recognised>> {
        let known = self.inner.sessions.get(hash, now)?;
        let has_ended = known.expires_at.is_some_and(|expires_at| expires_at <= now);
        Some((!has_ended).then_some(known))
    }

    /// The database does not answer: whoever was known a moment ago may go on looking.
    fn known_before(
        &self,
        hash: &TokenHash,
        now: Timestamp,
        error: smartbox_store::Error,
    ) -> Result<Option<Recognised>, Error> {
        let known = self.inner.sessions.in_grace(hash, now);
        let known = known.filter(|known| known.expires_at.is_none_or(|expires_at| expires_at > now));
        match known {
            Some(known) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "somebody is let in to look: the database does not answer"
                );
                Ok(Some(known))
            }
            None => Err(error.into()),
        }
    }

    /// Ends the session of a cookie.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        let hash = token_hash(token);
        let fleet = self.inner.store.fleet(SystemActor::new("sign-out"));
        let now = self.inner.clock.now();
        let Some(session) = fleet.find_session(&hash, now).await? else { return Ok(()) };
        let user = &session.user;
        let op = Op::new(Principal::user(user.id, user.org, user.role)).in_session(Some(session.id));
        match self.revoke_session(&op, &session.id.to_string()).await {
            // Somebody was faster; it has ended all the same.
            Ok(()) | Err(Error::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Whether a person is let in.
pub(crate) fn require_active(user: &User) -> Result<(), Error> {
    match user.status {
        UserStatus::Active => Ok(()),
        UserStatus::Pending => Err(Error::AccountPending),
        UserStatus::Frozen => Err(Error::AccountFrozen),
    }
}

/// As much of what a browser calls itself as is worth keeping.
fn clipped(user_agent: &str) -> String {
    user_agent.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS_MAX).collect()
}
