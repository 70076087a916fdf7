//! One client: logs it in, and turns what it sends into sessions.
//!
//! These callbacks run inside the SSH library's loop, which does nothing else meanwhile. So none of them waits:
//! they put things where the tasks of the sessions find them.

use std::collections::HashMap;
use std::sync::Arc;

use russh::server::{
    Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session as Wire, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelOpenFailure, ChannelWriteHalf, Error, Pty, Sig};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::access::Access;
use super::gate::Gate;
use super::input::{Bound, Input};
use super::lobby::Lobby;
use super::output::Credit;
use super::session::{Controls, Program, Session};
use super::signals;
use super::start::{Preparation, Request, TerminalRequest, resolve};
use crate::daemon::launch::{Launcher, TerminalSize};
use crate::exec::{CREDIT_CODE, decode_credit};

/// Channels that a connection may have at once.
const CHANNELS_MAX: usize = 64;
/// Longest value of `TERM`.
const TERM_BYTES_MAX: usize = 64;

/// One client.
pub(crate) struct Connection {
    access: Arc<Access>,
    launcher: Launcher,
    lobby: Lobby,
    gate: Gate,
    closed: CancellationToken,
    sessions: TaskTracker,
    channels: HashMap<ChannelId, ChannelState>,
}

enum ChannelState {
    /// Open; nothing was started on it.
    Idle(Preparation, ChannelWriteHalf<Msg>),
    /// Something was started on it.
    Started(Started),
}

struct Started {
    input: Input,
    credit: Arc<Credit>,
    /// `None` when the program could not be started.
    controls: Option<Controls>,
    closed: CancellationToken,
    session: JoinHandle<()>,
}

impl ChannelState {
    fn is_over(&self) -> bool {
        matches!(self, Self::Started(started) if started.session.is_finished())
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.closed.cancel();
    }
}

impl Connection {
    /// Nobody has logged in yet.
    pub(crate) fn new(access: Arc<Access>, launcher: Launcher, lobby: Lobby, gate: Gate) -> Self {
        Self {
            access,
            launcher,
            lobby,
            gate,
            closed: CancellationToken::new(),
            sessions: TaskTracker::new(),
            channels: HashMap::new(),
        }
    }

    /// Cancelled by whoever sees the connection end.
    pub(crate) fn closed(&self) -> CancellationToken {
        self.closed.clone()
    }

    fn idle(&mut self, id: ChannelId) -> Option<&mut Preparation> {
        match self.channels.get_mut(&id) {
            Some(ChannelState::Idle(preparation, _)) => Some(preparation),
            Some(ChannelState::Started(_)) | None => None,
        }
    }

    fn started(&self, id: ChannelId) -> Option<&Started> {
        match self.channels.get(&id) {
            Some(ChannelState::Started(started)) => Some(started),
            Some(ChannelState::Idle(..)) | None => None,
        }
    }

    fn start(&mut self, id: ChannelId, request: &Request<'_>, wire: &mut Wire) -> Result<(), Error> {
        let Some(ChannelState::Idle(preparation, channel)) = self.channels.remove(&id) else {
            // One thing per channel (RFC 4254, section 6.5). A second request ends the first, too.
            return wire.channel_failure(id);
        };
        let start = match resolve(&self.access, &preparation, request) {
            Ok(start) => start,
            Err(error) => {
                tracing::warn!(%error, "refused an SSH request");
                self.channels.insert(id, ChannelState::Idle(preparation, channel));
                return wire.channel_failure(id);
            }
        };
        wire.channel_success(id)?;
        let (bound, credit) = if start.counts_credit {
            (Bound::Credit, Credit::counted())
        } else {
            (Bound::Gate(self.gate.clone()), Credit::Window)
        };
        let session = Session {
            id,
            channel,
            connection: wire.handle(),
            gate: self.gate.clone(),
            input: Input::new(bound),
            credit: Arc::new(credit),
            closed: self.closed.child_token(),
        };
        let size = preparation.terminal.map(|terminal| terminal.size);
        let program = Program::start(&self.launcher, &start.launch, size);
        let started = Started {
            input: session.input.clone(),
            credit: Arc::clone(&session.credit),
            controls: program.as_ref().ok().map(Program::controls),
            closed: session.closed.clone(),
            session: self.sessions.spawn(session.run(program)),
        };
        self.channels.insert(id, ChannelState::Started(started));
        Ok(())
    }

    /// Ends a connection whose client breaks the rules.
    fn breach(&self, error: &dyn std::error::Error) -> Error {
        tracing::warn!(%error, "cut an SSH client off");
        self.gate.abort();
        Error::Disconnect
    }
}

