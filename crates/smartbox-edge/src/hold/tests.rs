use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::StatusCode;
use smartbox_core::routing::BaseUrl;
use smartbox_core::{OrgId, Stage};
use tokio_util::task::TaskTracker;

use super::refusals::RETRY_STARTING;
use super::*;
use crate::policy::{Handshake, Policy};
use crate::ports::{Dial, Duplex, WakeRefused};
use crate::routes::{GatewayCredential, Grant};

const HANDSHAKE: Handshake = Handshake { method: "connect", kept_auth: &[], signed_auth: &[] };

mod asleep;

/// A box's gateway that takes connections or does not.
#[derive(Default)]
pub(crate) struct Gateway {
    dials: AtomicUsize,
    refuses: AtomicUsize,
}

#[async_trait::async_trait]
impl Dial for Gateway {
    async fn dial(&self, _id: BoxId, _port: u16) -> io::Result<Box<dyn Duplex>> {
        self.dials.fetch_add(1, Ordering::SeqCst);
        let refuses =
            self.refuses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if refuses.is_ok() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (ours, theirs) = tokio::io::duplex(1024);
        // The other end lives as long as the test.
        std::mem::forget(theirs);
        Ok(Box::new(ours))
    }

    async fn dial_upstream(&self, _upstream: &BaseUrl) -> io::Result<Box<dyn Duplex>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[derive(Default)]
pub(crate) struct Waker {
    pub(crate) calls: AtomicUsize,
    pub(crate) refusal: Option<WakeRefused>,
}

#[async_trait::async_trait]
impl Wake for Waker {
    async fn wake(&self, _id: BoxId, _principal: &Principal) -> Result<(), WakeRefused> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.refusal.clone().map_or(Ok(()), Err)
    }
}

pub(crate) struct Bench {
    pub(crate) hold: Arc<Hold>,
    pub(crate) publish: watch::Sender<Arc<RouteTable>>,
    gateway: Arc<Gateway>,
    pub(crate) waker: Arc<Waker>,
    stop: CancellationToken,
}

pub(crate) fn id() -> BoxId {
    BoxId::from_parts(Timestamp::UNIX_EPOCH, [1; 10])
}

/// The one box of these tests.
pub(crate) fn home(state: RouteState) -> Route {
    Route {
        id: id(),
        org: OrgId::from_parts(Timestamp::UNIX_EPOCH, [1; 10]),
        name: "home".parse().unwrap(),
        is_default: true,
        generation: 1,
        state,
        credential: GatewayCredential::new(|_principal| Grant {
            headers: Vec::new(),
            role: "operator",
            scopes: &[],
        }),
        policy: Arc::new(Policy::new(HANDSHAKE, &[], &[])),
    }
}

pub(crate) fn table(state: RouteState) -> Arc<RouteTable> {
    Arc::new(RouteTable::new([home(state)], None))
}

pub(crate) fn stopped() -> RouteState {
    RouteState::Stopped { phase: "stopped", since: Timestamp::UNIX_EPOCH, by_owner: false }
}

pub(crate) fn asleep() -> RouteState {
    RouteState::Asleep { phase: "sleeping", since: Timestamp::UNIX_EPOCH }
}

pub(crate) fn waking() -> RouteState {
    RouteState::Waiting { phase: "waking", stage: None, since: Timestamp::UNIX_EPOCH }
}

fn waiting() -> RouteState {
    RouteState::Waiting { phase: "starting", stage: Some(Stage::Process), since: Timestamp::UNIX_EPOCH }
}

pub(crate) fn bench(state: RouteState, waker: Waker, config: EdgeConfig) -> Bench {
    let (publish, routes) = watch::channel(table(state));
    let (gateway, waker) = (Arc::new(Gateway::default()), Arc::new(waker));
    let (config, stop) = (Arc::new(config), CancellationToken::new());
    let dial = Arc::clone(&gateway) as Arc<dyn Dial>;
    let pool = Arc::new(Pool::new(Arc::clone(&config), dial, TaskTracker::new(), CancellationToken::new()));
    let hold = Hold {
        places: Arc::new(Semaphore::new(config.hold_total_max)),
        config,
        gates: Mutex::default(),
        wake: Arc::clone(&waker) as Arc<dyn Wake>,
        routes,
        pool,
        clock: Arc::new(|| Timestamp::UNIX_EPOCH),
        stop: stop.clone(),
    };
    Bench { hold: Arc::new(hold), publish, gateway, waker, stop }
}

impl Bench {
    /// A new table, which the edge has looked at.
    pub(crate) fn publish(&self, table: Arc<RouteTable>) {
        self.publish.send_replace(Arc::clone(&table));
        self.hold.prune(&table);
    }

