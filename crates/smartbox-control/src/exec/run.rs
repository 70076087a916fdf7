//! Carrying out one command that runs by itself.

use std::future::pending;
use std::sync::PoisonError;

use smartbox_core::exec::ExecEnd;
use smartbox_store::SystemActor;
use tokio::sync::mpsc;

use super::live::Order;
use super::runner::Job;
use super::{CommandEvent, CommandInput, CommandOutput};
use crate::Control;
use crate::error::chain;

/// What is said when the connection broke before the command's end was known.
const BROKEN: &str = "the connection to the box broke before the command's end was known";
/// What is said when the row had an end before the start.
const ENDED: &str = "it was given up before it was started";

/// Wakes the box, starts the command and stays with it to its end.
pub(super) async fn carry_out(control: &Control, job: &mut Job) -> ExecEnd {
    let started = tokio::select! {
        started = control.open_command(&job.op, &job.reference, &job.new.command) => started,
        () = killed(&mut job.orders) => return ExecEnd::Killed,
    };
    let session = match started {
        Ok(session) => session,
        Err(error) => {
            tracing::debug!(exec = %job.id, error = chain(&error), "a command could not be started");
            return ExecEnd::Failed(error.to_string());
        }
    };
    let fleet = control.inner.store.fleet(SystemActor::new("commands"));
    match fleet.begin_exec(job.id, control.inner.clock.now()).await {
        Ok(true) => {}
        Ok(false) => return ExecEnd::Lost(ENDED.to_owned()),
        Err(error) => tracing::warn!(
            exec = %job.id,
            error = &error as &dyn std::error::Error,
            "the start of a command could not be put down"
        ),
    }
    let (input, mut output) = session.split();
    let stdin = std::mem::take(&mut job.new.stdin);
    let end = tokio::select! {
        end = collect(&mut output, job.kept.as_ref()) => end,
        () = obey(&mut job.orders, &input) => ExecEnd::Killed,
        () = tokio::time::sleep(job.timeout) => ExecEnd::TimedOut,
        () = feed(&input, stdin) => ExecEnd::Lost(BROKEN.to_owned()),
    };
    if matches!(end, ExecEnd::Killed | ExecEnd::TimedOut) {
        // A connection that is gone has ended it already. What is left is hung up when both halves are dropped.
        let _gone = input.signal("KILL").await;
    }
    end
}

/// Gives the command its input, then stays, because others decide on the end.
async fn feed(input: &CommandInput, text: String) {
    // A command need not read its input; what it does not take is dropped, as in a pipe.
    if input.write(text.as_bytes()).await.is_ok() {
        let _ended = input.close().await;
    }
    pending().await
}

async fn collect(output: &mut CommandOutput, kept: &std::sync::Mutex<super::CommandKept>) -> ExecEnd {
    while let Some(event) = output.next().await {
        match event {
            CommandEvent::Exited(code) => return ExecEnd::Exited(code),
            CommandEvent::Signalled(signal) => return ExecEnd::Signalled(signal),
            printed => kept.lock().unwrap_or_else(PoisonError::into_inner).push(&printed),
        }
    }
    ExecEnd::Lost(BROKEN.to_owned())
}

/// Returns when the command is to be killed.
async fn killed(orders: &mut mpsc::Receiver<Order>) {
    loop {
        match orders.recv().await {
            Some(Order::Kill) => return,
            // There is nobody yet to hear it.
            Some(Order::Signal(_) | Order::Resize { .. }) => {}
            None => return pending().await,
        }
    }
}

/// Hands orders on to the command; returns when it is to be killed.
async fn obey(orders: &mut mpsc::Receiver<Order>, input: &CommandInput) {
    loop {
        // A command that has just ended hears nothing.
        let _ended = match orders.recv().await {
            Some(Order::Kill) => return,
            Some(Order::Signal(name)) => input.signal(&name).await,
            Some(Order::Resize { columns, rows }) => input.resize(columns, rows).await,
            None => return pending().await,
        };
    }
}
