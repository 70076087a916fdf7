//! `kill -9` in the middle of spending: nothing is billed twice, nothing that was acknowledged is lost.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::tz::TimeZone;
use smartbox_core::ledger::{Period, Span};

use super::{ask, daily_tokens, settled, tell, traffic};
use crate::support::{at, create, event, fleet_of, new_box, open, org_id};

/// Acknowledged calls after which the writer is killed.
const CALLS: usize = 30;
/// Tokens of each.
const TOKENS: u64 = 7;

/// The part of the child process: spends until it is killed. Run by itself it reads an empty standard input and ends.
#[test]
#[ignore = "runs as the child of the test here"]
fn child_that_spends_until_it_is_killed() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let mut words = line.split_whitespace();
    let (Some(directory), Some(first)) = (words.next(), words.next()) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(spend_for_ever(Path::new(directory), first.parse().unwrap()));
}

async fn spend_for_ever(directory: &Path, first: u32) {
    let store = open(directory).await;
    let fleet = fleet_of(&store);
    let id = fleet.all_boxes().await.unwrap()[0].id;
    for n in first.. {
        assert!(fleet.reserve(&[ask(n, id, 2 * TOKENS, 1800)], at(1)).await.unwrap()[0].is_ok());
        fleet.append_egress_usage(&[traffic(id, 1)], &tell, at(1)).await.unwrap();
        fleet.settle(&[settled(n, id, TOKENS)], &tell, at(1)).await.unwrap();
        println!("ack {n}");
        std::io::stdout().flush().unwrap();
    }
}

/// The last call that was acknowledged before the writer died.
fn spend_and_die(directory: &Path, first: u32) -> u32 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ledger::killed::child_that_spends_until_it_is_killed", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{} {first}", directory.display()).unwrap();
    let mut last = None;
    let mut count = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        if let Some(n) = line.unwrap().strip_prefix("ack ").and_then(|n| n.parse().ok()) {
            (last, count) = (Some(n), count + 1);
            if count == CALLS {
                child.kill().unwrap();
            }
        }
    }
    child.wait().unwrap();
    last.expect("the writer lives")
}

#[tokio::test]
async fn a_platform_that_is_killed_while_it_spends_bills_each_call_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    let org = fleet_of(&store).create_org(org_id(), "home", at(0)).await.unwrap().id;
    let id = create(&store.org(org), new_box("one")).await.unwrap().0.id;
    let budget = daily_tokens(1_000_000);
    store.org(org).set_budget(Some(id), &budget, None, event("budget.changed"), at(0)).await.unwrap();
    store.close().await;
    let day = Period::of(Span::Day, at(1), &TimeZone::UTC);
    let mut first = 0;
    for _round in 0..3 {
        let last = spend_and_die(directory.path(), first);
        let store = open(directory.path()).await;
        let usage = store.org(org).usage(Some(id), day).await.unwrap();
        // The call after the last acknowledged one may have been settled, too, and its traffic put down.
        let acknowledged = u64::from(last) + 1;
        assert_eq!(usage.input, usage.calls * TOKENS);
        assert!((acknowledged..=acknowledged + 1).contains(&usage.calls), "{acknowledged} {}", usage.calls);
        // One call for each death may have left none.
        assert!(
            (acknowledged - 3..=acknowledged + 1).contains(&usage.connections),
            "{acknowledged} {}",
            usage.connections
        );
        let again: Vec<_> = (0..=last).map(|n| settled(n, id, TOKENS)).collect();
        assert!(fleet_of(&store).settle(&again, &tell, at(2)).await.unwrap().iter().all(|first| !first));
        assert_eq!(store.org(org).usage(Some(id), day).await.unwrap().calls, usage.calls);
        fleet_of(&store).rebuild_usage(org, at(2)).await.unwrap();
        assert_eq!(store.org(org).usage(Some(id), day).await.unwrap(), usage, "the log says the same");
        // Whoever was under way when it died settles later.
        fleet_of(&store).settle(&[settled(last + 1, id, TOKENS)], &tell, at(2)).await.unwrap();
        assert_eq!(store.org(org).usage(Some(id), day).await.unwrap().calls, acknowledged + 1);
        store.close().await;
        first = last + 2;
    }
}
