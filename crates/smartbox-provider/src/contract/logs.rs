//! Logs.

use super::{EPOCH, Fixture, remove, run_until_ready};
use crate::LogSource;

/// The gateway's output is read from the end and onwards, while the box runs and after it was stopped.
pub async fn logs_are_read_while_running_and_after_the_stop(fixture: &dyn Fixture) {
    let provider = fixture.provider();
    let (id, spec) = fixture.new_box();
    let none = provider.logs(id, LogSource::Gateway, None, 10).await.expect("no box, no lines");
    assert!(none.bytes.is_empty());
    run_until_ready(fixture, id, &spec).await;

    let tail = provider.logs(id, LogSource::Gateway, None, 10).await.expect("reads");
    let text = String::from_utf8_lossy(&tail.bytes).into_owned();
    assert!(text.contains(&spec.hostname), "the gateway wrote its host name: {text:?}");
    assert!(text.ends_with('\n'), "whole lines");

    provider.ensure_stopped(id, EPOCH).await.expect("stops");
    let again = provider.logs(id, LogSource::Gateway, None, 1000).await.expect("reads after the stop");
    assert!(String::from_utf8_lossy(&again.bytes).contains(&spec.hostname));
    let last = provider.logs(id, LogSource::Gateway, None, 1).await.expect("reads one line");
    assert_eq!(last.bytes.iter().filter(|byte| **byte == b'\n').count(), 1, "one line was asked for");
    let onwards = provider.logs(id, LogSource::Gateway, Some(again.next), 0).await.expect("reads on");
    assert!(onwards.bytes.is_empty(), "nothing was written since");
    assert_eq!(onwards.next, again.next);
    remove(fixture, id).await;
}
