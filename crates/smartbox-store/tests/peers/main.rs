//! The store on a real PostgreSQL server: what SQLite cannot show. `tests/it` runs on both (`scripts/test-postgres.sh`).

#![expect(clippy::unwrap_used, reason = "clippy's exemption for tests leaves out their helpers")]

mod failover;
mod losses;
mod measure;
mod opening;
mod pair;
mod proxy;
mod schema;
mod server;
#[path = "../it/support.rs"]
#[expect(dead_code, reason = "the other suite uses all of it")]
mod support;
mod tls;
mod together;
