//! `platform.json`: how the command line on this machine finds the running platform and its credential.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::data_dir::DataDir;

/// The file of a platform that runs.
#[derive(Clone)]
pub(crate) struct PlatformFile {
    data: DataDir,
    url: String,
    connect: SocketAddr,
    admin_secret: SecretString,
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
        Self { data: data.clone(), url: url.to_owned(), connect, admin_secret: admin_secret.clone() }
    }

    /// Writes the file. Only its owner can read it.
    pub(crate) fn write(&self, certificate_sha256: Option<&str>) -> Result<()> {
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

    /// Removes the file: nothing runs here any more.
    pub(crate) fn remove(&self) {
        if let Err(error) = std::fs::remove_file(self.data.platform_file()) {
            tracing::warn!(%error, "the platform file could not be removed");
        }
    }
}