    async fn wait(&self) -> Result<Opened, Problem> {
        let in_flight = self.hold.enter(id())?;
        let timeout = self.hold.config.hold_timeout;
        let waiter = Waiter {
            id: id(),
            principal: &Principal::Admin,
            in_flight: &in_flight,
            timeout,
            is_socket: false,
        };
        self.hold.wait(&waiter).await
    }

    async fn code(&self) -> &'static str {
        self.wait().await.err().map_or("opened", |problem| problem.code)
    }
}

#[tokio::test(start_paused = true)]
async fn a_stopped_box_is_woken_once_and_the_request_goes_on_when_it_is_ready() {
    let bench = bench(stopped(), Waker::default(), EdgeConfig::default());
    let start = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        bench.publish.send_replace(table(waiting()));
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(bench.gateway.dials.load(Ordering::SeqCst), 0);
        bench.publish.send_replace(table(RouteState::Ready));
    };
    let (first, second, ()) = tokio::join!(bench.code(), bench.code(), start);
    assert_eq!((first, second), ("opened", "opened"));
    assert_eq!(bench.waker.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_is_not_held_longer_than_the_limit() {
    let bench = bench(waiting(), Waker::default(), EdgeConfig::default());
    let began = Instant::now();
    let problem = bench.wait().await.err().unwrap();
    assert_eq!((problem.code, problem.status), ("box-starting", StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(problem.retry_after, Some(RETRY_STARTING));
    assert_eq!(began.elapsed(), EdgeConfig::default().hold_timeout);
}

#[tokio::test(start_paused = true)]
async fn those_behind_the_head_of_the_queue_have_limits_of_their_own() {
    let bench = bench(waiting(), Waker::default(), EdgeConfig::default());
    let late = async {
        tokio::time::sleep(Duration::from_secs(80)).await;
        let began = Instant::now();
        (bench.code().await, began.elapsed())
    };
    let (first, (second, waited)) = tokio::join!(bench.code(), late);
    assert_eq!((first, second), ("box-starting", "box-starting"));
    assert_eq!(waited, EdgeConfig::default().hold_timeout);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_is_just_being_restarted_is_tried_again() {
    let bench = bench(RouteState::Ready, Waker::default(), EdgeConfig::default());
    bench.gateway.refuses.store(3, Ordering::SeqCst);
    assert_eq!(bench.code().await, "opened");
    assert_eq!(bench.gateway.dials.load(Ordering::SeqCst), 4);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_to_wake_is_told_at_once_and_asked_for_once() {
    let refusal = WakeRefused {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "tier-full",
        title: "All places are taken".into(),
        detail: None,
        remedy: Some("Stop another box.".into()),
        retry_after: None,
    };
    let bench = bench(stopped(), Waker { refusal: Some(refusal), ..Waker::default() }, EdgeConfig::default());
    let began = Instant::now();
    let problems = tokio::join!(bench.code(), bench.code(), bench.code());
    assert_eq!(problems, ("tier-full", "tier-full", "tier-full"));
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(bench.waker.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_box_that_fails_answers_everyone_who_waits() {
    let bench = bench(waiting(), Waker::default(), EdgeConfig::default());
    let fail = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let failed = RouteState::Failed {
            title: "The configuration is refused".into(),
            detail: None,
            remedy: Some("Correct it.".into()),
            since: Timestamp::UNIX_EPOCH,
        };
        bench.publish.send_replace(table(failed));
    };
    let (first, second, ()) = tokio::join!(bench.wait(), bench.code(), fail);
    assert_eq!(first.err().unwrap().remedy.unwrap(), "Correct it.");
    assert_eq!(second, "box-failed");
}

#[tokio::test(start_paused = true)]
async fn places_are_bounded_and_come_back() {
    let config = EdgeConfig { hold_box_max: 2, ..EdgeConfig::default() };
    let bench = bench(waiting(), Waker::default(), config);
    let third = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        bench.code().await
    };
    let codes = tokio::join!(bench.code(), bench.code(), third);
    assert_eq!(codes, ("box-starting", "box-starting", "box-queue-full"));
    bench.publish.send_replace(table(RouteState::Ready));
    assert_eq!(bench.code().await, "opened");
}

#[tokio::test(start_paused = true)]
async fn the_number_of_requests_to_one_box_is_bounded() {
    let config = EdgeConfig { box_in_flight_max: 1, ..EdgeConfig::default() };
    let bench = bench(waiting(), Waker::default(), config);
    let codes = tokio::join!(bench.code(), bench.code());
    assert_eq!(codes, ("box-starting", "box-busy"));
    bench.hold.prune(&table(RouteState::Ready));
    assert!(bench.hold.gates().is_empty());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_platform_that_stops() {
    let bench = bench(waiting(), Waker::default(), EdgeConfig::default());
    let stop = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        bench.stop.cancel();
    };
    let (code, ()) = tokio::join!(bench.code(), stop);
    assert_eq!(code, "edge-stopping");
}
