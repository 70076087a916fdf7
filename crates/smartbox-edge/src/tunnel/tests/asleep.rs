use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, timeout};

use super::super::frames::{CLOSE, CONTINUATION, PING, PONG, TEXT};
use super::{SOON, greeted, home, open};
use crate::EdgeConfig;
use crate::hold::tests::{Waker, asleep, table, waking};
use crate::routes::{Route, RouteState, RouteTable};

#[tokio::test(start_paused = true)]
async fn a_socket_lives_through_a_sleep_and_its_messages_come_once_and_in_order() {
    let mut it = greeted().await;
    it.client.call("1", "chat.send").await;
    assert_eq!(it.gateway.ids().await, ["1"]);
    assert!(it.shut().is_err(), "the gateway may not have read it yet");
    tokio::time::sleep(SOON).await;
    for round in 1..4 {
        it.fall_asleep();
        it.bench.publish(table(asleep()));
        tokio::time::sleep(Duration::from_secs(3)).await;
        for id in ["a", "b", "c"] {
            it.client.call(id, "chat.send").await;
        }
        it.gateway.hears_nothing().await;
        assert_eq!((it.wakes(), it.held()), (round, 1));
        it.bench.publish(table(waking()));
        it.bench.publish(table(RouteState::Ready));
        assert_eq!(it.gateway.ids().await, ["a", "b", "c"]);
        it.gateway.hears_nothing().await;
        tokio::time::sleep(SOON).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_gateway_says_while_it_falls_asleep_is_heard_when_it_is_awake() {
    let mut it = greeted().await;
    it.fall_asleep();
    tokio::task::yield_now().await;
    it.gateway.send(TEXT, br#"{"event":"gateway.suspension","payload":{"phase":"prepared"}}"#).await;
    it.client.hears_nothing().await;
    it.gateway.send(TEXT, br#"{"event":"gateway.suspension","payload":{"phase":"accepting"}}"#).await;
    it.wake_up();
    assert_eq!(it.client.json().await["payload"]["phase"], "prepared");
    assert_eq!(it.client.json().await["payload"]["phase"], "accepting");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_gives_up_after_a_minute_of_silence_stays_for_an_hour() {
    let mut it = greeted().await;
    it.gateway.send(TEXT, br#"{"type":"event","event":"tick","seq":1}"#).await;
    assert_eq!(it.client.json().await["seq"], 1);
    // The gateway's next tick would have come just now.
    tokio::time::sleep(Duration::from_secs(29)).await;
    it.fall_asleep();
    it.bench.publish(table(asleep()));
    let (began, mut ticks) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_secs(3600) {
        let longest = if ticks == 0 { 31 } else { 60 };
        let heard = timeout(Duration::from_secs(longest), it.client.next()).await;
        let (opcode, tick) = heard.expect("a sign of life").expect("the socket is open");
        let tick: serde_json::Value = serde_json::from_slice(&tick).unwrap();
        assert_eq!(
            (opcode, tick),
            (TEXT, json!({ "type": "event", "event": "tick", "payload": { "ts": 0 } }))
        );
        ticks += 1;
    }
    assert!((100..=125).contains(&ticks), "one in half a minute: {ticks}");
    assert_eq!(it.wakes(), 0);
    it.client.call("1", "chat.send").await;
    tokio::task::yield_now().await;
    it.bench.publish(table(RouteState::Ready));
    assert_eq!(it.gateway.ids().await, ["1"]);
}

#[tokio::test(start_paused = true)]
async fn pings_are_answered_in_the_gateways_stead_and_a_goodbye_is_returned() {
    let mut it = greeted().await;
    it.client.send(PING, b"1").await;
    assert_eq!(it.gateway.next().await, Some((PING, b"1".to_vec())));
    it.fall_asleep();
    it.client.send(PING, b"2").await;
    assert_eq!(it.client.next().await, Some((PONG, b"2".to_vec())));
    // An answer to what the gateway asked before; it goes to where the gateway will find it.
    it.client.send(PONG, b"3").await;
    assert_eq!(it.gateway.next().await, Some((PONG, b"3".to_vec())));
    it.client.send(CLOSE, &[&1001_u16.to_be_bytes()[..], b"away"].concat()).await;
    assert_eq!(it.client.closed().await, (1001, String::new()));
    assert_eq!(it.client.next().await, None);
    assert_eq!(it.gateway.next().await, None);
    assert_eq!((it.wakes(), it.bench.hold.work(super::id()).last_work), (0, Some(Instant::now() - SOON)));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_asked_for_does_not_wake_the_box() {
    let mut it = greeted().await;
    it.client.call("0", "health").await;
    assert_eq!(it.gateway.ids().await, ["0"]);
    let worked = Some(Instant::now());
    assert_eq!(it.bench.hold.work(super::id()).last_work, worked, "somebody has opened a page");
    tokio::time::sleep(SOON).await;
    it.client.call("1", "health").await;
    assert_eq!(it.gateway.ids().await, ["1"]);
    assert_eq!(it.bench.hold.work(super::id()).last_work, worked, "and left it open");
    it.fall_asleep();
    it.bench.publish(table(asleep()));
    it.client.call("2", "health").await;
    let refused = it.client.json().await;
    assert_eq!((&refused["id"], &refused["ok"]), (&json!("2"), &json!(false)));
    let error = &refused["error"];
    assert_eq!((&error["code"], &error["retryable"]), (&json!("UNAVAILABLE"), &json!(true)));
    assert_eq!(
        error["details"],
        json!({ "method": "health", "reason": "gateway-suspending", "phase": "prepared" })
    );
    assert_eq!((it.wakes(), it.held()), (0, 0));

    // Behind a request that somebody did ask for, it goes to the gateway like that one.
    it.client.call("3", "health").await;
    it.client.call("4", "chat.send").await;
    it.client.call("5", "health").await;
    assert_eq!(it.client.json().await["id"], "3");
    assert_eq!(it.wakes(), 1);
    it.wake_up();
    it.gateway.hears_nothing().await;
    it.bench.publish(table(RouteState::Ready));
    assert_eq!(it.gateway.ids().await, ["4", "5"]);
    tokio::time::sleep(SOON).await;

    // Nobody was there for a while: now there is.
    it.fall_asleep();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let wakes = it.wakes();
    it.client.call("6", "health").await;
    it.gateway.hears_nothing().await;
    assert_eq!(it.wakes(), wakes + 1);
}

#[tokio::test(start_paused = true)]
async fn a_box_that_was_restarted_in_its_sleep_lets_its_sockets_go() {
    let next = Route { generation: 2, ..home(RouteState::Ready) };
    for is_held in [false, true] {
        let mut it = greeted().await;
        it.fall_asleep();
        if is_held {
            it.client.call("1", "chat.send").await;
            tokio::time::sleep(SOON).await;
        }
        it.bench.publish(Arc::new(RouteTable::new([next.clone()], None)));
        assert_eq!(it.client.closed().await, (1012, "the box was restarted".to_owned()));
        assert_eq!(it.client.next().await, None);
        let heard = timeout(Duration::from_secs(10), it.gateway.next()).await.expect("it ends");
        assert_eq!(heard, None, "nothing goes to a gateway that is not there");
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_does_not_speak_the_protocol_yet_is_closed_after_a_minute_of_sleep() {
    let mut it = open(Waker::default(), EdgeConfig::default(), 1024).await;
    it.fall_asleep();
    let began = Instant::now();
    let heard = timeout(Duration::from_secs(100), it.client.next()).await.expect("it ends");
    assert_eq!(heard, Some((CLOSE, [&1012_u16.to_be_bytes()[..], b"the box sleeps"].concat())));
    assert!((60..100).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_sign_of_life_never_stands_within_a_message() {
    let mut it = greeted().await;
    it.client.call("0", "health").await;
    assert_eq!(it.gateway.ids().await, ["0"]);
    tokio::time::sleep(SOON).await;
    // The first of two pieces, and then half of a frame.
    let mut bytes = Vec::new();
    super::super::frames::write(&mut bytes, TEXT, b"one ", None);
    bytes[0] &= 0x7F;
    super::super::frames::write(&mut bytes, CONTINUATION, b"two", None);
    let (now, later) = bytes.split_at(bytes.len() - 2);
    tokio::io::AsyncWriteExt::write_all(&mut it.gateway.io, now).await.unwrap();
    assert_eq!(it.client.next().await, Some((TEXT, b"one ".to_vec())));
    it.fall_asleep();
    it.client.call("1", "health").await;
    let heard = timeout(Duration::from_secs(40), it.client.next()).await;
    assert!(heard.is_err(), "{heard:?}");
    tokio::io::AsyncWriteExt::write_all(&mut it.gateway.io, later).await.unwrap();
    assert_eq!(it.client.next().await, Some((CONTINUATION, b"two".to_vec())));
    assert_eq!(it.client.json().await["event"], "tick");
    assert_eq!(it.client.json().await["id"], "1");
    // From here on the gateway is not listened to.
    it.gateway.send(TEXT, b"three").await;
    it.client.hears_nothing().await;
}
