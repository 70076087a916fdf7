//! Tells the audit log of support access that has ended by itself: its time is over, or its person is not let in any more.
//!
//! It is good for nothing from that moment on, whether anybody tells or not.

use std::time::Duration;

use smartbox_store::{SupportEnd, SupportSession, SystemActor};
use tokio_util::sync::CancellationToken;

use super::rounds::rounds;
use crate::{Control, Error};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(5);
/// Ends that are told in one pass; the next pass has the others.
const ENDS_MAX: u32 = 100;
/// Who tells, in the audit log.
const ACTOR: &str = "support";

/// Tells of ends.
pub struct SupportLoop {
    control: Control,
}

impl SupportLoop {
    /// A loop over `control`.
    pub fn new(control: Control) -> Self {
        Self { control }
    }

    /// Runs until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        rounds(LOOK, &stop, "how support access ended could not be told", || self.pass()).await;
    }

    /// One pass.
    ///
    /// # Errors
    /// The database fails.
    pub async fn pass(&self) -> Result<(), Error> {
        // Of all platforms that share the database one does it; the others read it in the audit log.
        if !self.control.leads() {
            return Ok(());
        }
        let now = self.control.inner.clock.now();
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        for session in fleet.support_ends(now, ENDS_MAX).await? {
            self.control.write_support_end(None, &session, &end_of(&session)).await?;
        }
        Ok(())
    }
}

/// How it ended, as the row says; without a word there, its time was over.
fn end_of(session: &SupportSession) -> SupportEnd {
    let why = session.ended.as_ref().map_or("its time was over", |end| end.why.as_str());
    let at = session.ended.as_ref().map_or(session.expires_at, |end| end.at);
    SupportEnd { at, by: ACTOR.to_owned(), why: why.to_owned() }
}
