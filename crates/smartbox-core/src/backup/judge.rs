//! Whether what was saved can be trusted. A box that was emptied, by a defect or by its agent, must not push out what was good.

/// What is known of what was saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Regular files.
    pub files: u64,
    /// Their sizes together.
    pub bytes: u64,
    /// Databases of the agent runtime.
    pub databases: u64,
    /// Those whose integrity check failed.
    pub broken_databases: u64,
    /// Sessions in those databases, as far as their schema is known; 0 where it is not.
    pub sessions: u64,
    /// Files that could not be read, were left out for their size, or lie too deep.
    pub left_out: u64,
}

/// What is thought of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may take the place of older ones.
    Good,
    /// It is kept, and never takes the place of a good one.
    Suspicious(String),
}

/// A state under this size shrinks by half on any day.
const SMALL_BYTES: u64 = 1024 * 1024;

/// Compares what was saved with the newest good one before it.
pub fn judge(before: Option<&Facts>, now: &Facts) -> Verdict {
    let suspicious = |why: String| Verdict::Suspicious(why);
    if now.broken_databases > 0 {
        return suspicious(format!("{} database(s) failed the integrity check", now.broken_databases));
    }
    if now.files == 0 {
        return suspicious("it is empty".to_owned());
    }
    let Some(before) = before else { return Verdict::Good };
    if now.databases < before.databases {
        return suspicious(format!(
            "it has {} database(s); the last had {}",
            now.databases, before.databases
        ));
    }
    if before.bytes >= SMALL_BYTES && now.bytes < before.bytes / 2 {
        return suspicious(format!(
            "it has {} bytes, less than half of the last ({})",
            now.bytes, before.bytes
        ));
    }
    if before.files >= 16 && now.files < before.files / 2 {
        return suspicious(format!(
            "it has {} files, less than half of the last ({})",
            now.files, before.files
        ));
    }
    Verdict::Good
}

/// Compares a state with the one that it was made of, which nobody has worked on since: most of its sessions are still there. A few
/// may go, as the agent runtime throws away what is old when it starts.
pub fn came_through(saved: &Facts, now: &Facts) -> Verdict {
    if now.sessions < saved.sessions.div_ceil(2) {
        return Verdict::Suspicious(format!("{} of {} sessions are there", now.sessions, saved.sessions));
    }
    judge(Some(saved), now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Facts =
        Facts { files: 100, bytes: 8 << 20, databases: 2, broken_databases: 0, sessions: 6, left_out: 0 };

    #[test]
    fn what_shrank_by_half_or_lost_a_database_is_suspicious() {
        assert_eq!(judge(None, &WELL), Verdict::Good);
        assert_eq!(judge(Some(&WELL), &WELL), Verdict::Good);
        for (what, now) in [
            ("half the size", Facts { bytes: 3 << 20, ..WELL }),
            ("half the files", Facts { files: 49, ..WELL }),
            ("a database less", Facts { databases: 1, ..WELL }),
            ("a broken database", Facts { broken_databases: 1, ..WELL }),
            ("nothing", Facts::default()),
        ] {
            assert!(matches!(judge(Some(&WELL), &now), Verdict::Suspicious(_)), "{what}");
        }
    }

    #[test]
    fn sessions_come_and_go_but_most_of_a_state_comes_through() {
        let with = |sessions| Facts { sessions, ..WELL };
        assert_eq!(judge(Some(&WELL), &with(0)), Verdict::Good, "people may throw sessions away");
        for (saved, now, is_well) in [(6, 6, true), (6, 3, true), (6, 2, false), (1, 0, false), (0, 0, true)]
        {
            let verdict = came_through(&with(saved), &with(now));
            assert_eq!(verdict == Verdict::Good, is_well, "{now} of {saved}");
        }
        let broken = Facts { broken_databases: 1, ..WELL };
        assert!(matches!(came_through(&WELL, &broken), Verdict::Suspicious(_)));
    }

    #[test]
    fn a_small_state_may_shrink_and_a_big_one_grow() {
        let small = Facts { files: 4, bytes: 4000, databases: 1, ..Facts::default() };
        assert_eq!(judge(Some(&small), &Facts { files: 1, bytes: 10, ..small }), Verdict::Good);
        assert_eq!(judge(Some(&small), &WELL), Verdict::Good);
        assert!(matches!(judge(None, &Facts::default()), Verdict::Suspicious(_)), "empty from the first");
    }
}
