//! A connection to a server that is slow, or breaks.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Bytes that are passed on at a time.
const PIECE_BYTES: usize = 16 << 10;

/// What passes through.
struct Way {
    /// Bytes from the client that still go through before everything breaks.
    left: AtomicI64,
    /// Bytes each second, each way.
    per_second: u64,
    passed: AtomicU64,
}

/// A proxy on a port of its own, until the process ends.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    way: Arc<Way>,
}

impl Proxy {
    /// Passes everything on to a port, at most so many bytes each second.
    pub(crate) fn to(target: u16, per_second: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let way = Arc::new(Way { left: AtomicI64::new(i64::MAX), per_second, passed: AtomicU64::new(0) });
        let accepting = Arc::clone(&way);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A server that is down: the connection ends at once.
                if accepting.left.load(Ordering::SeqCst) <= 0 {
                    continue;
                }
                let server = TcpStream::connect(("127.0.0.1", target)).unwrap();
                let (way, back) = (Arc::clone(&accepting), Arc::clone(&accepting));
                let (client_in, server_out) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || pass(client_in, server_out, &way, true));
                std::thread::spawn(move || pass(server, client, &back, false));
            }
        });
        Self { port, way }
    }

    /// Breaks after so many more bytes from clients, and stays broken.
    pub(crate) fn break_after(&self, bytes: i64) {
        self.way.left.store(bytes, Ordering::SeqCst);
    }

    pub(crate) fn passed(&self) -> u64 {
        self.way.passed.load(Ordering::SeqCst)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, way: &Way, is_from_client: bool) {
    let mut piece = vec![0; PIECE_BYTES];
    let mut due = Instant::now();
    while let Ok(read @ 1..) = from.read(&mut piece) {
        if is_from_client && way.left.fetch_sub(i64::try_from(read).unwrap(), Ordering::SeqCst) <= 0 {
            break;
        }
        way.passed.fetch_add(read as u64, Ordering::SeqCst);
        due = due.max(Instant::now()) + Duration::from_secs_f64(read as f64 / way.per_second as f64);
        if to.write_all(&piece[..read]).is_err() {
            break;
        }
        #[expect(clippy::disallowed_methods, reason = "a slow connection takes time")]
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let _closed = from.shutdown(Shutdown::Both);
    let _closed = to.shutdown(Shutdown::Both);
}
