//! A platform with a real box, its people, and what an attacker can send.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::device::Device;
use super::socket::Socket;
use crate::platform::{LOOK_EVERY, PATIENCE, Platform};

/// Everything that a client could claim.
pub(super) const EVERY_SCOPE: [&str; 6] = [
    "operator.admin",
    "operator.read",
    "operator.write",
    "operator.approvals",
    "operator.pairing",
    "operator.talk.secrets",
];
/// What members have; viewers have the first.
pub(super) const MEMBER: [&str; 4] =
    ["operator.read", "operator.write", "operator.approvals", "operator.questions"];
/// Code with which the edge closes a socket whose right has ended.
pub(super) const ACCESS_ENDED: u16 = 4001;

/// Somebody of the org, signed in.
pub(super) struct Person {
    pub(super) id: String,
    pub(super) cookie: String,
    /// What they use, paired when it came first.
    pub(super) device: Device,
}

/// One box, three people.
pub(super) struct World {
    pub(super) platform: Platform,
    pub(super) owner: Person,
    pub(super) operator: Person,
    pub(super) viewer: Person,
}

/// A status and the code of the problem, if it is one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) code: String,
}

pub(super) fn refused(status: u16, code: &str) -> Answer {
    Answer { status: StatusCode::from_u16(status).unwrap(), code: code.to_owned() }
}

impl World {
    pub(super) async fn start() -> Self {
        let platform = Platform::start(&[]).await;
        platform.wait_for_phase("home", "running").await;
        let org = platform.json("/v1/boxes/home").await["org"].as_str().unwrap().to_owned();
        let orgs = platform.json("/v1/orgs").await;
        let orgs = orgs["items"].as_array().unwrap();
        let owner = orgs.iter().find(|found| found["id"] == *org).unwrap()["owner"].as_str().unwrap();
        let owner =
            Person { id: owner.to_owned(), cookie: sign_in(&platform, owner).await, device: Device::new() };
        let operator = person(&platform, &org, "operator").await;
        let viewer = person(&platform, &org, "viewer").await;
        let world = Self { platform, owner, operator, viewer };
        for (person, scopes) in [(&world.operator, &MEMBER[..]), (&world.viewer, &MEMBER[..1])] {
            world.pair(person, scopes).await;
        }
        world
    }

    /// Lets the owner approve somebody's device.
    async fn pair(&self, person: &Person, scopes: &[&str]) {
        let (_socket, hello) = self.with_device(person, json!({ "scopes": scopes }), &[]).await;
        if hello["ok"] == true {
            return;
        }
        let request = &hello["error"]["details"]["requestId"];
        assert!(request.is_string(), "{hello:#}");
        let mut owner = self.greeted(&self.owner).await;
        let approved = owner.call("device.pair.approve", json!({ "requestId": request })).await;
        assert_eq!(approved["ok"], true, "{approved:#}");
    }

    /// Asks for a path with these headers and no body.
    pub(super) async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.platform.http().request(method, self.platform.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let is_problem =
            answer.headers().get("content-type").is_some_and(|kind| kind == "application/problem+json");
        let body: Value = if is_problem { answer.json().await.unwrap() } else { Value::Null };
        Answer { status, code: body["code"].as_str().unwrap_or_default().to_owned() }
    }

    /// Asks to upgrade, and looks at the answer alone.
    pub(super) async fn knock(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let upgrade = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        self.ask(Method::GET, path, &[&upgrade[..], headers].concat()).await
    }

    /// A socket of somebody, before its handshake. Where the address has asked too often, it waits as a client does.
    pub(super) async fn open(&self, person: &Person, headers: &[(&'static str, &str)]) -> Socket {
        let url = self.platform.url("/b/home").replacen("http", "ws", 1);
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("cookie", person.cookie.parse().unwrap());
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            match connect_async(request.clone()).await {
                Ok((socket, _response)) => return Socket(socket),
                Err(Error::Http(answer)) if answer.status() == 429 && Instant::now() < deadline => {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                Err(error) => panic!("no upgrade: {error}"),
            }
        }
    }

    /// A socket of somebody who claims no more than they have.
    pub(super) async fn greeted(&self, person: &Person) -> Socket {
        let mut socket = self.open(person, &[]).await;
        let hello = socket.greet(claims()).await;
        assert_eq!(hello["ok"], true, "{hello:#}");
        socket
    }

    /// A socket of somebody with their device, which signs these claims; and the gateway's answer.
    pub(super) async fn with_device(
        &self,
        person: &Person,
        changes: Value,
        headers: &[(&'static str, &str)],
    ) -> (Socket, Value) {
        let mut socket = self.open(person, headers).await;
        let challenge = socket.next().await.expect("a challenge");
        let mut params = claiming(json!({ "role": "operator" }));
        for (name, value) in changes.as_object().unwrap() {
            params[name] = value.clone();
        }
        person.device.sign(&mut params, &challenge["payload"]);
        let hello = socket.greet(params).await;
        (socket, hello)
    }

    /// What an attack would change of the gateway: its configuration and its devices.
    pub(super) async fn state(&self) -> Value {
        let mut socket = self.greeted(&self.owner).await;
        let config = socket.call("config.get", json!({})).await;
        let devices = socket.call("device.pair.list", json!({})).await;
        assert!(config["ok"] == true && devices["ok"] == true, "{config:#} {devices:#}");
        assert!(config["payload"]["hash"].is_string(), "{config:#}");
        // What waits for an approval is left out: whoever may connect may ask, and nobody is asked to grant it here.
        let paired = devices["payload"]["paired"].as_array().unwrap().iter();
        let paired: Vec<_> =
            paired.map(|one| json!([one["deviceId"], one["roles"], one["scopes"]])).collect();
        assert!(paired.iter().all(|one| one[0].is_string() && one[2].is_array()), "{devices:#}");
        json!({ "config": config["payload"]["hash"], "paired": paired })
    }
}

/// Params of a handshake without a device and with every claim left out.
pub(super) fn claims() -> Value {
    json!({
        "minProtocol": 4, "maxProtocol": 4,
        "client": { "id": "gateway-client", "version": "0.0.1", "platform": "linux", "mode": "backend" },
        "caps": [],
    })
}

/// The same with these members in their place.
pub(super) fn claiming(changes: Value) -> Value {
    let mut params = claims();
    for (name, value) in changes.as_object().unwrap() {
        params[name] = value.clone();
    }
    params
}

async fn person(platform: &Platform, org: &str, role: &str) -> Person {
    let body = json!({ "name": role, "role": role, "org": org });
    let request = platform.http().post(platform.url("/v1/users")).json(&body);
    let made = request.header("x-admin-secret", platform.admin_secret()).send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let id = made.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    let cookie = sign_in(platform, &id).await;
    Person { id, cookie, device: Device::new() }
}

/// A session of this person.
pub(super) async fn sign_in(platform: &Platform, user: &str) -> String {
    let request = platform.http().post(platform.url("/v1/sign-in-links")).json(&json!({ "user": user }));
    let link = request.header("x-admin-secret", platform.admin_secret()).send().await.unwrap();
    let link: Value = link.json().await.unwrap();
    let code = link["path"].as_str().unwrap().rsplit_once('#').unwrap().1.to_owned();
    let request = platform.http().post(platform.url("/sign-in")).header("origin", platform.url(""));
    let signed_in = request.json(&json!({ "code": code })).send().await.unwrap();
    signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}
