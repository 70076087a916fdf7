//! Checks of the host: what boxes need, whether it is there, and what to do when it is not.

mod sleep;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Resource, geteuid, getrlimit};

use super::LocalConfig;
use super::cgroup::{Controller, Layout};
use super::config::ImageChoice;
use super::runtime::SEARCH_PATH;

/// A gibibyte.
const GIB: u64 = 1 << 30;
/// Image, runtime, compile cache and a few boxes.
const DISK_BYTES_MIN: u64 = 5 * GIB;
/// One box at its hard limit, and the platform.
const MEMORY_BYTES_MIN: u64 = 3 * GIB;
/// Connections of boxes and clients; below this a busy platform runs out.
const OPEN_FILES_MIN: u64 = 4096;
/// inotify instances and namespaces are counted per user; a kernel may allow none.
const NAMESPACES_MIN: u64 = 64;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Boxes run, with a drawback.
    Warn,
    /// Boxes cannot run.
    Fail,
}

/// One check of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was looked at, such as `cgroups`.
    pub name: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found.
    pub detail: String,
    /// What to do about it; empty when nothing.
    pub remedy: String,
}

impl Check {
    fn new(name: &'static str, is_good: bool, bad: Verdict, detail: impl Into<String>, remedy: &str) -> Self {
        let verdict = if is_good { Verdict::Ok } else { bad };
        let remedy = if is_good { String::new() } else { remedy.to_owned() };
        Self { name, verdict, detail: detail.into(), remedy }
    }
}

/// Looks at everything the local provider needs of the host. Changes nothing; takes some 50 ms. Blocks.
pub fn doctor(config: &LocalConfig) -> Vec<Check> {
    let mut checks = vec![root(), user_namespaces(), seccomp()];
    checks.extend(namespaces());
    checks.extend(cgroups());
    checks.push(oci_runtime(&config.oci_runtime));
    checks.extend(image_tools(&config.image));
    checks.push(boxd(&config.boxd_binary));
    checks.push(disk("disk of the data directory", &config.data_dir, DISK_BYTES_MIN));
    checks.push(memory());
    checks.push(sleep::freezing());
    checks.push(sleep::swap());
    checks.push(open_files());
    checks.push(run_dir(&config.run_dir));
    checks
}

fn root() -> Check {
    let user = geteuid();
    let remedy = "Start the platform as root: it makes namespaces, cgroups and files of other users.";
    Check::new("root", user.is_root(), Verdict::Fail, format!("user id {}", user.as_raw()), remedy)
}

fn user_namespaces() -> Check {
    let read = |name: &str| fs::read_to_string(name).ok().and_then(|text| text.trim().parse::<u64>().ok());
    let most = read("/proc/sys/user/max_user_namespaces").unwrap_or(0);
    let built_in = Path::new("/proc/self/ns/user").exists();
    let detail = if built_in { format!("at most {most}") } else { "not in this kernel".to_owned() };
    let remedy = "Use a kernel with CONFIG_USER_NS, and raise `sysctl user.max_user_namespaces`.";
    Check::new("user namespaces", built_in && most >= NAMESPACES_MIN, Verdict::Fail, detail, remedy)
}

fn seccomp() -> Check {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let filters = fs::read_to_string("/proc/sys/kernel/seccomp/actions_avail").unwrap_or_default();
    let is_good = status.contains("\nSeccomp:") && filters.contains("errno");
    let detail = if is_good { "filters are available" } else { "no filters" };
    Check::new("seccomp", is_good, Verdict::Fail, detail, "Use a kernel with CONFIG_SECCOMP_FILTER.")
}

fn namespaces() -> Vec<Check> {
    let check = |(name, file): (&'static str, &str)| {
        let is_good = Path::new("/proc/self/ns").join(file).exists();
        let detail = if is_good { "available" } else { "not in this kernel" };
        Check::new(
            name,
            is_good,
            Verdict::Fail,
            detail,
            "Use a kernel with all namespaces (CONFIG_NAMESPACES).",
        )
    };
    let kinds =
        [("network namespaces", "net"), ("process namespaces", "pid"), ("cgroup namespaces", "cgroup")];
    kinds.into_iter().map(check).collect()
}

fn cgroups() -> Vec<Check> {
    let layout = Layout::detect().unwrap_or_default();
    let missing: Vec<&str> = Controller::ALL
        .into_iter()
        .filter(|which| layout.controller(*which).is_none())
        .map(Controller::as_str)
        .collect();
    let detail = match missing.as_slice() {
        [] => format!("{}, with cpu, memory and pids", layout.describe()),
        missing => format!("{}, without {}", layout.describe(), missing.join(", ")),
    };
    let remedy = "Mount the cgroup hierarchies; some kernels need `cgroup_enable=memory` at boot.";
    let mut checks = vec![Check::new("cgroups", missing.is_empty(), Verdict::Fail, detail, remedy)];
    if let Some((_, mount)) = layout.controller(Controller::Memory) {
        let writable = rustix::fs::access(mount, rustix::fs::Access::WRITE_OK).is_ok();
        let detail = if writable { "writable" } else { "read-only" };
        let remedy = "The platform runs inside a container that may not make cgroups: run it on the host.";
        checks.push(Check::new("cgroup delegation", writable, Verdict::Fail, detail, remedy));
    }
    checks
}

