//! What is not worth saving, as measured of the agent runtime (2026.9.6): caches, locks, what is rendered at each start.

use std::path::Path;

/// Directories below the home whose content comes back by itself.
const DIRECTORIES: &[&str] =
    &["state/cache", "state/tmp", "state/plugin-skills", ".cache", ".npm", ".local/share/Trash"];

/// Whether a path below the home is left out, with everything in it.
pub(crate) fn is_left_out(path: &Path) -> bool {
    if DIRECTORIES.iter().any(|dir| Path::new(dir) == path) {
        return true;
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    // Shared memory of a database is rebuilt from its log; a lock means nothing without its holder. A rollback journal belongs to a
    // database as it was in the middle of a change, which is not how it is copied, and may name files anywhere that SQLite would remove.
    path.starts_with("state")
        && (name.ends_with(".sqlite-shm")
            || name.ends_with(".sqlite-journal")
            || name.ends_with(".lock.sqlite"))
}

/// Whether what lies there would be opened by SQLite together with a database, so that as a link it would lead it elsewhere.
pub(crate) fn is_trap(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    path.starts_with("state")
        && [".sqlite-wal", ".sqlite-shm", ".sqlite-journal"].iter().any(|end| name.ends_with(end))
}

/// Whether a path below the home is a database of the agent runtime, which is copied as a whole.
pub(crate) fn is_database(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    path.starts_with("state") && name.ends_with(".sqlite") && !is_left_out(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_and_locks_are_left_out_and_nothing_else() {
        for out in [
            "state/cache",
            "state/agents/a/x.sqlite-shm",
            "state/x.sqlite-journal",
            "state/a.lock.sqlite",
            ".npm",
        ] {
            assert!(is_left_out(Path::new(out)), "{out}");
        }
        for kept in [
            "state",
            "state/openclaw.json",
            "workspace/state/cache",
            "workspace/a.sqlite-shm",
            "state/media/cache",
        ] {
            assert!(!is_left_out(Path::new(kept)), "{kept}");
        }
        assert!(is_database(Path::new("state/state/openclaw.sqlite")));
        assert!(
            !is_database(Path::new("workspace/mine.sqlite"))
                && !is_database(Path::new("state/a.lock.sqlite"))
        );
    }
}
