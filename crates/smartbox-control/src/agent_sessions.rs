//! The sessions of a box's agent, as its gateway tells them.

use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::{Desired, Observed, Permission};
use smartbox_openclaw::client::Timeouts;

use crate::gateway::agent_error;
use crate::{Control, Error, Op};

/// Most sessions that are asked for.
const SESSIONS_MAX: u32 = 200;
/// How long a gateway may take.
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(5), call: Duration::from_secs(10) };

/// A session of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSession {
    /// Its key, such as `agent:main:main`.
    pub key: String,
    /// What people see.
    pub name: Option<String>,
    /// When something was last said in it.
    pub updated_at: Option<Timestamp>,
}

impl Control {
    /// The sessions of a box's agent, the latest first, 200 at most. A box that sleeps is not woken: only its gateway can read its
    /// sessions, in a form that each version may change.
    ///
    /// # Errors
    /// [`Error::Conflict`] for a box that does not run; [`Error::Agent`].
    pub async fn agent_sessions(&self, op: &Op, reference: &str) -> Result<Vec<AgentSession>, Error> {
        let smartbox = self.resolve(op, Permission::BoxesTalk, reference).await?;
        let asleep = || Error::Conflict {
            what: format!(
                "the box is {}: its gateway, which has the sessions, does not answer",
                smartbox.phase().as_str()
            ),
            remedy: "wake or start it, then ask again; looking wakes no box".to_owned(),
        };
        let is_ready = smartbox.desired == Desired::Running && smartbox.observed == Observed::Ready;
        if !is_ready {
            return Err(asleep());
        }
        // The box does not fall asleep in between.
        let _use = self.inner.uses.begin(smartbox.id).ok_or_else(asleep)?;
        let gateway = self.gateway_within(&smartbox, TIMEOUTS).await?;
        let sessions = gateway.sessions_list(SESSIONS_MAX).await.map_err(agent_error)?;
        Ok(sessions
            .into_iter()
            .take(SESSIONS_MAX as usize)
            .map(|session| AgentSession {
                key: session.key,
                name: session.display_name,
                updated_at: session
                    .updated_at
                    .and_then(|ms| i64::try_from(ms).ok())
                    .and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            })
            .collect())
    }
}
