//! Rules about a single source file.

use std::path::Path;

/// A room in which nobody can find anything without a search.
const FILE_LINES_MAX: usize = 800;
/// `main` parses, builds and runs.
const MAIN_LINES_MAX: usize = 60;

/// Words, where they may stand, and why nowhere else.
const CONFINED: &[(&str, &[&str], &str)] = &[
    ("std::env::vars_os", &["crates/smartbox-server/"], "only the composition root reads the environment"),
    (
        "StatusCode",
        &[
            "crates/smartbox-http/",
            "crates/smartbox-edge/",
            "crates/smartbox-egress/",
            "crates/smartbox-server/src/adapters/",
            "crates/smartbox-server/src/metrics/",
            "crates/smartbox-testkit/",
            "crates/smartbox-cli/",
            "crates/smartbox-openclaw/",
            "crates/smartbox-boxd/",
        ],
        "control and store know nothing of HTTP",
    ),
    (
        "LocalProvider",
        &["crates/smartbox-providers/", "crates/smartbox-server/"],
        "only the composition root names a concrete provider",
    ),
];

/// Checks one file; `file` is relative to the workspace.
pub(super) fn check(file: &Path, text: &str) -> Vec<String> {
    let name = file.display().to_string();
    let mut findings = Vec::new();
    let mut found = |what: String| findings.push(format!("{name}: {what}"));
    if file.file_name().is_some_and(|name| name == "mod.rs") {
        found("use foo.rs beside foo/ instead of mod.rs".to_owned());
    }
    let lines = text.lines().count();
    if lines > FILE_LINES_MAX {
        found(format!("{lines} lines; split it (at most {FILE_LINES_MAX})"));
    }
    if name == "crates/smartbox/src/main.rs" && lines > MAIN_LINES_MAX {
        found(format!("{lines} lines; at most {MAIN_LINES_MAX}"));
    }
    let is_test = name.contains("/tests/") || name.ends_with("/tests.rs") || name.starts_with("xtask/");
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        let mark = ["TO", "DO"].concat();
        if line.contains(&mark) && !line.contains('#') {
            found(format!("line {number}: a {mark} names its issue (#123)"));
        }
        for (word, rooms, why) in CONFINED {
            if !is_test && line.contains(word) && !rooms.iter().any(|room| name.starts_with(room)) {
                found(format!("line {number}: `{word}` does not belong here: {why}"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_mod_files_and_nameless_marks_are_found() {
        let long = "x\n".repeat(FILE_LINES_MAX + 1);
        assert_eq!(check(Path::new("crates/a/src/b.rs"), &long).len(), 1);
        assert_eq!(check(Path::new("crates/a/src/mod.rs"), "").len(), 1);
        let mark = ["// TO", "DO later"].concat();
        assert_eq!(check(Path::new("crates/a/src/b.rs"), &mark).len(), 1);
        assert!(check(Path::new("crates/a/src/b.rs"), &format!("{mark} #12")).is_empty());
    }

    #[test]
    fn words_stay_in_their_rooms() {
        let line = "use http::StatusCode;";
        assert_eq!(check(Path::new("crates/smartbox-control/src/a.rs"), line).len(), 1);
        assert!(check(Path::new("crates/smartbox-http/src/a.rs"), line).is_empty());
    }
}
