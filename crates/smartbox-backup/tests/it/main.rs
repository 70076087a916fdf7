//! Snapshots of directories that somebody else controls.

mod breaking;
mod faults;
mod foreign;
mod hostile;
mod round_trip;
mod support;
mod work;
