//! `platform.json`: how the command line on this machine finds the running platform and its credential.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::data_dir::DataDir;

/// Between two looks at whose the file is.
const LOOK: Duration = Duration::from_secs(1);

/// The file of a platform that runs.
#[derive(Clone)]
pub(crate) struct PlatformFile {
    data: DataDir,
    url: String,
    connect: SocketAddr,
    admin_secret: SecretString,
    /// The certificate that was shown last.
    certificate: Arc<Mutex<Option<String>>>,
}

#[derive(Serialize)]
struct Written<'a> {
    url: &'a str,
    pid: u32,
    admin_secret: &'a str,
    version: &'a str,
    /// Where this machine reaches the address, whatever its name resolves to elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    connect: Option<SocketAddr>,
    /// The certificate that is shown there, whoever has issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_sha256: Option<&'a str>,
}

impl PlatformFile {
    pub(crate) fn new(data: &DataDir, url: &str, connect: SocketAddr, admin_secret: &SecretString) -> Self {
        let certificate = Arc::default();
        Self {
            data: data.clone(),
            url: url.to_owned(),
            connect,
            admin_secret: admin_secret.clone(),
            certificate,
        }
    }

    /// Writes the file. Only its owner can read it.
    pub(crate) fn write(&self, certificate_sha256: Option<&str>) -> Result<()> {
        *self.certificate.lock().unwrap_or_else(PoisonError::into_inner) =
            certificate_sha256.map(str::to_owned);
        let file = Written {
            url: &self.url,
            pid: std::process::id(),
            admin_secret: self.admin_secret.expose_secret(),
            version: env!("CARGO_PKG_VERSION"),
            connect: certificate_sha256.map(|_pinned| self.connect),
            certificate_sha256,
        };
        let text = serde_json::to_vec_pretty(&file).context("the platform file")?;
        self.data.write_private(&self.data.platform_file(), &text)
    }

    /// Keeps the file that of a platform that runs, where several share the data directory: the one that wrote it may have ended, or
    /// been killed.
    pub(crate) async fn keep(self, stop: CancellationToken) {
        loop {
            tokio::select! { biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            if self.writer().is_some_and(is_alive) {
                continue;
            }
            let certificate = self.certificate.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Err(error) = self.write(certificate.as_deref()) {
                tracing::warn!(%error, "the command line of this machine does not know this platform");
            }
        }
    }

    /// The process that wrote the file.
    fn writer(&self) -> Option<u32> {
        let file = std::fs::read(self.data.platform_file()).ok()?;
        u32::try_from(serde_json::from_slice::<serde_json::Value>(&file).ok()?.get("pid")?.as_u64()?).ok()
    }

    /// Removes the file: nothing runs here any more. That of another platform stays.
    pub(crate) fn remove(&self) {
        if self.writer().is_some_and(|pid| pid != std::process::id()) {
            return;
        }
        if let Err(error) = std::fs::remove_file(self.data.platform_file()) {
            tracing::warn!(%error, "the platform file could not be removed");
        }
    }
}

fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}