impl Handler for Connection {
    type Error = Error;

    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, Error> {
        Ok(if self.access.allows(user, offer.public_key) { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Error> {
        Ok(if self.access.allows(user, key.public_key) { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_succeeded(&mut self, _wire: &mut Wire) -> Result<(), Error> {
        if self.lobby.log_in(&self.gate) {
            return Ok(());
        }
        tracing::warn!("too many SSH connections");
        Err(Error::Disconnect)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _wire: &mut Wire,
    ) -> Result<(), Error> {
        // The library does not say when a client confirms the end of a session that ended by itself.
        self.channels.retain(|_, channel| !channel.is_over());
        if self.channels.len() >= CHANNELS_MAX {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        // What arrives is taken from the callbacks. Without its reading half the library queues nothing.
        let (_, sender) = channel.split();
        self.channels.insert(sender.id(), ChannelState::Idle(Preparation::default(), sender));
        reply.accept().await;
        Ok(())
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        term: &str,
        columns: u32,
        rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        wire: &mut Wire,
    ) -> Result<(), Error> {
        let fits = term.len() <= TERM_BYTES_MAX && !term.contains('\0');
        let Some(preparation) = self.idle(id).filter(|_| fits) else {
            return wire.channel_failure(id);
        };
        preparation.terminal = Some(TerminalRequest { term: term.to_owned(), size: size(rows, columns) });
        wire.channel_success(id)
    }

    async fn env_request(
        &mut self,
        id: ChannelId,
        name: &str,
        value: &str,
        wire: &mut Wire,
    ) -> Result<(), Error> {
        if self.idle(id).is_some_and(|preparation| preparation.set(name, value)) {
            wire.channel_success(id)
        } else {
            wire.channel_failure(id)
        }
    }

    async fn shell_request(&mut self, id: ChannelId, wire: &mut Wire) -> Result<(), Error> {
        self.start(id, &Request::Shell, wire)
    }

    async fn exec_request(&mut self, id: ChannelId, text: &[u8], wire: &mut Wire) -> Result<(), Error> {
        self.start(id, &Request::Exec(text), wire)
    }

    async fn subsystem_request(&mut self, id: ChannelId, _name: &str, wire: &mut Wire) -> Result<(), Error> {
        wire.channel_failure(id)
    }

    async fn x11_request(
        &mut self,
        id: ChannelId,
        _single: bool,
        _protocol: &str,
        _cookie: &str,
        _screen: u32,
        wire: &mut Wire,
    ) -> Result<(), Error> {
        wire.channel_failure(id)
    }

    async fn window_change_request(
        &mut self,
        id: ChannelId,
        columns: u32,
        rows: u32,
        _width: u32,
        _height: u32,
        _wire: &mut Wire,
    ) -> Result<(), Error> {
        // Never answered: the request carries no wish for a reply (RFC 4254, section 6.7).
        if let Some(controls) = self.started(id).and_then(|started| started.controls.as_ref()) {
            controls.resize(size(rows, columns));
        } else if let Some(terminal) = self.idle(id).and_then(|preparation| preparation.terminal.as_mut()) {
            terminal.size = size(rows, columns);
        }
        Ok(())
    }

    async fn signal(&mut self, id: ChannelId, signal: Sig, _wire: &mut Wire) -> Result<(), Error> {
        let controls = self.started(id).and_then(|started| started.controls.as_ref());
        if let (Some(controls), Some(signal)) = (controls, signals::from_ssh(&signal)) {
            controls.signal(signal);
        }
        Ok(())
    }

    async fn data(&mut self, id: ChannelId, data: &[u8], _wire: &mut Wire) -> Result<(), Error> {
        match self.started(id).map(|started| started.input.push(data)) {
            Some(Err(error)) => Err(self.breach(&error)),
            Some(Ok(())) | None => Ok(()),
        }
    }

    async fn extended_data(
        &mut self,
        id: ChannelId,
        code: u32,
        data: &[u8],
        _wire: &mut Wire,
    ) -> Result<(), Error> {
        let grant = decode_credit(data).filter(|_| code == CREDIT_CODE);
        let (Some(started), Some(grant)) = (self.started(id), grant) else { return Ok(()) };
        started.credit.grant(grant).map_err(|error| self.breach(&error))
    }

    async fn channel_eof(&mut self, id: ChannelId, _wire: &mut Wire) -> Result<(), Error> {
        if let Some(started) = self.started(id) {
            started.input.finish();
        }
        Ok(())
    }

    async fn channel_close(&mut self, id: ChannelId, _wire: &mut Wire) -> Result<(), Error> {
        self.channels.remove(&id);
        Ok(())
    }
}

fn size(rows: u32, columns: u32) -> TerminalSize {
    let bounded = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
    TerminalSize { rows: bounded(rows), columns: bounded(columns) }
}
