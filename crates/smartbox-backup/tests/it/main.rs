//! Snapshots of directories that somebody else controls.

mod faults;
mod hostile;
mod round_trip;
mod support;
