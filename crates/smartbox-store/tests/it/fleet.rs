//! What is done with many boxes, what was said to their agents, and what they cost, as it is put down.

use std::time::Duration;

use jiff::tz::TimeZone;
use secrecy::ExposeSecret as _;
use smartbox_core::bulk::{BulkAction, BulkEnd, BulkProgress, BulkTerms};
use smartbox_core::ledger::{Period, Span};
use smartbox_core::{BoxId, BulkId, Labels, MessageId, OperationId, OrgId, SleepChange};
use smartbox_store::{BoxFilter, BulkRun, Error, MESSAGES_MAX, Message, MessageEnd, NewSmartbox};

use crate::support::{World, at, create, event, new_box};

pub(crate) fn new_run(org: Option<OrgId>, second: i64) -> BulkRun {
    BulkRun {
        id: BulkId::from_parts(at(second), [u8::try_from(second % 251).unwrap(); 10]),
        org,
        action: BulkAction::PatchConfig,
        terms: BulkTerms { delay: Duration::from_secs(5), stop_after: 1, canary: 0 },
        asked_by: "admin".to_owned(),
        created_at: at(second),
        last_begun: None,
        ended: None,
    }
}

fn new_message(world: &World, smartbox: BoxId, second: i64) -> Message {
    Message {
        id: MessageId::from_parts(at(second), [u8::try_from(second % 251).unwrap(); 10]),
        org: world.org.id(),
        box_id: smartbox,
        session: "main".to_owned(),
        asked_by: "admin".to_owned(),
        created_at: at(second),
        until: at(second + 1800),
        ended: None,
    }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::new(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))).unwrap()
}

#[tokio::test]
async fn labels_are_kept_and_boxes_found_by_them() {
    let world = World::new().await;
    let red = labels(&[("team", "red"), ("a.example/b", "")]);
    let (made, _) = create(&world.org, NewSmartbox { labels: red.clone(), ..new_box("one") }).await.unwrap();
    assert_eq!(made.labels, red);
    let other = world.create("two").await;
    let blue = labels(&[("team", "blue")]);
    let nothing = SleepChange::default();
    let told = [event("box.labels-set")];
    let changed =
        world.org.change_box(other.id, (&nothing, Some(&blue)), Some(other.version), &told, at(2)).await;
    assert_eq!(changed.unwrap().labels, blue);
    let stale =
        world.org.change_box(other.id, (&nothing, Some(&red)), Some(other.version), &told, at(2)).await;
    assert!(matches!(stale, Err(Error::VersionMismatch { .. })));
    let filter = BoxFilter { selector: Some("team=blue".parse().unwrap()), ..BoxFilter::default() };
    let found = world.org.list_boxes(&filter, None, 10).await.unwrap().items;
    assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [other.id]);
}

#[tokio::test]
async fn a_box_of_a_run_begins_once_and_the_patch_goes_when_the_run_ends() {
    let world = World::new().await;
    let (first, second) = (world.create("first").await, world.create("second").await);
    let run = new_run(Some(world.org.id()), 1);
    let boxes = [(first.id, "first".to_owned()), (second.id, "second".to_owned())];
    let patch = secrecy::SecretString::from("{\"token\":1}");
    world.fleet.create_bulk_run(&run, Some(&patch), &boxes, event("bulk.created")).await.unwrap();
    assert_eq!(world.fleet.open_bulk_runs().await.unwrap(), std::slice::from_ref(&run));
    let text = world.fleet.bulk_text(run.id).await.unwrap().unwrap();
    assert_eq!(text.expose_secret(), patch.expose_secret());
    world.fleet.add_sealing_key().await.unwrap();
    world.fleet.finish_key_rotation().await.unwrap();
    let text = world.fleet.bulk_text(run.id).await.unwrap().unwrap();
    assert_eq!(text.expose_secret(), patch.expose_secret(), "sealed anew with everything else");

    let id = OperationId::from_parts(at(2), [9; 10]);
    assert!(world.fleet.begin_bulk_box(run.id, first.id, id, at(2)).await.unwrap());
    assert!(!world.fleet.begin_bulk_box(run.id, first.id, id, at(3)).await.unwrap(), "once");
    let why = (BulkProgress::Failed, Some("it crashed"));
    world.fleet.end_bulk_box(run.id, first.id, why, at(4)).await.unwrap();
    let (seen, told) = world.org.find_bulk_run(run.id).await.unwrap().unwrap();
    assert_eq!(seen.last_begun, Some(at(2)));
    assert_eq!(
        (told[0].progress, told[0].operation, told[0].what.as_deref()),
        (BulkProgress::Failed, Some(id), Some("it crashed"))
    );
    assert_eq!(told[1].progress, BulkProgress::Waiting);
    assert!(world.fleet.end_bulk_run(&run, BulkEnd::Stopped, event("bulk.stopped"), at(5)).await.unwrap());
    assert!(!world.fleet.end_bulk_run(&run, BulkEnd::Done, event("bulk.done"), at(6)).await.unwrap());
    assert!(!world.fleet.begin_bulk_box(run.id, second.id, id, at(6)).await.unwrap(), "it is over");
    assert!(world.fleet.bulk_text(run.id).await.unwrap().is_none());
}

