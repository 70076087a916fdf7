//! A supervisor inside the fake's boxes: SSH in boxd's dialect. Commands run as processes of the test, in no box at all, so a test
//! gives it harmless ones. The real supervisor has tests of its own, and with real boxes.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use russh::keys::PrivateKey;
use russh::server::{
    Auth, ChannelOpenHandle, Config, Handle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, Error, Pty, Sig};
use smartbox_boxd::exec::{CREDIT_BYTES, CREDIT_CODE, ExecCommand, decode_credit};
use smartbox_boxd::{HOST_KEY_PATH, SSH_PORT};
use smartbox_core::BoxId;
use smartbox_provider::BoxStream;
use smartbox_provider::fake::FakeProvider;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

/// SSH's number for standard error.
const STDERR: u32 = 1;
/// Output is sent in pieces of at most this size.
const PIECE_BYTES: usize = 16 * 1024;

/// Lets every box of `provider` have a supervisor that runs commands.
pub(crate) fn install(provider: &Arc<FakeProvider>) {
    let weak = Arc::downgrade(provider);
    provider.serve(SSH_PORT, move |id, stream| serve(Weak::clone(&weak), id, stream));
}

async fn serve(provider: Weak<FakeProvider>, id: BoxId, stream: BoxStream) {
    let spec = provider.upgrade().and_then(|provider| provider.spec(id));
    let file = spec.iter().flat_map(|spec| &spec.files).find(|file| file.path == HOST_KEY_PATH);
    let Some(key) = file.and_then(|file| PrivateKey::from_openssh(&file.content).ok()) else { return };
    let config = Config { keys: vec![key], inactivity_timeout: None, ..Config::default() };
    let connection = Connection { running: HashMap::new(), tasks: JoinSet::new() };
    if let Ok(session) = russh::server::run_stream(Arc::new(config), stream, connection).await {
        // A client that leaves in the middle is no matter.
        let _ended = session.await;
    }
}

struct Connection {
    running: HashMap<ChannelId, Running>,
    /// Ends every command with the connection, as the real one does.
    tasks: JoinSet<()>,
}

struct Running {
    credit: Arc<Semaphore>,
    input: Option<mpsc::UnboundedSender<Bytes>>,
    pid: Option<u32>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal("KILL");
    }
}

impl Running {
    fn signal(&self, name: &str) {
        if let Some(pid) = self.pid {
            // To its group: what it has started hears it, too.
            let _gone = std::process::Command::new("kill")
                .args(["-s", name, "--", &format!("-{pid}")])
                .stderr(Stdio::null())
                .status();
        }
    }
}

impl Connection {
    fn start(&mut self, id: ChannelId, command: ExecCommand, handle: Handle) {
        let mut argv = command.argv.into_iter();
        let mut builder = Command::new(argv.next().unwrap_or_default());
        builder.args(argv).envs(command.env).kill_on_drop(true).process_group(0);
        builder.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(cwd) = command.cwd {
            builder.current_dir(cwd);
        }
        let Ok(child) = builder.spawn() else {
            self.tasks.spawn(async move { end(&handle, id, Err(smartbox_boxd::exec::EXIT_NOT_FOUND)).await });
            return;
        };
        let (input, hears) = mpsc::unbounded_channel();
        let credit = Arc::new(Semaphore::new(CREDIT_BYTES as usize));
        self.running.insert(id, Running { credit: Arc::clone(&credit), input: Some(input), pid: child.id() });
        self.tasks.spawn(run(child, hears, (id, handle, credit)));
    }
}

async fn run(
    mut child: Child,
    input: mpsc::UnboundedReceiver<Bytes>,
    (id, handle, credit): (ChannelId, Handle, Arc<Semaphore>),
) {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else { return };
    let printed = async {
        tokio::join!(
            print(stdout, None, (id, &handle, &credit)),
            print(stderr, Some(STDERR), (id, &handle, &credit)),
        )
    };
    tokio::select! {
        _ = printed => {}
        () = feed(stdin, input, (id, &handle)) => {}
    }
    let status = child.wait().await;
    let how =
        match status.map(|status| (status.code(), std::os::unix::process::ExitStatusExt::signal(&status))) {
            Ok((_, Some(signal))) => Ok(signal),
            Ok((Some(code), None)) => Err(u32::try_from(code).unwrap_or(u32::MAX)),
            _ => Err(u32::MAX),
        };
    end(&handle, id, how).await;
}

