//! `kill -9` in the middle of writing: what was acknowledged is there.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use smartbox_core::{BoxId, Desired};
use smartbox_store::{OperationKind, Store};

use crate::support::{at, create, event, fleet_of, intent, new_box, open, operation, org_id};

/// Acknowledged writes after which the writer is killed.
const WRITES: usize = 40;

/// The part of the child process: writes until it is killed, and says each time what it was told is written.
/// Run by itself it reads an empty standard input and ends.
#[test]
#[ignore = "runs as the child of the tests here"]
fn child_that_writes_until_it_is_killed() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    if line.trim().is_empty() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(write_for_ever(Path::new(line.trim())));
}

async fn write_for_ever(directory: &Path) {
    let store = open(directory).await;
    let org = fleet_of(&store).first_org().await.unwrap().unwrap().id;
    let id = fleet_of(&store).all_boxes().await.unwrap()[0].id;
    for n in 0.. {
        let desired = if n % 2 == 0 { Desired::Stopped } else { Desired::Running };
        let kind = if n % 2 == 0 { OperationKind::Stop } else { OperationKind::Start };
        let (changed, begun) = store
            .org(org)
            .change_intent(id, intent(desired), None, Some(operation(kind)), event("box.changed"), at(n))
            .await
            .unwrap();
        println!("ack {} {} {}", changed.version, begun.unwrap().id, changed.desired.as_str());
        std::io::stdout().flush().unwrap();
    }
}

fn spawn_writer(directory: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::child_that_writes_until_it_is_killed", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", directory.display()).unwrap();
    child
}

/// Kills the writer after some acknowledgements; returns all that it gave, the ones in the pipe included.
fn acknowledged_before_death(mut child: Child, writes: usize) -> Vec<(i64, String, String)> {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    let mut keep = |line: String| {
        // Other lines are the test harness's own; the last one may be torn.
        let words: Vec<&str> = line.split(' ').collect();
        if let ["ack", version, operation, desired] = words[..]
            && let Ok(version) = version.parse()
            && ["running", "stopped"].contains(&desired)
        {
            acknowledged.push((version, operation.to_owned(), desired.to_owned()));
            return true;
        }
        false
    };
    let mut kept = 0;
    while kept < writes {
        kept += usize::from(keep(lines.next().expect("the writer lives").unwrap()));
    }
    child.kill().unwrap();
    for line in lines {
        keep(line.unwrap());
    }
    child.wait().unwrap();
    acknowledged
}

async fn arrange(directory: &Path) -> BoxId {
    let store = open(directory).await;
    let org = fleet_of(&store).create_org(org_id(), "home", at(0)).await.unwrap();
    let (made, _) = create(&store.org(org.id), new_box("one")).await.unwrap();
    store.close().await;
    made.id
}

async fn assert_written(store: &Store, id: BoxId, acknowledged: &[(i64, String, String)]) {
    let fleet = fleet_of(store);
    let found = fleet.find_box(id).await.unwrap().unwrap();
    let (version, _, desired) = acknowledged.last().unwrap();
    // The write after the last acknowledged one may have been committed, too.
    assert!(
        (*version..=version + 1).contains(&found.version),
        "{version} was acknowledged, {} is there",
        found.version
    );
    if found.version == *version {
        assert_eq!(found.desired.as_str(), desired);
    }
    for (_, operation, _) in acknowledged {
        assert!(
            fleet.find_operation(operation.parse().unwrap()).await.unwrap().is_some(),
            "{operation} is lost"
        );
    }
    // Intent and event stand or fall together.
    let mut events = 0;
    let mut cursor = None;
    loop {
        let page = store.org(found.org).timeline(id, cursor.as_ref(), 200).await.unwrap();
        events += i64::try_from(page.items.len()).unwrap();
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(events, found.version);
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let id = arrange(directory.path()).await;
    // Again on what the last crash left: a log to be recovered.
    for round in 1..=3 {
        let child = spawn_writer(directory.path());
        let acknowledged = acknowledged_before_death(child, WRITES + round);
        let store = open(directory.path()).await;
        assert_written(&store, id, &acknowledged).await;
        if round == 2 {
            store.close().await;
        }
    }
}
