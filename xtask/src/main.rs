//! Project tasks. `cargo run -p xtask -- tidy` holds the architecture; `-- openapi [--check]` the API document.

mod openapi;
mod tidy;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["tidy"] => tidy::run(&root()?),
        ["openapi"] => openapi::write(&root()?),
        ["openapi", "--check"] => openapi::check(&root()?),
        _ => bail!("usage: cargo run -p xtask -- tidy | openapi [--check]"),
    }
}

fn root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(here.parent().context("xtask stands in the workspace")?.to_path_buf())
}
