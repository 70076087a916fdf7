//! The local provider on a real host: real namespaces, cgroups, images and boxd, with a small Python program in
//! the place of the gateway. Needs root, `runc`, `mmdebstrap` and Python; fails where they are missing.
//!
//! The box image is kept between runs in the store that `make test` fills, below `SMARTBOX_TEST_CACHE`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod bench;
mod harness;
mod isolation;
mod life;
mod limits;
mod recovery;
mod sleep;

use harness::Local;
use smartbox_provider::contract_suite;

contract_suite!(Local::new().await);
