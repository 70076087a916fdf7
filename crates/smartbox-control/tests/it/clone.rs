//! Boxes that begin with the state of another.

use std::fs;
use std::os::unix::fs::symlink;

use jiff::SignedDuration;
use smartbox_control::{CloneWish, Created, Error, NewBox, RestoreFrom};
use smartbox_core::{BoxId, Desired};
use smartbox_provider::fake::Call;
use smartbox_store::{Outcome, Smartbox, SystemActor};
use smartbox_testkit::{OLDER_RUNTIME, RUNTIME, TestApp};

use crate::backups::{backups, box_with_state, state};

fn wish(name: &str) -> CloneWish {
    CloneWish { name: name.to_owned(), ..CloneWish::default() }
}

/// Asks for a clone while the loop of backups looks.
async fn cloned(app: &TestApp, source: BoxId, wish: &CloneWish) -> Result<Created, Error> {
    let (op, reference) = (app.admin_op(), source.to_string());
    app.back_up_for(app.control.clone_box(&op, &reference, wish)).await
}

async fn row(app: &TestApp, id: BoxId) -> Smartbox {
    app.store.fleet(SystemActor::new("test")).find_box(id).await.unwrap().unwrap()
}

async fn told(app: &TestApp, row: &Smartbox) -> Vec<(String, String)> {
    let told = app.store.org(row.org).timeline(row.id, None, 100).await.unwrap();
    told.items.into_iter().map(|event| (event.action, event.reason)).collect()
}

fn rendered(app: &TestApp, id: BoxId, path: &str) -> String {
    let spec = app.provider.spec(id).unwrap();
    let file = spec.files.iter().find(|file| file.path.ends_with(path));
    String::from_utf8(file.unwrap().content.clone()).unwrap()
}

const QUIET: &str = "OPENCLAW_SKIP_CHANNELS";

#[tokio::test]
async fn a_clone_begins_with_the_state_and_has_everything_else_of_its_own() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    fs::write(home.join("state/history"), "what was said").unwrap();
    let made = cloned(&app, id, &wish("copy")).await.unwrap();
    let copy = made.smartbox.id;
    app.settle().await;
    let seen = row(&app, copy).await;
    assert_eq!((seen.desired, seen.phase().as_str(), seen.is_quiet), (Desired::Running, "running", true));
    let its_home = app.provider.home_of(copy);
    assert_eq!(fs::read_to_string(its_home.join("state/history")).unwrap(), "what was said");
    assert_eq!(fs::read_to_string(home.join("state/history")).unwrap(), "what was said");

    let secret = async |id, name| {
        let found = app.store.fleet(SystemActor::new("test")).secret(id, name).await.unwrap();
        secrecy::ExposeSecret::expose_secret(&found.unwrap()).to_owned()
    };
    for name in ["gateway-token", "ssh-client-key", "ssh-host-key", "backup-key"] {
        app.clock.advance(SignedDuration::from_mins(5));
        app.back_up().await;
        assert_ne!(secret(id, name).await, secret(copy, name).await, "{name}");
    }
    assert_ne!(row(&app, id).await.host_key_public, seen.host_key_public);
    assert_ne!(row(&app, id).await.uid_slot, seen.uid_slot);
    let own = backups(&app, copy).await;
    assert!(own.iter().all(|backup| backup.box_id == copy && backup.is_good()) && !own.is_empty(), "{own:?}");
    let restored = state(&app, copy).await.restored.unwrap();
    assert_eq!(
        (restored.from, restored.undo_until),
        (RestoreFrom::Backup(backups(&app, id).await[0].id), None)
    );

    assert!(rendered(&app, copy, "boxd.json").contains(QUIET));
    assert!(!rendered(&app, id, "boxd.json").contains(QUIET));
    let of_source = told(&app, &row(&app, id).await).await;
    assert!(of_source.iter().any(|(action, _)| action == "box.cloned"), "{of_source:?}");
    let of_copy = told(&app, &seen).await;
    let begins = of_copy.iter().find(|(action, _)| action == "box.restored").unwrap();
    assert!(begins.1.contains("smartbox box channels on copy"), "{begins:?}");
}

