//! How connections are made, and what is said when one cannot be.

use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

use reqwest::Url;

use super::{Client, pinned};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::platform::{Pinned, is_loopback};

/// Longest time to open a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Silence after which the kernel asks whether the other side is still there.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// Questions without an answer after which the connection counts as lost.
const KEEPALIVE_RETRIES: u32 = 4;

/// The one constructor of the HTTP client.
///
/// HTTP/1.1 only, because the exec stream upgrades the same connections. No redirects: they would carry the admin
/// secret to wherever they point.
pub(super) fn http_client(base: &Url, pinned: Option<Pinned>) -> Result<reqwest::Client, Failure> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("smartbox-cli/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_keepalive(KEEPALIVE)
        .tcp_keepalive_interval(KEEPALIVE)
        .tcp_keepalive_retries(KEEPALIVE_RETRIES)
        .http1_only()
        .redirect(reqwest::redirect::Policy::none());
    if is_loopback(base) {
        // A proxy between a program and its own machine only ever breaks things.
        builder = builder.no_proxy();
    }
    if base.scheme() == "http" {
        // Reading the system's certificates is most of the time a short command takes, and nothing here needs them.
        builder = builder.tls_certs_only([]);
    }
    if let Some(pinned) = pinned.filter(|_pinned| base.scheme() == "https") {
        let tls = pinned::tls(pinned.certificate).map_err(|error| not_set_up(error.to_string()))?;
        builder = builder.no_proxy().tls_backend_preconfigured(tls);
        if let Some(name) = base.domain() {
            builder = builder.resolve(name, pinned.connect);
        }
    }
    builder.build().map_err(|error| {
        not_set_up(error.source().map_or_else(|| error.to_string(), ToString::to_string)) //
    })
}

fn not_set_up(why: String) -> Failure {
    Failure::new(Exit::Failed, "The HTTP client could not be set up.").detail(why)
}

impl Client {
    /// Why no answer came.
    pub(super) fn not_reached(&self, error: &reqwest::Error) -> Failure {
        let base = self.shown_base();
        if error.is_timeout() && !error.is_connect() {
            return Failure::new(Exit::Unavailable, format!("{base} did not answer in time."));
        }
        let reason = innermost(error);
        if !error.is_connect() {
            return Failure::new(Exit::Unreachable, format!("The connection to {base} was lost."))
                .detail(reason);
        }
        let failure = Failure::new(Exit::Unreachable, format!("No platform answers at {base}."));
        let Some(written_by) = &self.written_by else {
            return failure.detail(reason).help("Check the address, and that the platform runs there.");
        };
        let (file, pid) = (written_by.file.display(), written_by.pid);
        if Path::new("/proc").join(pid.to_string()).exists() {
            return failure.detail(reason).help(format!(
                "Process {pid} wrote this address to {file}. It may be starting or stopping: try again."
            ));
        }
        failure
            .detail(format!("Process {pid}, which wrote this address to {file}, has ended."))
            .help("Start the platform again with `make run` or `smartbox up`. Boxes that ran go on running.")
    }
}

/// The cause at the bottom of an error: the one that says what to repair.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
