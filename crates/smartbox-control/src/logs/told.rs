//! Events of a box, read as lines of a log.

use smartbox_store::{Event, EventOutcome, PAGE_MAX, Smartbox};

use super::LogSource;
use super::parts::{Line, Piece, one_line};
use crate::{Control, Error};

/// Pages of the timeline that are looked through for the last lines of a log.
const PAGES_MAX: usize = 50;

impl Control {
    /// A piece of a log that is made of events. Its positions are those of events.
    pub(super) async fn told(
        &self,
        smartbox: &Smartbox,
        source: LogSource,
        from: Option<u64>,
        tail_lines: u32,
    ) -> Result<Piece, Error> {
        let store = self.inner.store.org(smartbox.org);
        if let Some(from) = from {
            let after = i64::try_from(from).unwrap_or(i64::MAX);
            let events = store.events_after(Some(smartbox.id), after).await?;
            let next = events.last().map_or(from, |last| u64::try_from(last.seq).unwrap_or(from));
            let lines: Vec<_> = events.iter().filter(|event| is_of(source, event)).map(line).collect();
            // Others may have filled the whole look: the next one goes on behind it.
            if lines.is_empty() && !events.is_empty() {
                return Box::pin(self.told(smartbox, source, Some(next), tail_lines)).await;
            }
            return Ok(Piece { lines, next });
        }
        let wanted = usize::try_from(tail_lines).unwrap_or(usize::MAX);
        let (mut lines, mut cursor, mut newest) = (Vec::new(), None, 0);
        for page in 0..PAGES_MAX {
            let read = store.timeline(smartbox.id, cursor.as_ref(), PAGE_MAX).await?;
            if page == 0 {
                newest = read.items.first().map_or(0, |event| u64::try_from(event.seq).unwrap_or(0));
            }
            let of_source = read.items.iter().filter(|event| is_of(source, event));
            lines.extend(of_source.take(wanted.saturating_sub(lines.len())).map(line));
            cursor = read.next;
            if lines.len() >= wanted || cursor.is_none() {
                break;
            }
        }
        lines.reverse();
        Ok(Piece { lines, next: newest })
    }
}

/// Which log an event belongs to: one, so that nothing is told twice.
fn is_of(source: LogSource, event: &Event) -> bool {
    let of = match event.action.split_once('.') {
        Some(("egress" | "model" | "budget", _)) => LogSource::Egress,
        Some(("box", what)) if what.starts_with("exec-") => LogSource::Ssh,
        _ => LogSource::System,
    };
    of == source
}

/// One line whatever the texts hold.
fn line(event: &Event) -> Line {
    let refused = if event.outcome == EventOutcome::Refused { " refused" } else { "" };
    let detail = match &event.detail {
        serde_json::Value::Null => String::new(),
        serde_json::Value::Object(facts) if facts.is_empty() => String::new(),
        facts => format!(" {facts}"),
    };
    let text = format!("{} {}{refused} {}: {}{detail}", event.at, event.action, event.actor, event.reason);
    Line { at: Some(event.at), text: one_line(&text) }
}
