//! Background loops. Each takes no input, does one pass at a time, and also runs by the clock.

pub(crate) mod backups;
pub(crate) mod configs;
pub(crate) mod drills;
mod drowsy;
mod due;
mod erase;
mod fall_asleep;
mod fence;
mod heal;
pub(crate) mod janitor;
pub(crate) mod monitor;
pub(crate) mod news;
pub(crate) mod observe;
pub(crate) mod publish;
pub(crate) mod reconcile;
mod rest;
pub(crate) mod rollback;
mod rollouts;
mod rounds;
pub(crate) mod schedules;
mod step;
pub(crate) mod trials;
pub(crate) mod upgrades;
mod wake_story;
mod wake_up;
