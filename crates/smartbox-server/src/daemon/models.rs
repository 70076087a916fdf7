//! The AI gateway's tasks.

use anyhow::Result;
use smartbox_control::Control;

use crate::adapters::models::{Models, routes};
use crate::lifecycle::Lifecycle;
use crate::settings::Settings;

/// Reads who serves models, connects the gateway with control and starts what goes on beside it.
pub(super) async fn start(
    models: Models,
    settings: &Settings,
    control: &Control,
    life: &Lifecycle,
) -> Result<()> {
    let Models { gateway, routes: published, control: late } = models;
    let upstreams = settings.models.upstreams().to_vec();
    control.start_models(upstreams.iter().filter_map(routes::described).collect()).await?;
    // Nobody else sets it.
    let _first = late.set(control.clone());
    let (fleet, pictures) = (control.fleet(), control.model_picture());
    // Before anybody is served.
    let boxes: Vec<_> = fleet.borrow().boxes.iter().map(|state| (state.id, state.org)).collect();
    published.send_replace(std::sync::Arc::new(routes::table(&boxes, &pictures.borrow(), &upstreams)));
    life.spawn("models", routes::follow(fleet, pictures, published, upstreams, life.soft.clone()));
    let soft = life.soft.clone();
    life.spawn("model calls", async move { gateway.run(soft).await });
    Ok(())
}
