//! An edge with all its ports, and clients for it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::{COOKIE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::Value;
use smartbox_core::Permission::{self, BoxesAdminister, BoxesRead, BoxesTalk};
use smartbox_core::routing::{BaseUrl, Outcome, RoutingFlags};
use smartbox_core::{BoxId, OrgId, Principal, Role, Stage, Support, SupportId, SupportLevel, UserId};
use smartbox_edge::ports::{
    Caller, DeviceNotApproved, Dial, Duplex, EdgePorts, ForeignOrigin, Identity, RequestId, SEAL_BYTES, Seal,
    Traces, Wake, WakeRefused, platform_service,
};
use smartbox_edge::{
    Body, ClientAddr, Edge, EdgeConfig, EdgeListener, GatewayCredential, Grant, Handshake, Ingress, PathRule,
    PeerTable, Peers, Policy, Route, RouteState, RouteTable, Routing, Sockets,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::hop_traces::HopTraces;

/// The longest wait for anything in these tests.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);
/// What the wall clock says at first.
const NOW: Timestamp = Timestamp::constant(7, 0);
/// Name of the header that makes the fake gateway's credential.
pub(crate) const CREDENTIAL: &str = "x-smartbox-user-5ec4e7";

pub(crate) fn org(n: u8) -> OrgId {
    OrgId::from_parts(Timestamp::UNIX_EPOCH, [n; 10])
}

pub(crate) fn user(n: u8) -> UserId {
    UserId::from_parts(Timestamp::UNIX_EPOCH, [n; 10])
}

pub(crate) fn box_id(n: u8) -> BoxId {
    BoxId::from_parts(Timestamp::UNIX_EPOCH, [n; 10])
}

/// A box of org `owner`, ready.
pub(crate) fn ready(n: u8, owner: u8, name: &str, is_default: bool) -> Route {
    let credential = GatewayCredential::new(|principal: &Principal| {
        let identity = HeaderValue::try_from(principal.actor()).unwrap();
        let headers = vec![
            (HeaderName::from_static(CREDENTIAL), identity),
            (HeaderName::from_static("x-openclaw-scopes"), HeaderValue::from_static("operator.read")),
        ];
        let may = principal.permissions();
        let scopes: &[&str] = if may.has(BoxesAdminister) {
            &["operator.admin", "operator.read", "operator.write"]
        } else if may.has(BoxesTalk) {
            &["operator.read", "operator.write"]
        } else {
            &["operator.read"]
        };
        Grant { headers, role: "operator", scopes }
    });
    Route {
        id: box_id(n),
        org: org(owner),
        name: name.parse().unwrap(),
        is_default,
        generation: 1,
        state: RouteState::Ready,
        credential,
        policy: policy(),
    }
}

/// Who looks may look, who talks may talk; everything else is for administrators.
fn policy() -> Arc<Policy> {
    let handshake = Handshake {
        method: "connect",
        kept_auth: &["deviceToken"],
        signed_auth: &["token", "bootstrapToken"],
    };
    let methods: &[(Permission, &[&str])] = &[
        (BoxesRead, &["health", "chat.history"]),
        (BoxesTalk, &["chat.send", "sessions.*"]),
        (BoxesAdminister, &["sessions.reset"]),
    ];
    let rule = |path, look, change| PathRule { path, look, change };
    let paths = [
        rule("", BoxesRead, BoxesAdminister),
        rule("/v1/chat/completions", BoxesTalk, BoxesTalk),
        rule("/tools/invoke", BoxesAdminister, BoxesAdminister),
    ];
    Arc::new(
        Policy::new(handshake, methods, &paths)
            .with_background(&["health"], &["/healthz", "/api/users/*/avatar"]),
    )
}

pub(crate) fn stopped() -> RouteState {
    RouteState::Stopped { phase: "stopped", since: Timestamp::UNIX_EPOCH, by_owner: false }
}

pub(crate) fn starting() -> RouteState {
    RouteState::Waiting { phase: "starting", stage: Some(Stage::Process), since: Timestamp::UNIX_EPOCH }
}

/// Everything outside the edge, under the test's control.
pub(crate) struct World {
    pub(crate) gateways: Mutex<HashMap<BoxId, SocketAddr>>,
    pub(crate) wakes: AtomicUsize,
    pub(crate) refusal: Mutex<Option<WakeRefused>>,
    pub(crate) dials: AtomicUsize,
    pub(crate) now: Mutex<Timestamp>,
}

impl World {
    /// Somebody sets the machine's clock, forward or back.
    pub(crate) fn jump(&self, by: jiff::SignedDuration) {
        *self.now.lock().unwrap() += by;
    }
}

#[async_trait::async_trait]
impl Dial for World {
    async fn dial(&self, id: BoxId, port: u16) -> io::Result<Box<dyn Duplex>> {
        assert_eq!(port, 18789);
        self.dials.fetch_add(1, Ordering::SeqCst);
        let address = self.gateways.lock().unwrap().get(&id).copied();
        let address = address.ok_or(io::ErrorKind::ConnectionRefused)?;
        Ok(Box::new(TcpStream::connect(address).await?))
    }

    async fn dial_upstream(&self, upstream: &BaseUrl) -> io::Result<Box<dyn Duplex>> {
        Ok(Box::new(TcpStream::connect((upstream.host(), upstream.port())).await?))
    }
}

#[async_trait::async_trait]
impl Wake for World {
    async fn wake(&self, _id: BoxId, _principal: &Principal) -> Result<(), WakeRefused> {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        self.refusal.lock().unwrap().clone().map_or(Ok(()), Err)
    }
}

/// `smartbox_session=<n>` is the owner of org n, `<n>-viewer` one of another role, `<n>-soon` an owner whose session
/// expires in a second; `1-support`, support access in the name of the owner of org 1; `admin`, the admin. The query `signed=1&kept=1` is the owner of org 1, too.
struct Cookies;

#[async_trait::async_trait]
impl Identity for Cookies {
    async fn identify(
        &self,
        head: &http::request::Parts,
        _peer: SocketAddr,
    ) -> Result<Option<Caller>, DeviceNotApproved> {
        match head.headers.get(COOKIE).and_then(|cookies| cookies.to_str().ok()) {
            Some("smartbox_session=1-unpaired") => Err(DeviceNotApproved),
            _ => Ok(by_cookie(head)),
        }
    }
}

fn by_cookie(head: &http::request::Parts) -> Option<Caller> {
    if head.uri.query() == Some("signed=1&kept=1") {
        let owner = Principal::user(user(1), org(1), Role::Owner);
        return Some(Caller { query: Some("kept=1".to_owned()), ..Caller::new(owner) });
    }
    if head.uri.query() == Some("ticket=tkt_1") {
        // For the page at https://app.example, and for programs.
        let foreign = head.extensions.get::<ForeignOrigin>();
        let is_for_them = foreign.is_none_or(|foreign| foreign.0 == "https://app.example");
        let owner = Principal::user(user(1), org(1), Role::Owner);
        let caller = Caller { query: Some(String::new()), by_ticket: true, ..Caller::new(owner) };
        return is_for_them.then_some(caller);
    }
    let cookies = head.headers.get(COOKIE)?.to_str().ok()?;
    let session = cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("smartbox_session="))?;
    if session == "admin" {
        return Some(Caller::new(Principal::Admin));
    }
    if session == "1-support" {
        let session = SupportId::from_parts(Timestamp::UNIX_EPOCH, [9; 10]);
        let support = Support { session, user: user(1), level: SupportLevel::Read };
        return Some(Caller::new(Principal::support(support, org(1), Role::Owner)));
    }
    let (n, role) = session.split_once('-').unwrap_or((session, "owner"));
    let n: u8 = n.parse().ok()?;
    let role = if role == "soon" { Role::Owner } else { role.parse().ok()? };
    let expires_at = session.ends_with("-soon").then(|| NOW + Duration::from_secs(1));
    Some(Caller { expires_at, ..Caller::new(Principal::user(user(n), org(n), role)) })
}

