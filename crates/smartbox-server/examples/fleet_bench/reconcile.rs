//! What a pass of the reconcile loop takes.

use anyhow::Result;
use smartbox_control::{Control, Reconciler};
use tokio::time::Instant;

use crate::platform::make_boxes;
use crate::spend::figures;

/// Makes so many boxes that do not run, and passes over them so often; prints what was measured, as JSON.
#[expect(clippy::print_stdout, reason = "the program's output")]
pub(crate) async fn measure(control: &Control, boxes: usize, passes: usize) -> Result<()> {
    make_boxes(control, boxes).await?;
    let mut reconciler = Reconciler::new(control.clone(), 1);
    // The first one publishes every box, the others what changed.
    reconciler.pass().await?;
    let mut took = Vec::with_capacity(passes);
    for _ in 0..passes {
        let began = Instant::now();
        reconciler.pass().await?;
        took.push(began.elapsed());
    }
    println!("{}", serde_json::json!({ "boxes": boxes, "pass": figures(took) }));
    Ok(())
}
