//! Chat with a box's agent.

use std::time::Duration;

use smartbox_core::{Permission, Phase, Stage};
use smartbox_openclaw as openclaw;
use smartbox_store::Smartbox;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::boxes::Need;
use crate::fleet_view::{phase_of, stage_of};
use crate::gateway::agent_error;
use crate::{Control, Error, Op};

/// Longest message, in characters.
const TEXT_CHARS_MAX: usize = 100_000;
/// Events that wait for a slow reader; then the gateway's stream waits.
const EVENTS_MAX: usize = 64;
/// The agent's main session.
pub(crate) const MAIN_SESSION: &str = "agent:main:main";
/// Longest name of a session.
const SESSION_CHARS_MAX: usize = 200;
/// A turn that says nothing for so long is given up. Tool calls may be quiet for minutes.
const SILENCE_MAX: Duration = Duration::from_mins(10);

/// One event of an answer.
#[derive(Debug)]
pub enum ChatEvent {
    /// The box is being started.
    Waiting {
        /// Its phase.
        phase: Phase,
        /// Its stage.
        stage: Option<Stage>,
    },
    /// The agent has begun.
    Started,
    /// More text.
    Delta(String),
    /// The whole answer; the last event.
    Final(String),
    /// No answer will come; the last event.
    Failed(Error),
}

/// The answer to one message. Dropping it stops listening; the agent finishes its turn.
pub struct ChatStream {
    events: mpsc::Receiver<ChatEvent>,
    _task: JoinSet<()>,
}

impl ChatStream {
    /// The next event; `None` after the last.
    pub async fn next(&mut self) -> Option<ChatEvent> {
        self.events.recv().await
    }
}

impl Control {
    /// Sends a message to the agent, waking the box if need be, and streams the answer.
    pub async fn send_message(
        &self,
        op: &Op,
        reference: &str,
        text: String,
        session: Option<String>,
    ) -> Result<ChatStream, Error> {
        let session = session.unwrap_or_else(|| MAIN_SESSION.to_owned());
        check_message(&text, &session).map_err(|(field, message)| Error::field(field, message))?;
        // Unknown boxes are refused before the stream begins, so that the caller gets a proper status.
        let reference = self.resolve(op, Permission::BoxesTalk, reference).await?.id.to_string();
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let (control, op) = (self.clone(), op.clone());
        let mut task = JoinSet::new();
        task.spawn(async move {
            if let Err(error) = control.talk(&op, &reference, text, &session, &sender).await {
                // Nobody listens any more when this fails.
                let _ = sender.send(ChatEvent::Failed(error)).await;
            }
        });
        Ok(ChatStream { events, _task: task })
    }

    async fn talk(
        &self,
        op: &Op,
        reference: &str,
        text: String,
        session: &str,
        events: &mpsc::Sender<ChatEvent>,
    ) -> Result<(), Error> {
        let waiting = |row: &Smartbox| {
            // A reader who is that slow misses a progress line and nothing else.
            let _ = events.try_send(ChatEvent::Waiting { phase: phase_of(row), stage: stage_of(row) });
        };
        // The box does not fall asleep before the turn is over.
        let (row, _use) = self
            .ready_box(op, (Permission::BoxesTalk, reference), Need::Ready, "a chat message", waiting)
            .await?;
        let gateway = self.gateway(&row).await?;
        let mut bytes = [0u8; 16];
        self.inner.entropy.fill(&mut bytes);
        let mut turn = gateway.chat_send(session, &text, bytes).await.map_err(agent_error)?;
        let _ = events.send(ChatEvent::Started).await;
        loop {
            let event = match tokio::time::timeout(SILENCE_MAX, turn.next()).await {
                Ok(event) => event.map_err(agent_error)?,
                Err(_elapsed) => return Err(Error::Agent("the agent said nothing for too long".to_owned())),
            };
            let (event, is_last) = match event {
                openclaw::ChatEvent::Delta(text) => (ChatEvent::Delta(text), false),
                openclaw::ChatEvent::Final { text } => (ChatEvent::Final(text), true),
                openclaw::ChatEvent::Error { message } => (ChatEvent::Failed(Error::Agent(message)), true),
                openclaw::ChatEvent::Aborted => {
                    (ChatEvent::Failed(Error::Agent("the turn was aborted".to_owned())), true)
                }
            };
            if events.send(event).await.is_err() || is_last {
                return Ok(());
            }
        }
    }
}

/// Whether this can be said in that session; otherwise which field is wrong, and why.
pub(crate) fn check_message(text: &str, session: &str) -> Result<(), (&'static str, String)> {
    if text.trim().is_empty() || text.chars().count() > TEXT_CHARS_MAX {
        return Err(("text", format!("must have 1 to {TEXT_CHARS_MAX} characters")));
    }
    let is_name = !session.is_empty() && !session.chars().any(char::is_control);
    if !is_name || session.chars().count() > SESSION_CHARS_MAX {
        return Err(("session", format!("must have 1 to {SESSION_CHARS_MAX} printable characters")));
    }
    Ok(())
}
