//! Sessions of people: look at them, end them.

use smartbox_core::{Permission, SessionId, Tie};
use smartbox_store::{Session, SystemActor};

use crate::{Control, Error, Op};

impl Control {
    /// The sessions of the caller, or of the person named.
    pub async fn list_sessions(&self, op: &Op, user: Option<&str>) -> Result<Vec<Session>, Error> {
        let user = match (user, op.principal.user_id()) {
            (Some(named), _) => self.find_user(op, named).await?,
            (None, Some(_)) => self.find_user(op, "me").await?,
            (None, None) => {
                return Err(Error::field(
                    "user",
                    "name somebody: programs and the platform's admin have no sessions",
                ));
            }
        };
        Ok(self.inner.store.org(user.org).sessions_of(user.id, self.inner.clock.now()).await?)
    }

    /// Ends a session, and with it every connection that hangs on it. Everybody may end their own.
    pub async fn revoke_session(&self, op: &Op, session: &str) -> Result<(), Error> {
        const NO_SESSION: Error = Error::NotFound("session");
        let id: SessionId = session.parse().map_err(|_error| NO_SESSION)?;
        let found = match op.principal.org() {
            Some(org) => self.inner.store.org(org).find_session(id).await?,
            None => self.inner.store.fleet(SystemActor::new("admin request")).find_session_by_id(id).await?,
        };
        let session = found.ok_or(NO_SESSION)?;
        if op.principal.user_id() != Some(session.user.id) && op.require(Permission::PeopleManage).is_err() {
            // That others have sessions is nobody's business either.
            return Err(NO_SESSION);
        }
        let detail = serde_json::json!({ "session": id.to_string(), "user": session.user.id.to_string() });
        let event = self.event_of(op, "session.ended", "asked for", detail);
        self.inner.store.org(session.user.org).end_session(id, event, self.inner.clock.now()).await?;
        // Those that were begun out of it have ended as well, and are not known by name here.
        self.inner.sessions.clear();
        self.inner.revocations.tell(Tie::Session(id));
        Ok(())
    }
}
