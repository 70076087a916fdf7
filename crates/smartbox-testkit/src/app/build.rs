//! Puts a [`TestApp`] together.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use smartbox_backup::Depot;
use smartbox_control::{
    AdminSecret, AgentRuntime, BackupParts, Clock, Control, Courier, Doors, Entropy, ForeignIdentities, Host,
    Ingress, Limits, Parts, Runtimes,
};
use smartbox_core::routing::OwnAddress;
use smartbox_core::{Threshold, Thresholds};
use smartbox_http::{HttpParts, HttpState, PublicUrl, ReadyCheck};
use smartbox_openclaw::{Model, ModelApi, ModelConfig};
use smartbox_provider::fake::FakeProvider;
use smartbox_provider::{Files, Link, Provider, Volumes};
use smartbox_store::Store;
use tokio_util::sync::CancellationToken;

use super::loops::Loops;
use super::{ADMIN_SECRET, TestApp};
use crate::courier::PlainCourier;
use crate::gateway::GatewayDouble;
use crate::log_watch::LogWatch;
use crate::{FakeDoors, FakeHost, FakeIngress, FakeRuntimes, ManualClock, RUNTIME, SeededEntropy};

/// Name of the platform's first org.
pub(super) const FIRST_ORG: &str = "home";
/// Where the platform says that it listens. Nobody does: requests are handed to the router.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// Its public host name.
const PUBLIC_HOST: &str = "boxes.example";
/// Seed of a test that names none.
const DEFAULT_SEED: u64 = 1;

/// Boxes of tests that are not about sleep are awake, however the clock moves.
const NO_SLEEP: Thresholds =
    Thresholds { frozen: Threshold::Never, squeezed: Threshold::Never, stopped: Threshold::Never };

/// Settings of a [`TestApp`].
pub struct TestAppBuilder {
    seed: u64,
    limits: Limits,
    sleep: Thresholds,
    foreign: MakeForeign,
    depot: Option<Depot>,
}

/// Makes who else may say who somebody is, anew for each start.
pub(super) type MakeForeign = Arc<dyn Fn() -> ForeignIdentities + Send + Sync>;

impl Default for TestAppBuilder {
    fn default() -> Self {
        // A test that waits for what does not come should fail while somebody looks on.
        let limits = Limits {
            ready_wait: Duration::from_secs(20),
            sleep_patience: Duration::from_millis(200),
            sleep_poll: Duration::from_millis(5),
            ..Limits::default()
        };
        Self {
            seed: DEFAULT_SEED,
            limits,
            sleep: NO_SLEEP,
            foreign: Arc::new(ForeignIdentities::default),
            depot: None,
        }
    }
}

impl TestAppBuilder {
    /// Other randomness.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Other bounds and times.
    #[must_use]
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    /// When boxes fall asleep; never without this.
    #[must_use]
    pub const fn sleep(mut self, sleep: Thresholds) -> Self {
        self.sleep = sleep;
        self
    }

    /// Another place for backups than this process's memory.
    #[must_use]
    pub fn depot(mut self, depot: Depot) -> Self {
        self.depot = Some(depot);
        self
    }

    /// Others who may say who somebody is.
    #[must_use]
    pub fn foreign(mut self, make: impl Fn() -> ForeignIdentities + Send + Sync + 'static) -> Self {
        self.foreign = Arc::new(make);
        self
    }

