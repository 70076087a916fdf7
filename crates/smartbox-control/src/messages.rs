//! Saying something to an agent and reading the answer later.
//!
//! A row is written before anything is said, so the answer has a place also when whoever asked has left.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use smartbox_core::{MessageId, Permission};
use smartbox_store::{ANSWER_BYTES_MAX, Message, MessageEnd};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::chat::{MAIN_SESSION, check_message};
use crate::entropy::id_parts;
use crate::{ChatEvent, Control, Error, Op};

/// Answers that are waited for at the same time.
const WAITING_MAX: usize = 128;
/// How long an answer is waited for. Longer work belongs into a session that is looked at.
const ANSWER_WITHIN: Duration = Duration::from_mins(30);
/// A message that nobody has said to be waited for within this time is lost: whoever waited is gone.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// How often it is said.
const KEEP_EVERY: Duration = Duration::from_secs(15);

/// Places for answers that are waited for.
pub(crate) struct Waiting(Arc<Semaphore>);

impl Default for Waiting {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(WAITING_MAX)))
    }
}

/// A message that is put down and not yet said. Its future says it and waits for the answer.
pub struct Asked {
    /// The message.
    pub message: Message,
    control: Control,
    op: Op,
    text: String,
    _place: OwnedSemaphorePermit,
}

impl Control {
    /// Puts a message to an agent down. Nothing is said until [`Asked::carry_out`] runs.
    ///
    /// # Errors
    /// [`Error::Invalid`]; what would be refused at once when the box is woken; [`Error::Conflict`] when as many wait as may.
    pub async fn ask(
        &self,
        op: &Op,
        reference: &str,
        text: String,
        session: Option<String>,
    ) -> Result<Asked, Error> {
        let session = session.unwrap_or_else(|| MAIN_SESSION.to_owned());
        check_message(&text, &session).map_err(|(field, message)| Error::field(field, message))?;
        let smartbox = self.resolve(op, Permission::BoxesTalk, reference).await?;
        self.require_wakeable(&smartbox).await?;
        let place = Arc::clone(&self.inner.waiting.0).try_acquire_owned();
        let place = place.map_err(|_full| Error::Unavailable {
            what: "too many answers are waited for".to_owned(),
            retry_after: Duration::from_secs(5),
        })?;
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let message = Message {
            id: MessageId::from_parts(at, random),
            org: smartbox.org,
            box_id: smartbox.id,
            session,
            asked_by: op.principal.actor(),
            created_at: now,
            until: now.checked_add(KEPT_FOR).map_err(Error::internal)?,
            ended: None,
        };
        let detail = serde_json::json!({ "message": message.id.to_string() });
        let event = self.event_of(op, "box.message-sent", "asked for", detail);
        self.inner.store.org(smartbox.org).create_message(&message, event).await?;
        Ok(Asked { message, control: self.clone(), op: op.clone(), text, _place: place })
    }

    /// A message of a box, with its answer if there is one.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for one whose answer came more than a day ago.
    pub async fn find_message(&self, op: &Op, reference: &str, id: MessageId) -> Result<Message, Error> {
        let smartbox = self.resolve(op, Permission::BoxesTalk, reference).await?;
        let org = self.inner.store.org(smartbox.org);
        let found = org.find_message(smartbox.id, id, self.inner.clock.now()).await?;
        found.ok_or(Error::NotFound("message"))
    }
}

impl Asked {
    /// Says it, waits for the answer and puts it down. Whoever drops this future calls [`Asked::lose`] instead.
    pub async fn carry_out(&self) {
        let answer = tokio::select! {
            answer = tokio::time::timeout(ANSWER_WITHIN, self.answer()) => answer,
            never = self.keep() => match never {},
        };
        let late = || MessageEnd::Failed("the agent did not come to an end in time".to_owned());
        self.end(&answer.unwrap_or_else(|_elapsed| late())).await;
    }

    /// Puts down that nobody waits for the answer any more.
    pub async fn lose(&self) {
        self.end(&MessageEnd::Lost).await;
    }

    /// Says again and again that somebody waits.
    async fn keep(&self) -> Infallible {
        let org = self.control.inner.store.org(self.message.org);
        loop {
            tokio::time::sleep(KEEP_EVERY).await;
            let until = self.control.inner.clock.now().checked_add(KEPT_FOR);
            let Ok(until) = until else { continue };
            if let Err(error) = org.keep_message(self.message.id, until).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(message = %self.message.id, error, "it could not be said that an answer is waited for");
            }
        }
    }

    async fn answer(&self) -> MessageEnd {
        let (reference, session) = (self.message.box_id.to_string(), self.message.session.clone());
        let sent = self.control.send_message(&self.op, &reference, self.text.clone(), Some(session)).await;
        let mut stream = match sent {
            Ok(stream) => stream,
            Err(error) => return MessageEnd::Failed(error.to_string()),
        };
        while let Some(event) = stream.next().await {
            match event {
                ChatEvent::Final(text) => return answered(text),
                ChatEvent::Failed(error) => return MessageEnd::Failed(error.to_string()),
                ChatEvent::Waiting { .. } | ChatEvent::Started | ChatEvent::Delta(_) => {}
            }
        }
        MessageEnd::Lost
    }

    async fn end(&self, end: &MessageEnd) {
        let org = self.control.inner.store.org(self.message.org);
        if let Err(error) = org.end_message(self.message.id, end, self.control.inner.clock.now()).await {
            // Whoever reads it later finds it lost when its time is over.
            tracing::warn!(
                message = %self.message.id,
                error = &error as &dyn std::error::Error,
                "an answer could not be put down"
            );
        }
    }
}

/// An answer as far as it is kept: its beginning, with whole characters and without what the database cannot keep.
fn answered(mut text: String) -> MessageEnd {
    let is_truncated = text.len() > ANSWER_BYTES_MAX;
    text.truncate(text.floor_char_boundary(ANSWER_BYTES_MAX));
    MessageEnd::Answered { text: text.replace('\0', ""), is_truncated }
}
