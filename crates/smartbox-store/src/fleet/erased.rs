//! What is a box's own in the database, to see that it is gone with it.

use smartbox_core::BoxId;

use crate::Error;
use crate::database::Connection;

/// Names a table that has rows of boxes.
macro_rules! of_box {
    ($($table:literal),+ $(,)?) => {
        &[$(($table, concat!("select count(*) from ", $table, " where box_id = $1"))),+]
    };
}

/// Every table whose rows go with their box. What is not among them stays on purpose: the audit log, and what was used.
const TABLES: &[(&str, &str)] = of_box![
    "archives",
    "backup_rules",
    "backup_states",
    "backups",
    "box_authorities",
    "box_configs",
    "box_gauges",
    "box_holds",
    "budgets",
    "config_states",
    "drills",
    "egress_rules",
    "execs",
    "injection_rules",
    "keepings",
    "kept_secrets",
    "messages",
    "model_calls",
    "model_providers",
    "model_rules",
    "operations",
    "origins",
    "schedules",
    "secrets",
    "service_tokens",
    "sessions",
    "tickets",
    "upgrades",
];

/// How many rows of a box there are in each.
pub(super) async fn count(connection: &mut Connection, id: BoxId) -> Result<Vec<(&'static str, u64)>, Error> {
    let mut counts = Vec::with_capacity(TABLES.len());
    for (table, sql) in TABLES {
        let rows: i64 = sqlx::query_scalar(*sql).bind(id.to_string()).fetch_one(&mut *connection).await?;
        counts.push((*table, u64::try_from(rows).unwrap_or(0)));
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Tables that the migrations tie to boxes.
    fn tied() -> BTreeSet<String> {
        let mut tied = BTreeSet::new();
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        for file in std::fs::read_dir(directory).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let mut table = String::new();
            for line in text.lines() {
                let mut words = line.split_whitespace();
                if matches!((words.next(), words.next()), (Some("create" | "alter"), Some("table"))) {
                    table = words.next().unwrap_or_default().to_owned();
                }
                if line.contains("references boxes") {
                    tied.insert(table.clone());
                }
            }
        }
        tied
    }

    #[test]
    fn every_table_that_is_tied_to_boxes_is_looked_at() {
        let looked_at: BTreeSet<String> = TABLES.iter().map(|(table, _)| (*table).to_owned()).collect();
        assert_eq!(looked_at, tied());
    }
}
