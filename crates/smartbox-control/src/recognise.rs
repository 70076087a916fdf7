//! Who somebody is, by what they show in each request.

use jiff::Timestamp;
use smartbox_core::{DeviceId, Principal, SessionId, Support, Tie, TokenId, Who};
use smartbox_store::{ServiceToken, Session, SupportSession, SystemActor, TokenHash, User};

use crate::sign_in::require_active;
use crate::support::SUPPORT_PREFIX;
use crate::tokens::TOKEN_PREFIX;
use crate::{Control, Error, token_hash};

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

    /// Somebody who runs the platform, in the name of a person.
    pub(crate) fn of_support(session: &SupportSession, user: &User) -> Self {
        let support = Support { session: session.id, user: user.id, level: session.level };
        Self::new(Principal::support(support, user.org, user.role), Some(session.expires_at))
    }

    /// What their right hangs on, beside the box that they use.
    pub fn ties(&self) -> Vec<Tie> {
        let who = match &self.principal {
            Principal::Admin => None,
            Principal::Member { who: Who::User(user), org, .. } => Some((Tie::User(*user), Tie::Org(*org))),
            Principal::Member { who: Who::Token(token), org, .. } => {
                Some((Tie::Token(*token), Tie::Org(*org)))
            }
            Principal::Member { who: Who::Support(support), org, .. } => {
                Some((Tie::Support(support.session), Tie::Org(*org)))
            }
        };
        // Support access ends with the person who is helped, too.
        let helped = self.principal.as_support().map(|support| Tie::User(support.user));
        let sessions = self.session.into_iter().chain(self.parent).map(Tie::Session);
        let device = self.device.map(Tie::Device);
        who.into_iter()
            .flat_map(|(who, org)| [who, org])
            .chain(helped)
            .chain(sessions)
            .chain(device)
            .collect()
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

    /// Whoever holds the credential of support access that is open.
    pub async fn find_support(&self, token: &str) -> Result<Option<Recognised>, Error> {
        if !token.starts_with(SUPPORT_PREFIX) {
            return Ok(None);
        }
        let now = self.inner.clock.now();
        let hash = token_hash(token);
        if let Some(known) = self.remembered(&hash, now) {
            return Ok(known);
        }
        let asked_at = self.inner.sessions.moment(now);
        let fleet = self.inner.store.fleet(SystemActor::new("support access"));
        let found = match fleet.find_support_by_token(&hash, now).await {
            Ok(found) => found,
            Err(error) => return self.known_before(&hash, now, error),
        };
        let Some((session, user, opened_with)) = found else { return Ok(None) };
        // Whoever opened it may not any more once their secret is not the platform's.
        if !self.inner.admin_secret.is_bound_to(token, &opened_with) {
            return Ok(None);
        }
        let recognised = Recognised::of_support(&session, &user);
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
}
