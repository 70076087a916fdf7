//! Use-cases and loops over the real database and the stateful fake of the place where boxes run.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod archive;
mod backup_policy;
mod backups;
mod clone;
mod configs;
mod drills;
mod erase;
mod heal;
mod idle;
mod janitor;
mod keeping;
mod keeping_simulation;
mod lease;
mod monitor;
mod news;
mod prewarm;
mod reconcile;
mod restore;
mod restore_killed;
mod rollouts;
mod room;
mod routing;
mod running_loop;
mod schedules;
mod simulation;
mod sleep;
mod sleep_killed;
mod sleep_simulation;
mod spend;
mod trials;
mod upgrades;
mod upgrades_killed;
mod wake;
