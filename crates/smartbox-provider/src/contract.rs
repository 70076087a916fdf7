//! The promises of [`Provider`] and [`Link`], each as a function that panics when it is broken.
//!
//! [`contract_suite!`](crate::contract_suite) makes one test of each. A provider takes part with a [`Fixture`]:
//! how to make a box that greets on [`GREETING_PORT`], how to reach its volume behind its back, and how to let
//! it die. Properties use boxes of their own, so they may share a provider with anything else.

#![expect(clippy::expect_used, reason = "a broken promise is a panic, as in any test")]

mod cancel;
mod fencing;
mod files;
mod life;
mod logs;
mod network;
mod rendered;
mod sleep;

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use smartbox_core::{BoxId, Observed};
use tokio::io::AsyncReadExt;

pub use cancel::*;
pub use fencing::*;
pub use files::*;
pub use life::*;
pub use logs::*;
pub use network::*;
pub use rendered::*;
pub use sleep::*;

use crate::{Epoch, Files, Generation, Link, LinkError, Observation, Provider, Spec};

/// On this port a program of the fixture's boxes sends the box's host name to who connects, then closes.
pub const GREETING_PORT: u16 = 7070;
/// The epoch most properties act in.
const EPOCH: Epoch = 7;

/// What the suite needs of one provider.
#[async_trait::async_trait]
pub trait Fixture: Send + Sync {
    /// The provider under test.
    fn provider(&self) -> &dyn Provider;
    /// Its link.
    fn link(&self) -> &dyn Link;
    /// The files of its boxes.
    fn files(&self) -> &dyn Files;
    /// A box nobody used before with a host name of its own, of generation 1, whose gateway becomes ready by
    /// itself, greets on [`GREETING_PORT`] and writes its host name to its log.
    fn new_box(&self) -> (BoxId, Spec);
    /// The same box in another generation.
    fn in_generation(&self, spec: &Spec, generation: Generation) -> Spec;
    /// Writes a file of the box's volume.
    async fn write_volume(&self, id: BoxId, name: &str, content: &[u8]);
    /// Reads a file of the box's volume.
    async fn read_volume(&self, id: BoxId, name: &str) -> Option<Vec<u8>>;
    /// Reads a rendered file by its path in the box, as a program of the running box sees it.
    async fn read_rendered(&self, id: BoxId, path: &str) -> Option<Vec<u8>>;
    /// Ends every process of the box at once, as a crash of the host would.
    async fn kill(&self, id: BoxId);
    /// Puts things beside the boxes that are not ours.
    async fn add_foreign(&self);
    /// Whether those things are as they were.
    async fn has_foreign(&self) -> bool;
    /// Longest time anything may take.
    fn patience(&self) -> Duration;
}

/// Makes one test of each promise. `$fixture` is an expression that makes a [`Fixture`] and may await.
#[macro_export]
macro_rules! contract_suite {
    ($fixture:expr) => {
        $crate::contract_suite!(@tests $fixture;
            ensuring_twice_is_ensuring_once
            what_is_absent_is_stopped_and_removed_with_success
            what_was_made_is_seen_with_generation_and_epoch
            a_stop_keeps_the_volume
            a_removal_takes_the_volume
            a_stopped_box_is_left_alone
            an_older_generation_is_replaced
            a_dead_box_is_started_afresh
            two_boxes_do_not_see_each_other
            foreign_objects_are_never_touched
            an_older_controller_is_refused
            a_call_cancelled_in_the_middle_is_repeated_with_success
            a_change_is_announced
            a_connection_reaches_the_right_box
            a_closed_port_is_refused_and_a_missing_box_is_not_there
            a_listener_is_reachable_from_its_own_box_only
            a_taken_port_is_told
            a_sleeping_box_keeps_its_processes_and_wakes
            a_sleep_gets_deeper_and_never_less_deep
            what_has_no_processes_neither_sleeps_nor_wakes
            a_sleeping_box_is_stopped_removed_replaced_and_woken_by_a_start
            an_older_controller_neither_puts_to_sleep_nor_wakes
            a_sleep_or_wake_cancelled_in_the_middle_is_repeated_with_success
            a_connection_to_a_sleeping_box_fails_at_once
            a_box_that_dies_in_its_sleep_is_seen_as_dead
            a_file_is_replaced_in_the_incarnation_that_runs
            logs_are_read_while_running_and_after_the_stop
            what_the_platform_logs_of_a_box_is_read_and_goes_with_it
            what_was_never_started_has_no_files
            files_are_worked_with_whether_the_box_runs_or_not
        );
    };
    (@tests $fixture:expr; $($promise:ident)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $promise() {
            let fixture = $fixture;
            $crate::contract::$promise(&fixture).await;
        }
    )+ };
}

/// Waits until the box is observed as `wanted` says; panics with the last observation when patience ends.
async fn wait_until(fixture: &dyn Fixture, id: BoxId, wanted: impl Fn(&Observation) -> bool) -> Observation {
    /// A lost hint costs this much.
    const RECHECK: Duration = Duration::from_millis(200);
    let mut last = None;
    let wait = async {
        loop {
            let hint = fixture.provider().changed();
            last = observe(fixture, id).await;
            if let Some(seen) = last.clone().filter(&wanted) {
                return seen;
            }
            let _hint_or_recheck = tokio::time::timeout(RECHECK, hint).await;
        }
    };
    let seen = tokio::time::timeout(fixture.patience(), wait).await;
    assert!(seen.is_ok(), "the box was not seen as wanted; the last observation: {last:?}");
    seen.expect("asserted above")
}

async fn observe(fixture: &dyn Fixture, id: BoxId) -> Option<Observation> {
    let all = fixture.provider().observe_all().await.expect("observing works");
    let mut ours = all.into_iter().filter(|seen| seen.id == id);
    let first = ours.next();
    assert!(ours.next().is_none(), "one box is observed once");
    first
}

/// Makes the box run and waits until it is ready.
async fn run_until_ready(fixture: &dyn Fixture, id: BoxId, spec: &Spec) -> Observation {
    fixture.provider().ensure_running(id, EPOCH, spec).await.expect("the box starts");
    wait_until(fixture, id, |seen| seen.observed == Observed::Ready).await
}

/// Removes the box: every property cleans up behind itself.
async fn remove(fixture: &dyn Fixture, id: BoxId) {
    fixture.provider().ensure_absent(id, EPOCH).await.expect("the box goes");
    assert_eq!(observe(fixture, id).await, None, "a removed box is not observed");
}

/// Connects to the greeting port and reads the greeting.
async fn greeting(fixture: &dyn Fixture, id: BoxId) -> Result<String, LinkError> {
    let mut stream = fixture.link().dial(id, GREETING_PORT).await?;
    let mut text = String::new();
    let read = tokio::time::timeout(fixture.patience(), stream.read_to_string(&mut text)).await;
    read.expect("the greeting comes in time").map_err(LinkError::Io)?;
    Ok(text.trim().to_owned())
}

/// Polls a future `times` times at most and drops it then: a caller that loses patience.
async fn poll_at_most<T>(times: u32, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = times;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
