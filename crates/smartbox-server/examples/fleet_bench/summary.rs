//! What a summary of many boxes takes.

use std::time::Duration;

use anyhow::{Result, ensure};
use smartbox_control::{Control, FleetQuery, NewBox, Op};
use smartbox_core::Principal;
use tokio::time::{Instant, sleep};

use crate::spend::figures;

/// Longest wait until the picture has every box.
const PATIENCE: Duration = Duration::from_mins(2);

/// Makes so many boxes that do not run, and asks so often for a page of 50 and for all of them; prints what was measured, as JSON.
#[expect(clippy::print_stdout, reason = "the program's output")]
pub(crate) async fn measure(control: &Control, boxes: usize, calls: usize) -> Result<()> {
    let op = Op::new(Principal::Admin);
    for number in 0..boxes {
        let new = NewBox { name: format!("box-{number}"), start: Some(false), ..NewBox::default() };
        control.create_box(&op, &new).await?;
    }
    let began = Instant::now();
    while control.fleet().borrow().boxes.len() < boxes {
        ensure!(began.elapsed() < PATIENCE, "the picture does not have every box");
        sleep(Duration::from_millis(100)).await;
    }
    let ask = |limit: usize| {
        let query = FleetQuery { limit, ..FleetQuery::default() };
        let took = (0..calls).map(|_| {
            let began = Instant::now();
            let found = control.fleet_summary(&op, &query)?;
            ensure!(found.total >= u64::try_from(boxes)?, "boxes are missing");
            Ok(began.elapsed())
        });
        took.collect::<Result<Vec<_>>>().map(figures)
    };
    println!("{}", serde_json::json!({ "boxes": boxes, "page": ask(50)?, "all": ask(boxes)? }));
    Ok(())
}
