//! Use-cases and loops over the real database and the stateful fake of the place where boxes run.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod idle;
mod janitor;
mod reconcile;
mod routing;
mod running_loop;
mod schedules;
mod simulation;
mod sleep;
mod wake;
