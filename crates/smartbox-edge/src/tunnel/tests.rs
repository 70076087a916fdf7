//! A socket between a client and a gateway, both in memory, over a box that falls asleep and wakes.

use std::collections::VecDeque;

use serde_json::{Value, json};
use smartbox_core::Permission::{BoxesRead, BoxesTalk};
use smartbox_core::{Principal, Role, Tie};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::frames::{CLOSE, HeadReader, TEXT};
use super::*;
use crate::hold::tests::{Bench, Waker, bench, home, id};
use crate::policy::{Handshake, Policy};
use crate::routes::{Grant, RouteState};
use crate::sockets::{Admission, Sockets};

mod asleep;
mod bounds;

const KEY: [u8; 4] = [1, 2, 3, 4];
/// Longest wait for what has to come.
const SOON: Duration = Duration::from_secs(1);

/// One end of the socket under test.
struct Side {
    io: DuplexStream,
    /// Whether it masks what it sends.
    is_client: bool,
    read: VecDeque<(u8, Vec<u8>)>,
    rest: Vec<u8>,
}

impl Side {
    async fn send(&mut self, opcode: u8, payload: &[u8]) {
        let mut bytes = Vec::new();
        frames::write(&mut bytes, opcode, payload, self.is_client.then_some(KEY));
        self.io.write_all(&bytes).await.unwrap();
    }

    async fn call(&mut self, id: &str, method: &str) {
        let request = json!({ "type": "req", "id": id, "method": method, "params": {} });
        self.send(TEXT, request.to_string().as_bytes()).await;
    }

    /// The next frame; `None` at the end of the connection.
    async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some(frame) = self.read.pop_front() {
                return Some(frame);
            }
            let mut piece = [0; 4096];
            let read = self.io.read(&mut piece).await.unwrap();
            if read == 0 {
                return None;
            }
            self.rest.extend_from_slice(&piece[..read]);
            self.split();
        }
    }

    /// Takes whole frames off what was read.
    fn split(&mut self) {
        loop {
            let (mut rest, mut head, mut raw) = (&self.rest[..], HeadReader::default(), Vec::new());
            let Some(head) = head.take(&mut rest, &mut raw) else { return };
            let length = usize::try_from(head.length).unwrap();
            if rest.len() < length {
                return;
            }
            let mut payload = rest[..length].to_vec();
            frames::mask(&mut payload, head.mask.unwrap_or_default());
            self.rest = rest[length..].to_vec();
            self.read.push_back((head.opcode, payload));
        }
    }

    /// The next message.
    async fn json(&mut self) -> Value {
        let frame = timeout(SOON, self.next()).await.expect("it comes").expect("a message");
        assert_eq!(frame.0, TEXT, "{frame:?}");
        serde_json::from_slice(&frame.1).unwrap()
    }

    /// The ids of the next requests.
    async fn ids<const N: usize>(&mut self) -> [String; N] {
        let mut ids = [const { String::new() }; N];
        for id in &mut ids {
            *id = self.json().await["id"].as_str().unwrap().to_owned();
        }
        ids
    }

    /// Nothing comes for a while.
    async fn hears_nothing(&mut self) {
        let heard = timeout(SOON, self.next()).await;
        assert!(heard.is_err(), "{heard:?}");
    }

    /// The close code and reason that come next.
    async fn closed(&mut self) -> (u16, String) {
        let (opcode, payload) =
            timeout(SOON, self.next()).await.expect("it is closed").expect("a close frame");
        assert_eq!(opcode, CLOSE, "{payload:?}");
        let (code, reason) = payload.split_first_chunk().unwrap();
        (u16::from_be_bytes(*code), String::from_utf8(reason.to_vec()).unwrap())
    }
}

/// A socket over a box that is ready.
struct Open {
    bench: Arc<Bench>,
    client: Side,
    gateway: Side,
    _tasks: JoinSet<()>,
}

fn rules() -> Rules {
    let handshake = Handshake { method: "connect", kept_auth: &[], signed_auth: &[] };
    let policy = Policy::new(handshake, &[(BoxesRead, &["health"]), (BoxesTalk, &["chat.send"])], &[])
        .with_background(&["health"], &[]);
    Rules {
        policy: Arc::new(policy),
        may: Role::Owner.permissions(),
        grant: Grant { headers: Vec::new(), role: "operator", scopes: &[] },
        first_bytes_max: 64 * 1024,
        bytes_max: 25 * 1024 * 1024,
        memory: Arc::new(Semaphore::new(64)),
    }
}

/// Opens a socket whose client has `room` for bytes that it has not read. Looks after the box every second, as the edge does.
async fn open(waker: Waker, config: EdgeConfig, room: usize) -> Open {
    let bench = Arc::new(bench(RouteState::Ready, waker, config.clone()));
    let (client, client_end) = duplex(room);
    let (gateway, gateway_end) = duplex(64 * 1024);
    let in_flight = bench.hold.enter(id()).unwrap();
    assert!(in_flight.begin());
    let mut tasks = JoinSet::new();
    let line = Line::new(Arc::clone(&bench.hold), Principal::Admin, &home(RouteState::Ready), in_flight);
    tasks.spawn(async move {
        let sockets = Sockets::new(1);
        let Admission::Entered(ticket) = sockets.enter(0, vec![Tie::Box(id())], None) else { return };
        let traffic = Arc::new(Traffic::default());
        let sides = (halves(client_end, &traffic), halves(gateway_end, &traffic), traffic);
        between(&config, sides, rules(), Some(&line), &ticket, &CancellationToken::new()).await;
    });
    let watched = Arc::clone(&bench);
    tasks.spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let table = Arc::clone(&watched.publish.borrow());
            watched.hold.prune(&table);
        }
    });
    let side = |io, is_client| Side { io, is_client, read: VecDeque::new(), rest: Vec::new() };
    Open { bench, client: side(client, true), gateway: side(gateway, false), _tasks: tasks }
}

/// The same, after its handshake.
async fn greeted() -> Open {
    greeted_with(Waker::default(), EdgeConfig::default(), 64 * 1024).await
}

async fn greeted_with(waker: Waker, config: EdgeConfig, room: usize) -> Open {
    let mut open = open(waker, config, room).await;
    open.client.call("0", "connect").await;
    assert_eq!(open.gateway.ids().await, ["0"]);
    tokio::time::sleep(SOON).await;
    open
}

impl Open {
    fn fall_asleep(&self) {
        assert_eq!(self.shut(), Ok(()));
    }

    fn shut(&self) -> Result<(), crate::Busy> {
        self.bench.hold.shut(id())
    }

    fn wake_up(&self) {
        self.bench.hold.reopen(id());
    }

    fn wakes(&self) -> usize {
        self.bench.waker.calls.load(std::sync::atomic::Ordering::SeqCst)
    }

    fn held(&self) -> usize {
        self.bench.hold.work(id()).held
    }
}
