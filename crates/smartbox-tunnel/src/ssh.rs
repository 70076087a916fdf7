//! The connection to one box: made on demand, kept, made again.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Mutex;

use crate::connection::Connection;
use crate::session::encode;
use crate::{BoxKeys, ExecRequest, ExecSession, SshError};

/// Connections that one call tries to make: a box that starts or thaws needs a moment.
const ATTEMPTS_MAX: u32 = 4;
/// Pause before the second attempt; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Bytes both ways.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

/// A stream to boxd's SSH port, soon.
pub type DialFuture = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// Opens streams to boxd's SSH port. Any closure `async () -> io::Result<impl Stream>` does. A TCP stream should
/// have its delay (Nagle's algorithm) switched off: with it, each short command takes 40 ms longer.
pub trait Dial: Send + Sync + 'static {
    /// Opens one.
    fn dial(&self) -> DialFuture;
}

impl<F, O, S> Dial for F
where
    F: Fn() -> O + Send + Sync + 'static,
    O: Future<Output = io::Result<S>> + Send + 'static,
    S: Stream,
{
    fn dial(&self) -> DialFuture {
        let dialing = self();
        Box::pin(async move { dialing.await.map(|stream| Box::new(stream) as Box<dyn Stream>) })
    }
}

/// SSH to one box. Clones share the connection.
#[derive(Clone)]
pub struct BoxSsh(Arc<Shared>);

struct Shared {
    dial: Box<dyn Dial>,
    keys: BoxKeys,
    keep_alive: Option<Duration>,
    /// Held while connecting, so that callers who come meanwhile use the same connection.
    connection: Mutex<Option<Arc<Connection>>>,
}

impl fmt::Debug for BoxSsh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxSsh").field("keys", &self.0.keys).finish_non_exhaustive()
    }
}

impl BoxSsh {
    /// Does not connect yet.
    pub fn new(dial: impl Dial, keys: BoxKeys) -> Self {
        Self::with_keep_alive(dial, keys, None)
    }

    /// Like [`BoxSsh::new`], and notices a box that went away silently: after three messages at this interval
    /// without an answer. Not for streams on the same machine: a frozen box does not answer and is not away.
    pub fn with_keep_alive(dial: impl Dial, keys: BoxKeys, keep_alive: Option<Duration>) -> Self {
        Self(Arc::new(Shared { dial: Box::new(dial), keys, keep_alive, connection: Mutex::new(None) }))
    }

    /// Starts a command, on the connection that is there or on a new one.
    ///
    /// # Errors
    /// [`SshError::Unreachable`] after some attempts; the others at once.
    pub async fn exec(&self, request: ExecRequest) -> Result<ExecSession, SshError> {
        let text = encode(&request)?;
        let connection = self.connection().await?;
        let channel = match connection.session().await {
            Ok(channel) => channel,
            // The connection had died unseen, or callers who went away have left half-open sessions on it: nothing
            // was started, so once more on a new one is safe.
            Err(error) if error.is_passing() || connection.is_idle() => {
                self.forget(&connection).await;
                self.connection().await?.session().await?
            }
            Err(error) => return Err(error),
        };
        ExecSession::start(channel, text, &request).await
    }

    /// Closes the connection once its sessions have ended. The next call opens another one.
    pub async fn disconnect(&self) {
        self.0.connection.lock().await.take();
    }

    async fn connection(&self) -> Result<Arc<Connection>, SshError> {
        let mut place = self.0.connection.lock().await;
        if let Some(connection) = place.as_ref().filter(|connection| !connection.is_worn()) {
            return Ok(Arc::clone(connection));
        }
        *place = None;
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        let connection = loop {
            match self.connect().await {
                Ok(connection) => break Arc::new(connection),
                Err(error) if error.is_passing() && attempt < ATTEMPTS_MAX => {
                    tracing::debug!(%error, attempt, "cannot reach a box");
                }
                Err(error) => return Err(error),
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
            attempt += 1;
        };
        *place = Some(Arc::clone(&connection));
        Ok(connection)
    }

    async fn connect(&self) -> Result<Connection, SshError> {
        let stream = self.0.dial.dial().await.map_err(SshError::unreachable)?;
        Connection::open(stream, &self.0.keys, self.0.keep_alive).await
    }

    async fn forget(&self, dead: &Arc<Connection>) {
        let mut place = self.0.connection.lock().await;
        if place.as_ref().is_some_and(|connection| Arc::ptr_eq(connection, dead)) {
            *place = None;
        }
    }
}
