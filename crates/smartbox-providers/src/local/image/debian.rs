//! The default image: a small Debian, built by mmdebstrap from the host's own package sources.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use smartbox_core::Progress;
use smartbox_provider::ProviderError;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use super::Recipe;
use super::sources::{Source, of_release};
use crate::local::bundle::ImageBind;
use crate::local::error::at_path;
use crate::local::runtime::SEARCH_PATH;

/// What an agent expects of a machine, beyond the essential packages.
const PACKAGES: [&str; 17] = [
    "bash",
    "ca-certificates",
    "coreutils",
    "curl",
    "file",
    "git",
    "iproute2",
    "jq",
    "less",
    "nano",
    "openssh-client",
    "procps",
    "python3",
    "ripgrep",
    "tar",
    "unzip",
    "xz-utils",
];
/// A slow mirror takes minutes; longer than this is a hang.
const BUILD_LIMIT: Duration = Duration::from_secs(30 * 60);
/// Lines of the tool's output that go into an error.
const ERROR_LINES: usize = 8;
/// Settings of the host's package manager that say how the mirror is reached. They do not stay in the image.
const KEPT_APT_SETTINGS: [&str; 5] =
    ["Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::ForceIPv", "Acquire::Retries"];

/// The host's own release.
fn codename() -> Result<String, ProviderError> {
    let release = Path::new("/etc/os-release");
    let text = fs::read_to_string(release).map_err(at_path("reading the host's release", release))?;
    let name = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    Ok(name.unwrap_or_default().trim_matches('"').to_owned())
}

/// Mirrors are not part of it: they deliver the same release.
pub(super) fn recipe() -> Result<Recipe, ProviderError> {
    let release = Recipe::new("debian").with(&codename()?);
    Ok(PACKAGES.iter().fold(release, |recipe, name| recipe.with(name)))
}

/// The host's own mirrors of its release.
fn sources(codename: &str) -> Result<Vec<Source>, ProviderError> {
    let found = of_release(Path::new("/"), codename)
        .map_err(at_path("reading the package sources", Path::new("/etc/apt")))?;
    if codename.is_empty() || found.is_empty() {
        return Err(ProviderError::permanent(
            "the host has no Debian package sources to build the box image from",
            "Choose the image `host`, or import an OCI archive.",
        ));
    }
    Ok(found)
}

/// Builds the image's root.
pub(super) async fn build(root: &Path, progress: &dyn Progress) -> Result<Vec<ImageBind>, ProviderError> {
    let codename = codename()?;
    let sources = sources(&codename)?;
    let mut command = Command::new("mmdebstrap");
    command.env_clear().env("PATH", SEARCH_PATH).env("LC_ALL", "C.UTF-8");
    command.args(["--variant=minbase", "--format=directory", "--mode=root"]);
    command.arg(format!("--include={}", PACKAGES.join(",")));
    // Manuals and translations are never read in a box; licences stay.
    for path in ["/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*", "/usr/share/doc/*"] {
        command.arg(format!("--dpkgopt=path-exclude={path}"));
    }
    command.arg("--dpkgopt=path-include=/usr/share/doc/*/copyright");
    for setting in apt_settings().await {
        command.arg(format!("--aptopt={setting}"));
    }
    command.arg(&codename).arg(root);
    command.args(sources.iter().map(|source| &source.line));
    run(command, progress).await?;
    Ok(Vec::new())
}

/// How the host's package manager reaches its mirrors (a proxy, say).
async fn apt_settings() -> Vec<String> {
    let mut command = Command::new("apt-config");
    command.env_clear().env("PATH", SEARCH_PATH).args(["dump", "Acquire"]).stdin(Stdio::null());
    let Ok(output) = command.kill_on_drop(true).output().await else { return Vec::new() };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let kept = |line: &&str| KEPT_APT_SETTINGS.iter().any(|name| line.starts_with(name));
    text.lines().filter(kept).filter(|line| !line.ends_with(" \"\";")).map(str::to_owned).collect()
}

async fn run(mut command: Command, progress: &dyn Progress) -> Result<(), ProviderError> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|error| ProviderError::Permanent {
        what: "mmdebstrap, which builds the box image, cannot be called".to_owned(),
        remedy: "Install it: `apt-get install mmdebstrap`.".to_owned(),
        source: Some(error.into()),
    })?;
    let _group = Group(child.id());
    let lines = child.stderr.take();
    let follow = async {
        let last = match lines {
            Some(lines) => tell(lines, progress).await,
            None => Vec::new(),
        };
        (ended_well(&mut child).await, last)
    };
    let (well, last) = tokio::time::timeout(BUILD_LIMIT, follow)
        .await
        .map_err(|error| ProviderError::transient("building the box image took too long", error))?;
    if well {
        return Ok(());
    }
    Err(ProviderError::Permanent {
        what: "mmdebstrap could not build the box image".to_owned(),
        remedy:
            "Its message is in the log. Check that `apt-get update` works on this host and that the disk has \
                 room, or choose the image `host`."
                .to_owned(),
        source: Some(last.join("\n").into()),
    })
}

async fn ended_well(child: &mut Child) -> bool {
    child.wait().await.is_ok_and(|status| status.success())
}

/// Passes the tool's steps on; returns its last lines.
async fn tell(lines: impl AsyncRead + Unpin, progress: &dyn Progress) -> Vec<String> {
    let mut lines = BufReader::new(lines).lines();
    let mut last: Vec<String> = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(step) = line.strip_prefix("I: ") {
            progress.detail(step);
        }
        if last.len() == ERROR_LINES {
            last.remove(0);
        }
        last.push(line);
    }
    last
}

/// Ends the tool with all its children when the build is given up.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let group = self.0.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(group) = group {
            // After a regular end there is no such group any more.
            let _gone = kill_process_group(group, Signal::KILL);
        }
    }
}