    /// Starts the platform.
    ///
    /// # Panics
    /// When there is no database for it.
    #[expect(clippy::expect_used, reason = "that is how a test fails")]
    pub async fn start(self) -> TestApp {
        let log = LogWatch::start();
        let provider = Arc::new(FakeProvider::new());
        let gateway = GatewayDouble::install(&provider);
        let kept = Kept {
            clock: Arc::new(ManualClock::default()),
            entropy: Arc::new(SeededEntropy::new(self.seed)),
            provider,
            doors: Arc::new(FakeDoors::default()),
            ingress: Arc::new(FakeIngress::default()),
            sleep: self.sleep,
            host: Arc::new(FakeHost::default()),
            runtimes: Arc::new(FakeRuntimes::default()),
            depot: self.depot.unwrap_or_else(|| Depot::in_memory(tokio::runtime::Handle::current())),
            scratch: Arc::new(tempfile::tempdir().expect("a directory for copies")),
            store: smartbox_store::testing::store().await,
            public_url: PublicUrl::default(),
            limits: self.limits,
            foreign: self.foreign,
            stop: CancellationToken::new(),
        };
        let control = kept.control();
        let state = kept.state(&control);
        let epoch = 1;
        let app = TestApp {
            router: smartbox_http::router(state.clone()),
            loops: Loops::by_hand(control.clone(), epoch, kept.stop.clone()),
            clock: kept.clock,
            entropy: kept.entropy,
            provider: kept.provider,
            gateway,
            doors: kept.doors,
            ingress: kept.ingress,
            sleep: kept.sleep,
            host: kept.host,
            runtimes: kept.runtimes,
            depot: kept.depot,
            scratch: kept.scratch,
            store: kept.store,
            control,
            state,
            public_url: kept.public_url,
            limits: kept.limits,
            foreign: kept.foreign,
            epoch,
            stop: kept.stop,
            log,
        };
        app.first_org().await;
        app
    }
}

/// What outlives a restart of the platform.
pub(super) struct Kept {
    pub(super) clock: Arc<ManualClock>,
    pub(super) entropy: Arc<SeededEntropy>,
    pub(super) provider: Arc<FakeProvider>,
    pub(super) doors: Arc<FakeDoors>,
    pub(super) ingress: Arc<FakeIngress>,
    pub(super) sleep: Thresholds,
    pub(super) host: Arc<FakeHost>,
    pub(super) runtimes: Arc<FakeRuntimes>,
    pub(super) depot: Depot,
    pub(super) scratch: Arc<tempfile::TempDir>,
    pub(super) store: Store,
    pub(super) public_url: PublicUrl,
    pub(super) limits: Limits,
    pub(super) foreign: MakeForeign,
    pub(super) stop: CancellationToken,
}

impl Kept {
    pub(super) fn control(&self) -> Control {
        Control::new(Parts {
            store: self.store.clone(),
            provider: Arc::clone(&self.provider) as Arc<dyn Provider>,
            link: Arc::clone(&self.provider) as Arc<dyn Link>,
            files: Arc::clone(&self.provider) as Arc<dyn Files>,
            doors: Arc::clone(&self.doors) as Arc<dyn Doors>,
            ingress: Arc::clone(&self.ingress) as Arc<dyn Ingress>,
            backups: BackupParts {
                volumes: Arc::clone(&self.provider) as Arc<dyn Volumes>,
                depot: self.depot.clone(),
                scratch: self.scratch.path().to_owned(),
            },
            courier: Arc::new(PlainCourier::default()) as Arc<dyn Courier>,
            sleep: self.sleep,
            host: Arc::clone(&self.host) as Arc<dyn Host>,
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            entropy: Arc::clone(&self.entropy) as Arc<dyn Entropy>,
            runtime: AgentRuntime::new(RUNTIME.to_owned(), ModelConfig::new(model(), Vec::new())),
            runtimes: Arc::clone(&self.runtimes) as Arc<dyn Runtimes>,
            admin_secret: AdminSecret::new(&SecretString::from(ADMIN_SECRET)),
            foreign: (self.foreign)(),
            own_address: OwnAddress { listen: LISTEN, public_hosts: vec![PUBLIC_HOST.to_owned()] },
            limits: self.limits.clone(),
        })
    }

    pub(super) fn state(&self, control: &Control) -> HttpState {
        HttpState::new(HttpParts {
            box_domains: vec!["localhost".to_owned(), "boxes.example".to_owned()],
            control: control.clone(),
            public_url: self.public_url.clone(),
            ready: Arc::new(Ready(control.clone())),
            numbers: smartbox_http::ApiNumbers::default(),
            insight: None,
            version: env!("CARGO_PKG_VERSION"),
            stop: self.stop.clone(),
        })
    }
}

struct Ready(Control);

#[async_trait::async_trait]
impl ReadyCheck for Ready {
    async fn missing(&self) -> Vec<String> {
        self.0.missing().await
    }
}

fn model() -> Model {
    Model {
        api: ModelApi::AnthropicMessages,
        id: "test".to_owned(),
        name: "Test".to_owned(),
        context_window: 200_000,
        max_tokens: 8192,
        reasoning: false,
        images: false,
    }
}
