//! Passwords: sign in with one, set one.

use std::time::Duration;

use secrecy::SecretString;
use smartbox_core::Tie;
use smartbox_identity::{PasswordError, PasswordPool, SALT_BYTES};
use smartbox_store::{EventOutcome, NewEvent, SystemActor, User};

use crate::op::Origin;
use crate::people::{normal_email, require_assignable};
use crate::sign_in::{NewSession, require_active};
use crate::{Control, Error, Op};

/// Hashes that are computed at the same time; each takes tens of milliseconds of a core and 19 MiB.
const HASHING_MAX: usize = 2;
/// Sign-ins that wait for their turn. Further ones are turned away at once.
const WAITING_MAX: usize = 32;
/// When to try again then.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Longest address that is looked up.
const EMAIL_BYTES_MAX: usize = 254;

impl Control {
    /// Exchanges an address and a password for a session.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], whichever of the two is wrong; [`Error::TooManyAttempts`]; [`Error::AccountFrozen`].
    pub async fn sign_in_with_password(
        &self,
        origin: &Origin,
        email: &str,
        password: SecretString,
    ) -> Result<NewSession, Error> {
        let email = normal_email(email);
        if email.is_empty() || email.len() > EMAIL_BYTES_MAX {
            return Err(Error::WrongPassword);
        }
        let now = self.inner.clock.now();
        if let Some(retry_after) = self.inner.attempts.must_wait(&email, origin.address, now) {
            return Err(Error::TooManyAttempts { retry_after });
        }
        let fleet = self.inner.store.fleet(SystemActor::new("sign-in"));
        let found = fleet.find_login(&email).await?;
        let (user, hash) = found.map_or((None, None), |(user, hash)| (Some(user), hash));
        // Without a hash the same work is done, so that the time does not tell who has an account.
        let is_right = self.inner.passwords.verify(password, hash).await.map_err(refused)?;
        let Some(user) = user.filter(|_user| is_right) else {
            self.inner.attempts.failed(&email, origin.address, now);
            self.note_refusal(origin, &email).await?;
            return Err(Error::WrongPassword);
        };
        self.inner.attempts.succeeded(&email);
        require_active(&user)?;
        self.begin_session(origin, &user, "password").await
    }

    /// Puts a failed attempt into the audit log. How many there can be is bounded by the wait between them.
    async fn note_refusal(&self, origin: &Origin, email: &str) -> Result<(), Error> {
        let fleet = self.inner.store.fleet(SystemActor::new("sign-in"));
        let org = fleet.find_login(email).await?.map(|(user, _hash)| user.org);
        let detail = serde_json::json!({ "email": email, "method": "password" });
        let event = NewEvent {
            address: origin.address.map(|address| address.to_string()),
            outcome: EventOutcome::Refused,
            ..self.event("nobody", "user.sign-in-refused", "e-mail address or password was wrong", detail)
        };
        Ok(fleet.append_event(org, None, event, self.inner.clock.now()).await?)
    }

    /// Sets a password and ends the person's other sessions.
    ///
    /// # Errors
    /// [`Error::WrongPassword`] when somebody changes their own and does not know the one so far.
    pub async fn set_password(
        &self,
        op: &Op,
        reference: &str,
        password: SecretString,
        current: Option<SecretString>,
    ) -> Result<(), Error> {
        let user = self.find_user(op, reference).await?;
        let org = self.inner.store.org(user.org);
        let is_own = op.principal.user_id() == Some(user.id);
        if is_own {
            self.check_current(op, &user, org.password_hash(user.id).await?, current).await?;
        } else {
            require_assignable(op, user.role)?;
        }
        let mut salt = [0; SALT_BYTES];
        self.inner.entropy.fill(&mut salt);
        let hash = self.inner.passwords.hash(password, salt).await.map_err(refused)?;
        let detail = serde_json::json!({ "user": user.id.to_string() });
        let event = self.event_of(op, "user.password-set", "asked for", detail);
        let kept = if is_own { op.session } else { None };
        let ended = org.set_password(user.id, &hash, kept, event, self.inner.clock.now()).await?;
        self.inner.sessions.clear();
        for session in ended {
            self.inner.revocations.tell(Tie::Session(session));
        }
        Ok(())
    }

    /// Demands the password so far of somebody who changes their own, if they have one.
    async fn check_current(
        &self,
        op: &Op,
        user: &User,
        hash: Option<String>,
        current: Option<SecretString>,
    ) -> Result<(), Error> {
        let Some(hash) = hash else { return Ok(()) };
        let login = user.id.to_string();
        let now = self.inner.clock.now();
        if let Some(retry_after) = self.inner.attempts.must_wait(&login, op.origin.address, now) {
            return Err(Error::TooManyAttempts { retry_after });
        }
        let current =
            current.ok_or_else(|| Error::field("current_password", "is needed to change your password"))?;
        if self.inner.passwords.verify(current, Some(hash)).await.map_err(refused)? {
            return Ok(());
        }
        self.inner.attempts.failed(&login, op.origin.address, now);
        Err(Error::WrongPassword)
    }
}

/// Hashes passwords, a few at once.
pub(crate) fn pool() -> PasswordPool {
    PasswordPool::new(HASHING_MAX, WAITING_MAX)
}

fn refused(error: PasswordError) -> Error {
    match error {
        PasswordError::Length => Error::field("password", error.to_string()),
        PasswordError::Busy => Error::Unavailable {
            what: "too many people sign in at the same time".to_owned(),
            retry_after: RETRY_AFTER,
        },
        PasswordError::Stored | PasswordError::Failed => Error::internal(error),
    }
}
