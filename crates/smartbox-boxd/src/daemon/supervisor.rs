//! Keeps the gateway running, and stops it.

use std::net::SocketAddr;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::drain::AdminRpc;
use super::exit::Exit;
use super::gateway_log::GatewayOutput;
use super::launch::{Launch, Launcher};
use super::readiness::{Probe, Readiness, SLEPT_AFTER, probe};
use super::reaper::Child;
use super::restart::{RestartPolicy, Verdict};
use super::status::StatusBoard;
use super::stop::Stop;
use crate::{BoxdConfig, GatewayStatus};

/// Part of the grace time that is kept for the gateway's own shutdown: it takes 0.4 to 4 s, longer on a busy
/// machine.
const SHUTDOWN_RESERVE: Duration = Duration::from_secs(10);
/// A killed process is gone by then, or it hangs in the kernel and nobody can help.
const KILL_TIME_OUT: Duration = Duration::from_secs(5);
/// A gateway that does not answer is asked to end and has this long: most often it cannot even hear that.
const SILENT_GRACE: Duration = Duration::from_secs(3);

/// Runs the gateway.
pub(crate) struct Supervisor<'a> {
    /// What boxd was told.
    pub(crate) config: &'a BoxdConfig,
    /// Where the gateway listens.
    pub(crate) gateway: SocketAddr,
    /// Longest wait for the answer to a probe.
    pub(crate) probe_time_out: Duration,
    /// Starts it.
    pub(crate) launcher: Launcher,
    /// Takes what it prints.
    pub(crate) output: GatewayOutput,
    /// Reports.
    pub(crate) board: &'a StatusBoard,
    /// Ends it.
    pub(crate) stop: Stop,
}

/// How one run of the gateway went on.
enum Watched {
    Ended(Exit),
    Silent,
    StopAsked(Readiness),
}

impl Supervisor<'_> {
    /// Starts the gateway, again where that helps, and returns when it was stopped on request. A gateway that is
    /// beyond help stays ended until then: people can still enter the box and look.
    pub(crate) async fn run(&self) {
        let service = &self.config.gateway;
        let mut policy =
            RestartPolicy::new(service.crashes_max, Duration::from_millis(service.crash_window_ms));
        loop {
            let mut was_silent = false;
            let exit = match self.start() {
                Ok(child) => match self.watch(&child).await {
                    Watched::Ended(exit) => exit,
                    Watched::Silent => {
                        was_silent = true;
                        self.end_silent(&child).await
                    }
                    Watched::StopAsked(readiness) => return self.end(&child, readiness).await,
                },
                Err(error) => {
                    tracing::error!(%error, program = service.argv.first(), "cannot start the gateway");
                    Exit::Code(127)
                }
            };
            let verdict = policy.after(exit, Instant::now());
            tracing::warn!(code = exit.code(), was_silent, ?verdict, "the gateway has ended");
            self.board.was_silent(was_silent);
            let Verdict::Again(pause) = verdict else {
                self.board.ended(Some(exit), GatewayStatus::Failed);
                return self.stop.asked.cancelled().await;
            };
            self.board.ended(Some(exit), GatewayStatus::Restarting);
            tokio::select! {
                () = sleep(pause) => self.board.restarted(),
                () = self.stop.asked.cancelled() => return,
            }
        }
    }

    fn start(&self) -> std::io::Result<Child> {
        let service = &self.config.gateway;
        let launch = Launch {
            argv: service.argv.iter().map(Into::into).collect(),
            env: service.env.clone(),
            cwd: service.cwd.clone().into(),
        };
        let child = self.launcher.gateway(&launch, &self.output)?;
        tracing::info!(pid = child.pid(), "started the gateway");
        Ok(child)
    }

    async fn watch(&self, child: &Child) -> Watched {
        let mut readiness = Readiness::new(Instant::now());
        loop {
            tokio::select! {
                biased;
                exit = child.wait() => return Watched::Ended(exit),
                () = self.stop.asked.cancelled() => return Watched::StopAsked(readiness),
                found = probe(self.gateway, self.probe_time_out) => {
                    self.board.gateway(readiness.observe(found, Instant::now()));
                }
            }
            if readiness.is_beyond_help(Instant::now()) {
                return Watched::Silent;
            }
            let rested = Instant::now();
            tokio::select! {
                biased;
                exit = child.wait() => return Watched::Ended(exit),
                () = self.stop.asked.cancelled() => return Watched::StopAsked(readiness),
                () = sleep(readiness.interval()) => {}
            }
            if rested.elapsed() > readiness.interval() + SLEPT_AFTER {
                readiness.observe(Probe::Slept, Instant::now());
            }
        }
    }

    /// Ends a gateway that runs and does not answer. Commands and terminals of people go on.
    async fn end_silent(&self, child: &Child) -> Exit {
        tracing::warn!("the gateway does not answer: ending it");
        child.signal(Signal::TERM);
        if let Ok(exit) = timeout(SILENT_GRACE, child.wait()).await {
            return exit;
        }
        child.signal(Signal::KILL);
        let killed = timeout(KILL_TIME_OUT, child.wait()).await;
        killed.unwrap_or(Exit::Signal(Signal::KILL.as_raw()))
    }

    /// Lets it finish, then asks it to end, then kills it. Never longer than the grace time.
    async fn end(&self, child: &Child, readiness: Readiness) {
        self.board.gateway(GatewayStatus::Stopping);
        let grace = Duration::from_millis(self.config.stop_grace_ms);
        let deadline = Instant::now() + grace;
        if readiness.was_ready() {
            let reserve = SHUTDOWN_RESERVE.min(grace / 2);
            tokio::select! {
                _ = child.wait() => {}
                () = self.stop.forced.cancelled() => {}
                () = self.drain(deadline - reserve) => {}
            }
        }
        if !self.stop.forced.is_cancelled() {
            child.signal(Signal::TERM);
        }
        let exit = tokio::select! {
            exit = child.wait() => Some(exit),
            () = self.stop.forced.cancelled() => None,
            () = sleep_until(deadline) => None,
        };
        let exit = match exit {
            Some(exit) => Some(exit),
            None => {
                tracing::warn!("the gateway did not end in time: killing it");
                child.signal(Signal::KILL);
                timeout(KILL_TIME_OUT, child.wait()).await.ok()
            }
        };
        tracing::info!(code = exit.map(Exit::code), "the gateway was stopped");
        self.board.ended(exit, GatewayStatus::Stopping);
    }

    async fn drain(&self, until: Instant) {
        let rpc = AdminRpc { gateway: self.gateway, headers: &self.config.gateway_admin_headers };
        let request_id = format!("boxd-stop-{}", self.config.generation);
        match tokio::time::timeout_at(until, rpc.drain(&request_id)).await {
            Ok(Ok(())) => tracing::info!("the gateway has finished its work"),
            Ok(Err(error)) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "stopping the gateway without asking it to finish");
            }
            Err(_elapsed) => tracing::warn!("the gateway still works at the end of its grace time"),
        }
    }
}
