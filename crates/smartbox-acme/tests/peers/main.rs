//! Certificates of Pebble, the test authority of Let's Encrypt (Debian package `pebble`). It asks over a real connection, and
//! refuses some requests on purpose, so that clients learn to try again.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod pebble;
mod world;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use smartbox_acme::{AcmeError, Keeper, kept};
use smartbox_edge::TlsIdentity;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use pebble::Pebble;
use world::{Memory, World, clock, connect};

const NAMES: [&str; 2] = ["boxes.example", "www.boxes.example"];
/// The longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_issues_a_certificate_that_clients_trust() {
    let pebble = Pebble::start().await;
    let vault = Arc::new(Memory::default());
    let config = pebble.config(&NAMES);
    let mut keeper = Keeper::new(config.clone(), Arc::clone(&vault) as _, clock(0)).unwrap();
    assert!(keeper.is_due(), "there is none yet");
    let _world = World::serve(pebble.tls_port, keeper.tls()).await;
    let root = pebble.root().await;
    let early = connect(pebble.tls_port, NAMES[0], &root).await;
    assert!(early.is_err(), "what is shown at first is trusted by nobody");

    keeper.renew().await.unwrap();
    for name in NAMES {
        let shown = connect(pebble.tls_port, name, &root).await.unwrap();
        assert_eq!(shown, keeper.shown().certificate(), "{name}");
    }
    // It is kept, and taken up by the next start without a word to anybody.
    assert_eq!(kept(&config, &*vault).unwrap().certificate(), keeper.shown().certificate());
    let (from, until) = keeper.shown().validity().unwrap();
    let days = until.duration_since(from).as_hours() / 24;
    let after = |days: i64| Keeper::new(config.clone(), Arc::clone(&vault) as _, clock(days)).unwrap();
    assert!(!after(0).is_due());
    assert!(!after(days / 2).is_due());
    assert!(after(days - days / 3 + 2).is_due(), "less than a third of its time is left");
    let other = Keeper::new(pebble.config(&["a.example"]), Arc::clone(&vault) as _, clock(0));
    assert!(other.unwrap().is_due(), "another name needs another certificate");
    assert_eq!(vault.names().len(), 2, "one account, one certificate");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_when_its_time_comes_by_the_same_account() {
    let pebble = Pebble::start().await;
    let vault = Arc::new(Memory::default());
    let shown = Arc::<Mutex<Vec<Vec<u8>>>>::default();
    // Two runs of the platform, years apart.
    for (run, days) in [(1, 0), (2, 10_000)] {
        let keeper = Keeper::new(pebble.config(&NAMES), Arc::clone(&vault) as _, clock(days)).unwrap();
        let world = World::serve(pebble.tls_port, keeper.tls()).await;
        let (heard, stop) = (Arc::clone(&shown), CancellationToken::new());
        let changed =
            move |identity: &TlsIdentity| heard.lock().unwrap().push(identity.certificate().to_vec());
        let mut task = JoinSet::new();
        task.spawn(keeper.run(changed, stop.clone()));
        let heard = async {
            while shown.lock().unwrap().len() < run {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(LIMIT, heard).await.expect("a certificate is issued");
        stop.cancel();
        tokio::time::timeout(LIMIT, task.join_next()).await.expect("it ends").unwrap().unwrap();
        world.end().await;
    }
    let shown = shown.lock().unwrap();
    assert_ne!(shown[0], shown[1]);
    assert_eq!(vault.names().len(), 2, "one account, one certificate");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_there_is_no_certificate_and_what_was_shown_stays() {
    let pebble = Pebble::start().await;
    let vault = Arc::new(Memory::default());
    let mut keeper = Keeper::new(pebble.config(&NAMES[..1]), Arc::clone(&vault) as _, clock(0)).unwrap();
    let before = keeper.shown().certificate().to_vec();
    // Nobody listens where the authority looks.
    let refused = keeper.renew().await.unwrap_err();
    assert!(matches!(&refused, AcmeError::NotConvinced { name, .. } if name == NAMES[0]), "{refused:?}");
    assert_eq!(keeper.shown().certificate(), before);
    assert!(keeper.is_due());
}