fn oci_runtime(program: &Path) -> Check {
    let remedy = "Install it (Debian: `apt-get install runc`), or name another in the settings.";
    let version = first_line(program, "--version");
    let detail = version.clone().unwrap_or_else(|| format!("`{}` cannot be called", program.display()));
    Check::new("OCI runtime", version.is_some(), Verdict::Fail, detail, remedy)
}

/// Only the default image needs a tool, and only until it is built.
fn image_tools(image: &ImageChoice) -> Option<Check> {
    match image {
        ImageChoice::Debian => {
            let version = first_line(Path::new("mmdebstrap"), "--version");
            let detail = version.clone().unwrap_or_else(|| "not installed".to_owned());
            let remedy = "`apt-get install mmdebstrap`, or choose the image `host`.";
            Some(Check::new("mmdebstrap", version.is_some(), Verdict::Warn, detail, remedy))
        }
        ImageChoice::Host => None,
        ImageChoice::OciArchive(path) => {
            let detail = path.display().to_string();
            Some(Check::new("image archive", path.is_file(), Verdict::Fail, detail, "Put the archive there."))
        }
    }
}

fn boxd(program: &Path) -> Check {
    let detail = program.display().to_string();
    Check::new("boxd", program.is_file(), Verdict::Fail, detail, "Build or install `smartbox-boxd`.")
}

fn disk(name: &'static str, dir: &Path, min: u64) -> Check {
    let there = dir.ancestors().find(|path| path.exists()).unwrap_or_else(|| Path::new("/"));
    let free = rustix::fs::statvfs(there).map_or(0, |known| known.f_bavail.saturating_mul(known.f_frsize));
    let detail = format!("{} free at {}", gibibytes(free), there.display());
    let remedy = format!("Free space there until {} are free, or choose another directory.", gibibytes(min));
    Check::new(name, free >= min, Verdict::Warn, detail, &remedy)
}

fn memory() -> Check {
    let available = meminfo("MemAvailable:");
    let detail = format!("{} available", gibibytes(available));
    let remedy = "A box needs 1 GiB at rest and up to 2 GiB in a turn: stop something, or add memory.";
    Check::new("memory", available >= MEMORY_BYTES_MIN, Verdict::Warn, detail, remedy)
}

fn open_files() -> Check {
    let hard = getrlimit(Resource::Nofile).maximum;
    let detail = hard.map_or_else(|| "unlimited".to_owned(), |most| format!("at most {most}"));
    let remedy = "Raise the hard limit of open files (`LimitNOFILE=` of a unit, or limits.conf).";
    Check::new("open files", hard.is_none_or(|most| most >= OPEN_FILES_MIN), Verdict::Warn, detail, remedy)
}

/// Others must be able to pass to the mounted images; and what lies there should not outlive a boot.
fn run_dir(dir: &Path) -> Check {
    let closed = dir.ancestors().filter(|path| path.exists()).find(|path| {
        let mode = fs::metadata(path)
            .map_or(0, |known| std::os::unix::fs::PermissionsExt::mode(&known.permissions()));
        mode & 0o001 == 0
    });
    let detail = match closed {
        Some(path) => format!("{} is closed to other users", path.display()),
        None => format!("{} can be reached", dir.display()),
    };
    let remedy = "Choose a run directory whose parents everybody may pass (`chmod o+x`).";
    Check::new("run directory", closed.is_none(), Verdict::Fail, detail, remedy)
}

fn first_line(program: &Path, argument: &str) -> Option<String> {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", SEARCH_PATH).arg(argument).stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
}

/// A line of `/proc/meminfo`, in bytes.
fn meminfo(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0).saturating_mul(1024)
}

fn gibibytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / GIB;
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_that_is_not_good_has_a_remedy() {
        let mut config = LocalConfig::new("/nonexistent/data", "/nonexistent/boxd");
        config.oci_runtime = "/nonexistent/runc".into();
        let checks = doctor(&config);
        for check in &checks {
            assert_eq!(check.verdict == Verdict::Ok, check.remedy.is_empty(), "{check:?}");
        }
        let failed =
            |name: &str| checks.iter().any(|check| check.name == name && check.verdict == Verdict::Fail);
        assert!(failed("OCI runtime") && failed("boxd"));
    }

    #[test]
    fn a_closed_directory_above_the_run_directory_is_found() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        assert_eq!(run_dir(&dir.path().join("a/b")).verdict, Verdict::Fail);
        assert_eq!(run_dir(Path::new("/run/smartbox/x")).verdict, Verdict::Ok);
    }
}
