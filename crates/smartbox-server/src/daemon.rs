//! The platform in one process: bind first, install and open second, wire third; then serve until told to stop.

pub(crate) mod database;
mod egress;
mod listen;
mod models;
pub(crate) mod parts;
pub(crate) mod routing;
mod sharing;
mod start;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_control::{
    BackupLoop, BulkLoop, CommandRunner, ConfigLoop, Control, DrillLoop, Janitor, Keeping, Monitor,
    Reconciler, RollbackWatch, RuntimeInstaller, Scheduler, SupportLoop, TrialLoop, UpgradeLoop, WebhookLoop,
};
use smartbox_core::routing::Outcome;
use smartbox_edge::{Edge, EdgeListener, RouteTable};
use smartbox_providers::local::LocalProvider;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::adapters::{doors::ServiceDoors, egress::Egress, models::Models, revocations, routes};
use crate::console::Console;
use crate::data_dir::DataDir;
use crate::lifecycle::Lifecycle;
use crate::metrics::{self, Sources};
use crate::platform_backup::PlatformBackup;
use crate::platform_file::PlatformFile;
use crate::settings::Settings;
use crate::signals::Signals;
use crate::telemetry::Telemetry;
use crate::tls::Source;
use sharing::Sharing;

/// How long requests and jobs may go on after the first signal.
const STOP_GRACE: Duration = Duration::from_secs(15);

/// The platform, wired and ready to run.
pub(crate) struct Daemon {
    settings: Settings,
    data: DataDir,
    url: String,
    tls: Option<Source>,
    listener: EdgeListener,
    edge: Edge,
    control: Control,
    provider: Arc<LocalProvider>,
    doors: Arc<ServiceDoors>,
    egress: Egress,
    models: Models,
    sharing: Sharing,
    routes: watch::Sender<Arc<RouteTable>>,
    outcomes: mpsc::Receiver<Outcome>,
    life: Lifecycle,
    admin_secret: SecretString,
    metrics: Option<(TcpListener, Sources)>,
    telemetry: Telemetry,
    platform_backup: PlatformBackup,
}

/// What is said when the right to act on boxes is gone.
const TAKEN_OVER: &str = "others have taken over the boxes of this platform; it has ended and left them running\n\
                          help: start it again; on a file, let only one platform act";

impl Daemon {
    /// Serves until a signal ends it.
    pub(crate) async fn run(self, mut signals: Signals, console: &Console) -> Result<()> {
        let Self {
            settings,
            data,
            url,
            tls,
            listener,
            edge,
            control,
            provider,
            doors,
            egress,
            models,
            sharing,
            routes,
            outcomes,
            life,
            admin_secret,
            metrics,
            telemetry,
            platform_backup,
        } = self;
        let dropped = telemetry.run(&life);
        let keeping = sharing.keeping.clone();
        let mut reconciler = Reconciler::under(control.clone(), keeping.clone());
        life.spawn("keeping", keeping.clone().keep(life.soft.clone()));
        start::first_start(&settings, &control).await?;
        routing::start(&settings, &control).await?;
        let (proxy, gateway) = (egress.proxy.clone(), models.gateway.clone());
        egress::start(egress, &settings, &control, &life).await?;
        models::start(models, &settings, &control, &life).await?;
        let turn = sharing.start(&edge, &life).await;
        // The first pass adopts what runs, so that the first request finds it.
        reconciler.pass().await.context("the boxes could not be looked at")?;
        life.spawn("reconciler", reconciler.run(life.soft.clone()));
        spawn_loops(&control, outcomes, (keeping.clone(), platform_backup), &life);
        life.spawn("routes", routes::follow(control.fleet(), routes, life.soft.clone()));
        let follow = revocations::follow(control.revocations(), edge.sockets(), dropped, life.soft.clone());
        life.spawn("revocations", follow);
        let file =
            PlatformFile::new(&data, &url, listen::on_this_machine(listener.local_addr()), &admin_secret);
        metrics::start(metrics, &life);
        life.spawn("edge", edge.serve(listener));
        // From here on the command line finds the platform.
        file.write(tls.as_ref().map(Source::fingerprint).as_deref())?;
        turn.end(&file, &life);
        let expires_at = keep_certificate(tls, &file, &life);
        start::greet(&settings, &data, &control, &url, expires_at, console).await?;

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
        // What the last tunnels carried.
        proxy.flush().await;
        gateway.flush().await;
        farewell(settings.stop_boxes_on_exit, (&control, &keeping), &provider, console).await;
        file.remove();
        anyhow::ensure!(!keeping.is_lost(), TAKEN_OVER);
        keeping.release().await;
        Ok(())
    }
}

/// Begins the loops beside the reconciler.
fn spawn_loops(
    control: &Control,
    outcomes: mpsc::Receiver<Outcome>,
    (keeping, platform): (Keeping, PlatformBackup),
    life: &Lifecycle,
) {
    life.spawn("rollback", RollbackWatch::new(control.clone()).run(outcomes, life.soft.clone()));
    life.spawn("scheduler", Scheduler::new(control.clone()).run(life.soft.clone()));
    life.spawn("janitor", Janitor::new(control.clone()).run(life.soft.clone()));
    life.spawn("support", SupportLoop::new(control.clone()).run(life.soft.clone()));
    life.spawn("runtimes", RuntimeInstaller::new(control.clone()).run(life.soft.clone()));
    life.spawn("commands", CommandRunner::new(control.clone()).run(life.soft.clone()));
    life.spawn("webhooks", WebhookLoop::new(control.clone()).run(life.soft.clone()));
    life.spawn("monitor", Monitor::new(control.clone()).run(life.soft.clone()));
    life.spawn("backups", BackupLoop::under(control.clone(), keeping.clone()).run(life.soft.clone()));
    life.spawn("drills", DrillLoop::under(control.clone(), keeping.clone()).run(life.soft.clone()));
    life.spawn("trials", TrialLoop::under(control.clone(), keeping.clone()).run(life.soft.clone()));
    life.spawn("upgrades", UpgradeLoop::under(control.clone(), keeping.clone()).run(life.soft.clone()));
    life.spawn("configurations", ConfigLoop::under(control.clone(), keeping.clone()).run(life.soft.clone()));
    life.spawn("bulk", BulkLoop::under(control.clone(), keeping).run(life.soft.clone()));
    life.spawn("platform backup", platform.run(life.soft.clone()));
}

/// Follows the certificate, if there is one; when the one that is shown ends.
fn keep_certificate(tls: Option<Source>, file: &PlatformFile, life: &Lifecycle) -> Option<Timestamp> {
    let source = tls?;
    let expires_at = source.expires_at();
    life.spawn("certificate", source.run(tell(file.clone()), life.soft.clone()));
    expires_at
}

/// Tells the command line of this machine which certificate is shown.
fn tell(file: PlatformFile) -> impl Fn(&str) {
    move |fingerprint| {
        if let Err(error) = file.write(Some(fingerprint)) {
            tracing::warn!(%error, "the command line of this machine does not know the new certificate");
        }
    }
}

/// Stops the boxes if that was asked for, else says that they go on.
async fn farewell(
    stop_boxes: bool,
    (control, keeping): (&Control, &Keeping),
    provider: &LocalProvider,
    console: &Console,
) {
    // Boxes that others keep from now on are theirs.
    let is_last = keeping.platforms().iter().all(|platform| platform.is_own);
    if stop_boxes && is_last && !keeping.is_lost() {
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
    if !is_last {
        // What others use is not taken away.
        return;
    }
    if let Err(error) = provider.shutdown().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a mount could not be undone");
    }
}