#[tokio::test]
async fn channels_are_off_in_every_incarnation_until_somebody_confirms_them() {
    let app = TestApp::start().await;
    let (id, _home) = box_with_state(&app).await;
    let copy = cloned(&app, id, &wish("copy")).await.unwrap().smartbox.id;
    app.settle().await;
    let (op, reference) = (app.admin_op(), copy.to_string());
    app.control.restart_box(&op, &reference, None).await.unwrap();
    app.settle().await;
    assert!(rendered(&app, copy, "boxd.json").contains(QUIET));
    let refused = app.control.set_channels(&op, &reference, false, None).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    let intended = app.control.set_channels(&op, &reference, true, None).await.unwrap();
    app.settle().await;
    assert!(!rendered(&app, copy, "boxd.json").contains(QUIET));
    let operation =
        app.store.fleet(SystemActor::new("test")).find_operation(intended.operation.id).await.unwrap();
    assert_eq!(operation.unwrap().outcome, Some(Outcome::Succeeded));
    assert!(!row(&app, copy).await.is_quiet);

    let loud = CloneWish { has_channels: true, ..wish("loud") };
    let loud = cloned(&app, id, &loud).await.unwrap().smartbox.id;
    app.settle().await;
    assert!(!rendered(&app, loud, "boxd.json").contains(QUIET));
}

#[tokio::test]
async fn files_that_say_who_a_gateway_is_are_not_taken_over_and_no_link_leads_to_others() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    fs::create_dir_all(home.join("state/devices")).unwrap();
    fs::write(home.join("state/devices/paired.json"), "[\"phone\"]").unwrap();
    fs::write(home.join("state/devices/other.json"), "kept").unwrap();
    fs::create_dir_all(home.join("workspace")).unwrap();
    fs::write(home.join("workspace/device.json"), "a key").unwrap();
    symlink("../workspace", home.join("state/identity")).unwrap();
    let copy = cloned(&app, id, &wish("copy")).await.unwrap().smartbox.id;
    app.settle().await;
    let its_home = app.provider.home_of(copy);
    assert!(!its_home.join("state/devices/paired.json").exists());
    assert!(its_home.join("state/devices/other.json").exists());
    assert!(!its_home.join("state/identity").exists(), "through the link it would have been there");
    assert_eq!(fs::read_to_string(its_home.join("workspace/device.json")).unwrap(), "a key");
    assert!(home.join("state/devices/paired.json").exists(), "the other box keeps what it has");
}

#[tokio::test]
async fn a_box_that_has_not_changed_is_cloned_from_the_backup_there_is_and_one_can_be_named() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    cloned(&app, id, &wish("same")).await.unwrap();
    assert_eq!(backups(&app, id).await.len(), 1, "nothing had changed");
    let first = backups(&app, id).await.remove(0);
    fs::write(home.join("state/openclaw.json"), "changed").unwrap();
    let newest = cloned(&app, id, &wish("newest")).await.unwrap().smartbox.id;
    let all = backups(&app, id).await;
    assert_eq!((all.len(), all[0].is_pinned), (2, false), "nobody asked for one that stays");
    let named = CloneWish { backup: Some(first.id.to_string()), ..wish("named") };
    let named = cloned(&app, id, &named).await.unwrap().smartbox.id;
    app.settle().await;
    let content = |id| fs::read_to_string(app.provider.home_of(id).join("state/openclaw.json")).unwrap();
    assert_eq!((content(newest).as_str(), content(named).as_str()), ("changed", "{}"));
}

#[tokio::test]
async fn a_backup_that_a_clone_waits_for_stays_however_long_that_takes() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    let copy = cloned(&app, id, &wish("copy")).await.unwrap().smartbox.id;
    for round in 0..40 {
        app.clock.advance(SignedDuration::from_mins(20));
        fs::write(home.join("state/round"), round.to_string()).unwrap();
        app.back_up().await;
    }
    app.settle().await;
    assert_eq!(row(&app, copy).await.phase().as_str(), "running");
    assert!(!app.provider.home_of(copy).join("state/round").exists());
}

#[tokio::test]
async fn a_clone_whose_backup_is_gone_waits_with_a_reason_and_never_starts_empty() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    let made = cloned(&app, id, &wish("copy")).await.unwrap();
    fs::write(home.join("state/note"), "x").unwrap();
    let (op, reference) = (app.admin_op(), id.to_string());
    let gone = backups(&app, id).await.remove(0);
    app.clock.advance(SignedDuration::from_mins(5));
    app.back_up().await;
    app.control.remove_backup(&op, &reference, gone.id).await.unwrap();
    app.settle().await;
    let copy = row(&app, made.smartbox.id).await;
    let error = copy.last_error.clone().unwrap();
    assert_eq!((copy.phase().as_str(), error.code.as_str()), ("failed", "not-restored"));
    assert!(error.what.contains("gone") && error.remedy.unwrap().contains("delete this box"));
    assert_eq!(app.provider.starts(copy.id), 0);
    app.control.start_box(&op, &copy.id.to_string(), None).await.unwrap();
    app.settle().await;
    assert_eq!(app.provider.starts(copy.id), 0, "not on a second attempt either");
    let fleet = app.store.fleet(SystemActor::new("test"));
    let ended = fleet.find_operation(made.operation.id).await.unwrap().unwrap().outcome;
    assert!(matches!(ended, Some(Outcome::Failed(_))), "{ended:?}");
}