#[tokio::test]
async fn an_answer_is_put_down_once_and_kept_for_a_day() {
    let world = World::new().await;
    let id = world.create("home").await.id;
    let message = new_message(&world, id, 1);
    world.org.create_message(&message, event("box.message-sent")).await.unwrap();
    let answer = MessageEnd::Answered { text: "yes".to_owned(), is_truncated: false };
    assert!(world.org.end_message(message.id, &answer, at(9)).await.unwrap());
    assert!(!world.org.end_message(message.id, &MessageEnd::Lost, at(10)).await.unwrap());
    let find = async |second| world.org.find_message(id, message.id, at(second)).await.unwrap();
    assert_eq!(find(11).await.unwrap().ended, Some((at(9), answer)));
    assert!(find(9 + 86_401).await.is_none());

    let silent = new_message(&world, id, 2);
    world.org.create_message(&silent, event("box.message-sent")).await.unwrap();
    world.org.keep_message(silent.id, at(3000)).await.unwrap();
    let waited_for = world.org.find_message(id, silent.id, at(3000)).await.unwrap().unwrap();
    assert_eq!(waited_for.ended, None);
    world.org.keep_message(silent.id, silent.until).await.unwrap();
    world.org.keep_message(message.id, at(9000)).await.unwrap();
    assert_eq!(find(11).await.unwrap().until, message.until, "its answer has come");
    let lost = world.org.find_message(id, silent.id, at(2000)).await.unwrap().unwrap();
    assert_eq!(lost.ended, Some((silent.until, MessageEnd::Lost)), "nobody waits for it any more");
}

#[tokio::test]
async fn the_oldest_answers_make_room_and_those_that_are_waited_for_do_not() {
    let world = World::new().await;
    let id = world.create("home").await.id;
    for second in 0..i64::from(MESSAGES_MAX) {
        world.org.create_message(&new_message(&world, id, second), event("box.message-sent")).await.unwrap();
    }
    let one_more = new_message(&world, id, 200);
    let refused = world.org.create_message(&one_more, event("box.message-sent")).await;
    assert!(matches!(refused, Err(Error::TooMany { .. })));
    let first = new_message(&world, id, 0);
    world.org.end_message(first.id, &MessageEnd::Failed("no".to_owned()), at(201)).await.unwrap();
    world.org.create_message(&one_more, event("box.message-sent")).await.unwrap();
    assert!(world.org.find_message(id, first.id, at(202)).await.unwrap().is_none());
}

/// For the table of `tenancy.rs`.
pub(crate) async fn fleet_of_another_org(
    world: &World,
    smartbox: BoxId,
    finds_nothing: &mut impl FnMut(&'static str, bool),
) {
    let stranger = &world.other;
    let run = new_run(Some(world.org.id()), 3);
    let boxes = [(smartbox, "mine".to_owned())];
    world.fleet.create_bulk_run(&run, None, &boxes, event("bulk.created")).await.unwrap();
    finds_nothing("list_bulk_runs", !stranger.list_bulk_runs().await.unwrap().is_empty());
    finds_nothing("find_bulk_run", stranger.find_bulk_run(run.id).await.unwrap().is_some());
    let cancelled = stranger.cancel_bulk_run(run.id, event("bulk.cancelled"), at(4)).await;
    finds_nothing("cancel_bulk_run", !matches!(cancelled, Err(Error::NotFound("bulk run"))));

    let message = new_message(world, smartbox, 5);
    let made = stranger.create_message(&message, event("box.message-sent")).await;
    finds_nothing("create_message", !matches!(made, Err(Error::NotFound("box"))));
    world.org.create_message(&message, event("box.message-sent")).await.unwrap();
    let found = stranger.find_message(smartbox, message.id, at(6)).await.unwrap();
    finds_nothing("find_message", found.is_some());
    stranger.keep_message(message.id, at(9_000)).await.unwrap();
    let kept = world.org.find_message(smartbox, message.id, at(6)).await.unwrap().unwrap();
    finds_nothing("keep_message", kept.until != message.until);
    finds_nothing("end_message", stranger.end_message(message.id, &MessageEnd::Lost, at(6)).await.unwrap());

    let day = Period::of(Span::Day, at(2), &TimeZone::UTC);
    assert!(!world.org.usage_of_days(None, (day, day)).await.unwrap().is_empty());
    assert!(!world.org.usage_of_boxes((day, day)).await.unwrap().is_empty());
    let days = stranger.usage_of_days(Some(smartbox), (day, day)).await.unwrap();
    finds_nothing("usage_of_days", !days.is_empty());
    finds_nothing("usage_of_boxes", !stranger.usage_of_boxes((day, day)).await.unwrap().is_empty());
}
