//! What a write costs on both databases. Figures are in decision 0027; they mean something with `SMARTBOX_TEST_FSYNC=on` only.

use std::time::Duration;

use smartbox_store::Store;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::server::Server;
use crate::support::{at, database, event, fleet_of, sealer};

/// Writes of each task.
const WRITES: usize = 200;

/// Events that are appended a second, and how long one takes, by so many tasks on each store.
async fn events_per_second(stores: &[Store], tasks: usize) -> (f64, Duration) {
    let began = Instant::now();
    let mut writers = JoinSet::new();
    for store in stores {
        for _ in 0..tasks {
            let fleet = fleet_of(store);
            writers.spawn(async move {
                for _ in 0..WRITES {
                    fleet.append_event(None, None, event("note"), at(1)).await.unwrap();
                }
            });
        }
    }
    writers.join_all().await;
    let count = stores.len() * tasks * WRITES;
    let took = began.elapsed();
    (f64::from(u32::try_from(count).unwrap()) / took.as_secs_f64(), took / u32::try_from(WRITES).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn writes_a_second() {
    let directory = tempfile::tempdir_in(std::env::current_dir().unwrap()).unwrap();
    let file = Store::open(&database(directory.path()), sealer(directory.path())).await.unwrap();
    let server = Server::new().await;
    drop(server.sealer());
    let stores = [server.open().await, server.open().await];
    for (what, stores, tasks) in [
        ("SQLite, one caller", std::slice::from_ref(&file), 1),
        ("SQLite, four callers", std::slice::from_ref(&file), 4),
        ("PostgreSQL, one caller", &stores[..1], 1),
        ("PostgreSQL, four callers", &stores[..1], 4),
        ("PostgreSQL, two platforms of two callers", &stores[..], 2),
    ] {
        let (rate, each) = events_per_second(stores, tasks).await;
        println!("{what}: {rate:.0} a second, {each:?} each");
    }
}
