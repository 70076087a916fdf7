//! People of an org.

use smartbox_core::{OrgId, Permission, Principal, Role, Tie, UserId, UserStatus};
use smartbox_store::{Cursor, NewUser, Page, SystemActor, User, UserChange};

use crate::entropy::id_parts;
use crate::{Control, Error, FieldIssue, Op};

/// Longest name of a person, in characters.
const NAME_CHARS_MAX: usize = 100;
/// Longest e-mail address (RFC 5321 §4.5.3.1.3, without the brackets).
const EMAIL_BYTES_MAX: usize = 254;
/// Stands for the caller.
const ME: &str = "me";

/// A person to be added. Texts, because every wrong field is reported at once.
#[derive(Clone, Debug, Default)]
pub struct NewPerson {
    /// Unique in the org.
    pub name: String,
    /// See [`Role`]; `operator` by default.
    pub role: Option<String>,
    /// What they sign in with.
    pub email: Option<String>,
    /// The org; only an admin may name one.
    pub org: Option<String>,
}

/// What of a person changes.
#[derive(Clone, Debug, Default)]
pub struct PersonChange {
    /// See [`Role`].
    pub role: Option<String>,
    /// `active` or `frozen`.
    pub status: Option<String>,
}

impl Control {
    /// Adds a person to the caller's org.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every wrong field, [`Error::NameTaken`], [`Error::Lacks`] a permission of the role given.
    pub async fn create_user(&self, op: &Op, new: &NewPerson) -> Result<User, Error> {
        op.require(Permission::PeopleManage)?;
        let (name, role, email) = check(new)?;
        require_assignable(op, role)?;
        let org = self.resolve_org(op, new.org.as_deref()).await?;
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let user = NewUser {
            id: UserId::from_parts(at, random),
            name,
            role,
            status: UserStatus::Active,
            email,
            subject: None,
        };
        let detail = serde_json::json!({ "user": user.id.to_string(), "role": role.as_str() });
        let event = self.event_of(op, "user.added", "asked for", detail);
        let created = self.inner.store.org(org).create_user(&user, event, now).await;
        created.map_err(|error| match error {
            smartbox_store::Error::NameTaken => Error::NameTaken(new.name.clone()),
            other => other.into(),
        })
    }

