//! The platform in one process: bind first, install and open second, wire third; then serve until told to stop.

pub(crate) mod parts;
mod start;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use secrecy::SecretString;
use smartbox_control::{Control, Janitor, Reconciler};
use smartbox_edge::{Edge, EdgeListener, RouteTable};
use smartbox_providers::local::LocalProvider;
use tokio::sync::watch;

use crate::adapters::{doors::ServiceDoors, revocations, routes};
use crate::console::Console;
use crate::data_dir::DataDir;
use crate::lifecycle::Lifecycle;
use crate::platform_file;
use crate::settings::Settings;
use crate::signals::Signals;

/// How long requests and jobs may go on after the first signal.
const STOP_GRACE: Duration = Duration::from_secs(15);

/// The platform, wired and ready to run.
pub(crate) struct Daemon {
    settings: Settings,
    data: DataDir,
    url: String,
    listener: EdgeListener,
    edge: Edge,
    control: Control,
    provider: Arc<LocalProvider>,
    doors: Arc<ServiceDoors>,
    reconciler: Reconciler,
    routes: watch::Sender<Arc<RouteTable>>,
    life: Lifecycle,
    admin_secret: SecretString,
}

impl Daemon {
    /// Serves until a signal ends it.
    pub(crate) async fn run(self, mut signals: Signals, console: &Console) -> Result<()> {
        let Self {
            settings,
            data,
            url,
            listener,
            edge,
            control,
            provider,
            doors,
            mut reconciler,
            routes,
            life,
            admin_secret,
        } = self;
        start::first_start(&settings, &control).await?;
        // The first pass adopts what runs, so that the first request finds it.
        reconciler.pass().await.context("the boxes could not be looked at")?;
        life.spawn("reconciler", reconciler.run(life.soft.clone()));
        life.spawn("janitor", Janitor::new(control.clone()).run(life.soft.clone()));
        life.spawn("routes", routes::follow(control.fleet(), routes, life.soft.clone()));
        let follow = revocations::follow(control.revocations(), edge.sockets(), life.soft.clone());
        life.spawn("revocations", follow);
        life.spawn("edge", edge.serve(listener));
        // From here on the command line finds the platform.
        platform_file::write(&data, &url, &admin_secret)?;
        start::greet(&settings, &data, &control, &url, console).await?;

        let stopping = async {
            tokio::select! {
                () = signals.next() => {}
                () = life.soft.cancelled() => {}
            }
            life.soft.cancel();
            console.say("\nstopping; a second signal stops at once");
            signals.next().await;
            life.hard.cancel();
        };
        tokio::select! {
            () = life.finish(STOP_GRACE) => {}
            () = stopping => life.finish(Duration::ZERO).await,
        }
        doors.closed().await;
        farewell(&settings, &control, &provider, console).await;
        platform_file::remove(&data);
        Ok(())
    }
}

/// Stops the boxes if that was asked for, else says that they go on.
async fn farewell(settings: &Settings, control: &Control, provider: &LocalProvider, console: &Console) {
    if settings.stop_boxes_on_exit {
        console.say("stopping the boxes …");
        if let Err(error) = parts::stop_all(provider).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "not every box could be stopped");
        }
    } else {
        let alive = control.fleet().borrow().boxes.iter().filter(|state| state.generation.is_some()).count();
        if alive > 0 {
            console.say(&format!(
                "{alive} box(es) keep running and are adopted by the next start; \
                 `smartbox up --stop-boxes-on-exit` stops them instead"
            ));
        }
    }
    if let Err(error) = provider.shutdown().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a mount could not be undone");
    }
}
