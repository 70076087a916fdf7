//! Backups that are booted to see whether they can be.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use smartbox_backup::{Depot, Place};
use smartbox_control::{Backup, DrillLoop, Lease};
use smartbox_core::{BackupId, BoxId, DeathReason};
use smartbox_provider::Provider;
use smartbox_provider::fake::{Call, Failure};
use smartbox_store::SystemActor;
use smartbox_testkit::TestApp;

use crate::backups::{backups, box_with_state};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn drills(app: &TestApp) -> DrillLoop {
    DrillLoop::under(app.control.clone(), Lease::always(1))
}

async fn boxes_of_the_provider(app: &TestApp) -> usize {
    app.provider.observe_all().await.unwrap().len()
}

#[tokio::test]
async fn once_in_a_period_the_newest_good_backup_of_a_box_is_booted_and_nothing_is_left_of_it() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    drills(&app).pass().await.unwrap();
    assert_eq!(backups(&app, id).await[0].drilled, None, "it is not due");
    app.clock.advance(DAY);
    for _ in 0..3 {
        drills(&app).pass().await.unwrap();
    }
    let drilled = backups(&app, id).await.remove(0).drilled.unwrap();
    assert_eq!(drilled, (app.control.clock().now(), None));
    assert_eq!(boxes_of_the_provider(&app).await, 1, "the sealed box is gone");
    let told = app.store.org(app.first_org().await).timeline(id, None, 100).await.unwrap();
    let count = told.items.iter().filter(|event| event.action == "backup.drilled").count();
    assert_eq!(count, 1, "one in a period");
    assert_eq!(fs::read_to_string(home.join("state/openclaw.json")).unwrap(), "{}");
}

#[tokio::test]
async fn a_backup_that_is_gone_or_whose_gateway_does_not_come_up_is_found() {
    let app = TestApp::builder()
        .limits(|limits| limits.upgrade.ready_within = Duration::from_millis(10))
        .start()
        .await;
    app.expect_log("WARN");
    let (id, _home) = box_with_state(&app).await;
    app.back_up().await;
    app.clock.advance(DAY);
    app.provider.set_ready_after(None);
    drills(&app).pass().await.unwrap();
    let (_at, wrong) = backups(&app, id).await.remove(0).drilled.unwrap();
    assert!(wrong.unwrap().contains("not ready"));
    assert!(backups(&app, id).await[0].is_good(), "that says nothing of what is saved");
    let told = app.store.org(app.first_org().await).timeline(id, None, 100).await.unwrap();
    assert!(told.items.iter().any(|event| event.action == "backup.drill-failed"));
    assert_eq!(boxes_of_the_provider(&app).await, 1);
}

#[tokio::test]
async fn the_sealed_box_of_a_killed_platform_is_removed_by_the_next() {
    let app = TestApp::start().await;
    let (id, _home) = box_with_state(&app).await;
    app.back_up().await;
    app.clock.advance(DAY);
    app.provider.set_ready_after(None);
    {
        let drill = drills(&app);
        let begun = async {
            while boxes_of_the_provider(&app).await < 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = drill.pass() => panic!("it cannot end"),
            () = begun => {}
        }
    }
    assert_eq!(boxes_of_the_provider(&app).await, 2);
    app.provider.set_ready_after(Some(Duration::ZERO));
    drills(&app).pass().await.unwrap();
    assert_eq!(boxes_of_the_provider(&app).await, 1);
    let fleet = app.store.fleet(SystemActor::new("test"));
    assert!(fleet.open_drills().await.unwrap().is_empty());
    assert!(backups(&app, id).await[0].drilled.is_some(), "and another is made");
    app.provider.die(id, DeathReason::Vanished);
}

async fn told(app: &TestApp, id: BoxId) -> Vec<String> {
    let told = app.store.org(app.first_org().await).timeline(id, None, 100).await.unwrap();
    told.items.into_iter().map(|event| event.action).collect()
}

/// A platform whose backups lie in a directory, and a box with a backup of some files.
async fn on_a_disk(dir: &Path) -> (TestApp, BoxId, PathBuf) {
    let place = Place::Directory(dir.to_owned());
    let depot = Depot::open(&place, tokio::runtime::Handle::current()).unwrap();
    let app = TestApp::builder().depot(depot).start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    fs::write(home.join("state/history"), "what was said ".repeat(40_000)).unwrap();
    app.back_up().await;
    (app, id, home)
}

/// The packs of all repositories below, those with the most bytes first: files, and then their directories.
fn packs(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![dir.to_owned()];
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if path.components().any(|part| part.as_os_str() == "data") {
                found.push(path);
            }
        }
    }
    found.sort_by_key(|path| std::cmp::Reverse(fs::metadata(path).unwrap().len()));
    assert!(!found.is_empty());
    found
}

type Damage = fn(&Path);

