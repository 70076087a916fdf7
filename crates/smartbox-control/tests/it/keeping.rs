//! Several platforms on one database: each box has one keeper.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use smartbox_control::{
    Clock, Control, Keeper, Keeping, Lease, Membership, PlatformParts, Reconciler, ScheduleWish, Scheduler,
};
use smartbox_core::BoxId;
use smartbox_provider::{Provider, ProviderError};
use smartbox_store::SystemActor;
use smartbox_testkit::{FakeDoors, ManualClock, TestApp, id_of};

pub(crate) const TTL: Duration = Duration::from_secs(5);
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// One of the platforms.
pub(crate) struct Side {
    pub(crate) name: String,
    pub(crate) control: Control,
    pub(crate) keeping: Keeping,
    pub(crate) clock: Arc<ManualClock>,
    doors: Arc<FakeDoors>,
    pub(crate) reconciler: Reconciler,
    pub(crate) scheduler: Scheduler,
}

fn parts(name: &str) -> PlatformParts {
    PlatformParts {
        place: "here".into(),
        address: format!("{name}.internal:1"),
        version: "1".into(),
        ttl: TTL,
    }
}

impl Side {
    /// The platform whose API the test talks to.
    pub(crate) async fn of(app: &TestApp) -> Self {
        let (control, clock, doors) = (app.control.clone(), Arc::clone(&app.clock), Arc::clone(&app.doors));
        Self::with(app, "first", control, clock, doors).await
    }

    pub(crate) async fn another(app: &TestApp, name: &str) -> Self {
        let other = app.another_platform();
        Self::with(app, name, other.control, other.clock, other.doors).await
    }

    async fn with(
        app: &TestApp,
        name: &str,
        control: Control,
        clock: Arc<ManualClock>,
        doors: Arc<FakeDoors>,
    ) -> Self {
        let steady = Arc::clone(&clock) as Arc<dyn Clock>;
        let joined = Membership::join(&app.store, steady, &*app.entropy, parts(name)).await.unwrap();
        let keeping = Keeping::from(joined.expect("nobody acts alone"));
        control.keep_under(keeping.clone());
        let reconciler = Reconciler::under(control.clone(), keeping.clone());
        let scheduler = Scheduler::new(control.clone());
        Self { name: name.to_owned(), control, keeping, clock, doors, reconciler, scheduler }
    }

    /// Passes until its boxes are quiet.
    async fn settle(&mut self) {
        for _ in 0..6 {
            self.reconciler.pass().await.unwrap();
            self.reconciler.settle().await;
        }
    }

    fn keeps(&self, id: BoxId) -> bool {
        self.keeping.epoch_of(id).is_some()
    }
}

/// Rounds of both until nothing changes hands any more.
async fn meet(sides: &[&Side]) {
    for _ in 0..3 {
        for side in sides {
            assert!(side.keeping.renew().await);
        }
    }
}

async fn made(app: &TestApp, names: &[&str]) -> Vec<BoxId> {
    let client = app.first_tenant().await.client;
    let mut ids = Vec::new();
    for name in names {
        ids.push(id_of(&app.created_box(&client, name).await.smartbox));
    }
    ids
}

#[tokio::test]
async fn boxes_are_spread_over_platforms_and_each_is_run_by_its_keeper_alone() {
    let app = TestApp::start().await;
    let (mut first, mut second) = (Side::of(&app).await, Side::another(&app, "second").await);
    meet(&[&first, &second]).await;
    let ids = made(&app, &["a", "b", "c", "d", "e"]).await;
    meet(&[&first, &second]).await;
    first.settle().await;
    second.settle().await;
    let kept = ids.iter().filter(|id| first.keeps(**id)).count();
    assert!((2..=3).contains(&kept), "{kept} of 5");
    for id in ids {
        assert!(first.keeps(id) != second.keeps(id));
        assert_eq!(app.provider.starts(id), 1);
        assert_eq!((first.doors.is_open(id), second.doors.is_open(id)), (first.keeps(id), second.keeps(id)));
        let (keeper, other) = if first.keeps(id) { (&first, &second) } else { (&second, &first) };
        assert_eq!(keeper.keeping.table().borrow().keeper_of(id), Keeper::Own);
        let address = format!("{}.internal:1", keeper.name);
        assert_eq!(other.keeping.table().borrow().keeper_of(id), Keeper::Other(&address));
    }
}

