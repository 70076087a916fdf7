//! People whom somebody else vouches for: JWTs, Cloudflare Access, signed URLs.
//!
//! `smartbox-identity` says who somebody is; here they become a person of an org. A person is known by issuer and id, and
//! ids count letter by letter. An e-mail address of a token joins nobody to an account: whoever can choose an address at an
//! issuer must not become somebody by it.

use std::sync::Arc;

use smartbox_core::{OrgId, Principal, Role, UserId, UserStatus};
use smartbox_identity::{OidcClient, TokenError, UrlKeys, UrlRequest, Verified, Verifier};
use smartbox_store::{NewUser, Subject, SystemActor, User};

use crate::admin_secret::token_hash;
use crate::entropy::id_parts;
use crate::op::Origin;
use crate::people::normal_email;
use crate::recognise::Recognised;
use crate::sign_in::require_active;
use crate::{Control, Error, Op};

/// Longest name that is taken over from a token, in characters.
const NAME_CHARS_MAX: usize = 60;
/// Issuer of the ids in signed URLs: whoever holds the signing secret.
const SIGNED_URL_ISSUER: &str = "signed-url";

/// Who else may say who somebody is, and what becomes of people who come for the first time.
#[derive(Default)]
pub struct ForeignIdentities {
    /// Verifies tokens in `Authorization`.
    pub tokens: Option<Verifier>,
    /// The cookie in which browsers bring such a token, if they do.
    pub jwt_cookie: Option<String>,
    /// Verifies Cloudflare Access assertions.
    pub access: Option<Verifier>,
    /// Signs people in with an OpenID provider.
    pub oidc: Option<OidcClient>,
    /// Verifies signed URLs.
    pub urls: Option<UrlKeys>,
    /// What becomes of new people.
    pub sign_up: SignUp,
    /// Whether everybody who reaches the platform is its first person: for one developer on one machine.
    pub is_dev_mode: bool,
}

/// What becomes of people who come for the first time.
#[derive(Clone, Debug, Default)]
pub struct SignUp {
    /// Whether they are let in.
    pub policy: SignUpPolicy,
    /// The org that takes them, by id or name; the platform's first by default.
    pub org: Option<String>,
    /// Their role.
    pub role: Option<Role>,
}

/// Whether new people are let in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignUpPolicy {
    /// Only people who were there before.
    #[default]
    Closed,
    /// They are written down and wait for somebody to activate them.
    Pending,
    /// At once.
    Open,
}

impl Control {
    /// The person behind a token of the issuer that is configured; `None` without one.
    ///
    /// # Errors
    /// [`Error::BadToken`] with the reason; [`Error::Unavailable`] while the issuer's keys cannot be had;
    /// [`Error::AccountPending`], [`Error::AccountFrozen`].
    pub async fn find_jwt(&self, origin: &Origin, token: &str) -> Result<Option<Recognised>, Error> {
        match &self.inner.foreign.tokens {
            Some(verifier) => self.find_verified(verifier, origin, token).await.map(Some),
            None => Ok(None),
        }
    }

    /// Name of the cookie in which browsers bring a token of the issuer.
    pub fn jwt_cookie(&self) -> Option<&str> {
        self.inner.foreign.jwt_cookie.as_deref()
    }

    /// The person behind a Cloudflare Access assertion; `None` when it is not configured.
    ///
    /// # Errors
    /// As [`Self::find_jwt`].
    pub async fn find_access(&self, origin: &Origin, assertion: &str) -> Result<Option<Recognised>, Error> {
        match &self.inner.foreign.access {
            Some(verifier) => self.find_verified(verifier, origin, assertion).await.map(Some),
            None => Ok(None),
        }
    }

