//! Questions to whoever sits at the terminal.

use secrecy::SecretString;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};

use super::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::SilentMode;

/// Longest line that is read as an answer, in bytes: a terminal holds no longer one (`N_TTY_BUF_SIZE` of Linux).
const ANSWER_BYTES_MAX: u64 = 4096;

impl Console {
    /// Whether there is somebody to ask.
    pub(crate) fn can_ask(&self) -> bool {
        self.terminals.stdin && self.terminals.stderr
    }

    /// Asks whether to go on; anything but yes is no.
    pub(crate) async fn confirms(&mut self, question: &str) -> Result<bool, Failure> {
        self.ask(&format!("{question} [y/N] ")).await;
        let Some(stdin) = self.take_stdin() else { return Ok(false) };
        let answer = line(&mut BufReader::new(stdin)).await?.unwrap_or_default();
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks these questions one after the other; the answers are not shown.
    ///
    /// # Errors
    /// The terminal cannot be silenced, its input ended, or Ctrl-C was pressed. It shows keys again in every case.
    pub(crate) async fn secrets<const N: usize>(
        &mut self,
        questions: [&str; N],
    ) -> Result<[SecretString; N], Failure> {
        // Caught before the terminal falls silent: a signal in between would end us and leave it so.
        let mut interrupts = self.interrupts().listen().map_err(|error| Failure::output(&error))?;
        let _silent = SilentMode::set().map_err(|error| {
            Failure::new(Exit::Failed, "The terminal could not be set up.").detail(error.to_string())
        })?;
        let Some(stdin) = self.take_stdin() else { return Err(nothing_given()) };
        let mut stdin = BufReader::new(stdin);
        let mut answers = std::array::from_fn(|_| SecretString::default());
        for (question, answer) in questions.iter().zip(&mut answers) {
            self.ask(question).await;
            let given = tokio::select! {
                given = line(&mut stdin) => given?,
                interrupt = interrupts.next() => {
                    self.ask("\n").await;
                    return Err(Failure::new(interrupt.exit(), "Nothing was changed."));
                }
            };
            *answer =
                given.map(SecretString::from).filter(|given| !is_empty(given)).ok_or_else(nothing_given)?;
        }
        Ok(answers)
    }
}

fn is_empty(secret: &SecretString) -> bool {
    use secrecy::ExposeSecret as _;
    secret.expose_secret().is_empty()
}

fn nothing_given() -> Failure {
    Failure::new(Exit::Usage, "No password was given.")
}

/// A line without its end; `None` at the end of the input.
async fn line(stdin: &mut BufReader<Box<dyn AsyncRead + Send + Unpin>>) -> Result<Option<String>, Failure> {
    let mut answer = String::new();
    let read = stdin.take(ANSWER_BYTES_MAX).read_line(&mut answer).await;
    let count = read.map_err(|error| {
        Failure::new(Exit::Failed, "The answer could not be read.").detail(error.to_string())
    })?;
    let end = answer.trim_end_matches(['\r', '\n']).len();
    answer.truncate(end);
    Ok((count > 0).then_some(answer))
}
