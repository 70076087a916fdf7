//! The checked-in API document.

use std::path::Path;

use anyhow::{Context, Result, bail};

const FILE: &str = "openapi.json";

fn document() -> Result<String> {
    let mut text = serde_json::to_string_pretty(&smartbox_http::openapi())?;
    text.push('\n');
    Ok(text)
}

/// Writes the document.
pub(crate) fn write(root: &Path) -> Result<()> {
    std::fs::write(root.join(FILE), document()?).context("cannot write openapi.json")
}

/// Fails when the document is not what the code says.
pub(crate) fn check(root: &Path) -> Result<()> {
    if std::fs::read_to_string(root.join(FILE)).unwrap_or_default() != document()? {
        bail!("openapi.json is not what the code says; run `cargo run -p xtask -- openapi` and commit it");
    }
    Ok(())
}
