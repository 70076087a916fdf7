//! Commands that run by themselves, as they are put down.

use std::time::Duration;

use smartbox_core::exec::ExecEnd;
use smartbox_core::{BoxId, ExecId};
use smartbox_store::{EXECS_MAX, EXECS_RUNNING_MAX, Error, Exec, ExecOutput, NewExec};

use crate::support::{World, at, event};

pub(crate) fn new_exec(box_id: BoxId, second: i64) -> NewExec {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&second.to_be_bytes());
    NewExec {
        id: ExecId::from_parts(at(second), random),
        box_id,
        argv: vec!["printf".to_owned(), "a b\n".to_owned()],
        has_tty: true,
        timeout: Duration::from_secs(60),
        asked_by: "admin".to_owned(),
        runner: "runner".to_owned(),
    }
}

async fn begin(world: &World, new: &NewExec, second: i64) -> Result<(), Error> {
    world.org.create_exec(new, event("box.exec-started"), at(second)).await
}

fn printed(text: &str) -> ExecOutput {
    ExecOutput { stdout: text.to_owned(), stderr: "!".to_owned(), stdout_bytes: 300_000, stderr_bytes: 1 }
}

#[tokio::test]
async fn what_came_of_a_command_is_kept_as_it_was() {
    let world = World::new().await;
    let home = world.create("home").await;
    let new = new_exec(home.id, 1);
    begin(&world, &new, 1).await.unwrap();
    let waiting = world.org.find_exec(home.id, new.id, at(1)).await.unwrap().unwrap();
    assert_eq!((waiting.started_at, &waiting.ended, &waiting.argv), (None, &None, &new.argv));
    assert!(waiting.has_tty && waiting.timeout == new.timeout && waiting.asked_by == "admin");

    assert!(world.fleet.begin_exec(new.id, at(2)).await.unwrap());
    assert!(world.fleet.end_exec(new.id, &ExecEnd::Exited(3), &printed("ü"), at(3)).await.unwrap());
    let again = world.fleet.end_exec(new.id, &ExecEnd::Killed, &printed(""), at(4)).await.unwrap();
    assert!(!again, "it ends once");
    assert!(!world.fleet.begin_exec(new.id, at(4)).await.unwrap());
    let ended = world.org.find_exec(home.id, new.id, at(5)).await.unwrap().unwrap();
    assert_eq!((ended.started_at, ended.ended.as_ref()), (Some(at(2)), Some(&(at(3), ExecEnd::Exited(3)))));
    assert!(ended.output == printed("ü") && ended.is_truncated());
    let listed = world.org.list_execs(home.id, None, 10, at(5)).await.unwrap().items;
    let without = ExecOutput { stdout: String::new(), stderr: String::new(), ..printed("") };
    assert_eq!(listed, [Exec { output: without, ..ended }], "lists are without output");
}

#[tokio::test]
async fn a_day_after_its_end_it_is_forgotten_and_then_removed() {
    let world = World::new().await;
    let home = world.create("home").await;
    let (old, running) = (new_exec(home.id, 1), new_exec(home.id, 2));
    begin(&world, &old, 1).await.unwrap();
    begin(&world, &running, 2).await.unwrap();
    world.fleet.end_exec(old.id, &ExecEnd::TimedOut, &printed(""), at(10)).await.unwrap();
    let day = 24 * 3600;
    let last = at(10 + day - 1);
    assert!(world.org.find_exec(home.id, old.id, last).await.unwrap().is_some());
    assert_eq!(world.fleet.purge_expired(last, 10).await.unwrap().execs, 0);
    let over = at(10 + day);
    assert!(
        world.org.find_exec(home.id, old.id, over).await.unwrap().is_none(),
        "whether it was removed or not"
    );
    let listed = world.org.list_execs(home.id, None, 10, over).await.unwrap().items;
    assert_eq!(
        listed.iter().map(|exec| exec.id).collect::<Vec<_>>(),
        [running.id],
        "one that runs has no end"
    );
    assert_eq!(world.fleet.purge_expired(over, 10).await.unwrap().execs, 1);
    assert_eq!(world.fleet.purge_expired(at(100 * day), 10).await.unwrap().execs, 0);
}

#[tokio::test]
async fn of_each_box_a_hundred_are_kept_and_none_that_runs_is_lost_for_it() {
    let world = World::new().await;
    let (home, other) = (world.create("home").await, world.create("other").await);
    let elsewhere = new_exec(other.id, 1);
    begin(&world, &elsewhere, 1).await.unwrap();
    let running = new_exec(home.id, 2);
    begin(&world, &running, 2).await.unwrap();
    for second in 3..3 + i64::from(EXECS_MAX) + 20 {
        let new = new_exec(home.id, second);
        begin(&world, &new, second).await.unwrap();
        world.fleet.end_exec(new.id, &ExecEnd::Exited(0), &printed("x"), at(second)).await.unwrap();
    }
    let (mut kept, mut cursor) = (Vec::new(), None);
    loop {
        let page = world.org.list_execs(home.id, cursor.as_ref(), 30, at(500)).await.unwrap();
        kept.extend(page.items.into_iter().map(|exec| exec.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(kept.len(), EXECS_MAX as usize);
    assert!(kept.windows(2).all(|pair| pair[0] > pair[1]), "the newest first");
    assert_eq!(kept.last(), Some(&running.id), "the oldest of all is there: it runs");
    assert!(world.org.find_exec(other.id, elsewhere.id, at(500)).await.unwrap().is_some());
}

#[tokio::test]
async fn only_so_many_run_at_the_same_time() {
    let world = World::new().await;
    let home = world.create("home").await;
    let first = new_exec(home.id, 0);
    begin(&world, &first, 0).await.unwrap();
    for second in 1..i64::from(EXECS_RUNNING_MAX) {
        begin(&world, &new_exec(home.id, second), second).await.unwrap();
    }
    let more = new_exec(home.id, 99);
    let refused = begin(&world, &more, 99).await;
    assert!(matches!(refused, Err(Error::TooMany { max: EXECS_RUNNING_MAX, .. })), "{refused:?}");
    world.fleet.end_exec(first.id, &ExecEnd::Killed, &printed(""), at(99)).await.unwrap();
    begin(&world, &more, 99).await.unwrap();
}

#[tokio::test]
async fn those_of_a_process_that_says_nothing_are_lost_and_no_others() {
    let world = World::new().await;
    let home = world.create("home").await;
    let silent = NewExec { runner: "silent".to_owned(), ..new_exec(home.id, 1) };
    let mine = new_exec(home.id, 2);
    begin(&world, &silent, 1).await.unwrap();
    begin(&world, &mine, 2).await.unwrap();
    assert!(world.org.want_exec_killed(home.id, mine.id).await.unwrap());
    let beaten = world.fleet.beat_execs("runner", at(30)).await.unwrap();
    assert_eq!(beaten, [(mine.id, true)], "with what people want of it");
    assert_eq!(world.fleet.lose_execs(at(20), "gone", at(40), 10).await.unwrap(), 1);
    assert_eq!(world.fleet.lose_execs(at(20), "gone", at(40), 10).await.unwrap(), 0);
    let lost = world.org.find_exec(home.id, silent.id, at(40)).await.unwrap().unwrap();
    assert_eq!(lost.ended, Some((at(40), ExecEnd::Lost("gone".to_owned()))));
    assert!(world.org.find_exec(home.id, mine.id, at(40)).await.unwrap().unwrap().ended.is_none());
    assert!(!world.org.want_exec_killed(home.id, silent.id).await.unwrap(), "it has ended");
}
