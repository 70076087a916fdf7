//! One SSH connection: checks the box, logs in, and hands what arrives to the sessions.
//!
//! The callbacks run inside the SSH library's loop, which does nothing else meanwhile. So none of them waits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use russh::client::{self, AuthResult, ChannelOpenHandle, Config, Handle, Handler, Msg, Session as Wire};
use russh::keys::{Algorithm, PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate};
use russh::{Channel, ChannelId, ChannelWriteHalf, Preferred, Sig, SshId, compression};
use smartbox_boxd::AGENT_NAME;
use smartbox_boxd::exec::{CREDIT_CODE, decode_credit};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::output::{Inbox, Kind, Reply, signal_name};
use crate::{BoxKeys, ExecEvent, SshError, Stream};

/// From the first byte to being logged in. A box that was just thawed or starts on a busy machine is slow.
const HANDSHAKE_TIME_OUT: Duration = Duration::from_secs(15);
/// Until the box has opened a session or answered a request.
const REPLY_TIME_OUT: Duration = Duration::from_secs(15);
/// SSH's type for standard error.
const STDERR: u32 = 1;
/// Sessions that are opened over one connection before another one takes its place. The SSH library keeps a few
/// kilobytes of each channel that its own side closed first, on either side, until the connection ends.
const SESSIONS_MAX: u32 = 200;

/// Sessions of a connection.
#[derive(Default)]
struct Registry {
    inboxes: Mutex<HashMap<ChannelId, Arc<Inbox>>>,
}

/// Channels whose sessions were dropped.
#[derive(Default)]
struct Dropped {
    channels: Mutex<Vec<Arc<ChannelWriteHalf<Msg>>>>,
    more: Notify,
}

/// One logged-in connection.
pub(crate) struct Connection {
    handle: Handle<Callbacks>,
    registry: Arc<Registry>,
    dropped: Arc<Dropped>,
    opened: AtomicU32,
    /// Closes channels of dropped sessions; ends with the connection.
    _closer: JoinSet<()>,
}

/// A session's channel. Dropping it closes the channel, and so ends the command.
pub(crate) struct SessionChannel {
    /// Its sending side.
    pub(crate) sender: Arc<ChannelWriteHalf<Msg>>,
    /// What arrives on it.
    pub(crate) inbox: Arc<Inbox>,
    connection: Arc<Connection>,
}

impl Drop for SessionChannel {
    fn drop(&mut self) {
        self.inbox.close();
        self.connection.registry.lock().remove(&self.sender.id());
        self.connection.dropped.push(Arc::clone(&self.sender));
    }
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, HashMap<ChannelId, Arc<Inbox>>> {
        self.inboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, id: ChannelId) -> Option<Arc<Inbox>> {
        self.lock().get(&id).map(Arc::clone)
    }
}

impl Dropped {
    fn push(&self, channel: Arc<ChannelWriteHalf<Msg>>) {
        self.lock().push(channel);
        self.more.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<ChannelWriteHalf<Msg>>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn close_all(&self) {
        loop {
            let channels = std::mem::take(&mut *self.lock());
            for channel in channels {
                // A connection that is gone has closed its channels.
                let _ = channel.close().await;
            }
            self.more.notified().await;
        }
    }
}

impl Connection {
    /// Makes a connection out of a stream.
    pub(crate) async fn open(
        stream: Box<dyn Stream>,
        keys: &BoxKeys,
        keep_alive: Option<Duration>,
    ) -> Result<Self, SshError> {
        let registry = Arc::new(Registry::default());
        let callbacks = Callbacks { host: keys.host.clone(), registry: Arc::clone(&registry) };
        let handshake = async {
            let mut handle = client::connect_stream(config(keep_alive), stream, callbacks).await?;
            let key = PrivateKeyWithHashAlg::new(Arc::clone(&keys.client), None);
            match handle.authenticate_publickey(AGENT_NAME, key).await? {
                AuthResult::Success => Ok(handle),
                // The library calls a connection that broke in the middle a refusal, too.
                AuthResult::Failure { .. } if handle.is_closed() => Err(russh::Error::Disconnect.into()),
                AuthResult::Failure { .. } => Err(SshError::Refused),
            }
        };
        let handle =
            tokio::time::timeout(HANDSHAKE_TIME_OUT, handshake).await.map_err(SshError::unreachable)??;
        let dropped = Arc::new(Dropped::default());
        let mut closer = JoinSet::new();
        let closing = Arc::clone(&dropped);
        closer.spawn(async move { closing.close_all().await });
        Ok(Self { handle, registry, dropped, opened: AtomicU32::new(0), _closer: closer })
    }

    /// Whether new sessions should be opened over another one. Those that are open go on.
    pub(crate) fn is_worn(&self) -> bool {
        self.handle.is_closed() || self.opened.load(Ordering::Relaxed) >= SESSIONS_MAX
    }

    /// Whether no session is open.
    pub(crate) fn is_idle(&self) -> bool {
        self.registry.lock().is_empty()
    }

    /// Opens a session, which keeps the connection.
    pub(crate) async fn session(self: &Arc<Self>) -> Result<SessionChannel, SshError> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        let opening = tokio::time::timeout(REPLY_TIME_OUT, self.handle.channel_open_session());
        let channel = match opening.await.map_err(SshError::unreachable)? {
            Ok(channel) => channel,
            Err(russh::Error::ChannelOpenFailure(_)) => return Err(SshError::Busy),
            Err(error) => return Err(error.into()),
        };
        // What arrives is taken from the callbacks. Without its reading half the library queues nothing.
        let (_, sender) = channel.split();
        let inbox = Arc::new(Inbox::new());
        self.registry.lock().insert(sender.id(), Arc::clone(&inbox));
        if self.handle.is_closed() {
            inbox.close();
        }
        Ok(SessionChannel { sender: Arc::new(sender), inbox, connection: Arc::clone(self) })
    }
}

