//! The server is lost for good, and its standby takes its place.

use std::time::Duration;

use smartbox_store::{OpenError, Store};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::losses::tokio_util_stop::Stop;
use crate::losses::{all_there, write_until};
use crate::pair::Pair;
use crate::support::{fleet_of, sealer};

/// Longest time until a write is taken again after the name has moved: calls under way wait for their answer no longer.
const BACK_MAX: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_takes_over_has_all_that_was_acknowledged_and_the_same_store_writes_to_it() {
    let mut pair = Pair::start().await;
    let keys = tempfile::tempdir().unwrap();
    let store = Store::connect(&pair.url(), 4, sealer(keys.path())).await.unwrap();
    let stop = Stop::default();
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        writers.spawn(write_until(fleet_of(&store), writer, stop.clone()));
    }
    while fleet_of(&store).meta_get("3-9").await.unwrap().is_none() {
        sleep(Duration::from_millis(20)).await;
    }

    pair.kill_primary();
    pair.name_the_standby();
    // Who promotes it takes a moment; until then nobody may take it for the server.
    let refused = Store::connect(&pair.url(), 4, sealer(keys.path())).await.unwrap_err();
    assert!(matches!(&refused, OpenError::Unfit { what, .. } if what.contains("standby")), "{refused:?}");
    pair.promote().await;
    let back = async {
        while fleet_of(&store).meta_set("after", "there").await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(BACK_MAX, back).await.expect("the store finds the new server by itself");

    stop.set();
    let (acknowledged, _failed): (Vec<_>, Vec<_>) = writers.join_all().await.into_iter().unzip();
    let acknowledged = acknowledged.concat();
    assert!(acknowledged.len() >= 40, "{}", acknowledged.len());
    all_there(&store, &acknowledged).await;
    // The keys are those of the database that was lost: it is the same one.
    Store::connect(&pair.url(), 4, sealer(keys.path())).await.unwrap();
}
