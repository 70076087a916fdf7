//! Support access: somebody who runs the platform acts in the name of a person, to help. With a reason, for a while, in
//! sight of the person, and with less than they may do.

use std::time::Duration;

use secrecy::SecretString;
use smartbox_core::{Permission, Principal, SupportId, SupportLevel, Tie, UserId};
use smartbox_store::{
    Cursor, NewSupport as StoredSupport, Page, SupportEnd, SupportFilter, SupportSession, SystemActor, User,
};

use crate::admin_secret::token_hash;
use crate::entropy::{id_parts, random_token};
use crate::people::is_printable;
use crate::sign_in::require_active;
use crate::{Control, Error, FieldIssue, NewSession, Op};

/// What the credential of support access begins with: recognisable for people and for scanners of leaked secrets.
pub const SUPPORT_PREFIX: &str = "sbs_";
/// How long it lasts unless somebody says so.
const MINUTES_DEFAULT: u32 = 30;
/// How long it lasts at most: whoever needs longer opens it again, and says why.
const MINUTES_MAX: u32 = 240;
/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 500;

const NO_SESSION: Error = Error::NotFound("support session");

/// Support access to be opened. Texts, because every wrong field is reported at once.
#[derive(Clone, Debug, Default)]
pub struct NewSupport {
    /// The person, by id, or by name in the org.
    pub user: String,
    /// Their org; the platform's first if nobody says so.
    pub org: Option<String>,
    /// Why. The person reads it.
    pub reason: String,
    /// See [`SupportLevel`]; `read` by default.
    pub level: Option<String>,
    /// How long it lasts.
    pub minutes: Option<u32>,
    /// What whoever opens it calls themselves: all of them have the same secret.
    pub operator: Option<String>,
}

/// Support access that was opened.
#[derive(Clone, Debug)]
pub struct OpenedSupport {
    /// What is known of it.
    pub session: SupportSession,
    /// Its credential; shown once.
    pub token: SecretString,
}

/// Which are listed.
#[derive(Clone, Copy, Debug, Default)]
pub struct SupportQuery<'a> {
    /// Those to one org; only an admin may name one.
    pub org: Option<&'a str>,
    /// Those in the name of one person.
    pub user: Option<&'a str>,
    /// Only those that are open.
    pub is_open: bool,
}

impl Control {
    /// Opens support access in the name of a person. Only the platform's admin may, and nobody under support access.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with every wrong field; [`Error::AccountFrozen`] and
    /// [`Error::AccountPending`] for somebody who is not let in themselves.
    pub async fn open_support(&self, op: &Op, new: &NewSupport) -> Result<OpenedSupport, Error> {
        if op.principal != Principal::Admin {
            return Err(Error::Forbidden);
        }
        let (level, minutes) = check(new)?;
        let user = self.person_to_help(op, new).await?;
        require_active(&user)?;
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let id = SupportId::from_parts(at, random);
        let token = format!("{SUPPORT_PREFIX}{}", random_token(&*self.inner.entropy));
        let lasts = Duration::from_secs(60).saturating_mul(minutes);
        let expires_at = now.checked_add(lasts).map_err(Error::internal)?;
        let operator = new.operator.as_deref().map(str::trim);
        let stored = StoredSupport {
            id,
            user: user.id,
            hash: token_hash(&token),
            opened_with: self.inner.admin_secret.bound_to(&token),
            operator,
            reason: new.reason.trim(),
            level,
            expires_at,
        };
        let detail = serde_json::json!({
            "support": named(id, user.id),
            "level": level.as_str(),
            "until": expires_at.to_string(),
            "operator": operator,
        });
        let event = self.event_of(op, "support.opened", stored.reason, detail);
        let session = self.inner.store.org(user.org).open_support(&stored, event, now).await?;
        Ok(OpenedSupport { session, token: token.into() })
    }

    /// What lets a browser act by support access: its credential is the cookie. `None` for one that is not open.
    pub async fn enter_support(&self, token: &str) -> Result<Option<NewSession>, Error> {
        let Some(who) = self.find_support(token).await? else { return Ok(None) };
        let (Some(support), Some(org), Some(until)) =
            (who.principal.as_support(), who.principal.org(), who.expires_at)
        else {
            return Ok(None);
        };
        let left = until.duration_since(self.inner.clock.now());
        let ttl = Duration::try_from(left).unwrap_or_default();
        Ok(Some(NewSession { token: token.to_owned().into(), user: support.user, org, ttl }))
    }