const DAMAGES: [(&str, Damage); 4] = [
    ("bytes of a file are flipped", |dir| flip(&packs(dir)[0])),
    ("bytes of a directory are flipped", |dir| flip(packs(dir).last().unwrap())),
    ("the files are gone", |dir| fs::remove_file(&packs(dir)[0]).unwrap()),
    ("the directories are gone", |dir| fs::remove_file(packs(dir).last().unwrap()).unwrap()),
];

fn flip(path: &Path) {
    let mut content = fs::read(path).unwrap();
    // The head of a pack lies at its end.
    content.iter_mut().take(32).for_each(|byte| *byte ^= 0x5a);
    let mut permissions = fs::metadata(path).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
    fs::set_permissions(path, permissions).unwrap();
    fs::write(path, content).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_was_damaged_where_it_lies_is_found_and_not_trusted_any_more() {
    for (what, damage) in DAMAGES {
        let dir = tempfile::tempdir().unwrap();
        let (app, id, _home) = on_a_disk(dir.path()).await;
        damage(dir.path());
        app.clock.advance(DAY);
        drills(&app).pass().await.unwrap();
        let backup = backups(&app, id).await.remove(0);
        assert!(backup.drilled.as_ref().is_some_and(|(_at, wrong)| wrong.is_some()), "{what}: {backup:?}");
        assert!(!backup.is_good(), "{what}: {backup:?}");
        let told = told(&app, id).await;
        for action in ["backup.drill-failed", "backup.broken"] {
            assert!(told.contains(&action.to_owned()), "{what}: {action}: {told:?}");
        }
        assert_eq!(boxes_of_the_provider(&app).await, 1, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_whose_database_is_broken_is_found_whatever_is_said_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let (app, id, home) = on_a_disk(dir.path()).await;
    fs::create_dir_all(home.join("state/state")).unwrap();
    fs::write(home.join("state/state/openclaw.sqlite"), "no database, only text of some length").unwrap();
    app.clock.advance(SignedDuration::from_mins(5));
    app.back_up().await;
    let broken = backups(&app, id).await.remove(0);
    assert!(!broken.is_good());
    // The same snapshot, of which it was written down that all is well.
    let facts = smartbox_core::backup::Facts { broken_databases: 0, ..broken.facts };
    app.clock.advance(SignedDuration::from_secs(1));
    let at = app.control.clock().now();
    let said =
        Backup { id: BackupId::from_parts(at, [7; 10]), made_at: at, suspicion: None, facts, ..broken };
    app.store.fleet(SystemActor::new("test")).insert_backup(&said, at, None).await.unwrap();
    app.clock.advance(DAY);
    drills(&app).pass().await.unwrap();
    let backup = backups(&app, id).await.remove(0);
    assert_eq!(backup.id, said.id);
    assert!(backup.drilled.unwrap().1.unwrap().contains("a database is broken"));
    assert!(backup.verified.unwrap().1.is_some(), "it is not trusted any more");
}

#[tokio::test]
async fn a_drill_that_cannot_be_made_is_tried_again_later_each_time_and_holds_up_no_other_box() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (first, _home) = box_with_state(&app).await;
    let client = app.first_tenant().await.client;
    let second = smartbox_testkit::id_of(&app.running_box(&client, "second").await);
    fs::write(app.provider.home_of(second).join("state/x"), "x").unwrap();
    app.back_up().await;
    app.clock.advance(DAY);
    let drill = drills(&app);
    let mut attempts = Vec::new();
    app.provider.fail_next(Call::Stage, 6, Failure::Transient("no disk today".to_owned()));
    for minute in 0..32 {
        let stages = app.provider.calls(Call::Stage);
        let made = drill.pass().await;
        if app.provider.calls(Call::Stage) > stages {
            assert!(made.is_err());
            attempts.push(minute);
        }
        app.clock.advance(SignedDuration::from_mins(1));
    }
    assert_eq!(attempts, [0, 1, 3, 7, 15, 31]);
    app.clock.advance(SignedDuration::from_hours(1));
    drill.pass().await.unwrap();
    let made =
        backups(&app, first).await[0].drilled.is_some() || backups(&app, second).await[0].drilled.is_some();
    assert!(made);
    assert_eq!(boxes_of_the_provider(&app).await, 2);
}

#[tokio::test]
async fn the_sealed_box_of_a_killed_platform_is_nobody_unknown() {
    let mut app = TestApp::start().await;
    let (_id, _home) = box_with_state(&app).await;
    app.back_up().await;
    app.clock.advance(DAY);
    app.provider.set_ready_after(None);
    {
        let drill = drills(&app);
        let begun = async {
            while boxes_of_the_provider(&app).await < 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = drill.pass() => panic!("it cannot end"),
            () = begun => {}
        }
    }
    app.restart().await;
    // A warning would fail the test.
    app.pass().await;
    app.pass().await;
    assert_eq!(boxes_of_the_provider(&app).await, 2);
}
