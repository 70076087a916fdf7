//! A store with two orgs, and short words to arrange boxes in it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::models::{Dialect, Offered, Provider};
use smartbox_core::{
    BoxId, Desired, DeviceId, DeviceStatus, EventId, Kind, Labels, Observed, OperationId, OrgId, Permission,
    Role, SessionId, SupportId, TokenId, UserId, UserStatus,
};
use smartbox_store::{
    Error, EventOutcome, FleetStore, IntentChange, KeyFile, Keyring, NewDevice, NewEvent, NewOperation,
    NewServiceToken, NewSession, NewSmartbox, NewTicket, NewUser, ObservationUpdate, Operation,
    OperationKind, OrgStore, Sealer, Smartbox, Store, SystemActor, TicketHolder, User, testing,
};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

/// The tests' clock: seconds after an arbitrary moment.
pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

/// Ten bytes that differ at every call and in every process, and grow, so that ids sort by their making.
fn unique() -> [u8; 10] {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut bytes = [0; 10];
    bytes[3..6].copy_from_slice(&std::process::id().to_be_bytes()[1..]);
    bytes[6..].copy_from_slice(&NEXT.fetch_add(1, Ordering::SeqCst).to_be_bytes());
    bytes
}

pub(crate) fn box_id() -> BoxId {
    BoxId::from_parts(at(0), unique())
}

pub(crate) fn org_id() -> OrgId {
    OrgId::from_parts(at(0), unique())
}

pub(crate) fn user_id() -> UserId {
    UserId::from_parts(at(0), unique())
}

pub(crate) fn new_user(name: &str, role: Role) -> NewUser {
    let status = UserStatus::Active;
    NewUser { id: user_id(), name: name.to_owned(), role, status, email: None, subject: None }
}

pub(crate) fn session_id() -> SessionId {
    SessionId::from_parts(at(0), unique())
}

/// A session whose token's hash is `n` everywhere, until `until`.
pub(crate) fn new_session(n: u8, user: UserId, until: i64) -> NewSession<'static> {
    NewSession {
        id: session_id(),
        hash: [n; 32],
        user,
        method: "link",
        address: Some("192.0.2.7"),
        user_agent: None,
        expires_at: at(until),
        parent: None,
        only: None,
        is_vouched: false,
        device: None,
    }
}

pub(crate) fn support_id() -> SupportId {
    SupportId::from_parts(at(0), unique())
}

pub(crate) fn new_token(n: u8, until: i64) -> NewServiceToken {
    NewServiceToken {
        id: TokenId::from_parts(at(0), unique()),
        hash: [n; 32],
        name: "deploy".into(),
        scopes: [Permission::BoxesRead, Permission::BoxesTalk].into_iter().collect(),
        only: None,
        created_by: "admin".into(),
        expires_at: at(until),
    }
}

/// A device that waits until an hour has passed.
pub(crate) fn new_device(user: UserId, key: &'static str, status: DeviceStatus) -> NewDevice<'static> {
    NewDevice {
        id: DeviceId::from_parts(at(0), unique()),
        user,
        name: "Firefox on Linux",
        public_key: key,
        status,
        address: Some("192.0.2.7"),
        expires_at: at(3600),
        session: None,
        uses_vouching: false,
    }
}

/// A ticket whose hash is `n` everywhere, until `until`.
pub(crate) fn new_ticket(n: u8, box_id: BoxId, holder: TicketHolder, until: i64) -> NewTicket<'static> {
    NewTicket { hash: [n; 32], box_id, holder, path: "/b/home/ws", origin: None, expires_at: at(until) }
}

pub(crate) fn operation(kind: OperationKind) -> NewOperation {
    NewOperation { id: OperationId::from_parts(at(0), unique()), kind }
}

/// A provider of models at an address of its own.
pub(crate) fn new_provider(name: &str) -> Provider {
    let model = Offered { id: "a-1".to_owned(), context_window: Some(1000), output_tokens_max: None };
    Provider {
        name: name.parse().unwrap(),
        dialect: Dialect::OpenAi,
        base_url: Some("https://models.example/v1".to_owned()),
        models: vec![model],
        price: None,
        may_be_inside: false,
    }
}

pub(crate) fn event(action: &str) -> NewEvent {
    NewEvent {
        id: EventId::from_parts(at(0), unique()),
        actor: "test".into(),
        action: action.into(),
        reason: "The test asked for it.".into(),
        detail: serde_json::json!({ "n": 1 }),
        address: None,
        outcome: EventOutcome::Ok,
    }
}

