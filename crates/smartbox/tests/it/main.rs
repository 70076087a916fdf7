//! The program as a shell sees it: its real process, terminals, signals and files, against a scripted platform.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, as tests do")]

mod browser;
mod devices;
mod discovery;
mod fake;
mod mcp;
mod people;
mod program;
mod second;
mod signals;
mod streams;
mod terminal;
