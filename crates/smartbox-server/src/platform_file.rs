//! `platform.json`: how the command line on this machine finds the running platform and its credential.

use anyhow::{Context, Result};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::data_dir::DataDir;

#[derive(Serialize)]
struct PlatformFile<'a> {
    url: &'a str,
    pid: u32,
    admin_secret: &'a str,
    version: &'a str,
}

/// Writes the file. Only its owner can read it.
pub(crate) fn write(data: &DataDir, url: &str, admin_secret: &SecretString) -> Result<()> {
    let file = PlatformFile {
        url,
        pid: std::process::id(),
        admin_secret: admin_secret.expose_secret(),
        version: env!("CARGO_PKG_VERSION"),
    };
    let text = serde_json::to_vec_pretty(&file).context("the platform file")?;
    data.write_private(&data.platform_file(), &text)
}

/// Removes the file: nothing runs here any more.
pub(crate) fn remove(data: &DataDir) {
    if let Err(error) = std::fs::remove_file(data.platform_file()) {
        tracing::warn!(%error, "the platform file could not be removed");
    }
}
