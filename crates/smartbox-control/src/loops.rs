//! Background loops. Each takes no input, does one pass at a time, and also runs by the clock.

mod heal;
pub(crate) mod janitor;
pub(crate) mod observe;
pub(crate) mod publish;
pub(crate) mod reconcile;
pub(crate) mod rollback;
mod step;
