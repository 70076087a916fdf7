//! What there is to see of this process.

use std::sync::OnceLock;
use std::time::Duration;

use smartbox_api::{DebugEdge, DebugLog, DebugProcess, DebugRoute, DebugTask, DebugTasks};
use smartbox_edge::{EdgeLook, RouteStanding};
use smartbox_http::{Insight, LogLevel};
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::lifecycle::Lifecycle;
use crate::telemetry::LogControl;

/// This process.
pub(crate) struct ThisProcess {
    began: Instant,
    life: Lifecycle,
    log: LogControl,
    /// Put in when there is an edge.
    pub(crate) edge: OnceLock<EdgeLook>,
}

impl ThisProcess {
    pub(crate) fn new(life: Lifecycle, log: LogControl) -> Self {
        Self { began: Instant::now(), life, log, edge: OnceLock::new() }
    }
}

impl Insight for ThisProcess {
    fn process(&self) -> DebugProcess {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let open_files = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        DebugProcess {
            pid: std::process::id(),
            up_secs: self.began.elapsed().as_secs(),
            resident_bytes: number_of(&status, "VmRSS:").saturating_mul(1024),
            threads: number_of(&status, "Threads:"),
            open_files: count(open_files),
            ..DebugProcess::default()
        }
    }

    fn tasks(&self) -> DebugTasks {
        let items = self.life.running().into_iter();
        let metrics = Handle::current().metrics();
        DebugTasks {
            items: items
                .map(|(name, since)| DebugTask { name: name.to_owned(), up_secs: since.elapsed().as_secs() })
                .collect(),
            alive: count(metrics.num_alive_tasks()),
            queued: count(metrics.global_queue_depth()),
            workers: count(metrics.num_workers()),
        }
    }

    fn edge(&self) -> DebugEdge {
        let Some(look) = self.edge.get() else { return DebugEdge::default() };
        let standing = look.read();
        DebugEdge {
            connections: count(standing.connections),
            sockets: count(standing.sockets),
            upstream: count(standing.upstream),
            boxes: count(standing.boxes),
            routes: standing.routes.into_iter().map(route).collect(),
        }
    }

    fn log(&self) -> DebugLog {
        let raised = self.log.raised();
        DebugLog {
            filter: self.log.usual().to_owned(),
            level: raised.map(|(level, _left)| level.as_str().to_owned()),
            left_secs: raised.map(|(_level, left)| left.as_secs()),
        }
    }

    fn raise_log(&self, level: LogLevel, lasts: Duration) {
        self.log.raise(level, lasts);
    }
}

fn route(standing: RouteStanding) -> DebugRoute {
    DebugRoute {
        box_id: standing.id.to_string(),
        state: standing.state.to_owned(),
        generation: standing.generation,
        in_flight: count(standing.in_flight),
        waiting: count(standing.waiting),
    }
}

/// The number behind a word of `/proc/self/status`.
fn number_of(status: &str, word: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(word));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod edge_tests;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_process_are_read_by_their_words() {
        let status = "Name:\tsmartbox\nVmRSS:\t   12345 kB\nThreads:\t7\n";
        assert_eq!(
            [number_of(status, "VmRSS:"), number_of(status, "Threads:"), number_of(status, "X:")],
            [12345, 7, 0]
        );
    }
}
