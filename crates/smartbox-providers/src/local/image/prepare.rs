//! What every root needs to be a box's: the agent as a user, and mount points, for the root is read-only later.

use std::io::{self, Write};
use std::path::Path;

use rustix::fs::Mode;
use smartbox_boxd::{AGENT_HOME, AGENT_ID, AGENT_NAME, BOXD_DIR};

use super::rooted::Rooted;
use crate::local::bundle::{BOXD_IN_BOX, RUNTIMES_IN_BOX};

/// Far more than a user database of an image has.
const USERS_BYTES_MAX: u64 = 1024 * 1024;
/// Directories that something is mounted on. `/tmp` lends its mode to what covers it.
const MOUNT_POINTS: [(&str, u16); 10] = [
    ("dev", 0o755),
    ("home", 0o755),
    (AGENT_HOME, 0o755),
    ("opt/smartbox", 0o755),
    ("proc", 0o555),
    ("run", 0o755),
    (RUNTIMES_IN_BOX, 0o755),
    ("sys", 0o555),
    ("tmp", 0o1777),
    (BOXD_DIR, 0o755),
];
/// Files that something is mounted on, or that must say nothing about the host.
const EMPTY_FILES: [&str; 4] = [BOXD_IN_BOX, "etc/hosts", "etc/hostname", "etc/resolv.conf"];
/// Where the builder wrote how the host reaches its mirrors.
const LEFTOVERS: [&str; 4] = [
    "etc/apt/apt.conf.d/99mmdebstrap",
    "etc/apt/sources.list",
    "etc/apt/sources.list.d",
    "etc/dpkg/dpkg.cfg.d/99mmdebstrap",
];

/// Prepares a root. What the image has already is kept where it fits.
pub(super) fn prepare(root: &Path) -> io::Result<()> {
    std::fs::set_permissions(root, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let root = Rooted::open(root)?;
    for leftover in LEFTOVERS {
        root.remove(Path::new(leftover))?;
    }
    for (dir, mode) in MOUNT_POINTS {
        root.make_dir(relative(dir), Mode::from_raw_mode(mode.into()))?;
    }
    let readable = Mode::from_raw_mode(0o644);
    for file in EMPTY_FILES {
        root.make_file(relative(file), readable)?;
    }
    let user = format!("{AGENT_NAME}:x:{AGENT_ID}:{AGENT_ID}::{AGENT_HOME}:/bin/bash");
    let group = format!("{AGENT_NAME}:x:{AGENT_ID}:");
    for (file, line) in [("etc/passwd", user), ("etc/group", group)] {
        let before = root.read(Path::new(file), USERS_BYTES_MAX)?;
        let after = with_entry(&String::from_utf8_lossy(&before), &line);
        root.make_file(Path::new(file), readable)?.write_all(after.as_bytes())?;
    }
    Ok(())
}

fn relative(path: &str) -> &Path {
    Path::new(path.trim_start_matches('/'))
}

/// Adds a line to a database of users or groups, in the place of others with its name, and before others with
/// its number: the first one names the number.
fn with_entry(database: &str, entry: &str) -> String {
    let name = |line: &str| line.split(':').next().map(str::to_owned);
    let number = |line: &str| line.split(':').nth(2).map(str::to_owned);
    let mut lines: Vec<&str> = database.lines().filter(|line| name(line) != name(entry)).collect();
    let at = lines.iter().position(|line| number(line) == number(entry)).unwrap_or(lines.len());
    lines.insert(at, entry);
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agent_names_its_number() {
        let before = "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n";
        let after = with_entry(before, "agent:x:1000:1000::/home/agent:/bin/bash");
        let lines: Vec<&str> = after.lines().collect();
        assert!(lines[1].starts_with("agent:") && lines[2].starts_with("node:"), "{after}");
        assert_eq!(with_entry(&after, lines[1]), after, "twice is once");
    }

    #[test]
    fn a_root_full_of_links_is_prepared_inside_itself() {
        let scratch = tempfile::tempdir().unwrap();
        let (root, outside) = (scratch.path().join("rootfs"), scratch.path().join("outside"));
        for dir in [&root, &outside] {
            std::fs::create_dir(dir).unwrap();
        }
        std::fs::write(outside.join("passwd"), "untouched").unwrap();
        // `etc` leads out of the image, absolutely and by climbing; `dev` is a link, too.
        std::os::unix::fs::symlink(&outside, root.join("etc")).unwrap();
        std::os::unix::fs::symlink("../outside", root.join("var")).unwrap();
        std::os::unix::fs::symlink(&outside, root.join("dev")).unwrap();
        std::fs::create_dir_all(root.join(outside.strip_prefix("/").unwrap())).unwrap();
        std::fs::create_dir(root.join("outside")).unwrap();

        prepare(&root).unwrap();

        assert_eq!(std::fs::read_to_string(outside.join("passwd")).unwrap(), "untouched");
        let names: Vec<_> =
            std::fs::read_dir(&outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["passwd"], "nothing was made outside");
        let inside = root.join(outside.strip_prefix("/").unwrap()).join("passwd");
        assert!(std::fs::read_to_string(inside).unwrap().contains("agent:x:1000"));
        assert!(root.join("outside/lib/boxd").is_dir());
        assert!(root.join("dev").symlink_metadata().unwrap().is_dir(), "a mount point is no link");
    }
}
