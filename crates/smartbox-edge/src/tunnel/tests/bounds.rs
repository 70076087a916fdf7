use std::time::Duration;

use http::StatusCode;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout};

use super::super::frames::{self, TEXT};
use super::{KEY, SOON, greeted, greeted_with};
use crate::EdgeConfig;
use crate::hold::tests::{Waker, asleep, id, table};
use crate::ports::WakeRefused;
use crate::routes::RouteState;

#[tokio::test(start_paused = true)]
async fn a_client_that_floods_a_box_that_sleeps_is_not_read() {
    let mut it = greeted().await;
    it.fall_asleep();
    let mut message = Vec::new();
    let text = format!(r#"{{"type":"req","id":"1","method":"chat.send","params":"{}"}}"#, "x".repeat(1000));
    frames::write(&mut message, TEXT, text.as_bytes(), Some(KEY));
    let mut taken = 0;
    while let Ok(written) = timeout(SOON, it.client.io.write(&message)).await {
        // In pieces, so that what the edge has read is known to a kilobyte.
        taken += written.unwrap();
        assert!(taken < 10_000_000, "everything is taken");
    }
    // What lies in the pipe, and what is read at once.
    assert!(taken <= 64 * 1024 + 16 * 1024 + message.len(), "{taken} bytes are taken");
    assert_eq!((it.wakes(), it.held()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_while_the_box_sleeps_costs_no_memory() {
    let mut it = greeted_with(Waker::default(), EdgeConfig::default(), 256).await;
    it.fall_asleep();
    it.bench.publish(table(asleep()));
    tokio::time::sleep(Duration::from_secs(280)).await;
    let mut ticks = 0;
    while let Ok(Some(_tick)) = timeout(SOON, it.client.next()).await {
        ticks += 1;
    }
    assert!((1..=6).contains(&ticks), "as many as there was room for, and one: {ticks}");
    it.client.call("1", "chat.send").await;
    tokio::time::sleep(SOON).await;
    it.bench.publish(table(RouteState::Ready));
    assert_eq!(it.gateway.ids().await, ["1"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_waits_as_long_as_a_request_does() {
    let mut it = greeted().await;
    it.fall_asleep();
    it.bench.publish(table(asleep()));
    it.client.call("1", "chat.send").await;
    let began = Instant::now();
    loop {
        let heard = timeout(Duration::from_secs(100), it.client.next()).await.expect("it ends").unwrap();
        if heard.0 == frames::CLOSE {
            assert_eq!(heard.1, [&1013_u16.to_be_bytes()[..], b"The box is still starting"].concat());
            break;
        }
    }
    assert_eq!(began.elapsed().as_secs(), EdgeConfig::default().hold_timeout.as_secs());
    assert_eq!((it.held(), it.wakes()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn no_more_messages_wait_than_there_are_places() {
    let config = EdgeConfig { hold_box_max: 0, ..EdgeConfig::default() };
    let mut it = greeted_with(Waker::default(), config, 1024).await;
    it.fall_asleep();
    it.client.call("1", "chat.send").await;
    assert_eq!(it.client.closed().await, (1013, "Too many requests wait for this box".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_to_wake_is_said_in_the_goodbye() {
    let refusal = WakeRefused {
        status: StatusCode::CONFLICT,
        code: "tier-full",
        title: "All places are taken".into(),
        detail: None,
        remedy: None,
        retry_after: None,
    };
    let waker = Waker { refusal: Some(refusal), ..Waker::default() };
    let mut it = greeted_with(waker, EdgeConfig::default(), 1024).await;
    it.fall_asleep();
    it.client.call("1", "chat.send").await;
    assert_eq!(it.client.closed().await, (1013, "All places are taken".to_owned()));
    assert_eq!(it.bench.hold.work(id()).held, 0);
}

#[tokio::test(start_paused = true)]
async fn an_open_socket_is_no_work_and_the_messages_on_it_are() {
    let mut it = greeted().await;
    let work = it.bench.hold.work(id());
    assert_eq!((work.requests, work.sockets), (0, 1));
    tokio::time::sleep(SOON).await;
    it.client.call("1", "chat.send").await;
    assert_eq!(it.gateway.ids().await, ["1"]);
    assert_eq!(it.bench.hold.work(id()).last_work, Some(Instant::now()));
    drop(it.client);
    while it.gateway.next().await.is_some() {}
    drop(it.gateway);
    while it.bench.hold.work(id()).sockets > 0 {
        tokio::time::sleep(SOON).await;
    }
}
