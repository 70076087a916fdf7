//! The store through its public methods, on real files.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "clippy's exemption for tests leaves out their helpers"
)]

mod accounts;
mod all_boxes;
mod audit;
mod backups;
mod boxes;
mod breaker;
mod configs;
mod devices;
mod durability;
mod egress;
mod execs;
mod fleet;
mod foreign;
mod housekeeping;
mod idempotency;
mod intent;
mod keyring;
mod leases;
mod ledger;
mod models;
mod observations;
mod opening;
mod operations;
mod origins;
mod people;
mod platforms;
mod races;
mod releases;
mod rollouts;
mod rotation;
mod routing;
mod secrets;
mod support;
mod support_sessions;
mod tenancy;
mod tiers;
mod tokens;
mod upgrades;
mod vault;
mod webhooks;