    /// A page of support sessions, the newest first: of the platform for its admin, of the org for whoever manages its
    /// people, of their own for everybody else.
    ///
    /// # Errors
    /// [`Error::Lacks`] for a program, and for others' of somebody who does not manage people.
    pub async fn list_support(
        &self,
        op: &Op,
        query: SupportQuery<'_>,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<SupportSession>, Error> {
        let now = self.inner.clock.now();
        if let Some(own) = op.principal.as_support() {
            let found = self.visible_support(op, own.session).await?;
            let items = found.filter(|found| !query.is_open || found.is_open(now));
            return Ok(Page { items: items.into_iter().collect(), next: None });
        }
        let user = match query.user {
            Some(named) => Some(self.find_user(op, named).await?.id),
            None if op.require(Permission::PeopleManage).is_ok() => None,
            None => Some(op.principal.user_id().ok_or(Error::Lacks(Permission::PeopleManage))?),
        };
        let filter = SupportFilter { user, open_at: query.is_open.then_some(now) };
        if op.principal == Principal::Admin && query.org.is_none() {
            let fleet = self.inner.store.fleet(SystemActor::new("admin request"));
            return Ok(fleet.list_support(filter, cursor, limit).await?);
        }
        let org = self.resolve_org(op, query.org).await?;
        Ok(self.inner.store.org(org).list_support(filter, cursor, limit).await?)
    }

    /// A support session, for whoever would find it in their list.
    pub async fn find_support_session(&self, op: &Op, session: &str) -> Result<SupportSession, Error> {
        let id: SupportId = session.parse().map_err(|_error| NO_SESSION)?;
        self.visible_support(op, id).await?.ok_or(NO_SESSION)
    }

    /// Ends support access, and with it every connection that hangs on it: by whoever runs the platform, by itself, by the
    /// person in whose name it is, and by whoever manages the people of the org.
    pub async fn end_support(&self, op: &Op, session: &str) -> Result<(), Error> {
        let session = self.find_support_session(op, session).await?;
        let end =
            SupportEnd { at: self.inner.clock.now(), by: op.principal.actor(), why: "asked for".to_owned() };
        self.write_support_end(Some(op), &session, &end).await
    }

    /// Puts down how support access ended, and closes what hangs on it.
    pub(crate) async fn write_support_end(
        &self,
        op: Option<&Op>,
        session: &SupportSession,
        end: &SupportEnd,
    ) -> Result<(), Error> {
        let detail = serde_json::json!({
            "support": named(session.id, session.user),
            "level": session.level.as_str(),
            "operator": session.operator,
        });
        let event = match op {
            Some(op) => self.event_of(op, "support.ended", &end.why, detail),
            None => self.event(&end.by, "support.ended", &end.why, detail),
        };
        let now = self.inner.clock.now();
        self.inner.store.org(session.org).end_support(session.id, end, event, now).await?;
        self.inner.sessions.clear();
        self.inner.revocations.tell(Tie::Support(session.id));
        Ok(())
    }

    /// The person who is to be helped.
    async fn person_to_help(&self, op: &Op, new: &NewSupport) -> Result<User, Error> {
        let (reference, Some(org)) = (new.user.trim(), new.org.as_deref()) else {
            return self.resolve_user(op, new.user.trim()).await;
        };
        let org = self.inner.store.org(self.resolve_org(op, Some(org)).await?);
        let found = match reference.parse::<UserId>() {
            Ok(id) => org.find_user(id).await?,
            Err(_name) => org.find_user_by_name(reference).await?,
        };
        found.ok_or(Error::NotFound("user"))
    }

    /// A support session that exists for the caller.
    async fn visible_support(&self, op: &Op, id: SupportId) -> Result<Option<SupportSession>, Error> {
        let found = match op.principal.org() {
            Some(org) => self.inner.store.org(org).find_support(id).await?,
            None => self.inner.store.fleet(SystemActor::new("admin request")).find_support(id).await?,
        };
        let manages = op.require(Permission::PeopleManage).is_ok();
        let is_own = |found: &SupportSession| match op.principal.as_support() {
            Some(own) => own.session == found.id,
            None => manages || op.principal.user_id() == Some(found.user),
        };
        Ok(found.filter(is_own))
    }
}

/// How events name support access.
pub(crate) fn named(session: SupportId, user: UserId) -> serde_json::Value {
    serde_json::json!({ "session": session.to_string(), "for": user.to_string() })
}

fn check(new: &NewSupport) -> Result<(SupportLevel, u32), Error> {
    let mut issues = Vec::new();
    let mut wrong = |field, message: String| issues.push(FieldIssue { field, message });
    let reason = new.reason.trim();
    let is_sayable = |c: char| !c.is_control() || c == '\n';
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX || !reason.chars().all(is_sayable) {
        wrong(
            "reason",
            format!("say why, in 1 to {REASON_CHARS_MAX} printable characters: the person reads it"),
        );
    }
    if new.operator.as_deref().is_some_and(|operator| !is_printable(operator.trim())) {
        wrong("operator", "must have 1 to 100 printable characters".to_owned());
    }
    let level = new.level.as_deref().map_or(Ok(SupportLevel::Read), str::parse);
    let level =
        level.map_err(|error: smartbox_core::access::BadSupportLevel| wrong("level", error.to_string())).ok();
    let minutes = new.minutes.unwrap_or(MINUTES_DEFAULT);
    if !(1..=MINUTES_MAX).contains(&minutes) {
        wrong("minutes", format!("must be 1 to {MINUTES_MAX}"));
    }
    match level {
        Some(level) if issues.is_empty() => Ok((level, minutes)),
        _ => Err(Error::Invalid(issues)),
    }
}
