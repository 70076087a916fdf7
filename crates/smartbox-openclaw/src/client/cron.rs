//! What the gateway will do by itself: its jobs that run by the clock.

use serde::Deserialize;
use serde_json::json;

use super::{ClientError, GatewayClient};

/// Most jobs that are looked at. They come in the order of their next run.
const JOBS_MAX: u32 = 200;

#[derive(Deserialize)]
struct Jobs {
    #[serde(default)]
    jobs: Vec<Job>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Job {
    #[serde(default)]
    name: String,
    #[serde(default)]
    enabled: bool,
    next_run_at_ms: Option<i64>,
    state: Option<JobState>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JobState {
    next_run_at_ms: Option<i64>,
}

/// A job and when it runs next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextRun {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The job's name, in the words of whoever made it.
    pub job: String,
}

impl GatewayClient {
    /// The job that runs next (`cron.list`), if any does.
    pub async fn next_run(&self) -> Result<Option<NextRun>, ClientError> {
        let params = json!({ "compact": true, "limit": JOBS_MAX, "sortBy": "nextRunAtMs", "sortDir": "asc" });
        let listed: Jobs = self.call("cron.list", &params).await?;
        let runs = listed.jobs.into_iter().filter(|job| job.enabled).filter_map(|job| {
            let at_ms = job.next_run_at_ms.or_else(|| job.state.and_then(|state| state.next_run_at_ms))?;
            Some(NextRun { at_ms, job: job.name })
        });
        Ok(runs.min_by_key(|run| run.at_ms))
    }
}
