//! Keeps a restored box from doing again what was under way when its backup was made.

use std::path::PathBuf;

use smartbox_store::{HeldBack, Smartbox, hold_back};

use super::{ACTOR, LOOK_MAX};
use crate::{Control, Error};

/// Ends in these databases, which no gateway has open yet, what the gateway would take up again by itself: it was done already, or it was
/// given up, since then. People are told how much it was. A database that cannot be changed is left as it is.
///
/// # Errors
/// When the store does not take the event.
pub(super) async fn end_what_was_under_way(
    control: &Control,
    row: &Smartbox,
    databases: &[PathBuf],
) -> Result<(), Error> {
    let mut ended = HeldBack::default();
    for database in databases {
        let held = match tokio::time::timeout(LOOK_MAX, hold_back(database)).await {
            Ok(held) => held,
            Err(_elapsed) => Err("it takes too long".to_owned()),
        };
        match held {
            Ok(held) => {
                ended.turns = ended.turns.saturating_add(held.turns);
                ended.inputs = ended.inputs.saturating_add(held.inputs);
                ended.messages = ended.messages.saturating_add(held.messages);
            }
            Err(wrong) => {
                let database = database.display();
                tracing::warn!(box.id = %row.id, %database, wrong, "what was under way in a backup was not ended");
            }
        }
    }
    tell(control, row, ended).await
}

async fn tell(control: &Control, row: &Smartbox, ended: HeldBack) -> Result<(), Error> {
    if ended.is_empty() {
        return Ok(());
    }
    let HeldBack { turns, inputs, messages } = ended;
    let what = format!(
        "what was under way when the backup was made is not done again: {turns} turns, {inputs} waiting inputs, {messages} unsent \
         messages; ask the agent for what is still wanted"
    );
    let detail = serde_json::json!({ "turns": turns, "inputs": inputs, "messages": messages });
    let event = control.event(ACTOR, "box.restore-held-back", &what, detail);
    let now = control.inner.clock.now();
    Ok(control.backup_fleet().append_event(Some(row.org), Some(row.id), event, now).await?)
}
