//! Logs of a box: what its gateway and boxd wrote, and what the platform did with it.
//!
//! The first two lie on the box's volume and are rotated there. The others are the box's own events read as lines, and its calls of models:
//! they are in the database anyway, bounded by what the platform does, and a second copy of them could only differ. Single connections are
//! too many for a database; they are in a file of the provider beside the volume.

mod calls;
mod connections;
mod filter;
mod parts;
mod position;
mod told;

pub use connections::{BoxConnection, Came};
pub use filter::LogFilter;
pub use position::LogPosition;

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::Stream;
use smartbox_core::Permission;

use crate::{Control, Error, Op};

/// How often a followed log is looked at.
const FOLLOW_PERIOD: Duration = Duration::from_millis(300);
/// Most lines of a tail.
const TAIL_LINES_MAX: u32 = 10_000;

/// Which log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSource {
    /// The agent runtime's output.
    Gateway,
    /// The supervisor's own log.
    Boxd,
    /// What the platform did with the box, and what came of it.
    System,
    /// What the box was connected with and refused, its calls of models, and what it may reach.
    Egress,
    /// Commands that were run in the box, and by whom.
    Ssh,
}

impl LogSource {
    /// Every log.
    pub const ALL: [Self; 5] = [Self::Gateway, Self::Boxd, Self::System, Self::Egress, Self::Ssh];

    /// The word used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Boxd => "boxd",
            Self::System => "system",
            Self::Egress => "egress",
            Self::Ssh => "ssh",
        }
    }
}

/// Which part of which log.
#[derive(Clone, Debug)]
pub struct LogQuery {
    /// Which log.
    pub source: LogSource,
    /// Go on behind this position.
    pub from: Option<LogPosition>,
    /// Otherwise begin with this many last lines.
    pub tail_lines: u32,
    /// Whether to wait for more.
    pub follow: bool,
    /// Which lines.
    pub filter: LogFilter,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The line without its end.
    pub text: String,
    /// Where to go on behind it: known for the last line of each piece that was read.
    pub position: Option<LogPosition>,
}

impl Control {
    /// Streams the lines of a log. Works on a stopped box; never wakes one. Of filtered lines the position is kept, so that whoever comes
    /// back goes on behind what was looked at.
    pub async fn stream_logs(
        &self,
        op: &Op,
        reference: &str,
        query: LogQuery,
    ) -> Result<impl Stream<Item = Result<LogLine, Error>> + Send + use<>, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        let tail_lines = query.tail_lines.min(TAIL_LINES_MAX);
        let control = self.clone();
        let state = (query.from, VecDeque::<LogLine>::new(), query.filter);
        Ok(futures_util::stream::try_unfold(state, move |(mut position, mut lines, mut filter)| {
            let (control, smartbox) = (control.clone(), smartbox.clone());
            async move {
                loop {
                    if let Some(line) = lines.pop_front() {
                        return Ok(Some((line, (position, lines, filter))));
                    }
                    let read = control.next_lines(&smartbox, query.source, position.as_ref(), tail_lines);
                    let (texts, next) = read.await?;
                    let was_empty = texts.is_empty();
                    let passing = texts.into_iter().filter(|line| filter.passes(line));
                    lines.extend(passing.map(|text| LogLine { text, position: None }));
                    if let Some(last) = lines.back_mut() {
                        last.position = Some(next.clone());
                    }
                    position = Some(next);
                    // Where several parts are put together, another one may not be as far yet.
                    let is_over = filter.is_over() && (was_empty || query.source.parts().len() == 1);
                    if is_over && lines.is_empty() {
                        return Ok(None);
                    }
                    if !lines.is_empty() || !was_empty {
                        continue;
                    }
                    if !query.follow {
                        return Ok(None);
                    }
                    tokio::time::sleep(FOLLOW_PERIOD).await;
                }
            }
        }))
    }
}
