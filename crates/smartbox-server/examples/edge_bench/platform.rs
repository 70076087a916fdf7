//! An edge in front of one box: control, store, identity and policy are real, the box's gateway is any server.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use smartbox_control::{
    AdminSecret, AgentRuntime, BackupParts, Carried, Clock, Control, Courier, Event, ForeignIdentities,
    Letter, Limits, NewBox, NoIngress, Op, Origin, Parts, Reconciler, SignUp, SignUpPolicy, SystemClock,
    SystemEntropy, UnknownHost,
};
use smartbox_core::routing::OwnAddress;
use smartbox_core::webhook::Attempt;
use smartbox_core::{BoxId, Principal, Role, Thresholds};
use smartbox_edge::{EdgeConfig, EdgeListener, Rate};
use smartbox_identity::{Verifier, VerifierConfig};
use smartbox_openclaw::versions::pinned;
use smartbox_openclaw::{Model, ModelApi, ModelConfig};
use smartbox_provider::fake::FakeProvider;
use smartbox_provider::{BoxListener, BoxStream, Link, LinkError, Provider};
use smartbox_server::testing::{serve_edge, start_logs};
use smartbox_store::{Keyring, Sealer, Store};
use smartbox_testkit::{FakeDoors, FakeRuntimes};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::{print, released};

const BOX: &str = "home";
const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "bench";
const JWT_SECRET: &str = "a shared secret of at least 32 bytes";
/// Passes of the loop within which a box of the fake provider runs.
const PASSES: usize = 10;
/// More than any load asks: a limit that is reached would be measured in place of the relay.
const NEVER: Rate = Rate { burst: 1_000_000_000, window: Duration::from_secs(1) };
/// Room for every socket of a load.
const CONNECTIONS_MAX: usize = 100_000;

/// Leads to the same server, whatever is asked for.
struct Elsewhere(SocketAddr);

#[async_trait::async_trait]
impl Link for Elsewhere {
    async fn dial(&self, _id: BoxId, _port: u16) -> Result<BoxStream, LinkError> {
        let stream = TcpStream::connect(self.0).await.map_err(LinkError::Io)?;
        stream.set_nodelay(true).map_err(LinkError::Io)?;
        Ok(Box::new(stream))
    }

    async fn listen(&self, _id: BoxId, _port: u16) -> Result<Box<dyn BoxListener>, LinkError> {
        Err(LinkError::NoBox)
    }
}

/// Serves until standard input ends.
pub(crate) async fn serve(gateway: SocketAddr) -> Result<()> {
    start_logs("info").map_err(anyhow::Error::msg)?;
    let link: Arc<dyn Link> = Arc::new(Elsewhere(gateway));
    let data = tempfile::tempdir()?;
    let control = control(&link, data.path()).await?;
    control.ensure_first_org("bench").await?;
    let admin = Op::new(Principal::Admin);
    control.create_box(&admin, &NewBox { name: BOX.to_owned(), ..NewBox::default() }).await?;
    let mut reconciler = Reconciler::new(control.clone(), 1);
    for _ in 0..PASSES {
        reconciler.pass().await?;
        reconciler.settle().await;
    }
    let code = control.create_sign_in_code(&admin, None, None).await?;
    let session = control.redeem_sign_in_code(&Origin::default(), code.code.expose_secret()).await?;

    let listener = EdgeListener::bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
    print(&json!({
        "address": listener.local_addr().to_string(),
        "path": format!("/b/{BOX}"),
        "cookie": format!("smartbox_session={}", session.token.expose_secret()),
        "jwt": jwt(),
    }));
    let config = EdgeConfig {
        address_rate: NEVER,
        sockets_rate: NEVER,
        caller_rate: NEVER,
        box_rate: NEVER,
        sign_in_rate: NEVER,
        connections_max: CONNECTIONS_MAX,
        connections_per_address: CONNECTIONS_MAX,
        sockets_per_address: CONNECTIONS_MAX,
        sockets_per_caller: CONNECTIONS_MAX,
        box_in_flight_max: CONNECTIONS_MAX,
        ..EdgeConfig::default()
    };
    let stop = CancellationToken::new();
    let serving = serve_edge(config, &control, link, listener, &stop);
    tokio::select! {
        served = serving => served?,
        () = released() => {}
    }
    Ok(())
}

async fn control(link: &Arc<dyn Link>, data: &Path) -> Result<Control> {
    let sealer = Sealer::new(Keyring::open_or_create(&data.join("keyring"))?);
    let store = Store::open(&data.join("smartbox.db"), sealer).await.context("no database")?;
    let model = Model {
        api: ModelApi::AnthropicMessages,
        id: "none".to_owned(),
        name: "None".to_owned(),
        context_window: 200_000,
        max_tokens: 8192,
        reasoning: false,
        images: false,
    };
    // No routing flag names another server here.
    let own_address = OwnAddress { listen: SocketAddr::from(([127, 0, 0, 1], 0)), public_hosts: Vec::new() };
    Ok(Control::new(Parts {
        own_address,
        store,
        provider: Arc::new(FakeProvider::new()) as Arc<dyn Provider>,
        link: Arc::clone(link),
        files: Arc::new(FakeProvider::new()),
        doors: Arc::new(FakeDoors::default()),
        ingress: Arc::new(NoIngress),
        backups: BackupParts::in_memory(Arc::new(FakeProvider::new()), data.join("scratch")),
        courier: Arc::new(NoCourier),
        sleep: Thresholds::default(),
        host: Arc::new(UnknownHost),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        runtime: AgentRuntime::new(pinned().openclaw.clone(), ModelConfig::new(model, Vec::new())),
        runtimes: Arc::new(FakeRuntimes::default()),
        admin_secret: AdminSecret::new(&SecretString::from("the-admin-secret-of-this-benchmark")),
        foreign: ForeignIdentities {
            tokens: Some(Verifier::new(VerifierConfig {
                issuer: ISSUER.to_owned(),
                audiences: vec![AUDIENCE.to_owned()],
                hs256_secret: Some(JWT_SECRET.into()),
                ..VerifierConfig::default()
            })?),
            sign_up: SignUp { policy: SignUpPolicy::Open, org: None, role: Some(Role::Owner) },
            ..ForeignIdentities::default()
        },
        limits: Limits::default(),
    }))
}

/// A token that the platform believes for an hour.
fn jwt() -> String {
    let now = SystemClock.now().as_second();
    let claims = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "somebody", "iat": now, "exp": now + 3600 });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "HS256", "typ": "JWT" })), part(&claims));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, JWT_SECRET.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Nobody has a webhook here.
struct NoCourier;

#[async_trait::async_trait]
impl Courier for NoCourier {
    fn body(&self, _event: &Event) -> Result<Vec<u8>, smartbox_control::Error> {
        Ok(Vec::new())
    }

    fn check(&self, _url: &str) -> Result<(), String> {
        Err("nothing is sent here".to_owned())
    }

    async fn carry(&self, _letter: Letter) -> Carried {
        Carried { attempt: Attempt::NotTaken, status: None, why: None }
    }
}
