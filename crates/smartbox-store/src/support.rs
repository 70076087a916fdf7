//! Support access: somebody who runs the platform acts in the name of a person, for a while.

use jiff::Timestamp;
use smartbox_core::{OrgId, SupportId, SupportLevel, UserId};

use crate::account::TokenHash;
use crate::database::Connection;
use crate::row::{instant, instant_opt, parsed};
use crate::{Cursor, Error, Page, page};

/// Most support sessions of one org that are open at the same time.
pub const SUPPORT_OPEN_MAX: u32 = 20;

/// Support access that is open, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportSession {
    /// Never changes.
    pub id: SupportId,
    /// Whose org it is in.
    pub org: OrgId,
    /// In whose name somebody acts.
    pub user: UserId,
    /// What that person was called when it was opened.
    pub user_name: String,
    /// What whoever opened it calls themselves.
    pub operator: Option<String>,
    /// Why it was opened.
    pub reason: String,
    /// What is done with it.
    pub level: SupportLevel,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// How it ended before that, or after it as far as that is written down.
    pub ended: Option<SupportEnd>,
}

/// How support access ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportEnd {
    /// When.
    pub at: Timestamp,
    /// Who: `admin`, an id, or the name of a part of the platform.
    pub by: String,
    /// Why, as a sentence for people.
    pub why: String,
}

/// Support access to be opened.
#[derive(Clone, Debug)]
pub struct NewSupport<'a> {
    /// Its identity.
    pub id: SupportId,
    /// See [`SupportSession::user`].
    pub user: UserId,
    /// Hash of its token.
    pub hash: TokenHash,
    /// Hash of the token and the admin secret together.
    pub opened_with: TokenHash,
    /// See [`SupportSession::operator`].
    pub operator: Option<&'a str>,
    /// See [`SupportSession::reason`].
    pub reason: &'a str,
    /// See [`SupportSession::level`].
    pub level: SupportLevel,
    /// See [`SupportSession::expires_at`].
    pub expires_at: Timestamp,
}

/// Which of them are listed.
#[derive(Clone, Copy, Debug, Default)]
pub struct SupportFilter {
    /// Those in the name of one person.
    pub user: Option<UserId>,
    /// Those that were open at this moment.
    pub open_at: Option<Timestamp>,
}

impl SupportSession {
    /// Whether it is good for anything.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires_at
    }
}

/// Selects [`SupportRow`]s.
macro_rules! select_support {
    ($rest:literal) => {
        concat!(
            "select s.id, s.org_id, s.user_id, s.user_name, s.operator, s.reason, s.level, s.opened_at_ms, ",
            "s.expires_at_ms, s.ended_at_ms, s.ended_by, s.ended_why from support_sessions s ",
            $rest
        )
    };
}
pub(crate) use select_support;

#[derive(sqlx::FromRow)]
pub(crate) struct SupportRow {
    id: String,
    org_id: String,
    user_id: String,
    user_name: String,
    operator: Option<String>,
    reason: String,
    level: String,
    opened_at_ms: i64,
    expires_at_ms: i64,
    ended_at_ms: Option<i64>,
    ended_by: Option<String>,
    ended_why: Option<String>,
}

impl TryFrom<SupportRow> for SupportSession {
    type Error = Error;

    fn try_from(row: SupportRow) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            org: parsed(&row.org_id)?,
            user: parsed(&row.user_id)?,
            user_name: row.user_name,
            operator: row.operator,
            reason: row.reason,
            level: parsed(&row.level)?,
            opened_at: instant(row.opened_at_ms)?,
            expires_at: instant(row.expires_at_ms)?,
            ended: instant_opt(row.ended_at_ms)?.map(|at| SupportEnd {
                at,
                by: row.ended_by.unwrap_or_default(),
                why: row.ended_why.unwrap_or_default(),
            }),
        })
    }
}

/// Of one org or, without one, of the whole platform, the newest first.
pub(crate) async fn list(
    connection: &mut Connection,
    org: Option<OrgId>,
    filter: SupportFilter,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<SupportSession>, Error> {
    let limit = page::limit(limit);
    let before: Option<SupportId> = cursor.map(Cursor::key).transpose()?;
    // Empty texts stand for what is not asked: an id is never one.
    let text = |id: Option<String>| id.unwrap_or_default();
    let rows: Vec<SupportRow> = sqlx::query_as(select_support!(
        "where ($1 = '' or s.org_id = $1) and ($2 = '' or s.user_id = $2) and ($3 = '' or s.id < $3)
           and ($4 < 0 or (s.ended_at_ms is null and s.expires_at_ms > $4)) order by s.id desc limit $5"
    ))
    .bind(text(org.map(|org| org.to_string())))
    .bind(text(filter.user.map(|user| user.to_string())))
    .bind(text(before.map(|before| before.to_string())))
    .bind(filter.open_at.map_or(-1, Timestamp::as_millisecond))
    .bind(i64::from(limit) + 1)
    .fetch_all(connection)
    .await?;
    page::of(rows, limit, |session: &SupportSession| session.id)
}

/// Ends what is open in the name of a person who is not let in any more. The audit log is told of it by the loop that
/// tells of every end.
pub(crate) async fn end_of_user(
    tx: &mut Connection,
    (org, user): (OrgId, UserId),
    why: &str,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "update support_sessions set ended_at_ms = $3, ended_by = 'platform', ended_why = $4
         where org_id = $1 and user_id = $2 and ended_at_ms is null and expires_at_ms > $3",
    )
    .bind(org.to_string())
    .bind(user.to_string())
    .bind(now.as_millisecond())
    .bind(why)
    .execute(tx)
    .await?;
    Ok(())
}
