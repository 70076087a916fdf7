//! The command's own input and output: data on standard output, talk on standard error.

mod interrupts;
mod paint;
mod progress;
mod questions;
mod sanitize;

use std::io::{self, IsTerminal as _};

use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

pub use interrupts::Interrupts;
pub(crate) use interrupts::{Interrupt, Listener};
pub(crate) use paint::Paint;
pub(crate) use progress::Progress;
pub(crate) use sanitize::Sanitizer;

use crate::failure::Failure;

/// Which of the three streams are terminals.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminals {
    /// Standard input.
    pub stdin: bool,
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
}

/// Where the command reads and writes. The program uses the process's streams; tests bring their own.
pub struct Console {
    stdin: Option<Box<dyn AsyncRead + Send + Unpin>>,
    stdout: Box<dyn AsyncWrite + Send + Unpin>,
    stderr: Box<dyn AsyncWrite + Send + Unpin>,
    terminals: Terminals,
    interrupts: Interrupts,
    settings: Settings,
}

/// How the user wants to be talked to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    /// Data as JSON.
    pub(crate) json: bool,
    /// No talk but errors.
    pub(crate) quiet: bool,
    /// No colours, also on terminals.
    pub(crate) plain: bool,
}

impl Console {
    /// The process's own streams and signals.
    pub fn of_process() -> Self {
        Self {
            stdin: Some(Box::new(tokio::io::stdin())),
            stdout: Box::new(tokio::io::stdout()),
            stderr: Box::new(tokio::io::stderr()),
            terminals: Terminals {
                stdin: io::stdin().is_terminal(),
                stdout: io::stdout().is_terminal(),
                stderr: io::stderr().is_terminal(),
            },
            interrupts: Interrupts::of_process(),
            settings: Settings::default(),
        }
    }

    /// Other streams: what a test gives and reads. They count as no terminals.
    pub fn of_streams(
        stdin: impl AsyncRead + Send + Unpin + 'static,
        stdout: impl AsyncWrite + Send + Unpin + 'static,
        stderr: impl AsyncWrite + Send + Unpin + 'static,
        interrupts: Interrupts,
    ) -> Self {
        Self {
            stdin: Some(Box::new(stdin)),
            stdout: Box::new(stdout),
            stderr: Box::new(stderr),
            terminals: Terminals::default(),
            interrupts,
            settings: Settings::default(),
        }
    }

    pub(crate) fn set(&mut self, settings: Settings) {
        self.settings = settings;
    }

    pub(crate) fn terminals(&self) -> Terminals {
        self.terminals
    }

    pub(crate) fn wants_json(&self) -> bool {
        self.settings.json
    }

    pub(crate) fn interrupts(&self) -> Interrupts {
        self.interrupts.clone()
    }

    /// Colours for standard output.
    pub(crate) fn paint(&self) -> Paint {
        Paint::new(self.terminals.stdout && !self.settings.plain && !self.settings.json)
    }

    /// Standard input, to whoever asks first.
    pub(crate) fn take_stdin(&mut self) -> Option<Box<dyn AsyncRead + Send + Unpin>> {
        self.stdin.take()
    }

    /// Reads standard input to its end; more than `bytes_max` is a failure.
    pub(crate) async fn read_text(&mut self, bytes_max: u64) -> Result<String, Failure> {
        use crate::exit::Exit;
        let Some(stdin) = self.stdin.take() else { return Ok(String::new()) };
        let mut text = Vec::new();
        let read = stdin.take(bytes_max + 1).read_to_end(&mut text).await;
        read.map_err(|error| {
            Failure::new(Exit::Failed, "Standard input could not be read.").detail(error.to_string())
        })?;
        if text.len() as u64 > bytes_max {
            let title = format!("Standard input is larger than {bytes_max} bytes.");
            return Err(Failure::new(Exit::Usage, title));
        }
        String::from_utf8(text)
            .map_err(|_error| Failure::new(Exit::Usage, "Standard input is not UTF-8 text."))
    }

    /// Writes data as it is, and at once.
    pub(crate) async fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        write(&mut self.stdout, bytes).await.map_err(|error| Failure::output(&error))
    }

    /// Writes data for people: what could command a terminal is taken out of it if it goes to one.
    pub(crate) async fn text(&mut self, text: &str) -> Result<(), Failure> {
        if self.terminals.stdout {
            let clean = Sanitizer::new(!self.settings.plain).clean(text);
            return self.bytes(clean.as_bytes()).await;
        }
        self.bytes(text.as_bytes()).await
    }

    /// Writes one JSON document, on one line.
    pub(crate) async fn json(&mut self, document: &impl Serialize) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(document).map_err(|error| Failure::output(&error.into()))?;
        line.push(b'\n');
        self.bytes(&line).await
    }

    /// Writes bytes to standard error as they are: a remote command's error output.
    pub(crate) async fn error_bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        write(&mut self.stderr, bytes).await.map_err(|error| Failure::output(&error))
    }

    /// Says a sentence on standard error, unless asked to be quiet.
    pub(crate) async fn say(&mut self, sentence: &str) {
        if !self.settings.quiet && !self.settings.json {
            self.tell(&format!("{sentence}\n")).await;
        }
    }

    /// Asks a question on standard error, without a line end.
    pub(crate) async fn ask(&mut self, question: &str) {
        self.tell(question).await;
    }

    /// Warns on standard error; only `--json` silences it.
    pub(crate) async fn warn(&mut self, sentence: &str) {
        if !self.settings.json {
            let label = self.error_paint().yellow("warning:");
            self.tell(&format!("{label} {sentence}\n")).await;
        }
    }

    /// Tells why the command did not succeed.
    pub(crate) async fn fail(&mut self, failure: &Failure) {
        let text = if self.settings.json { failure.json() } else { failure.text(self.error_paint()) };
        self.tell(&text).await;
    }

    /// Shows how long work comes along: in place on a terminal, one line a change elsewhere.
    pub(crate) fn progress(&self) -> Progress {
        if self.terminals.stderr && !self.settings.quiet {
            return Progress::live();
        }
        if self.settings.quiet || self.settings.json { Progress::silent() } else { Progress::lines() }
    }

    fn error_paint(&self) -> Paint {
        Paint::new(self.terminals.stderr && !self.settings.plain && !self.settings.json)
    }

    async fn tell(&mut self, text: &str) {
        let clean = Sanitizer::new(!self.settings.plain).clean(text);
        // With standard error gone there is nobody left to tell; the exit code still speaks.
        let _ = write(&mut self.stderr, clean.as_bytes()).await;
    }
}

async fn write(stream: &mut (dyn AsyncWrite + Send + Unpin), bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}
