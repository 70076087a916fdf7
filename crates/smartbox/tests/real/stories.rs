//! What people do, from end to end.

mod archive;
mod backup;
mod broken;
mod clone;
mod config;
mod contract;
mod crash;
mod egress;
mod hands;
mod isolation;
mod memory;
mod moving;
mod newcomer;
mod platforms;
mod secrets;
mod sleep;
mod sleep_kill;
mod tools;
mod upgrade;
mod walk;
