//! `smartbox chat`.

use clap::Args;
use smartbox_api::{MessageEvent, SendMessage};

use super::BoxFlag;
use crate::Outcome;
use crate::args::BoxReference;
use crate::client::{Client, Route};
use crate::console::{Console, Progress, Sanitizer};
use crate::exit::Exit;
use crate::failure::Failure;

/// Longest message, in bytes: the API takes 100,000 characters of at most four bytes.
const MESSAGE_BYTES_MAX: u64 = 400_000;
/// Text that stands for standard input.
const STDIN: &str = "-";

/// Flags of `chat`.
#[derive(Debug, Args)]
pub struct ChatArgs {
    #[command(flatten)]
    smartbox: BoxFlag,
    /// Session to talk in; the agent's main session if left out
    #[arg(long, short, value_name = "SESSION")]
    session: Option<String>,
    /// What to say; `-`, or nothing with input from a pipe, reads standard input
    #[arg(value_name = "TEXT")]
    text: Option<String>,
}

/// Says something to a box's agent and prints the answer as it comes.
///
/// Ctrl-C leaves; the agent finishes its turn all the same, and that is said.
pub(super) async fn run(client: &Client, args: ChatArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let body = SendMessage { text: text(args.text, console).await?, session: args.session, stream: None };
    let mut interrupts = console.interrupts().listen().map_err(|error| Failure::output(&error))?;
    let mut answer = Answer::new(console);
    let interrupt = tokio::select! {
        ended = talk(client, &reference, &body, &mut answer, console) => return ended.map(|()| Exit::Success),
        interrupt = interrupts.next() => interrupt,
    };
    answer.end_line(console).await?;
    let left = "Left the conversation; the agent finishes its answer.";
    Err(Failure::new(interrupt.exit(), left).help("`smartbox open` shows it."))
}

/// Sends the message and takes the answer to its end.
async fn talk(
    client: &Client,
    reference: &BoxReference,
    body: &SendMessage,
    answer: &mut Answer,
    console: &mut Console,
) -> Result<(), Failure> {
    answer.waits("Waiting for the answer", console).await;
    let mut events = client.post_events(Route::v1(&["boxes", reference.as_str(), "messages"]), body).await?;
    while let Some(event) = events.next().await? {
        let event: MessageEvent =
            serde_json::from_str(&event.data).map_err(|error| client.not_understood(&error.to_string()))?;
        if console.wants_json() {
            console.json(&event).await?;
        }
        if answer.take(event, console).await? {
            return Ok(());
        }
    }
    answer.end_line(console).await?;
    Err(Failure::new(Exit::Unavailable, "The answer broke off before its end.")
        .help("The agent finishes its turn all the same: look at it with `smartbox open`, or ask again."))
}

/// What to say.
async fn text(argument: Option<String>, console: &mut Console) -> Result<String, Failure> {
    let text = match argument {
        Some(text) if text != STDIN => text,
        None if console.terminals().stdin => {
            return Err(Failure::new(Exit::Usage, "There is nothing to say.")
                .help("Give a text: `smartbox chat \"hello\"`."));
        }
        _ => console.read_text(MESSAGE_BYTES_MAX).await?,
    };
    if text.trim().is_empty() {
        return Err(Failure::new(Exit::Usage, "There is nothing to say: the text is empty."));
    }
    Ok(text)
}

/// The answer as far as it was printed.
struct Answer {
    printed: String,
    progress: Option<Progress>,
    sanitizer: Option<Sanitizer>,
    is_json: bool,
}

impl Answer {
    fn new(console: &Console) -> Self {
        let sanitizer = console.terminals().stdout.then(|| Sanitizer::new(true));
        let progress = Some(console.progress());
        Self { printed: String::new(), progress, sanitizer, is_json: console.wants_json() }
    }

    async fn waits(&mut self, state: &str, console: &mut Console) {
        if let Some(progress) = &mut self.progress {
            progress.show(console, state).await;
        }
    }

    /// Takes an event; answers whether it was the last.
    async fn take(&mut self, event: MessageEvent, console: &mut Console) -> Result<bool, Failure> {
        match event {
            MessageEvent::Waiting { phase, stage } => {
                let stage = stage.map(|stage| format!(" ({stage})")).unwrap_or_default();
                self.waits(&format!("The box is starting: {phase}{stage}"), console).await;
            }
            MessageEvent::Started => self.waits("The agent is at work", console).await,
            MessageEvent::Delta { text } => self.print(&text, console).await?,
            MessageEvent::Final { text } => {
                self.complete(&text, console).await?;
                return Ok(true);
            }
            MessageEvent::Failed { problem } => {
                self.end_line(console).await?;
                return Err(Failure::problem(*problem));
            }
        }
        Ok(false)
    }

    async fn print(&mut self, text: &str, console: &mut Console) -> Result<(), Failure> {
        // The live line and the answer may share a terminal: the first goes before the second comes.
        self.progress = None;
        if self.is_json || text.is_empty() {
            return Ok(());
        }
        self.printed.push_str(text);
        match &mut self.sanitizer {
            Some(sanitizer) => console.bytes(sanitizer.push(text).as_bytes()).await,
            None => console.bytes(text.as_bytes()).await,
        }
    }

    /// Prints what the deltas left out. If they said something else, the whole answer follows on a line of its own.
    async fn complete(&mut self, whole: &str, console: &mut Console) -> Result<(), Failure> {
        match whole.strip_prefix(self.printed.as_str()) {
            Some(rest) => self.print(rest, console).await?,
            None => {
                self.end_line(console).await?;
                self.print(whole, console).await?;
            }
        }
        self.end_line(console).await
    }

    /// Ends the line of the answer, if there is one that has not ended.
    async fn end_line(&mut self, console: &mut Console) -> Result<(), Failure> {
        self.progress = None;
        if let Some(sanitizer) = &mut self.sanitizer {
            let held = sanitizer.finish();
            console.bytes(held.as_bytes()).await?;
        }
        if self.printed.is_empty() || self.printed.ends_with('\n') {
            return Ok(());
        }
        self.printed.push('\n');
        console.bytes(b"\n").await
    }
}
