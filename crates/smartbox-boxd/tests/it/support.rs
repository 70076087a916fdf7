//! A box on the host: directories, keys, ports, and a boxd that is ended with the test.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use secrecy::{ExposeSecret as _, SecretString};
use smartbox_boxd::{BoxdConfig, BoxdStatus, GatewayStatus, ServiceSpec};
use smartbox_tunnel::{BoxKeys, BoxSsh, ExecEvent, ExecRequest, ExecSession, KeyPair, generate_key_pair};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// Everything in a test happens within this, or the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How boxd is started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// As an ordinary process that runs programs as its own user.
    SameUser,
    /// As an ordinary process of root that runs programs as the agent.
    AsAgent,
    /// As the first process of a process namespace.
    First,
}

/// A box.
pub(crate) struct TestBox {
    root: tempfile::TempDir,
    pub(crate) host: KeyPair,
    pub(crate) client: KeyPair,
    pub(crate) ssh_port: u16,
    pub(crate) gateway_port: u16,
    pub(crate) config: BoxdConfig,
    /// Longest wait for the answer to a probe.
    pub(crate) probe: Duration,
    how: How,
    boxd: Option<Child>,
}

impl TestBox {
    /// A box whose gateway is the fake one, not yet started.
    pub(crate) fn new() -> Result<Self> {
        let root = tempfile::Builder::new().prefix("boxd-").tempdir()?;
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755))?;
        for directory in ["run/smartbox", "var/lib/boxd", "home/agent", "gateway"] {
            fs::create_dir_all(root.path().join(directory))?;
        }
        fs::write(root.path().join("gateway.py"), include_str!("fake_gateway.py"))?;
        let (host, client) = (generate_key_pair([1; 32])?, generate_key_pair([2; 32])?);
        let (ssh_port, gateway_port) = free_ports()?;
        let path = |name: &str| root.path().join(name).display().to_string();
        let config = BoxdConfig {
            generation: 7,
            authorized_keys: vec![client.public.clone()],
            gateway: ServiceSpec {
                argv: ["python3", "-u", &path("gateway.py"), &gateway_port.to_string()]
                    .map(str::to_owned)
                    .to_vec(),
                env: vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())],
                cwd: path("gateway"),
                crashes_max: 3,
                crash_window_ms: 60_000,
            },
            exec_env: vec![
                ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
                ("HOME".to_owned(), path("home/agent")),
                ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ],
            stop_grace_ms: 4_000,
            log_file_bytes_max: 1_000_000,
            log_files_max: 2,
            gateway_admin_headers: vec![("authorization".to_owned(), "Bearer test-token".to_owned())],
            secret_variables: vec![],
        };
        Ok(Self {
            root,
            host,
            client,
            ssh_port,
            gateway_port,
            config,
            probe: PATIENCE,
            how: How::SameUser,
            boxd: None,
        })
    }

    /// A box with an idle gateway, started: for tests of everything else.
    pub(crate) async fn running(how: How) -> Result<Self> {
        let mut test_box = Self::new()?;
        test_box.how = how;
        test_box.gateway_script("exec sleep 1000");
        test_box.start().await?;
        Ok(test_box)
    }

    /// Uses a shell script as the gateway.
    pub(crate) fn gateway_script(&mut self, script: &str) {
        self.config.gateway.argv = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
    }

    /// A path below the box's root.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Makes a file that tells the fake gateway what to do.
    pub(crate) fn tell_gateway(&self, file: &str) -> Result<()> {
        Ok(fs::write(self.path("gateway").join(file), "")?)
    }

    /// Takes it away again.
    pub(crate) fn untell_gateway(&self, file: &str) -> Result<()> {
        Ok(fs::remove_file(self.path("gateway").join(file))?)
    }

    /// How often it was probed while it told that it drains.
    pub(crate) fn draining_probes(&self) -> usize {
        fs::read(self.path("gateway/draining-probes")).map_or(0, |probes| probes.len())
    }

    /// What the fake gateway was asked.
    pub(crate) fn gateway_calls(&self) -> String {
        fs::read_to_string(self.path("gateway/calls.log")).unwrap_or_default()
    }

    /// Starts boxd and waits until its SSH port is open.
    pub(crate) async fn start(&mut self) -> Result<()> {
        self.launch()?;
        let port = self.ssh_port;
        eventually("boxd listens", async || TcpStream::connect(("127.0.0.1", port)).await.ok()).await?;
        Ok(())
    }

    /// Starts boxd.
    pub(crate) fn launch(&mut self) -> Result<()> {
        fs::write(self.path("run/smartbox/boxd.json"), serde_json::to_vec(&self.config)?)?;
        write_private(&self.path("var/lib/boxd/ssh_host_ed25519_key"), &self.host.private)?;
        self.boxd = Some(self.command().kill_on_drop(true).spawn().context("cannot start boxd")?);
        Ok(())
    }

    /// boxd with the arguments of this box.
    pub(crate) fn command(&self) -> Command {
        let program = env!("CARGO_BIN_EXE_smartbox-boxd");
        let mut command = if self.how == How::First {
            let mut unshare = Command::new("unshare");
            unshare.args(["--pid", "--fork", "--kill-child", "--mount-proc", program]);
            unshare
        } else {
            Command::new(program)
        };
        command.arg("--root").arg(self.root.path());
        command.args([
            "--ssh-port",
            &self.ssh_port.to_string(),
            "--gateway-port",
            &self.gateway_port.to_string(),
            "--probe-ms",
            &self.probe.as_millis().to_string(),
        ]);
        if self.how == How::SameUser {
            command.arg("--same-user");
        }
        command
            .env("SMARTBOX_TEST_LEAK", "must not be inherited")
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// boxd's process id on the host.
    pub(crate) fn pid(&self) -> Result<Pid> {
        let child = self.boxd.as_ref().and_then(Child::id).context("boxd is not running")?;
        let pid = if self.how == How::First {
            fs::read_to_string(format!("/proc/{child}/task/{child}/children"))?.trim().parse()?
        } else {
            i32::try_from(child)?
        };
        Pid::from_raw(pid).context("no process id")
    }

    /// boxd's resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()?.as_raw_nonzero()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
    }

    /// Asks boxd to stop.
    pub(crate) fn ask_to_stop(&self) -> Result<()> {
        Ok(kill_process(self.pid()?, Signal::TERM)?)
    }

    /// Waits for boxd's end and returns its exit code.
    pub(crate) async fn ended(&mut self) -> Result<Option<i32>> {
        let mut boxd = self.boxd.take().context("boxd is not running")?;
        Ok(timeout(PATIENCE, boxd.wait()).await??.code())
    }

    /// What boxd reported last.
    pub(crate) fn status(&self) -> Result<BoxdStatus> {
        Ok(serde_json::from_slice(&fs::read(self.path("var/lib/boxd/status.json"))?)?)
    }

    /// Waits until boxd reports that state.
    pub(crate) async fn reports(&self, expected: GatewayStatus) -> Result<BoxdStatus> {
        let what = format!("boxd reports {expected:?}");
        let found =
            eventually(&what, async || self.status().ok().filter(|status| status.gateway == expected));
        found.await.with_context(|| format!("last status {:?}; log:\n{}", self.status(), self.boxd_log()))
    }

    /// boxd's own log.
    pub(crate) fn boxd_log(&self) -> String {
        fs::read_to_string(self.path("var/lib/boxd/logs/boxd.log")).unwrap_or_default()
    }

    /// The platform's client for this box.
    pub(crate) fn ssh(&self) -> Result<BoxSsh> {
        self.ssh_with(&self.host.public, &self.client.private)
    }

    /// A client with other keys.
    pub(crate) fn ssh_with(&self, host: &str, client: &SecretString) -> Result<BoxSsh> {
        let port = self.ssh_port;
        let dial = move || async move {
            let stream = TcpStream::connect(("127.0.0.1", port)).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        Ok(BoxSsh::new(dial, BoxKeys::parse(host, client)?))
    }
}

