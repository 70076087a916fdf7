//! Whether the controller that started this box may: a newer one that has acted on its volume fences it off.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context as _;

use super::settings::Paths;

/// Refuses to run for an older controller than the volume has obeyed.
///
/// # Errors
/// The reason, for the log of whoever started the box.
pub(super) fn check(paths: &Paths) -> anyhow::Result<()> {
    // A platform from before these files says nothing, and is judged by the provider alone.
    let Some(acting) = read(&paths.epoch)? else { return Ok(()) };
    let obeyed = read(&paths.volume_epoch)?.unwrap_or(0);
    anyhow::ensure!(
        acting >= obeyed,
        "the box was started by an older controller (epoch {acting}) than its volume has obeyed (epoch {obeyed})"
    );
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Option<i64>> {
    match fs::read_to_string(path) {
        Ok(text) => {
            let epoch = text.trim().parse().with_context(|| format!("{} holds no epoch", path.display()))?;
            Ok(Some(epoch))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