    /// A page of the people of an org.
    pub async fn list_users(
        &self,
        op: &Op,
        org: Option<&str>,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<User>, Error> {
        op.require(Permission::PeopleManage)?;
        let org = self.resolve_org(op, org).await?;
        Ok(self.inner.store.org(org).list_users(cursor, limit).await?)
    }

    /// A page of the people of every org. Only an admin may.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn list_all_users(
        &self,
        op: &Op,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<User>, Error> {
        if op.principal != Principal::Admin {
            return Err(Error::Forbidden);
        }
        Ok(self.inner.store.fleet(SystemActor::new("admin request")).list_users(cursor, limit).await?)
    }

    /// A person, by id, by name in the org, or as `me`. Everybody may see themselves.
    pub async fn find_user(&self, op: &Op, reference: &str) -> Result<User, Error> {
        let user = self.resolve_user(op, reference).await?;
        if op.principal.user_id() != Some(user.id) {
            op.require(Permission::PeopleManage)?;
        }
        Ok(user)
    }

    /// Changes a person's role or status. Their live connections end, so that nothing goes on with the old one.
    pub async fn change_user(&self, op: &Op, reference: &str, change: &PersonChange) -> Result<User, Error> {
        op.require(Permission::PeopleManage)?;
        let before = self.resolve_user(op, reference).await?;
        let change = check_change(change)?;
        require_assignable(op, before.role)?;
        if let Some(role) = change.role {
            require_assignable(op, role)?;
        }
        let detail = serde_json::json!({
            "user": before.id.to_string(),
            "role": change.role.map(Role::as_str),
            "status": change.status.map(UserStatus::as_str),
        });
        let event = self.event_of(op, "user.changed", "asked for", detail);
        let now = self.inner.clock.now();
        let after = self.inner.store.org(before.org).change_user(before.id, change, event, now).await?;
        if after != before {
            self.cut_off(&after).await?;
        }
        Ok(after)
    }

    /// Removes a person. What they did stays in the audit log, their boxes stay with the org.
    pub async fn remove_user(&self, op: &Op, reference: &str) -> Result<(), Error> {
        op.require(Permission::PeopleManage)?;
        let user = self.resolve_user(op, reference).await?;
        require_assignable(op, user.role)?;
        let detail = serde_json::json!({ "user": user.id.to_string(), "name": user.name });
        let event = self.event_of(op, "user.removed", "asked for", detail);
        self.inner.store.org(user.org).remove_user(user.id, event, self.inner.clock.now()).await?;
        self.cut_off(&user).await
    }

    /// Ends what connections of a person, and of the programs they gave tokens to, hang on: here and at the edge.
    async fn cut_off(&self, user: &User) -> Result<(), Error> {
        self.inner.sessions.clear();
        self.inner.revocations.tell(Tie::User(user.id));
        for token in self.inner.store.org(user.org).tokens_made_by(user.id).await? {
            self.inner.revocations.tell(Tie::Token(token));
        }
        Ok(())
    }

    pub(crate) async fn resolve_user(&self, op: &Op, reference: &str) -> Result<User, Error> {
        const NO_USER: Error = Error::NotFound("user");
        let id = match (reference, op.principal.user_id()) {
            (ME, Some(id)) => Some(id),
            (ME, None) => return Err(NO_USER),
            (reference, _) => reference.parse::<UserId>().ok(),
        };
        let found = match (op.principal.org(), id) {
            (Some(org), Some(id)) => self.inner.store.org(org).find_user(id).await?,
            (Some(org), None) => self.inner.store.org(org).find_user_by_name(reference).await?,
            (None, Some(id)) => {
                self.inner.store.fleet(SystemActor::new("admin request")).find_user(id).await?
            }
            (None, None) => {
                let org: OrgId = self.resolve_org(op, None).await?;
                self.inner.store.org(org).find_user_by_name(reference).await?
            }
        };
        found.ok_or(NO_USER)
    }
}

pub(crate) fn require_assignable(op: &Op, role: Role) -> Result<(), Error> {
    if op.principal.may_assign(role) { Ok(()) } else { Err(Error::Lacks(Permission::OrgOwn)) }
}

fn check(new: &NewPerson) -> Result<(String, Role, Option<String>), Error> {
    let mut issues = Vec::new();
    let mut wrong = |field, message: String| issues.push(FieldIssue { field, message });
    let name = new.name.trim();
    if !is_printable(name) || name == ME || name.parse::<UserId>().is_ok() {
        wrong(
            "name",
            format!("must have 1 to {NAME_CHARS_MAX} printable characters, and be neither `me` nor an id"),
        );
    }
    let role = new.role.as_deref().map_or(Ok(Role::Operator), str::parse);
    let role = role.map_err(|error: smartbox_core::access::BadRole| wrong("role", error.to_string())).ok();
    let email = new.email.as_deref().map(normal_email);
    if email.as_deref().is_some_and(|email| !is_email(email)) {
        wrong("email", "is not an e-mail address".to_owned());
    }
    match role {
        Some(role) if issues.is_empty() => Ok((name.to_owned(), role, email)),
        _ => Err(Error::Invalid(issues)),
    }
}

fn check_change(change: &PersonChange) -> Result<UserChange, Error> {
    let role = change.role.as_deref().map(str::parse).transpose();
    let role =
        role.map_err(|error: smartbox_core::access::BadRole| Error::field("role", error.to_string()))?;
    let status = match change.status.as_deref() {
        None => None,
        Some("active") => Some(UserStatus::Active),
        Some("frozen") => Some(UserStatus::Frozen),
        Some(_) => return Err(Error::field("status", "is one of `active`, `frozen`")),
    };
    if role.is_none() && status.is_none() {
        return Err(Error::field("role", "say what to change: `role`, `status` or both"));
    }
    Ok(UserChange { role, status })
}

/// Whether a name can stand in a list.
pub(crate) fn is_printable(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= NAME_CHARS_MAX && !name.chars().any(char::is_control)
}

/// Upper and lower case are the same to everybody who reads mail.
pub(crate) fn normal_email(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Only a letter to it proves that an address exists; this finds what surely is none.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_plain =
        |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control());
    text.len() <= EMAIL_BYTES_MAX && is_plain(local) && is_plain(domain) && !domain.starts_with('.')
}
