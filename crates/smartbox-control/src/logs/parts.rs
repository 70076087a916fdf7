//! The parts that a log is put together of, and how their lines become one row.

use jiff::Timestamp;
use smartbox_provider::LogSource as FileLog;
use smartbox_store::Smartbox;

use super::filter::time_of;
use super::{LogPosition, LogSource};
use crate::{Control, Error};

/// Where lines of a log come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A file that the provider keeps.
    File(FileLog),
    /// Events of the box.
    Events,
    /// Calls of models.
    Calls,
}

impl LogSource {
    /// What it is put together of. A position has a place for each, in this order: new ones come to the end.
    pub(super) const fn parts(self) -> &'static [Part] {
        match self {
            Self::Gateway => &[Part::File(FileLog::Gateway)],
            Self::Boxd => &[Part::File(FileLog::Boxd)],
            Self::System | Self::Ssh => &[Part::Events],
            Self::Egress => &[Part::Events, Part::Calls, Part::File(FileLog::Connections)],
        }
    }
}

/// A line, and its time where its part knows it better than its text.
pub(super) struct Line {
    pub(super) at: Option<Timestamp>,
    pub(super) text: String,
}

/// A piece of a part: whole lines, and where to go on behind them.
pub(super) struct Piece {
    pub(super) lines: Vec<Line>,
    pub(super) next: u64,
}

impl Control {
    /// The next lines of a log in the order of their times, and where to go on behind them. Without a position, the last ones.
    pub(super) async fn next_lines(
        &self,
        smartbox: &Smartbox,
        source: LogSource,
        from: Option<&LogPosition>,
        tail_lines: u32,
    ) -> Result<(Vec<String>, LogPosition), Error> {
        let parts = source.parts();
        let (mut lines, mut places) = (Vec::new(), Vec::new());
        for (index, part) in parts.iter().enumerate() {
            let place = from.and_then(|from| from.of(index));
            let piece = match part {
                Part::File(log) => self.of_file(smartbox, *log, place, tail_lines).await?,
                Part::Events => self.told(smartbox, source, place, tail_lines).await?,
                Part::Calls => self.calls(smartbox, place, tail_lines).await?,
            };
            lines.extend(piece.lines);
            places.push(piece.next);
        }
        if parts.len() > 1 {
            lines.sort_by_key(|line| line.at);
        }
        let wanted = usize::try_from(tail_lines).unwrap_or(usize::MAX);
        let skipped = if from.is_none() { lines.len().saturating_sub(wanted) } else { 0 };
        let texts = lines.into_iter().skip(skipped).map(|line| line.text).collect();
        Ok((texts, LogPosition::new(places)))
    }

    async fn of_file(
        &self,
        smartbox: &Smartbox,
        log: FileLog,
        from: Option<u64>,
        tail_lines: u32,
    ) -> Result<Piece, Error> {
        let read = self.inner.provider.logs(smartbox.id, log, from, tail_lines);
        let chunk = read.await.map_err(Error::internal)?;
        let mut at = None;
        let text = String::from_utf8_lossy(&chunk.bytes);
        let lines = text.lines().map(|line| {
            at = time_of(line).or(at);
            Line { at, text: line.to_owned() }
        });
        Ok(Piece { lines: lines.collect(), next: chunk.next })
    }
}

/// Makes one line of what may hold ends of lines and worse.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
