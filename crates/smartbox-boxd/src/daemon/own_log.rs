//! boxd's own log.

use std::io;
use std::sync::{Mutex, PoisonError};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::rotating_log::RotatingLog;
use crate::redact::Redactor;

/// Sends every event of this process to the log file.
///
/// # Errors
/// When another subscriber is installed already.
pub(crate) fn install(
    log: RotatingLog,
    redactor: Redactor,
) -> Result<(), tracing::subscriber::SetGlobalDefaultError> {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::INFO)
        .with_ansi(false)
        .with_target(false)
        .with_writer(LogWriter(Mutex::new(log), redactor))
        .finish();
    tracing::subscriber::set_global_default(subscriber)
}

struct LogWriter(Mutex<RotatingLog>, Redactor);

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(&self.0, &self.1)
    }
}

/// Writes one event: the formatter hands over a whole line at a time.
struct Line<'a>(&'a Mutex<RotatingLog>, &'a Redactor);

impl io::Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_lines(&self.1.redact(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
