//! The OCI runtime, as a program that is called and ends.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use smartbox_core::BoxId;
use smartbox_provider::ProviderError;

use super::process::wait_end;

/// Where programs are looked for. The runtime gets nothing else of the platform's environment.
pub(super) const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// A start takes some 50 ms; a machine that swaps may take seconds. Longer is a hang.
const CALL_LIMIT: Duration = Duration::from_secs(60);
/// Most letters of its message that an owner is shown.
const MESSAGE_LETTERS_MAX: usize = 400;
/// Most that is read of the runtime's log to find its message.
const LOG_BYTES_MAX: u64 = 64 * 1024;

/// The OCI runtime of one instance.
#[derive(Clone, Debug)]
pub(super) struct OciRuntime {
    program: PathBuf,
    /// Its own directory of state, one for each instance.
    state: PathBuf,
}

impl OciRuntime {
    pub(super) fn new(program: PathBuf, state: PathBuf) -> Self {
        Self { program, state }
    }

    /// Starts a box from its bundle; returns its first process. Blocks. `scratch` holds the log of the call.
    pub(super) fn run(&self, id: BoxId, bundle: &Path, scratch: &Path) -> Result<u32, ProviderError> {
        let (pid_file, log) = (scratch.join("pid"), scratch.join("oci.log"));
        for old in [&pid_file, &log] {
            let _missing = fs::remove_file(old);
        }
        let mut command = self.command(&log);
        command.args(["run", "--detach", "--pid-file"]).arg(&pid_file).arg("--bundle").arg(bundle);
        let status = self.call(command.arg(id.to_string()))?;
        if !status.success() {
            return Err(refused(&log, status));
        }
        let pid =
            fs::read_to_string(&pid_file).and_then(|text| text.trim().parse().map_err(io::Error::other));
        pid.map_err(|error| ProviderError::transient("the OCI runtime did not tell the box's process", error))
    }

    /// Ends a box by force and forgets it. Nothing happens when the runtime does not know it. Blocks.
    pub(super) fn delete(&self, id: BoxId, scratch: &Path) -> Result<(), ProviderError> {
        let known = self.state.join(id.to_string());
        if !known.exists() {
            return Ok(());
        }
        let mut command = self.command(&scratch.join("oci.log"));
        let status = self.call(command.args(["delete", "--force"]).arg(id.to_string()))?;
        if !status.success() {
            // A start that was interrupted leaves state that the runtime itself cannot read. The processes are
            // ended through their cgroup then.
            tracing::warn!(%id, error = %refused(&scratch.join("oci.log"), status), "the OCI runtime cannot forget a box");
        }
        match fs::remove_dir_all(&known) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(super::error::at("forgetting the box", &known, error))
            }
            _ => Ok(()),
        }
    }

    fn command(&self, log: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().env("PATH", SEARCH_PATH);
        // The box's first process inherits these three.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.arg("--root").arg(&self.state).arg("--log").arg(log).args(["--log-format", "json"]);
        command
    }

    fn call(&self, command: &mut Command) -> Result<ExitStatus, ProviderError> {
        let child = command.spawn().map_err(|error| ProviderError::Permanent {
            what: format!("the OCI runtime `{}` cannot be called", self.program.display()),
            remedy: "Install it (Debian: `apt-get install runc`), or name another in the settings."
                .to_owned(),
            source: Some(error.into()),
        })?;
        wait(child).map_err(|error| ProviderError::transient("the OCI runtime does not answer", error))
    }
}

/// Waits for a child's end, and ends it when it takes too long.
fn wait(mut child: Child) -> io::Result<ExitStatus> {
    let ended = match i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        Some(pid) => wait_end(&pidfd_open(pid, PidfdFlags::empty())?, CALL_LIMIT)?,
        None => true,
    };
    if !ended {
        child.kill()?;
    }
    let status = child.wait()?;
    if ended { Ok(status) } else { Err(io::ErrorKind::TimedOut.into()) }
}

/// The last error message of the runtime's log, as an error.
fn refused(log: &Path, status: ExitStatus) -> ProviderError {
    let text = read_end(log).unwrap_or_default();
    let messages = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let errors = messages.filter(|line| matches!(line["level"].as_str(), Some("error" | "fatal")));
    let message =
        errors.filter_map(|line| line["msg"].as_str().map(str::to_owned)).next_back().unwrap_or_default();
    if message.contains("no space left on device") {
        return ProviderError::Permanent {
            what: "the OCI runtime could not start the box: the disk is full".to_owned(),
            remedy: "Free space on the file systems of the data directory and of /run.".to_owned(),
            source: Some(message.into()),
        };
    }
    let said = if message.is_empty() { status.to_string() } else { shown(&message) };
    ProviderError::transient(format!("the OCI runtime could not start the box: {said}"), message)
}

/// A message as its owner may see it: one line of bounded length, and no place of this machine but its last name.
fn shown(message: &str) -> String {
    let words = message.split_whitespace().map(|word| {
        let is_stop = |letter: char| matches!(letter, '"' | '\'' | ':' | ',' | '(' | ')' | '=' | '[' | ']');
        let pieces = word.split_inclusive(is_stop).map(|piece| match piece.rsplit_once('/') {
            Some((front, name)) if front.starts_with('/') || front.is_empty() => format!("…/{name}"),
            _ => piece.to_owned(),
        });
        pieces.collect::<String>()
    });
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().take(MESSAGE_LETTERS_MAX).collect()
}

fn read_end(path: &Path) -> io::Result<String> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_BYTES_MAX)))?;
    let mut bytes = Vec::new();
    file.take(LOG_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn an_owner_is_told_what_the_runtime_said_and_not_where_things_lie() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("oci.log");
        let lines = "{\"level\":\"warning\",\"msg\":\"unable to terminate\"}\nno json\n{\"level\":\"error\",\
             \"msg\":\"runc run failed: error mounting \\\"/var/lib/smartbox/boxes/box_1/home\\\" to rootfs at\\n \\\"/home/agent\\\": no such file\"}\n";
        fs::write(&log, lines).unwrap();
        let told = refused(&log, ExitStatus::from_raw(1 << 8)).to_string();
        let expected = "the OCI runtime could not start the box: runc run failed: error mounting \"…/home\" to rootfs at \"…/agent\": no such file";
        assert_eq!(told, expected);
    }

    #[test]
    fn without_a_word_its_exit_is_told() {
        let nothing = Path::new("/nonexistent/oci.log");
        assert!(refused(nothing, ExitStatus::from_raw(1 << 8)).to_string().ends_with("exit status: 1"));
        assert!(refused(nothing, ExitStatus::from_raw(9)).to_string().contains("signal: 9"));
    }

    #[test]
    fn a_long_message_is_cut() {
        assert_eq!(shown(&"é".repeat(1000)).chars().count(), MESSAGE_LETTERS_MAX);
    }
}
