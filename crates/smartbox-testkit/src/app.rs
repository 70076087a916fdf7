//! The platform of a test.

mod build;
mod fixtures;
mod loops;
mod serve;

use std::sync::Arc;

use axum::Router;
use smartbox_backup::Depot;
use smartbox_control::{Control, Limits, Op};
use smartbox_core::{OrgId, Principal, Thresholds};
use smartbox_http::{HttpState, PublicUrl};
use smartbox_provider::fake::FakeProvider;
use smartbox_store::Store;
use tokio_util::sync::CancellationToken;

pub use build::TestAppBuilder;
pub use fixtures::{Tenant, id_of};
pub use serve::Served;

use crate::gateway::GatewayDouble;
use crate::log_watch::LogWatch;
use crate::{Client, FakeDoors, FakeHost, FakeIngress, FakeRuntimes, ManualClock, SeededEntropy};
use loops::Loops;

/// The platform's admin secret in tests.
pub const ADMIN_SECRET: &str = "the-admin-secret-of-this-test";

/// The platform of a test: real use-cases, loops, database and routes over a fake of the place where boxes run.
///
/// The loops run when [`TestApp::settle`] drives them, or by themselves after [`TestApp::run_loops`]. A test that
/// logs a warning or an error fails, unless it [asked for it](TestApp::expect_log).
pub struct TestApp {
    /// Stands still until it is moved.
    pub clock: Arc<ManualClock>,
    /// The same in every run.
    pub entropy: Arc<SeededEntropy>,
    /// Where boxes run.
    pub provider: Arc<FakeProvider>,
    /// What answers in them.
    pub gateway: GatewayDouble,
    /// The platform's services in them.
    pub doors: Arc<FakeDoors>,
    /// How people reach them.
    pub ingress: Arc<FakeIngress>,
    /// The machine on which they run.
    pub host: Arc<FakeHost>,
    /// The agent runtimes on it.
    pub runtimes: Arc<FakeRuntimes>,
    /// Where backups lie.
    pub depot: Depot,
    /// The database.
    pub store: Store,
    /// The use-cases.
    pub control: Control,
    /// What handlers work with.
    pub state: HttpState,
    /// The address that links are made with.
    pub public_url: PublicUrl,
    router: Router,
    loops: Loops,
    scratch: Arc<tempfile::TempDir>,
    limits: Limits,
    sleep: Thresholds,
    foreign: build::MakeForeign,
    epoch: i64,
    stop: CancellationToken,
    log: LogWatch,
}

/// A platform beside the one of a test.
pub struct Another {
    /// Its use-cases.
    pub control: Control,
    /// Its clocks.
    pub clock: Arc<ManualClock>,
    /// Its services in boxes.
    pub doors: Arc<FakeDoors>,
}

impl TestApp {
    /// A platform with its first org and nothing else.
    pub async fn start() -> Self {
        TestAppBuilder::default().start().await
    }

    /// A platform with other settings.
    pub fn builder() -> TestAppBuilder {
        TestAppBuilder::default()
    }

    /// Somebody whom nobody knows.
    pub fn anonymous(&self) -> Client {
        Client::anonymous(self.router.clone())
    }

    /// A program with the admin secret.
    pub fn admin(&self) -> Client {
        self.anonymous().with_admin_secret(ADMIN_SECRET)
    }

    /// The admin as a caller of use-cases.
    pub fn admin_op(&self) -> Op {
        Op::new(Principal::Admin)
    }

    /// The platform's first org.
    ///
    /// # Panics
    /// When the database fails.
    #[expect(clippy::expect_used, reason = "that is how a test fails")]
    pub async fn first_org(&self) -> OrgId {
        self.control.ensure_first_org(build::FIRST_ORG).await.expect("there is a first org")
    }

    /// Lets the log hold warnings and errors with this text.
    pub fn expect_log(&self, text: &str) {
        self.log.expect(text);
    }

    /// The warnings and errors so far.
    pub fn logged(&self) -> Vec<String> {
        self.log.lines()
    }

    /// Lets the boxes have a supervisor. Commands run as processes of the test.
    pub fn run_commands(&self) {
        crate::supervisor::install(&self.provider);
    }

    /// What tells running streams and sockets to end, as a stop of the platform does.
    pub fn stop_signal(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Ends the platform in the middle of whatever it does, and starts it again over the same database and boxes.
    pub async fn restart(&mut self) {
        self.stop.cancel();
        self.loops = Loops::None;
        self.epoch += 1;
        self.stop = CancellationToken::new();
        let parts = self.kept();
        self.ingress = Arc::clone(&parts.ingress);
        self.control = parts.control();
        self.state = parts.state(&self.control);
        self.router = smartbox_http::router(self.state.clone());
        self.loops = Loops::by_hand(self.control.clone(), self.epoch, self.stop.clone());
        self.first_org().await;
    }

    /// Another platform over the same database and boxes, at the same time.
    pub fn another_control(&self) -> Control {
        self.kept().control()
    }

    /// The same with clocks and doors of its own, as on another machine: the clocks show what this one's show now.
    pub fn another_platform(&self) -> Another {
        let (clock, doors) = (Arc::new(self.clock.twin()), Arc::<FakeDoors>::default());
        let kept = build::Kept { clock: Arc::clone(&clock), doors: Arc::clone(&doors), ..self.kept() };
        Another { control: kept.control(), clock, doors }
    }

    fn kept(&self) -> build::Kept {
        build::Kept {
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            provider: Arc::clone(&self.provider),
            doors: Arc::clone(&self.doors),
            ingress: Arc::new(FakeIngress::default()),
            sleep: self.sleep,
            host: Arc::clone(&self.host),
            runtimes: Arc::clone(&self.runtimes),
            depot: self.depot.clone(),
            scratch: Arc::clone(&self.scratch),
            store: self.store.clone(),
            public_url: self.public_url.clone(),
            limits: self.limits.clone(),
            foreign: Arc::clone(&self.foreign),
            stop: self.stop.clone(),
        }
    }
}
