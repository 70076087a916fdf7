//! Where boxes run. One module and one feature for each place; all of them keep the promises of
//! `smartbox_provider` and pass its contract suite.

#[cfg(feature = "local")]
pub mod local;
