//! Starts the real program.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::fake::Fake;

/// Longest time anything here may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);
/// The secret of every test; it must never be seen.
pub(crate) const SECRET: &str = "hush-hush-secret";
/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_smartbox");

/// What the program wrote, and its exit code (128 and the signal's number if one ended it).
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program with these words, an environment of its own, and nothing of ours.
pub(crate) fn smartbox(words: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(words).env_clear().env("PATH", "/usr/bin:/bin");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// The same, knowing a platform by its variables.
pub(crate) fn smartbox_of(fake: &Fake, words: &[&str]) -> Command {
    let mut command = smartbox(words);
    command.env("SMARTBOX_SERVER", &fake.url).env("SMARTBOX_TOKEN", SECRET);
    command
}

/// Runs a program to its end.
pub(crate) async fn end(mut command: Command) -> Ran {
    end_of(command.spawn().unwrap()).await
}

/// Waits for the end of a program.
pub(crate) async fn end_of(child: Child) -> Ran {
    use std::os::unix::process::ExitStatusExt as _;
    let output = timeout(LIMIT, child.wait_with_output()).await.unwrap().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let code = output.status.code().or_else(|| output.status.signal().map(|signal| 128 + signal)).unwrap();
    let ran = Ran { code, stdout: text(output.stdout), stderr: text(output.stderr) };
    assert!(!format!("{ran:?}").contains(SECRET), "the secret was printed: {ran:?}");
    ran
}

/// Sends a signal to a running program.
pub(crate) fn signal(child: &Child, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// Writes `platform.json` as the platform does.
pub(crate) fn write_platform_file(dir: &Path, url: &str, pid: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    let file = dir.join("platform.json");
    let text = serde_json::json!({"url": url, "pid": pid, "admin_secret": SECRET, "version": "0.1.0"});
    std::fs::write(&file, text.to_string()).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}
