//! What makes a gateway the one that it is, and how a copy of its state becomes another one.
//!
//! Two gateways with one identity would be taken for each other by every device that was ever paired, and each would hold the other's
//! keys. The gateway makes what it lacks when it starts (OpenClaw 2026.9: tables of `openclaw.sqlite`, which are those that its own
//! `backup git` leaves out as keys of a device). What the agent itself was given to work with, such as its sign-ins, is its state and stays.

use std::path::Path;

use sqlx::{ConnectOptions, Connection as _};

use super::{fold, guarded, has_table};

/// A table, what is done with it, and how many rows there are for which it was not.
type Part = (&'static str, &'static str, &'static str);

macro_rules! emptied {
    ($table:literal) => {
        ($table, concat!("delete from ", $table), concat!("select count(*) from ", $table))
    };
}

/// Who the gateway is, whom it was paired with, whom it was about to tell of a restart, and what was written to it.
const PARTS: [Part; 20] = [
    // Of the gateway that had it open, on a host of another name.
    emptied!("agent_database_leases"),
    emptied!("state_leases"),
    emptied!("apns_registrations"),
    emptied!("channel_pairing_requests"),
    emptied!("device_auth_tokens"),
    emptied!("device_bootstrap_tokens"),
    emptied!("device_identities"),
    emptied!("device_pair_setup_completions"),
    emptied!("device_pairing_join_codes"),
    emptied!("device_pairing_paired"),
    emptied!("device_pairing_pending"),
    emptied!("gateway_origin_device_tokens"),
    emptied!("gateway_restart_handoff"),
    emptied!("gateway_restart_intent"),
    emptied!("gateway_restart_sentinel"),
    emptied!("native_hook_relay_bridges"),
    emptied!("web_push_subscriptions"),
    emptied!("worker_environment_credentials"),
    (
        "config_machine_state",
        "delete from config_machine_state where state_key like 'nodeHost.%' or state_key like 'webPush.vapidKeys%'",
        "select count(*) from config_machine_state where state_key like 'nodeHost.%' or state_key like 'webPush.vapidKeys%'",
    ),
    // What was written to the other one is answered by the other one.
    (
        "channel_ingress_events",
        "update channel_ingress_events set status = 'failed', failed_at = updated_at, claim_token = null, claim_owner = null, \
         claimed_at = null, failed_reason = 'not answered: it was written to the box that this one is a copy of' \
         where status in ('pending', 'claimed')",
        "select count(*) from channel_ingress_events where status in ('pending', 'claimed')",
    ),
];

/// Takes out of a copy of a database that nobody has open what would make a second gateway of the same identity of it, all or nothing, and
/// folds its log into it. Returns how many rows that concerned. A table that is not there holds nothing.
///
/// # Errors
/// A message for people when the database cannot be read, or keeps what it should lose. How long it may take is the caller's.
pub async fn renew_identity(path: &Path) -> Result<u64, String> {
    match renew(path).await {
        Ok(Renewed::Rows(rows)) => Ok(rows),
        Ok(Renewed::Kept(table)) => Err(format!("its table {table} takes no change")),
        Err(error) => Err(format!("it cannot be changed: {error}")),
    }
}

enum Renewed {
    Rows(u64),
    /// A database is foreign, and a trigger in it may undo what is done.
    Kept(&'static str),
}

async fn renew(path: &Path) -> Result<Renewed, sqlx::Error> {
    let mut connection = guarded(path).connect().await?;
    let mut transaction = connection.begin().await?;
    let mut rows = 0;
    for (table, statement, left) in PARTS {
        if has_table(&mut transaction, table).await? {
            rows += sqlx::query(statement).execute(&mut *transaction).await?.rows_affected();
            let left: i64 = sqlx::query_scalar(left).fetch_one(&mut *transaction).await?;
            if left > 0 {
                return Ok(Renewed::Kept(table));
            }
        }
    }
    transaction.commit().await?;
    connection.close().await?;
    if rows > 0 {
        fold(path).await?;
    }
    Ok(Renewed::Rows(rows))
}
