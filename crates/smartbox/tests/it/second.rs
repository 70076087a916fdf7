//! A second platform over the same data directory.

use std::fs::File;
use std::io::Write as _;

use rustix::fs::{FlockOperation, flock};

use crate::program::{end, smartbox};

#[tokio::test]
async fn it_is_refused_with_who_holds_it_and_what_to_do() {
    assert!(rustix::process::geteuid().is_root(), "`smartbox up` wants root before it looks at anything");
    let dir = tempfile::tempdir().unwrap();
    // As the first platform holds it.
    let mut lock = File::create(dir.path().join("lock")).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    write!(lock, "4242").unwrap();
    let mut up = smartbox(&["up"]);
    up.env("SMARTBOX_DATA_DIR", dir.path()).env("SMARTBOX_LISTEN", "127.0.0.1:0");
    let ran = end(up).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    for text in ["is in use by another smartbox (process 4242)", "help:", "SMARTBOX_DATA_DIR"] {
        assert!(ran.stderr.contains(text), "{text}: {ran:?}");
    }
    assert!(!dir.path().join("smartbox.db").exists(), "nothing was touched");
}
