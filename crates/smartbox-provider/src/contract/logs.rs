//! Logs.

use bytes::Bytes;

use super::{EPOCH, Fixture, observe, remove, run_until_ready};
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

/// Lines that the platform writes are read as those of the box are, whether it runs or not, and are gone with it.
pub async fn what_the_platform_logs_of_a_box_is_read_and_goes_with_it(fixture: &dyn Fixture) {
    const SOURCE: LogSource = LogSource::Connections;
    let provider = fixture.provider();
    let (id, spec) = fixture.new_box();
    let append = async |line: &'static str| {
        provider.append_log(id, SOURCE, Bytes::from_static(line.as_bytes())).await.expect("it is taken");
    };
    let read = async |from, tail| {
        let chunk = provider.logs(id, SOURCE, from, tail).await.expect("reads");
        (String::from_utf8_lossy(&chunk.bytes).into_owned(), chunk.next)
    };
    append("too early\n").await;
    assert_eq!(observe(fixture, id).await, None, "a line makes no box");
    run_until_ready(fixture, id, &spec).await;
    append("one\n").await;
    append("two\nthree\n").await;
    let (tail, next) = read(None, 2).await;
    assert_eq!(tail, "two\nthree\n");
    provider.ensure_stopped(id, EPOCH).await.expect("stops");
    append("four\n").await;
    assert_eq!(read(Some(next), 0).await.0, "four\n");
    assert_eq!(
        read(None, 10).await.0,
        "one\ntwo\nthree\nfour\n",
        "and nothing from before the box was there"
    );
    remove(fixture, id).await;
    append("too late\n").await;
    assert_eq!(observe(fixture, id).await, None, "a line brings no box back");
    assert_eq!(read(None, 10).await.0, "");
}