#[tokio::test]
async fn what_a_platform_that_is_gone_has_kept_is_taken_over_within_ten_seconds_and_goes_on() {
    let app = TestApp::start().await;
    app.expect_log("a platform is gone");
    let (mut first, mut second) = (Side::of(&app).await, Side::another(&app, "second").await);
    meet(&[&first, &second]).await;
    let ids = made(&app, &["a", "b", "c", "d"]).await;
    meet(&[&first, &second]).await;
    first.settle().await;
    second.settle().await;
    let lost: Vec<_> = ids.iter().copied().filter(|id| second.keeps(*id)).collect();
    assert!(!lost.is_empty());
    let late: Vec<_> = lost.iter().map(|id| second.keeping.epoch_of(*id).unwrap()).collect();
    // Asked for when its platform is killed.
    let asked = app.control.restart_box(&app.admin_op(), &lost[0].to_string(), None).await.unwrap();
    drop(second);

    let mut took = 0;
    while !ids.iter().all(|id| first.keeps(*id)) {
        assert!(took < 10, "nobody has taken over");
        first.clock.advance(SECOND);
        first.keeping.renew().await;
        took += 1;
    }
    assert!(took >= 5, "not before its time: {took}");
    first.settle().await;
    for (id, late) in lost.iter().zip(late) {
        let expected = if *id == lost[0] { 2 } else { 1 };
        assert_eq!(app.provider.starts(*id), expected, "what runs is not started again");
        assert!(first.doors.is_open(*id));
        let refused = app.provider.ensure_stopped(*id, late).await;
        assert!(matches!(refused, Err(ProviderError::Fenced)), "{refused:?}");
    }
    let fleet = app.store.fleet(SystemActor::new("test"));
    let ended = fleet.find_operation(asked.operation.id).await.unwrap().unwrap();
    assert_eq!(ended.outcome, Some(smartbox_store::Outcome::Succeeded));
}

#[tokio::test]
async fn a_platform_that_cannot_beat_stops_acting_before_anybody_else_begins() {
    let app = TestApp::start().await;
    app.expect_log("a platform is gone");
    app.expect_log("others have taken over");
    let (mut first, mut second) = (Side::of(&app).await, Side::another(&app, "second").await);
    meet(&[&first, &second]).await;
    let ids = made(&app, &["a", "b"]).await;
    meet(&[&first, &second]).await;
    second.settle().await;
    let id = *ids.iter().find(|id| second.keeps(**id)).unwrap();
    // Its machine stands still, or has lost the database; the other one goes on.
    let mut stopped_at = None;
    for elapsed in 1..10 {
        for side in [&first, &second] {
            side.clock.advance(SECOND);
        }
        first.keeping.renew().await;
        if !second.keeps(id) && stopped_at.is_none() {
            stopped_at = Some(elapsed);
        }
        if first.keeps(id) {
            assert!(stopped_at.is_some_and(|at| at < elapsed), "{stopped_at:?} {elapsed}");
            break;
        }
    }
    assert!(first.keeps(id));
    assert!(second.reconciler.pass().await.is_err(), "it does nothing");
    assert!(!second.keeping.renew().await && second.keeping.is_lost());
    first.settle().await;
    assert_eq!(app.provider.starts(id), 1);
}

#[tokio::test]
async fn clocks_on_the_wall_do_not_matter() {
    let app = TestApp::start().await;
    let (first, second) = (Side::of(&app).await, Side::another(&app, "second").await);
    made(&app, &["a", "b"]).await;
    meet(&[&first, &second]).await;
    for jump in [3600, -7200, 86_400] {
        second.clock.jump(SignedDuration::from_secs(jump));
        for _ in 0..10 {
            for side in [&first, &second] {
                side.clock.advance(SECOND);
                assert!(side.keeping.renew().await);
            }
        }
    }
    assert_eq!((first.keeping.platforms().len(), second.keeping.platforms().len()), (2, 2));
}

#[tokio::test]
async fn a_platform_that_ends_leaves_its_boxes_to_the_others_at_once() {
    let app = TestApp::start().await;
    let (mut first, mut second) = (Side::of(&app).await, Side::another(&app, "second").await);
    meet(&[&first, &second]).await;
    let ids = made(&app, &["a", "b", "c"]).await;
    meet(&[&first, &second]).await;
    first.settle().await;
    second.settle().await;
    second.keeping.release().await;
    assert!(ids.iter().all(|id| !second.keeps(*id)) && !second.keeping.is_lost());
    first.keeping.renew().await;
    assert!(ids.iter().all(|id| first.keeps(*id)));
    first.settle().await;
    assert!(ids.iter().all(|id| app.provider.starts(*id) == 1));
}

