//! The API as its callers see it: real routes, use-cases, loops and database over a fake of the place where boxes
//! run.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod backups;
mod describe;
mod devices;
mod egress;
mod exec;
mod failures;
mod foreign;
mod health;
mod holds;
mod idempotency;
mod ledger;
mod lifecycle;
mod limits;
mod lists;
mod logs;
mod matrix;
mod messages;
mod models;
mod one_box;
mod openapi;
mod operations;
mod pages;
mod people;
mod restart;
mod routes;
mod schedules;
mod secrets;
mod sign_in;
mod sleep;
mod tenancy;
mod tokens;
mod validation;
mod versions;
mod why;
