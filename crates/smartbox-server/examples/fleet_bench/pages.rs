//! What pages about many boxes take, through the API: who asks is found out, the use-case asked, and its answer written as JSON.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use smartbox_control::Control;
use smartbox_http::{HttpParts, HttpState, PublicUrl, ReadyCheck};
use smartbox_testkit::Client;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::ADMIN_SECRET;
use crate::platform::make_boxes;
use crate::spend::figures;

/// Longest wait until the picture has every box.
const PATIENCE: Duration = Duration::from_mins(2);
/// Boxes on a page.
const PAGE: usize = 100;

/// Makes so many boxes that do not run, and asks so often for the summary with a page of them, and for pages of the
/// list, one after the other from the first to the last; prints what was measured, as JSON.
#[expect(clippy::print_stdout, reason = "the program's output")]
pub(crate) async fn measure(control: &Control, boxes: usize, calls: usize) -> Result<()> {
    make_boxes(control, boxes).await?;
    let began = Instant::now();
    while control.fleet().borrow().boxes.len() < boxes {
        ensure!(began.elapsed() < PATIENCE, "the picture does not have every box");
        sleep(Duration::from_millis(100)).await;
    }
    let api = Api::over(control);
    println!(
        "{}",
        json!({
            "boxes": boxes,
            "summary": api.summaries(boxes, calls).await?,
            "list": api.lists(boxes, calls).await?,
        })
    );
    Ok(())
}

/// The routes of the platform, without a network before them, and the platform's admin who asks.
struct Api(Client);

impl Api {
    fn over(control: &Control) -> Self {
        let router = smartbox_http::router(HttpState::new(HttpParts {
            box_domains: Vec::new(),
            control: control.clone(),
            public_url: PublicUrl::default(),
            ready: Arc::new(Ready),
            version: "0",
            numbers: smartbox_http::ApiNumbers::default(),
            insight: None,
            stop: CancellationToken::new(),
        }));
        Self(Client::anonymous(router).with_admin_secret(ADMIN_SECRET))
    }

    /// An answer, and what it took until its last byte.
    async fn ask(&self, path: &str) -> Result<(Value, Duration)> {
        let began = Instant::now();
        let answer = self.0.get(path).await;
        let took = began.elapsed();
        ensure!(answer.status.is_success(), "{path}: {}", answer.text());
        Ok((serde_json::from_slice(&answer.body)?, took))
    }

    async fn summaries(&self, boxes: usize, calls: usize) -> Result<Value> {
        let mut took = Vec::with_capacity(calls);
        for _ in 0..calls {
            let (found, this) = self.ask(&format!("/v1/fleet/summary?limit={PAGE}")).await?;
            ensure!(
                found["total"].as_u64() == Some(u64::try_from(boxes)?),
                "boxes are missing: {}",
                found["total"]
            );
            took.push(this);
        }
        Ok(figures(took))
    }

    async fn lists(&self, boxes: usize, calls: usize) -> Result<Value> {
        let (mut took, mut cursor, mut seen) = (Vec::with_capacity(calls), String::new(), 0);
        while took.len() < calls {
            let (found, this) = self.ask(&format!("/v1/boxes?limit={PAGE}{cursor}")).await?;
            seen += found["items"].as_array().context("no items")?.len();
            took.push(this);
            cursor = match found["next_cursor"].as_str() {
                Some(next) => format!("&cursor={next}"),
                None => {
                    ensure!(seen == boxes, "{seen} boxes are listed");
                    seen = 0;
                    String::new()
                }
            };
        }
        Ok(figures(took))
    }
}

struct Ready;

#[async_trait::async_trait]
impl ReadyCheck for Ready {
    async fn missing(&self) -> Vec<String> {
        Vec::new()
    }
}
