//! Runs a command line in this process and keeps what it wrote.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use smartbox_cli::{Command, Console, Interrupts};
use tokio::io::AsyncWrite;
use tokio::sync::watch;

use crate::fake::Fake;

/// The secret of every test; it must never be seen.
pub(crate) const SECRET: &str = "hush-hush-secret";

/// What a command wrote, and its exit code.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, stdout, stderr } = self;
        write!(f, "exit code: {code}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }
}

/// A command line about to run.
pub(crate) struct Run<'a> {
    fake: &'a Fake,
    words: Vec<String>,
    stdin: Vec<u8>,
    config: Option<PathBuf>,
    token: Option<&'a str>,
    interrupts: watch::Receiver<u32>,
    _sender: Option<watch::Sender<u32>>,
}

/// Runs `smartbox` with these words against this platform.
pub(crate) fn smartbox<'a>(fake: &'a Fake, words: &[&str]) -> Run<'a> {
    let (sender, interrupts) = watch::channel(0);
    Run {
        fake,
        words: words.iter().map(ToString::to_string).collect(),
        stdin: Vec::new(),
        config: None,
        token: Some(SECRET),
        interrupts,
        _sender: Some(sender),
    }
}

impl<'a> Run<'a> {
    /// Gives it standard input.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Gives it another token, or none.
    pub(crate) fn token(mut self, token: Option<&'a str>) -> Self {
        self.token = token;
        self
    }

    /// Gives it the user's configuration directory of other runs; otherwise each has one of its own.
    pub(crate) fn config(mut self, dir: &Path) -> Self {
        self.config = Some(dir.to_owned());
        self
    }

    /// Presses Ctrl-C whenever this channel's number is raised.
    pub(crate) fn interrupts(mut self, interrupts: watch::Receiver<u32>) -> Self {
        self.interrupts = interrupts;
        self
    }

    /// Runs it to its end.
    pub(crate) async fn end(self) -> Ran {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        // A data directory without a platform, so that one that happens to run here is left alone.
        let nowhere = tempfile::tempdir().unwrap();
        let mut words: Vec<OsString> =
            vec!["smartbox".into(), "--server".into(), self.fake.url.clone().into()];
        words.extend(["--data-dir".into(), nowhere.path().into()]);
        words.extend(self.words.into_iter().map(OsString::from));
        let mut cli = smartbox_cli::parse_from(words).unwrap_or_else(|error| panic!("{error}"));
        cli.global.token = self.token.map(Into::into);
        cli.global.xdg_config_home = Some(self.config.unwrap_or_else(|| nowhere.path().to_owned()).into());
        let Command::Client(command) = cli.command else { panic!("not a command of the client") };
        let (stdout, stderr) = (Capture::default(), Capture::default());
        let stdin = io::Cursor::new(self.stdin);
        let console =
            Console::of_streams(stdin, stdout.clone(), stderr.clone(), Interrupts::scripted(self.interrupts));
        let code = smartbox_cli::run_on(&cli.global, command, console).await;
        let ran = Ran { code, stdout: stdout.text(&self.fake.url), stderr: stderr.text(&self.fake.url) };
        assert!(!format!("{ran:?}").contains(SECRET), "the secret was printed: {ran}");
        ran
    }
}

/// Keeps what is written.
#[derive(Clone, Default)]
struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    /// The text, with a name in the place of the server's address.
    fn text(&self, server: &str) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).replace(server, "http://SERVER")
    }
}

impl AsyncWrite for Capture {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