    /// The person whom a signed URL names; `None` when there is no secret for them, or the URL is not signed.
    ///
    /// # Errors
    /// [`Error::BadToken`] with the reason; else as [`Self::find_jwt`].
    pub async fn find_signed_url(
        &self,
        origin: &Origin,
        request: &UrlRequest<'_>,
    ) -> Result<Option<Recognised>, Error> {
        let Some(keys) = &self.inner.foreign.urls else { return Ok(None) };
        let now = self.inner.clock.now();
        let signed = match keys.verify(request, now) {
            Ok(signed) => signed,
            Err(smartbox_identity::SignedUrlError::Missing) => return Ok(None),
            Err(error) => return Err(Error::BadToken(error.to_string())),
        };
        if let Some(nonce) = &signed.nonce
            && !self.inner.burnt.burn(nonce)
        {
            return Err(Error::BadToken("the address was used already".to_owned()));
        }
        let subject = Subject { issuer: SIGNED_URL_ISSUER.to_owned(), id: signed.user_id.clone() };
        let user = self.enter(origin, subject, None, None).await?;
        require_active(&user)?;
        Ok(Some(self.without_device(&user, signed.expires_at).await?))
    }

    async fn find_verified(
        &self,
        verifier: &Verifier,
        origin: &Origin,
        token: &str,
    ) -> Result<Recognised, Error> {
        let now = self.inner.clock.now();
        let hash = token_hash(token);
        if let Some(Some(known)) = self.remembered(&hash, now) {
            return Ok(known);
        }
        let asked_at = self.inner.sessions.moment(now);
        let verified: Arc<Verified> = verifier.verify(token, now).await.map_err(refused)?;
        let subject = Subject { issuer: verified.issuer.clone(), id: verified.subject.clone() };
        let email = verified.email.as_deref().filter(|_address| verified.email_verified);
        let user = self.enter(origin, subject, verified.name.as_deref(), email).await?;
        require_active(&user)?;
        let recognised = self.without_device(&user, verified.expires_at).await?;
        self.inner.sessions.put(hash, &recognised, asked_at);
        Ok(recognised)
    }

    /// The person with this id at the issuer, added if the platform takes new people.
    pub(crate) async fn enter(
        &self,
        origin: &Origin,
        subject: Subject,
        name: Option<&str>,
        email: Option<&str>,
    ) -> Result<User, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new("sign-in"));
        if let Some(user) = fleet.find_subject(&subject).await? {
            return Ok(user);
        }
        let sign_up = &self.inner.foreign.sign_up;
        let status = match sign_up.policy {
            SignUpPolicy::Closed => return Err(Error::NotTaken),
            SignUpPolicy::Pending => UserStatus::Pending,
            SignUpPolicy::Open => UserStatus::Active,
        };
        let admin = Op::new(Principal::Admin).with_origin(origin.clone());
        let org: OrgId = self.resolve_org(&admin, sign_up.org.as_deref()).await?;
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let id = UserId::from_parts(at, random);
        let email = match email.map(normal_email) {
            // The address of somebody else stays theirs.
            Some(email) if fleet.find_login(&email).await?.is_none() => Some(email),
            _ => None,
        };
        let role = sign_up.role.unwrap_or(Role::Operator);
        let new = NewUser { id, name: unique_name(name, id), role, status, email, subject: Some(subject) };
        let detail =
            serde_json::json!({ "user": id.to_string(), "role": role.as_str(), "status": status.as_str() });
        let event =
            self.event_of(&admin, "user.signed-up", "somebody who is believed vouches for them", detail);
        Ok(fleet.find_or_create_subject(org, &new, event, now).await?)
    }
}

/// A name nobody has: what the token says, and the end of the id, which is random.
fn unique_name(name: Option<&str>, id: UserId) -> String {
    let clean: String =
        name.unwrap_or("user").chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    let id = id.to_string();
    let tail = &id[id.len() - 12..];
    let clean = clean.trim();
    format!("{} {tail}", if clean.is_empty() { "user" } else { clean })
}

fn refused(error: TokenError) -> Error {
    match error {
        TokenError::Unavailable { retry_after } => Error::Unavailable {
            what: "the issuer of the token does not answer, and its keys are not known yet".to_owned(),
            retry_after,
        },
        other => Error::BadToken(other.to_string()),
    }
}