async fn print(
    mut from: impl AsyncRead + Unpin,
    code: Option<u32>,
    (id, handle, credit): (ChannelId, &Handle, &Semaphore),
) {
    let mut piece = vec![0; PIECE_BYTES];
    while let Ok(count @ 1..) = from.read(&mut piece).await {
        let Ok(permit) = credit.acquire_many(u32::try_from(count).unwrap_or(u32::MAX)).await else { return };
        permit.forget();
        let bytes = Bytes::copy_from_slice(piece.get(..count).unwrap_or_default());
        let sent = match code {
            None => handle.data(id, bytes).await,
            Some(code) => handle.extended_data(id, code, bytes).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

/// Gives a command its input. Never returns: its output decides on the end.
async fn feed(
    mut stdin: ChildStdin,
    mut input: mpsc::UnboundedReceiver<Bytes>,
    (id, handle): (ChannelId, &Handle),
) {
    while let Some(bytes) = input.recv().await {
        if stdin.write_all(&bytes).await.is_err() {
            break;
        }
        let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let _gone = handle.extended_data(id, CREDIT_CODE, Bytes::copy_from_slice(&count.to_be_bytes())).await;
    }
    drop(stdin);
    std::future::pending().await
}

async fn end(handle: &Handle, id: ChannelId, how: Result<i32, u32>) {
    let _gone = match how {
        Ok(signal) => {
            let name = match signal {
                2 => Sig::INT,
                9 => Sig::KILL,
                15 => Sig::TERM,
                other => Sig::Custom(other.to_string()),
            };
            handle.exit_signal_request(id, name, false, String::new(), String::new()).await
        }
        Err(code) => handle.exit_status_request(id, code).await,
    };
    let _gone = handle.eof(id).await;
    let _gone = handle.close(id).await;
}

impl Handler for Connection {
    type Error = Error;

    async fn auth_publickey_offered(
        &mut self,
        _user: &str,
        _offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Error> {
        Ok(Auth::Accept)
    }

    async fn auth_publickey(&mut self, _user: &str, _key: VerifiedPublicKey<'_>) -> Result<Auth, Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _wire: &mut Session,
    ) -> Result<(), Error> {
        drop(channel.split());
        reply.accept().await;
        Ok(())
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        wire: &mut Session,
    ) -> Result<(), Error> {
        wire.channel_success(id)
    }

    async fn exec_request(&mut self, id: ChannelId, text: &[u8], wire: &mut Session) -> Result<(), Error> {
        let Some(Ok(command)) = ExecCommand::decode(text) else { return wire.channel_failure(id) };
        wire.channel_success(id)?;
        self.start(id, command, wire.handle());
        Ok(())
    }

    async fn signal(&mut self, id: ChannelId, signal: Sig, _wire: &mut Session) -> Result<(), Error> {
        let name = match &signal {
            Sig::INT => "INT",
            Sig::TERM => "TERM",
            Sig::HUP => "HUP",
            Sig::USR1 => "USR1",
            _ => "KILL",
        };
        if let Some(running) = self.running.get(&id) {
            running.signal(name);
        }
        Ok(())
    }

    async fn data(&mut self, id: ChannelId, data: &[u8], _wire: &mut Session) -> Result<(), Error> {
        if let Some(input) = self.running.get(&id).and_then(|running| running.input.as_ref()) {
            let _ended = input.send(Bytes::copy_from_slice(data));
        }
        Ok(())
    }

    async fn extended_data(
        &mut self,
        id: ChannelId,
        code: u32,
        data: &[u8],
        _wire: &mut Session,
    ) -> Result<(), Error> {
        if let (Some(running), CREDIT_CODE, Some(more)) = (self.running.get(&id), code, decode_credit(data)) {
            running.credit.add_permits(more as usize);
        }
        Ok(())
    }

    async fn channel_eof(&mut self, id: ChannelId, _wire: &mut Session) -> Result<(), Error> {
        if let Some(running) = self.running.get_mut(&id) {
            running.input = None;
        }
        Ok(())
    }

    async fn channel_close(&mut self, id: ChannelId, _wire: &mut Session) -> Result<(), Error> {
        self.running.remove(&id);
        Ok(())
    }
}
