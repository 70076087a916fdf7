//! Ctrl-C and its like.

use std::future::pending;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::fake::{self, Fake};
use crate::program::{LIMIT, end_of, signal, smartbox_of};

#[tokio::test]
async fn ctrl_c_in_a_wait_leaves_the_operation_running() {
    let (told, mut asked) = mpsc::channel(8);
    let (waits, mut waiting) = mpsc::channel(8);
    let operation = get(move || async move {
        waits.send(()).await.unwrap();
        pending::<Response>().await
    });
    let fake = Fake::start(fake::one_box(told, operation)).await;
    let child = smartbox_of(&fake, &["box", "start", "home"]).spawn().unwrap();
    timeout(LIMIT, waiting.recv()).await.unwrap().unwrap();
    signal(&child, Signal::INT);
    let ran = end_of(child).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (130, ""));
    assert!(ran.stderr.contains("Stopped waiting; the platform goes on to start `home`."), "{ran:?}");
    assert_eq!(asked.recv().await.as_deref(), Some("start"));
    assert!(asked.try_recv().is_err(), "nothing else was asked for");
}

#[tokio::test]
async fn ctrl_c_ends_a_followed_log_behind_a_whole_line() {
    let stream = get(|| async { fake::open_stream("id: 1\ndata: one\n\nid: 2\ndata: tw".into()) });
    let fake = Fake::start(Router::new().route("/v1/boxes/default/logs", stream)).await;
    let mut child = smartbox_of(&fake, &["logs", "-f"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = timeout(LIMIT, lines.next_line()).await.unwrap().unwrap();
    assert_eq!(first.as_deref(), Some("one"));
    signal(&child, Signal::INT);
    assert_eq!(end_of(child).await.code, 130);
    assert_eq!(lines.next_line().await.unwrap(), None);
}

#[tokio::test]
async fn sigterm_reaches_the_command_before_it_is_left() {
    let (routes, mut hears, _says) = fake::exec();
    let fake = Fake::start(routes).await;
    let child = smartbox_of(&fake, &["exec", "--", "sleep", "99"]).spawn().unwrap();
    let start = timeout(LIMIT, hears.recv()).await.unwrap().unwrap();
    assert_eq!(start.0, b't');
    assert_eq!(hears.recv().await.unwrap(), (0, Vec::new()), "no input");
    signal(&child, Signal::TERM);
    let (channel, control) = timeout(LIMIT, hears.recv()).await.unwrap().unwrap();
    assert_eq!((channel, control.as_slice()), (3, br#"{"type":"signal","signal":"TERM"}"#.as_slice()));
    assert_eq!(end_of(child).await.code, 143);
}
