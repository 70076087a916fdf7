//! Signing in: one-time links, sessions.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::{BoxId, DeviceId, OrgId, Permission, Principal, SessionId, UserId, UserStatus};
use smartbox_store::{NewSession as StoredSession, SystemActor, User};

use crate::entropy::{id_parts, random_token};
use crate::op::Origin;
use crate::{Control, Error, Op, token_hash};

/// Longest part of a `User-Agent` that is kept, in characters.
const USER_AGENT_CHARS_MAX: usize = 200;

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
    /// See [`smartbox_store::Session::method`].
    pub(crate) method: &'static str,
    /// See [`smartbox_store::Session::is_vouched`].
    pub(crate) is_vouched: bool,
    /// See [`smartbox_store::Session::parent`].
    pub(crate) parent: Option<SessionId>,
    /// See [`smartbox_store::Session::only`].
    pub(crate) only: Option<BoxId>,
    /// See [`smartbox_store::Session::device`].
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

impl Control {
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
        // A session that hangs on another one is no new visit.
        if session.parent.is_none() {
            self.prewarm_for(user.org).await;
        }
        Ok(NewSession { token: token.into(), user: user.id, org: user.org, ttl })
    }

    /// Ends the session of a cookie, or the support access.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        if let Some(who) = self.find_support(token).await? {
            let Some(support) = who.principal.as_support() else { return Ok(()) };
            return self.end_support(&Op::new(who.principal), &support.session.to_string()).await;
        }
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
