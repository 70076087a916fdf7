//! A gateway as a child process, with directories of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;
use smartbox_openclaw::probe::{Finding, Probe, probe};
use smartbox_openclaw::{
    GatewayConfig, GatewayCredential, InstalledRuntime, Model, ModelApi, ModelConfig, gateway_env,
};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// Longest wait for anything. A boot takes 10 seconds on a quiet machine.
const WAIT_MAX: Duration = Duration::from_secs(240);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

pub(crate) struct Gateway {
    child: Child,
    port: u16,
    config: Vec<u8>,
    dir: TempDir,
}

impl Gateway {
    /// With the configuration of a box, and other places.
    pub(crate) fn start(runtime: &InstalledRuntime, model_url: &str, token: &SecretString) -> Self {
        let model = Model {
            api: ModelApi::AnthropicMessages,
            id: "scripted".to_owned(),
            name: "Scripted".to_owned(),
            context_window: 200_000,
            max_tokens: 8_000,
            reasoning: false,
            images: false,
        };
        let port = free_port();
        let dir = tempfile::tempdir().unwrap();
        let mut config =
            GatewayConfig::new(ModelConfig::new(model, Vec::new()), GatewayCredential::new(token));
        config.ai_gateway_url = model_url.to_owned();
        config.port = port;
        config.workspace = path_text(&dir.path().join("workspace"));
        config.log_file = path_text(&dir.path().join("openclaw.log"));
        Self::start_in(dir, runtime, &config.render(), port)
    }

    /// With any configuration.
    pub(crate) fn start_with(runtime: &InstalledRuntime, config: &[u8], port: u16) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), runtime, config, port)
    }

    fn start_in(dir: TempDir, runtime: &InstalledRuntime, config: &[u8], port: u16) -> Self {
        let place = |name: &str| dir.path().join(name);
        for name in ["home", "state", "tmp", "workspace", "config"] {
            fs::create_dir(place(name)).unwrap();
        }
        let config_path = place("config").join("openclaw.json");
        fs::write(&config_path, config).unwrap();
        fs::set_permissions(&config_path, fs::Permissions::from_mode(0o444)).unwrap();
        fs::set_permissions(place("config"), fs::Permissions::from_mode(0o555)).unwrap();
        let output = fs::File::create(place("output")).unwrap();

        let mut command = Command::new(runtime.node());
        command.arg(runtime.openclaw()).arg("gateway").current_dir(dir.path());
        command.env_clear().envs(gateway_env(&runtime.version));
        command.env("PATH", format!("{}:/usr/bin:/bin", path_text(&runtime.path.join("bin"))));
        command.env("HOME", place("home")).env("TMPDIR", place("tmp"));
        command.env("OPENCLAW_STATE_DIR", place("state")).env("OPENCLAW_CONFIG_PATH", &config_path);
        // Outside of a box there is no shared cache.
        command.env_remove("NODE_COMPILE_CACHE").env("NODE_DISABLE_COMPILE_CACHE", "1");
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output).kill_on_drop(true);
        let child = command.spawn().unwrap();
        Self { child, port, config: config.to_owned(), dir }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) async fn dial(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    pub(crate) async fn probe(&self, kind: Probe) -> Option<Finding> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
        probe(stream, kind).await.ok()
    }

    pub(crate) async fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + WAIT_MAX;
        while !self.probe(Probe::Ready).await.is_some_and(|finding| finding.ok) {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the gateway ended with {status}:\n{}", self.output());
            }
            assert!(Instant::now() < deadline, "the gateway is not ready:\n{}", self.output());
            sleep(POLL_INTERVAL).await;
        }
    }

    /// Polls until there is something.
    pub(crate) async fn poll<T>(&self, what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
        let deadline = Instant::now() + WAIT_MAX;
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            assert!(Instant::now() < deadline, "never {what}:\n{}", self.output());
            sleep(POLL_INTERVAL * 10).await;
        }
    }

    pub(crate) fn config_is_untouched(&self) {
        let directory = self.dir.path().join("config");
        assert_eq!(fs::read(directory.join("openclaw.json")).unwrap(), self.config);
        assert_eq!(fs::read_dir(directory).unwrap().count(), 1);
    }

    /// Asks it to stop; its exit code.
    pub(crate) async fn terminate(&mut self) -> Option<i32> {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        rustix::process::kill_process(
            rustix::process::Pid::from_raw(pid).unwrap(),
            rustix::process::Signal::TERM,
        )
        .unwrap();
        self.wait_for_end().await
    }

    pub(crate) async fn wait_for_end(&mut self) -> Option<i32> {
        let Ok(status) = timeout(WAIT_MAX, self.child.wait()).await else {
            panic!("the gateway does not end:\n{}", self.output());
        };
        status.unwrap().code()
    }

    fn output(&self) -> String {
        fs::read_to_string(self.dir.path().join("output")).unwrap_or_default()
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn path_text(path: &Path) -> String {
    PathBuf::from(path).into_os_string().into_string().unwrap()
}