/// The platform's side: says what it was told.
async fn platform(request: Request<Body>) -> Result<Response<UnsyncBoxBody<Bytes, Infallible>>, Infallible> {
    let told = serde_json::json!({
        "platform": request.uri().path(),
        "client": request.extensions().get::<ClientAddr>().map(|client| client.0.to_string()),
        "scheme": request.headers().get("x-forwarded-proto").map(|proto| proto.to_str().unwrap()),
        "request_id": request.extensions().get::<RequestId>().map(ToString::to_string),
    });
    Ok(Response::new(Full::new(Bytes::from(told.to_string())).boxed_unsync()))
}

fn mount(page: &str, prefix: &str) -> Option<String> {
    let is_page = page.contains(r#"data-base="""#);
    is_page.then(|| {
        page.replace(r#"data-base="""#, &format!(r#"data-base="{prefix}""#))
            .replace(r#"href="/"#, &format!(r#"href="{prefix}/"#))
    })
}

/// A seal that is good enough to tell whether something is sealed.
pub(crate) struct TestSeal;

impl Seal for TestSeal {
    fn seal(&self, text: &[u8]) -> [u8; SEAL_BYTES] {
        let mut seal = [7_u8; SEAL_BYTES];
        for (at, byte) in text.iter().enumerate() {
            let place = &mut seal[at % SEAL_BYTES];
            *place = place.rotate_left(1) ^ byte;
        }
        seal
    }

    fn is_sealed(&self, text: &[u8], seal: &[u8; SEAL_BYTES]) -> bool {
        self.seal(text) == *seal
    }
}

pub(crate) struct TestEdge {
    pub(crate) address: SocketAddr,
    pub(crate) world: Arc<World>,
    pub(crate) sockets: Sockets,
    pub(crate) ingress: Ingress,
    pub(crate) publish: watch::Sender<Arc<RouteTable>>,
    pub(crate) flags: watch::Sender<Arc<RoutingFlags>>,
    pub(crate) outcomes: mpsc::Receiver<Outcome>,
    pub(crate) stop: CancellationToken,
    pub(crate) hard: CancellationToken,
    pub(crate) server: JoinSet<()>,
    /// Who keeps which box, and where other platforms come in.
    pub(crate) peers: watch::Sender<Arc<PeerTable>>,
    pub(crate) peer_address: SocketAddr,
    /// Those of a platform among others.
    pub(crate) traces: Arc<HopTraces>,
    clients: Mutex<JoinSet<()>>,
}

impl TestEdge {
    pub(crate) async fn start(routes: Vec<Route>) -> Self {
        Self::start_with(EdgeConfig::default(), routes).await
    }

    pub(crate) async fn start_with(config: EdgeConfig, routes: Vec<Route>) -> Self {
        Self::start_on(config, routes, |listener| listener).await
    }

    /// An edge whose listener was made ready by `prepare`.
    pub(crate) async fn start_on(
        config: EdgeConfig,
        routes: Vec<Route>,
        prepare: impl FnOnce(EdgeListener) -> EdgeListener,
    ) -> Self {
        Self::start_among(config, routes, false, prepare).await
    }

    /// The same, of a platform among others. It keeps what its table says.
    pub(crate) async fn start_among(
        config: EdgeConfig,
        routes: Vec<Route>,
        has_peers: bool,
        prepare: impl FnOnce(EdgeListener) -> EdgeListener,
    ) -> Self {
        let world = Arc::new(World {
            gateways: Mutex::default(),
            wakes: AtomicUsize::new(0),
            refusal: Mutex::default(),
            dials: AtomicUsize::new(0),
            now: Mutex::new(NOW),
        });
        let clock = Arc::clone(&world);
        let (publish, receiver) = watch::channel(Arc::new(RouteTable::new(routes, Some(org(1)))));
        let (flags, followed) = watch::channel(Arc::default());
        let (tell, outcomes) = mpsc::channel(64);
        let next = AtomicUsize::new(1);
        let (peers, table) = watch::channel(Arc::default());
        let traces = Arc::<HopTraces>::default();
        let ports = EdgePorts {
            routes: receiver,
            identity: Arc::new(Cookies),
            wake: Arc::clone(&world) as Arc<dyn Wake>,
            dial: Arc::clone(&world) as Arc<dyn Dial>,
            platform: platform_service(tower::service_fn(platform)),
            peers: if has_peers { Peers::new(table, Arc::new(TestSeal)) } else { Peers::none() },
            routing: Routing::new(followed, tell, "smartbox-test"),
            // Others that look at headers are about platforms that trace nothing.
            traces: has_peers.then(|| Arc::clone(&traces) as Arc<dyn Traces>),
            mount,
            request_ids: Arc::new(move || format!("req-{}", next.fetch_add(1, Ordering::SeqCst))),
            clock: Arc::new(move || *clock.now.lock().unwrap()),
        };
        let (stop, hard) = (CancellationToken::new(), CancellationToken::new());
        let edge = Edge::new(config, ports, stop.clone(), &hard);
        let (sockets, ingress) = (edge.sockets(), edge.ingress());
        let listener = EdgeListener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr();
        let mut server = JoinSet::new();
        let peer_listener = EdgeListener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let peer_address = peer_listener.local_addr();
        server.spawn(edge.for_peers().serve(peer_listener));
        server.spawn(edge.serve(prepare(listener)));
        let clients = Mutex::default();
        Self {
            address,
            world,
            sockets,
            ingress,
            publish,
            flags,
            outcomes,
            stop,
            hard,
            server,
            peers,
            peer_address,
            traces,
            clients,
        }
    }

    /// An edge with one box named `home`, the default of org 1, and its gateway.
    pub(crate) async fn with_home() -> (Self, crate::gateway::Gateway) {
        let edge = Self::start(vec![ready(1, 1, "home", true)]).await;
        let gateway = crate::gateway::Gateway::start().await;
        edge.plug(1, &gateway);
        (edge, gateway)
    }

    pub(crate) fn plug(&self, n: u8, gateway: &crate::gateway::Gateway) {
        self.world.gateways.lock().unwrap().insert(box_id(n), gateway.address);
    }

    pub(crate) fn publish(&self, routes: Vec<Route>) {
        self.publish.send_replace(Arc::new(RouteTable::new(routes, Some(org(1)))));
    }

    pub(crate) fn wakes(&self) -> usize {
        self.world.wakes.load(Ordering::SeqCst)
    }

    /// A GET by the user of org 1.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(as_user("1", "GET", path)).await
    }

    /// Sends a request on a connection of its own, and reads the whole answer.
    pub(crate) async fn ask(&self, request: Request<Full<Bytes>>) -> Answer {
        let response = self.send(request).await;
        let (head, body) = response.into_parts();
        let body = tokio::time::timeout(LIMIT, body.collect()).await.expect("in time").expect("whole");
        Answer { status: head.status, headers: head.headers, body: body.to_bytes() }
    }

    /// Sends a request on a connection of its own; its answer is still coming.
    pub(crate) async fn send<B>(&self, mut request: Request<B>) -> Response<Incoming>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if !request.headers().contains_key(HOST) {
            let host = HeaderValue::try_from(self.address.to_string()).unwrap();
            request.headers_mut().insert(HOST, host);
        }
        let mut connection = self.connect().await;
        tokio::time::timeout(LIMIT, connection.send_request(request))
            .await
            .expect("in time")
            .expect("an answer")
    }

    /// A client's connection. It ends with the test.
    pub(crate) async fn connect<B>(&self) -> http1::SendRequest<B>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        self.clients.lock().unwrap().spawn(async move { drop(driver.with_upgrades().await) });
        sender
    }

    /// Sends bytes as they are, and reads what comes until the edge closes or says nothing more for a while.
    pub(crate) async fn raw(&self, bytes: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(Ok(read @ 1..)) =
            tokio::time::timeout(Duration::from_millis(700), stream.read(&mut piece)).await
        {
            answer.extend_from_slice(&piece[..read]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The problem's code.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        self.json()["code"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Values of a header as the gateway saw them.
    pub(crate) fn seen(&self, name: &str) -> Vec<String> {
        let headers = self.json()["headers"].as_array().unwrap().clone();
        let named = headers.iter().filter(|header| header[0] == name);
        named.map(|header| header[1].as_str().unwrap().to_owned()).collect()
    }
}

pub(crate) fn as_user(session: &str, method: &str, path: &str) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(path);
    request.header(COOKIE, format!("smartbox_session={session}")).body(Full::default()).unwrap()
}

/// The same, with more headers.
pub(crate) fn with(
    mut request: Request<Full<Bytes>>,
    headers: &[(&'static str, &str)],
) -> Request<Full<Bytes>> {
    for (name, value) in headers {
        request.headers_mut().append(HeaderName::from_static(name), HeaderValue::try_from(*value).unwrap());
    }
    request
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let reached = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(LIMIT, reached).await.is_ok(), "not reached: {what}");
}
