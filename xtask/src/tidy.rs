//! Rules that no other tool checks. Each finding names the file and what to do.

mod edges;
mod text;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Checks everything, and reports everything that is wrong.
pub(crate) fn run(root: &Path) -> Result<()> {
    let mut findings = edges::check(root)?;
    for file in source_files(root)? {
        let path = root.join(&file);
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", file.display()))?;
        findings.extend(text::check(&file, &text));
    }
    if findings.is_empty() {
        return Ok(());
    }
    findings.sort();
    bail!("tidy found {} thing(s):\n  {}", findings.len(), findings.join("\n  "))
}

/// Rust files that git knows or would know.
fn source_files(root: &Path) -> Result<Vec<PathBuf>> {
    let listed = std::process::Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.rs"])
        .current_dir(root)
        .output()
        .context("git is needed to list the files")?;
    let names = String::from_utf8(listed.stdout).context("a file name is no Unicode")?;
    let files = names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from);
    // A file that was deleted and not committed yet is still listed.
    Ok(files.filter(|file| root.join(file).exists()).collect())
}