impl SessionChannel {
    /// Waits for the box's answer to a request.
    pub(crate) async fn reply(&self) -> Result<(), SshError> {
        match tokio::time::timeout(REPLY_TIME_OUT, self.inbox.reply()).await {
            Ok(Some(Reply::Success)) => Ok(()),
            Ok(Some(Reply::Failure)) => Err(SshError::Busy),
            Ok(None) => Err(SshError::Lost),
            Err(elapsed) => Err(SshError::unreachable(elapsed)),
        }
    }
}

fn config(keep_alive: Option<Duration>) -> Arc<Config> {
    Arc::new(Config {
        client_id: SshId::Standard("SSH-2.0-smartbox".into()),
        preferred: Preferred {
            key: vec![Algorithm::Ed25519].into(),
            compression: vec![compression::NONE].into(),
            ..Preferred::default()
        },
        inactivity_timeout: None,
        keepalive_interval: keep_alive,
        ..Config::default()
    })
}

/// Receives what the box sends.
struct Callbacks {
    host: PublicKey,
    registry: Arc<Registry>,
}

impl Drop for Callbacks {
    /// The connection has ended, however it did.
    fn drop(&mut self) {
        for inbox in self.registry.lock().drain().map(|(_, inbox)| inbox) {
            inbox.close();
        }
    }
}

impl Handler for Callbacks {
    type Error = SshError;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, SshError> {
        match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } if key.key_data() == self.host.key_data() => {
                Ok(true)
            }
            _ => Err(SshError::HostKeyChanged),
        }
    }

    async fn channel_success(&mut self, id: ChannelId, _wire: &mut Wire) -> Result<(), SshError> {
        self.registry.get(id).inspect(|inbox| inbox.answer(Reply::Success));
        Ok(())
    }

    async fn channel_failure(&mut self, id: ChannelId, _wire: &mut Wire) -> Result<(), SshError> {
        self.registry.get(id).inspect(|inbox| inbox.answer(Reply::Failure));
        Ok(())
    }

    async fn data(&mut self, id: ChannelId, data: &[u8], _wire: &mut Wire) -> Result<(), SshError> {
        self.registry.get(id).map_or(Ok(()), |inbox| inbox.push(Kind::Stdout, data))
    }

    async fn extended_data(
        &mut self,
        id: ChannelId,
        code: u32,
        data: &[u8],
        _wire: &mut Wire,
    ) -> Result<(), SshError> {
        let Some(inbox) = self.registry.get(id) else { return Ok(()) };
        match code {
            STDERR => inbox.push(Kind::Stderr, data),
            CREDIT_CODE => {
                inbox.grant(decode_credit(data).ok_or(SshError::Protocol("a malformed grant of credit"))?)
            }
            _ => Ok(()),
        }
    }

    async fn exit_status(&mut self, id: ChannelId, code: u32, _wire: &mut Wire) -> Result<(), SshError> {
        self.registry.get(id).inspect(|inbox| inbox.exit(ExecEvent::Exit { code }));
        Ok(())
    }

    async fn exit_signal(
        &mut self,
        id: ChannelId,
        signal: Sig,
        _core_dumped: bool,
        _message: &str,
        _language: &str,
        _wire: &mut Wire,
    ) -> Result<(), SshError> {
        self.registry.get(id).inspect(|inbox| inbox.exit(ExecEvent::Signal { name: signal_name(&signal) }));
        Ok(())
    }

    async fn channel_close(&mut self, id: ChannelId, _wire: &mut Wire) -> Result<(), SshError> {
        let inbox = self.registry.lock().remove(&id);
        inbox.inspect(|inbox| inbox.close());
        Ok(())
    }

    // A box opens nothing towards the platform. The library would accept most of these.

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _channel: Channel<Msg>,
        _address: &str,
        _port: u32,
        _originator: &str,
        _originator_port: u32,
        _reply: ChannelOpenHandle,
        _wire: &mut Wire,
    ) -> Result<(), SshError> {
        Err(SshError::Protocol("a channel that was not asked for"))
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _channel: Channel<Msg>,
        _path: &str,
        _reply: ChannelOpenHandle,
        _wire: &mut Wire,
    ) -> Result<(), SshError> {
        Err(SshError::Protocol("a channel that was not asked for"))
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _channel: Channel<Msg>,
        _reply: ChannelOpenHandle,
        _wire: &mut Wire,
    ) -> Result<(), SshError> {
        Err(SshError::Protocol("a channel that was not asked for"))
    }

    async fn server_channel_open_session(
        &mut self,
        _channel: Channel<Msg>,
        _reply: ChannelOpenHandle,
        _wire: &mut Wire,
    ) -> Result<(), SshError> {
        Err(SshError::Protocol("a channel that was not asked for"))
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _channel: Channel<Msg>,
        _host: &str,
        _port: u32,
        _originator: &str,
        _originator_port: u32,
        _reply: ChannelOpenHandle,
        _wire: &mut Wire,
    ) -> Result<(), SshError> {
        Err(SshError::Protocol("a channel that was not asked for"))
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _channel: Channel<Msg>,
        _path: &str,
        _reply: ChannelOpenHandle,
        _wire: &mut Wire,
    ) -> Result<(), SshError> {
        Err(SshError::Protocol("a channel that was not asked for"))
    }

    async fn server_channel_open_x11(
        &mut self,
        _channel: Channel<Msg>,
        _originator: &str,
        _originator_port: u32,
        _reply: ChannelOpenHandle,
        _wire: &mut Wire,
    ) -> Result<(), SshError> {
        Err(SshError::Protocol("a channel that was not asked for"))
    }
}
