//! Connections, sessions and the server itself are lost in the middle of things: what was acknowledged is there, what was not
//! is whole or not at all, and the store goes on by itself.

use std::time::Duration;

use smartbox_store::{Error, FleetStore, Store, testing};
use tokio::time::timeout;

use crate::proxy::Proxy;
use crate::server::Server;
use crate::support::{at, event, fleet_of, org_id};

/// Longest time until a call has an answer.
const ANSWER_MAX: Duration = Duration::from_secs(25);

/// Writes facts until it is told to stop; which ones were acknowledged, and how many failed.
pub(crate) async fn write_until(
    fleet: FleetStore,
    writer: usize,
    stop: tokio_util_stop::Stop,
) -> (Vec<String>, usize) {
    let (mut acknowledged, mut failed) = (Vec::new(), 0);
    for n in 0_u32.. {
        if stop.is_set() {
            break;
        }
        let name = format!("{writer}-{n}");
        match timeout(ANSWER_MAX, fleet.meta_set(&name, "there")).await.unwrap() {
            Ok(()) => acknowledged.push(name),
            Err(error) => {
                assert!(error.is_retryable(), "{error:?}");
                failed += 1;
            }
        }
    }
    (acknowledged, failed)
}

/// A flag.
pub(crate) mod tokio_util_stop {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[derive(Clone, Default)]
    pub(crate) struct Stop(Arc<AtomicBool>);

    impl Stop {
        pub(crate) fn set(&self) {
            self.0.store(true, Ordering::SeqCst);
        }

        pub(crate) fn is_set(&self) -> bool {
            self.0.load(Ordering::SeqCst)
        }
    }
}

pub(crate) async fn all_there(store: &Store, names: &[String]) {
    let fleet = fleet_of(store);
    for name in names {
        assert_eq!(fleet.meta_get(name).await.unwrap().as_deref(), Some("there"), "{name} was acknowledged");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_are_ended_again_and_again_lose_nothing_that_was_acknowledged() {
    let server = Server::new().await;
    let store = server.open().await;
    let stop = tokio_util_stop::Stop::default();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        writers.spawn(write_until(fleet_of(&store), writer, stop.clone()));
    }
    let mut ended = 0;
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        ended += server.end_sessions().await;
    }
    stop.set();
    let (acknowledged, failed): (Vec<_>, Vec<_>) = writers.join_all().await.into_iter().unzip();
    let acknowledged = acknowledged.concat();
    assert!(ended >= 10 && acknowledged.len() > 20, "{ended} ended, {} written", acknowledged.len());
    all_there(&store, &acknowledged).await;
    // At once, without a failure in between: nobody is told of connections that died while nobody used them.
    server.end_sessions().await;
    fleet_of(&store).meta_set("after", "1").await.unwrap();
    assert_eq!(fleet_of(&store).meta_get("after").await.unwrap().as_deref(), Some("1"), "{failed:?} failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_server_calls_fail_in_time_and_with_it_they_work_again() {
    let server = Server::new().await;
    let proxy = Proxy::new(&server);
    let store = Store::connect(&proxy.url, 4, server.sealer()).await.unwrap();
    let fleet = fleet_of(&store);
    fleet.meta_set("before", "there").await.unwrap();
    proxy.cut();
    for _ in 0..2 {
        let written = timeout(ANSWER_MAX, fleet.meta_set("meanwhile", "there")).await.unwrap().unwrap_err();
        let read = timeout(ANSWER_MAX, fleet.meta_get("before")).await.unwrap().unwrap_err();
        for error in [written, read] {
            assert!(matches!(error, Error::Unreachable(_)) && error.is_retryable(), "{error:?}");
            assert!(!error.is_expected(), "an operator wants to read of it");
        }
    }
    proxy.mend();
    assert_eq!(fleet.meta_get("meanwhile").await.unwrap(), None, "it was not written behind anybody's back");
    fleet.meta_set("after", "there").await.unwrap();
    all_there(&store, &["before".to_owned(), "after".to_owned()]).await;
}

#[tokio::test]
async fn a_call_that_was_given_up_anywhere_leaves_no_trace_and_no_lock() {
    let server = Server::new().await;
    let (store, other) = (server.open().await, server.open().await);
    let fleet = fleet_of(&store);
    for polls in 0..60 {
        let name = format!("given-up-{polls}");
        let mut call = Box::pin(fleet.meta_set(&name, "1"));
        for _ in 0..polls {
            let one_poll = std::future::poll_fn(|context| {
                std::task::Poll::Ready(call.as_mut().poll(context).is_ready())
            });
            if one_poll.await {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(call);
        // Nobody waits for the lock of a call that is gone, in this platform or in another one.
        for fleet in [&fleet, &fleet_of(&other)] {
            timeout(Duration::from_secs(5), fleet.meta_set("next", &name)).await.unwrap().unwrap();
        }
    }
    assert_eq!(fleet.meta_get("next").await.unwrap().as_deref(), Some("given-up-59"));
}

#[tokio::test]
async fn a_platform_that_stands_still_in_the_middle_keeps_nobody_from_writing_for_long() {
    let server = Server::new().await;
    let (store, other) = (server.open().await, server.open().await);
    // A transaction that is begun and not gone on with.
    let still = store.keep_busy().await.unwrap();
    // Whoever waits for longer than a lock may be waited for fails.
    fleet_of(&other).meta_set("meanwhile", "1").await.unwrap();
    drop(still);
    fleet_of(&store).meta_set("after", "1").await.unwrap();
}

#[tokio::test]
async fn a_refused_statement_takes_its_whole_transaction_with_it() {
    let server = Server::new().await;
    let store = server.open().await;
    let fleet = fleet_of(&store);
    fleet.create_org(org_id(), "home", at(0)).await.unwrap();
    let twice = fleet.create_org(org_id(), "home", at(1)).await.unwrap_err();
    assert!(matches!(twice, Error::Conflict(_) | Error::NameTaken), "{twice:?}");
    fleet.append_event(None, None, event("note"), at(2)).await.unwrap();
    assert_eq!(fleet.orgs().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_commit_after_a_failed_statement_is_an_error_and_the_next_transaction_works() {
    let server = Server::new().await;
    let store = server.open().await;
    assert!(testing::commit_after_a_failure(&store).await.is_err(), "the server would say that it was made");
    assert_eq!(fleet_of(&store).meta_get("half").await.unwrap(), None);
    fleet_of(&store).meta_set("half", "2").await.unwrap();
}

#[tokio::test]
async fn only_a_promise_does_not_wait_for_the_disk_and_what_follows_it_does() {
    let server = Server::new().await;
    let store = server.open().await;
    for (is_fleeting, expected) in [(false, "on"), (true, "off"), (false, "on")] {
        assert_eq!(testing::waits_for_the_disk(&store, is_fleeting).await.unwrap(), expected);
    }
}
