//! Logs of a box.

use std::time::Duration;

use futures_util::Stream;
use smartbox_core::Permission;
use smartbox_provider::LogSource;

use crate::{Control, Error, Op};

/// How often a followed log is looked at.
const FOLLOW_PERIOD: Duration = Duration::from_millis(300);
/// Most lines of a tail.
const TAIL_LINES_MAX: u32 = 10_000;

/// Which part of which log.
#[derive(Clone, Copy, Debug)]
pub struct LogQuery {
    /// Which log.
    pub source: LogSource,
    /// Go on behind this position.
    pub from: Option<u64>,
    /// Otherwise begin with this many last lines.
    pub tail_lines: u32,
    /// Whether to wait for more.
    pub follow: bool,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The line without its end.
    pub text: String,
    /// Where to go on behind it: known for the last line of each piece that was read.
    pub position: Option<u64>,
}

impl Control {
    /// Streams the lines of a log. Works on a stopped box; never wakes one.
    pub async fn stream_logs(
        &self,
        op: &Op,
        reference: &str,
        query: LogQuery,
    ) -> Result<impl Stream<Item = Result<LogLine, Error>> + Send + use<>, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        let tail_lines = query.tail_lines.min(TAIL_LINES_MAX);
        let control = self.clone();
        let state = (query.from, std::collections::VecDeque::new());
        Ok(futures_util::stream::try_unfold(state, move |(mut position, mut lines)| {
            let control = control.clone();
            async move {
                loop {
                    if let Some(line) = lines.pop_front() {
                        return Ok(Some((line, (position, lines))));
                    }
                    let read = control.inner.provider.logs(smartbox.id, query.source, position, tail_lines);
                    let chunk = read.await.map_err(Error::internal)?;
                    position = Some(chunk.next);
                    let text = String::from_utf8_lossy(&chunk.bytes);
                    lines.extend(text.lines().map(|line| LogLine { text: line.to_owned(), position: None }));
                    if let Some(last) = lines.back_mut() {
                        last.position = Some(chunk.next);
                    }
                    if !lines.is_empty() {
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
