//! What a gateway takes up again by itself when it starts on a state that was saved earlier, and how it is kept from that.
//!
//! A turn that was under way when the state was saved, input that waited behind it, and messages that were about to be sent are rows of
//! its databases (OpenClaw 2026.9: `session_nodes` and `session_pending_inputs` of `openclaw-agent.sqlite`, `delivery_queue_entries`
//! of `openclaw.sqlite`). On the state of an hour ago the gateway would do that work, and send those messages, a second time.

use std::path::Path;

use sqlx::{ConnectOptions, Connection as _, SqliteConnection};

use super::{fold, guarded, has_table};

/// Work that was under way in a state that was saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldBack {
    /// Turns of agents.
    pub turns: u64,
    /// Inputs that waited for a turn to end.
    pub inputs: u64,
    /// Messages on their way to a channel.
    pub messages: u64,
}

impl HeldBack {
    /// Whether it is nothing.
    pub const fn is_empty(self) -> bool {
        self.turns == 0 && self.inputs == 0 && self.messages == 0
    }
}

/// A table, and a statement that says of its rows what the gateway itself says of work that somebody stopped.
type Stop = (&'static str, &'static str);

const TURNS: Stop = (
    "session_nodes",
    "update session_nodes set status = 'killed', entry_json = json_set(entry_json, '$.status', 'killed') \
     where status = 'running'",
);
const INPUTS: Stop = (
    "session_pending_inputs",
    "update session_pending_inputs set state = 'cancelled' where state <> 'cancelled'",
);
const MESSAGES: Stop = (
    "delivery_queue_entries",
    "update delivery_queue_entries set status = 'failed', failed_at = updated_at, \
     last_error = 'not sent: the state was restored from a backup' where status = 'pending'",
);

/// Who had the state open when it was saved, and for how long nobody else may (OpenClaw 2026.9). Nobody has it open now, but a gateway
/// whose host has another name than the one that is written there waits until the time is over, or gives up.
const LEASES: [Stop; 2] = [
    ("state_leases", "delete from state_leases"),
    ("agent_database_leases", "delete from agent_database_leases"),
];

/// Ends what was under way in a copy of a database that nobody has open, all or nothing, and folds its log into it. Rows stay, so what it
/// was can still be seen. A table that is not there, as in another version's schema, has nothing under way.
///
/// # Errors
/// A message for people when the database cannot be read, or does not take a change. How long it may take is the caller's.
pub async fn hold_back(path: &Path) -> Result<HeldBack, String> {
    hold(path).await.map_err(|error| format!("it cannot be changed: {error}"))
}

async fn hold(path: &Path) -> Result<HeldBack, sqlx::Error> {
    let mut connection = guarded(path).connect().await?;
    let mut transaction = connection.begin().await?;
    let held = HeldBack {
        turns: stop(&mut transaction, TURNS).await?,
        inputs: stop(&mut transaction, INPUTS).await?,
        messages: stop(&mut transaction, MESSAGES).await?,
    };
    let mut freed = 0;
    for lease in LEASES {
        freed += stop(&mut transaction, lease).await?;
    }
    transaction.commit().await?;
    connection.close().await?;
    if freed > 0 || !held.is_empty() {
        fold(path).await?;
    }
    Ok(held)
}

async fn stop(connection: &mut SqliteConnection, (table, statement): Stop) -> Result<u64, sqlx::Error> {
    if !has_table(connection, table).await? {
        return Ok(0);
    }
    Ok(sqlx::query(statement).execute(connection).await?.rows_affected())
}