#[tokio::test]
async fn a_new_platform_gets_boxes_that_do_not_run_and_leaves_those_that_do_where_they_are() {
    let app = TestApp::start().await;
    let mut first = Side::of(&app).await;
    let ids = made(&app, &["a", "b", "c", "d"]).await;
    meet(&[&first]).await;
    first.settle().await;
    let client = app.first_tenant().await.client;
    for name in ["a", "b", "c"] {
        client.post(&format!("/v1/boxes/{name}/stop")).await;
    }
    first.settle().await;
    let mut second = Side::another(&app, "second").await;
    meet(&[&second, &first]).await;
    let moved: Vec<_> = ids.iter().filter(|id| second.keeps(**id)).collect();
    assert_eq!(moved.len(), 2, "as many as each other");
    assert!(first.keeps(ids[3]), "it runs");
    second.settle().await;
    first.settle().await;
    client.post(&format!("/v1/boxes/{}/start", moved[0])).await;
    first.settle().await;
    assert_eq!(app.provider.starts(*moved[0]), 1, "it is not the first one's any more");
    second.settle().await;
    assert_eq!(app.provider.starts(*moved[0]), 2);
    assert!(second.doors.is_open(*moved[0]) && !first.doors.is_open(*moved[0]));
}

#[tokio::test]
async fn a_time_that_is_due_is_acted_on_once_by_the_keeper_of_its_box() {
    let app = TestApp::start().await;
    let (mut first, mut second) = (Side::of(&app).await, Side::another(&app, "second").await);
    meet(&[&first, &second]).await;
    let ids = made(&app, &["a", "b"]).await;
    meet(&[&first, &second]).await;
    first.settle().await;
    second.settle().await;
    for id in &ids {
        let wish = ScheduleWish {
            name: Some("report".into()),
            cron: Some("0 * * * *".into()),
            message: Some("go".into()),
            ..ScheduleWish::default()
        };
        app.control.create_schedule(&app.admin_op(), &id.to_string(), &wish).await.unwrap();
    }
    for side in [&first, &second] {
        side.clock.advance(SignedDuration::from_hours(1));
        // Both were there all the time.
        side.keeping.renew().await;
    }
    for _ in 0..2 {
        for side in [&mut first, &mut second] {
            side.scheduler.pass().await.unwrap();
            side.scheduler.settle().await;
        }
    }
    assert_eq!(app.gateway.received().len(), 2, "one for each box");
    let fleet = app.store.fleet(SystemActor::new("test"));
    let fired = fleet.events_since(0, 1000).await.unwrap();
    assert_eq!(fired.iter().filter(|event| event.action == "schedule.fired").count(), 2);
}

#[tokio::test]
async fn what_is_done_once_for_all_is_done_by_the_first_and_then_by_the_next() {
    let app = TestApp::start().await;
    app.expect_log("a platform is gone");
    let (first, second) = (Side::of(&app).await, Side::another(&app, "second").await);
    meet(&[&first, &second]).await;
    let before = first.keeping.leading_epoch().expect("it was there first");
    assert_eq!(second.keeping.leading_epoch(), None);
    drop(first);
    for _ in 0..7 {
        second.clock.advance(SECOND);
        second.keeping.renew().await;
    }
    assert!(second.keeping.leading_epoch().is_some_and(|after| after > before));
}

#[tokio::test]
async fn a_platform_that_believes_itself_alone_and_those_that_share_never_act_together() {
    let app = TestApp::start().await;
    let clock = || Arc::clone(&app.clock) as Arc<dyn Clock>;
    let alone = Lease::acquire(&app.store, clock(), &*app.entropy, TTL, false).await.unwrap().unwrap();
    let joined = Membership::join(&app.store, clock(), &*app.entropy, parts("new")).await.unwrap();
    assert!(joined.is_none(), "one acts that knows of no others");
    alone.release().await;
    let joined = Membership::join(&app.store, clock(), &*app.entropy, parts("new")).await.unwrap().unwrap();
    let keeping = Keeping::from(joined);
    assert!(Lease::acquire(&app.store, clock(), &*app.entropy, TTL, false).await.unwrap().is_none());
    assert!(keeping.renew().await);
    assert!(keeping.leading_epoch().is_some_and(|epoch| epoch > alone.epoch()));
    keeping.release().await;
    assert!(Lease::acquire(&app.store, clock(), &*app.entropy, TTL, false).await.unwrap().is_some());
}
