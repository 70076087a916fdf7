//! What was said to the agents of the org's boxes.

use jiff::Timestamp;
use smartbox_core::{BoxId, MessageId};

use super::OrgStore;
use crate::event::{self, NewEvent};
use crate::messages::{
    MESSAGES_MAX, MESSAGES_WAITING, Message, MessageEnd, MessageRow, forgotten_before, select_messages,
};
use crate::{Error, boxes};

/// The oldest that ended make room for a new one.
const MAKE_ROOM: &str = "delete from messages where id in (
    select id from messages where box_id = $1 and (finished_at_ms is not null or until_ms < $4)
    order by id desc limit $2 offset $3)";

impl OrgStore {
    /// Puts a message down before it is said, so that its answer has a place. The oldest that ended go where there would be more than
    /// [`MESSAGES_MAX`].
    ///
    /// # Errors
    /// [`Error::NotFound`] without such a box, [`Error::TooMany`] when every one that is kept waits for its answer.
    pub async fn create_message(&self, new: &Message, event: NewEvent) -> Result<(), Error> {
        let now_ms = new.created_at.as_millisecond();
        let mut tx = self.store.database.write().await?;
        boxes::find_of_org(&mut tx, self.org, new.box_id).await?.ok_or(Error::NotFound("box"))?;
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from messages where box_id = $1 and finished_at_ms is null and until_ms >= $2",
        )
        .bind(new.box_id.to_string())
        .bind(now_ms)
        .fetch_one(&mut *tx)
        .await?;
        if waiting >= i64::from(MESSAGES_MAX) {
            return Err(Error::TooMany { what: MESSAGES_WAITING, max: MESSAGES_MAX });
        }
        sqlx::query(MAKE_ROOM)
            .bind(new.box_id.to_string())
            .bind(i64::from(MESSAGES_MAX))
            .bind(i64::from(MESSAGES_MAX) - waiting - 1)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "insert into messages (id, org_id, box_id, session, asked_by, created_at_ms, until_ms, is_truncated)
             values ($1, $2, $3, $4, $5, $6, $7, false)",
        )
        .bind(new.id.to_string())
        .bind(self.org.to_string())
        .bind(new.box_id.to_string())
        .bind(&new.session)
        .bind(&new.asked_by)
        .bind(now_ms)
        .bind(new.until.as_millisecond())
        .execute(&mut *tx)
        .await?;
        event::append(&mut tx, Some(self.org), Some(new.box_id), &event, new.created_at).await?;
        Ok(tx.commit().await?)
    }

    /// A message of a box. One whose answer came long ago is not there; one for whose answer nobody can wait any more is lost.
    pub async fn find_message(
        &self,
        smartbox: BoxId,
        id: MessageId,
        now: Timestamp,
    ) -> Result<Option<Message>, Error> {
        let row: Option<MessageRow> = sqlx::query_as(select_messages!(
            "where id = $1 and box_id = $2 and org_id = $3 and coalesce(finished_at_ms, until_ms) > $4"
        ))
        .bind(id.to_string())
        .bind(smartbox.to_string())
        .bind(self.org.to_string())
        .bind(forgotten_before(now))
        .fetch_optional(&mut *self.store.database.read().await?)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let mut message = Message::try_from(row)?;
        if message.ended.is_none() && message.until < now {
            message.ended = Some((message.until, MessageEnd::Lost));
        }
        Ok(Some(message))
    }

    /// Says until when the answer is waited for, if it has not come.
    pub async fn keep_message(&self, id: MessageId, until: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write_fleeting().await?;
        sqlx::query(
            "update messages set until_ms = $3 where id = $1 and org_id = $2 and finished_at_ms is null",
        )
        .bind(id.to_string())
        .bind(self.org.to_string())
        .bind(until.as_millisecond())
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Puts down what became of a message. Says whether nothing had yet.
    pub async fn end_message(&self, id: MessageId, end: &MessageEnd, now: Timestamp) -> Result<bool, Error> {
        let (words, is_truncated) = match end {
            MessageEnd::Answered { text, is_truncated } => (Some(text.as_str()), *is_truncated),
            MessageEnd::Failed(why) => (Some(why.as_str()), false),
            MessageEnd::Lost => (None, false),
        };
        let mut tx = self.store.database.write().await?;
        let ended = sqlx::query(
            "update messages set finished_at_ms = $3, outcome = $4, answer = $5, is_truncated = $6
             where id = $1 and org_id = $2 and finished_at_ms is null",
        )
        .bind(id.to_string())
        .bind(self.org.to_string())
        .bind(now.as_millisecond())
        .bind(end.as_str())
        .bind(words)
        .bind(is_truncated)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(ended.rows_affected() > 0)
    }
}