pub(crate) fn new_box(name: &str) -> NewSmartbox {
    NewSmartbox {
        id: box_id(),
        name: name.parse().unwrap(),
        kind: Kind::Pa,
        tier: "standard-1".into(),
        runtime_version: "2026.9.6".into(),
        host_key_public: "ssh-ed25519 AAAA".into(),
        labels: Labels::default(),
        desired: Desired::Running,
        is_quiet: false,
    }
}

pub(crate) fn intent(desired: Desired) -> IntentChange {
    let purge_at = (desired == Desired::Deleted).then(|| at(86_400));
    IntentChange { purge_at, ..IntentChange::to(desired) }
}

pub(crate) fn seen(observed: Observed) -> ObservationUpdate {
    ObservationUpdate { observed, observed_generation: Some(1), restarts: 0, oom_kills: 0, pid: Some(4711) }
}

pub(crate) fn sealer(directory: &Path) -> Sealer {
    let path = directory.join("keys");
    Sealer::with_source(Keyring::open_or_create(&path).unwrap(), Arc::new(KeyFile::new(path)))
}

pub(crate) fn database(directory: &Path) -> std::path::PathBuf {
    directory.join("smartbox.db")
}

pub(crate) async fn open(directory: &Path) -> Store {
    testing::open_in(directory, sealer(directory)).await.unwrap()
}

/// How often a property is tried. What SQLite has shown is tried less often on the server, where each case costs a database.
pub(crate) fn cases(on_sqlite: u32) -> proptest::test_runner::Config {
    let cases = if testing::is_postgres() { on_sqlite / 8 } else { on_sqlite };
    proptest::test_runner::Config::with_cases(cases)
}

pub(crate) fn fleet_of(store: &Store) -> FleetStore {
    store.fleet(SystemActor::new("test"))
}

/// A store on a real file, or on a database of its own on the server, with two orgs.
pub(crate) struct World {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) fleet: FleetStore,
    pub(crate) org: OrgStore,
    pub(crate) other: OrgStore,
}

impl World {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path()).await;
        let fleet = fleet_of(&store);
        let org = fleet.create_org(org_id(), "home", at(0)).await.unwrap();
        let other = fleet.create_org(org_id(), "other", at(0)).await.unwrap();
        Self { org: store.org(org.id), other: store.org(other.id), fleet, store, directory }
    }

    /// Makes a box in the first org.
    pub(crate) async fn create(&self, name: &str) -> Smartbox {
        create(&self.org, new_box(name)).await.unwrap().0
    }

    /// Adds somebody to the first org.
    pub(crate) async fn user(&self, name: &str) -> User {
        self.org.create_user(&new_user(name, Role::Owner), event("user.added"), at(0)).await.unwrap()
    }

    /// The box as it is now.
    pub(crate) async fn reload(&self, id: BoxId) -> Smartbox {
        self.fleet.find_box(id).await.unwrap().unwrap()
    }

    /// Changes what the first org wants, without an operation.
    pub(crate) async fn want(&self, id: BoxId, desired: Desired) -> Smartbox {
        self.org.change_intent(id, intent(desired), None, None, event("box.changed"), at(5)).await.unwrap().0
    }

    /// Does something to the database that the store itself would not.
    pub(crate) async fn tamper(&self, sql: &'static str) {
        if testing::is_postgres() {
            return testing::execute(&testing::database_of(self.directory.path()).await, sql).await;
        }
        let options = SqliteConnectOptions::new().filename(database(self.directory.path()));
        sqlx::raw_sql(sql).execute(&mut options.connect().await.unwrap()).await.unwrap();
    }

    /// Ends the store as a clean stop does, and opens the file again.
    pub(crate) async fn reopen(self) -> (tempfile::TempDir, Store) {
        self.store.close().await;
        let store = open(self.directory.path()).await;
        (self.directory, store)
    }
}

pub(crate) async fn create(org: &OrgStore, new: NewSmartbox) -> Result<(Smartbox, Operation), Error> {
    let token = SecretString::from("gateway-token-value");
    let secrets = [("gateway-token", &token)];
    org.create_box(new, &secrets, operation(OperationKind::Create), event("box.created"), at(1)).await
}
