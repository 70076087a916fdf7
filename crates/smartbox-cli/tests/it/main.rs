//! The command line against a scripted platform: the real parser, client and output, another server.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail loudly, as tests do")]

mod audit;
mod boxes;
mod chat;
mod commands;
mod credentials;
mod devices;
mod egress;
mod errors;
mod exec;
mod fake;
mod files;
mod help;
mod ledger;
mod logs;
mod model;
mod open;
mod people;
mod routes;
mod run;
mod schedules;
mod secrets;
mod sleep;
mod support_access;
mod waiting;