impl Drop for TestBox {
    fn drop(&mut self) {
        // Twice: at once, and with everything that boxd has started.
        for _ in 0..2 {
            let _ = self.ask_to_stop();
        }
        let Some(mut boxd) = self.boxd.take() else { return };
        for _ in 0..500 {
            if !matches!(boxd.try_wait(), Ok(None)) {
                return;
            }
            #[expect(clippy::disallowed_methods, reason = "a destructor cannot await")]
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// What a command said until its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) end: Option<ExecEvent>,
}

impl Outcome {
    /// The exit code, if it ended with one.
    pub(crate) fn code(&self) -> Option<u32> {
        match self.end {
            Some(ExecEvent::Exit { code }) => Some(code),
            _ => None,
        }
    }
}

/// Runs a command without input.
pub(crate) async fn run(ssh: &BoxSsh, argv: &[&str]) -> Result<Outcome> {
    let session = ssh.exec(request(argv)).await?;
    session.input().finish().await?;
    timeout(PATIENCE, finish(session)).await?
}

/// A request for a command.
pub(crate) fn request(argv: &[&str]) -> ExecRequest {
    ExecRequest { argv: argv.iter().map(|&argument| argument.to_owned()).collect(), ..ExecRequest::default() }
}

/// Reads a session to its end.
pub(crate) async fn finish(mut session: ExecSession) -> Result<Outcome> {
    let (mut outcome, mut stdout, mut stderr) = (Outcome::default(), Vec::new(), Vec::new());
    while let Some(event) = session.next().await? {
        match event {
            ExecEvent::Stdout(bytes) => stdout.extend_from_slice(&bytes),
            ExecEvent::Stderr(bytes) => stderr.extend_from_slice(&bytes),
            end => ensure!(outcome.end.replace(end).is_none(), "ended twice"),
        }
    }
    (outcome.stdout, outcome.stderr) = (String::from_utf8(stdout)?, String::from_utf8(stderr)?);
    Ok(outcome)
}

/// Waits until output contains a text, and returns all of it.
pub(crate) async fn read_until(session: &mut ExecSession, text: &str) -> Result<String> {
    let mut seen = String::new();
    let deadline = Instant::now() + PATIENCE;
    while !seen.contains(text) {
        let event = timeout_at(deadline, session.next()).await;
        let event = event.with_context(|| format!("waited for {text:?} and saw {seen:?}"))??;
        match event {
            Some(ExecEvent::Stdout(bytes) | ExecEvent::Stderr(bytes)) => {
                seen.push_str(&String::from_utf8_lossy(&bytes));
            }
            end => bail!("ended with {end:?} after {seen:?}, before {text:?}"),
        }
    }
    Ok(seen)
}

/// Polls until there is something.
pub(crate) async fn eventually<T>(what: &str, poll: impl AsyncFn() -> Option<T>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(found) = poll().await {
            return Ok(found);
        }
        sleep(Duration::from_millis(10)).await;
    }
    bail!("waited in vain: {what}")
}

/// Whether a process of that number runs.
pub(crate) fn is_alive(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Writes a key as OpenSSH wants it.
pub(crate) fn write_private(path: &Path, key: &SecretString) -> Result<()> {
    fs::write(path, key.expose_secret())?;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o600))?)
}

/// Whether this test runs as root; says so when it does not.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
pub(crate) fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("SKIPPED: needs root");
    }
    root
}

fn free_ports() -> Result<(u16, u16)> {
    let (first, second) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    Ok((first.local_addr()?.port(), second.local_addr()?.port()))
}