#[tokio::test]
async fn what_cannot_be_cloned_is_refused_and_makes_no_box() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    let good = backups(&app, id).await.remove(0);
    fs::create_dir_all(home.join("state/state")).unwrap();
    fs::write(home.join("state/state/openclaw.sqlite"), "no database, only text").unwrap();
    app.clock.advance(SignedDuration::from_mins(5));
    app.back_up().await;
    let bad = backups(&app, id).await.remove(0);
    let named = |backup: String| CloneWish { backup: Some(backup), ..wish("copy") };
    let refused = cloned(&app, id, &named(bad.id.to_string())).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    let unknown = "bkp_01932f00000070008000000000000000".to_owned();
    assert!(matches!(cloned(&app, id, &named(unknown)).await, Err(Error::NotFound("backup"))));
    assert!(matches!(cloned(&app, id, &named("x".to_owned())).await, Err(Error::NotFound("backup"))));
    let taken = CloneWish { backup: Some(good.id.to_string()), ..wish("home") };
    assert!(matches!(cloned(&app, id, &taken).await, Err(Error::NameTaken(_))));
    let bad_name = CloneWish { backup: Some(good.id.to_string()), ..wish("No Name") };
    assert!(matches!(cloned(&app, id, &bad_name).await, Err(Error::Invalid(_))));
    let client = app.first_tenant().await.client;
    let never = app.created_box(&client, "never").await.smartbox;
    let refused = app.control.clone_box(&app.admin_op(), &never.id, &wish("copy")).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    assert_eq!(app.store.fleet(SystemActor::new("test")).all_boxes().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_clone_gets_the_version_that_saved_its_state() {
    let app = TestApp::start().await;
    let old = NewBox {
        name: "old".to_owned(),
        runtime_version: Some(OLDER_RUNTIME.to_owned()),
        ..NewBox::default()
    };
    let id = app.control.create_box(&app.admin_op(), &old).await.unwrap().smartbox.id;
    app.settle().await;
    fs::write(app.provider.home_of(id).join("state/x"), "x").unwrap();
    let copy = cloned(&app, id, &wish("copy")).await.unwrap().smartbox.id;
    app.settle().await;
    assert_eq!(row(&app, copy).await.runtime_version, OLDER_RUNTIME);
    assert_ne!(OLDER_RUNTIME, RUNTIME);
}

#[tokio::test]
async fn a_kill_between_any_two_steps_of_a_clone_ends_with_the_state() {
    for (what, call) in [("staging", Call::Stage), ("staged", Call::MarkStaged), ("swap", Call::Swap)] {
        let mut app = TestApp::start().await;
        app.expect_log("WARN");
        let (id, home) = box_with_state(&app).await;
        fs::write(home.join("state/history"), "what was said").unwrap();
        let copy = cloned(&app, id, &wish("copy")).await.unwrap().smartbox.id;
        app.provider.set_delay(std::time::Duration::from_millis(20));
        assert!(app.kill_when(|app| app.provider.calls(call) > 0).await, "{what}");
        app.provider.set_delay(std::time::Duration::ZERO);
        app.settle().await;
        let history = app.provider.home_of(copy).join("state/history");
        assert_eq!(fs::read_to_string(history).unwrap(), "what was said", "{what}");
        assert_eq!(row(&app, copy).await.phase().as_str(), "running", "{what}");
        assert_eq!(state(&app, copy).await.restore_from, None, "{what}");
    }
}

#[tokio::test]
async fn a_clone_that_loses_its_disk_before_its_first_backup_begins_once_more() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    fs::write(home.join("state/history"), "what was said").unwrap();
    let copy = cloned(&app, id, &wish("copy")).await.unwrap().smartbox.id;
    app.settle().await;
    assert!(backups(&app, copy).await.is_empty());
    app.provider.lose_disk(copy);
    app.settle().await;
    let history = app.provider.home_of(copy).join("state/history");
    assert_eq!(fs::read_to_string(history).unwrap(), "what was said");
    assert_eq!(row(&app, copy).await.phase().as_str(), "running");
}
