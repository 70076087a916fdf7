//! Boxes of a provider of its own for each test, removed at the end whatever happens.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid, kill_process};
use smartbox_boxd::{AGENT_HOME, BoxdConfig, CONFIG_PATH, HOST_KEY_PATH, ServiceSpec};
use smartbox_core::progress::Silent;
use smartbox_core::{BoxId, Observed, UidRange, uid_range};
use smartbox_provider::contract::Fixture;
use smartbox_provider::{
    Files, Generation, Limits, Link, Observation, Provider, RenderedFile, RenderedFileOwner, Spec,
};
use smartbox_providers::local::{ImageChoice, LocalConfig, LocalProvider};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// Port where the stand-in runs commands.
const COMMAND_PORT: u16 = 7071;
/// Stands in for the gateway.
const GATEWAY: &str = include_str!("gateway.py");
/// One mebibyte.
pub(crate) const MIB: u64 = 1024 * 1024;

pub(crate) struct Local {
    pub(crate) provider: Arc<LocalProvider>,
    pub(crate) config: LocalConfig,
    boxes: AtomicU32,
    _dir: tempfile::TempDir,
}

/// What a command in a box did.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) output: String,
}

impl Local {
    pub(crate) async fn new() -> Self {
        Self::with_image(ImageChoice::Debian).await
    }

    pub(crate) async fn with_image(image: ImageChoice) -> Self {
        assert!(geteuid().is_root(), "these tests make namespaces and cgroups: run them as root");
        let dir = tempfile::tempdir().unwrap();
        // As /root: nobody but root may pass, and boxes must run all the same.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let data_dir = dir.path().join("data");
        fs::create_dir_all(data_dir.join("runtimes/openclaw-test")).unwrap();
        let config = LocalConfig { store_dir: store(), image, ..LocalConfig::new(data_dir, boxd()) };
        let provider = Arc::new(LocalProvider::new(config.clone()).unwrap());
        provider.ensure_image(&Silent).await.unwrap();
        Self { provider, config, boxes: AtomicU32::new(0), _dir: dir }
    }

    /// Another provider over the same directories: a platform that was started again.
    pub(crate) fn restarted(&self) -> LocalProvider {
        LocalProvider::new(self.config.clone()).unwrap()
    }

    pub(crate) fn box_dir(&self, id: BoxId) -> PathBuf {
        self.config.data_dir.join("boxes").join(id.to_string())
    }

    pub(crate) fn agent_volume(&self, id: BoxId) -> PathBuf {
        self.box_dir(id).join("volume/agent")
    }

    /// A box whose gateway ends at once with this code.
    pub(crate) fn new_failing_box(&self, code: i32) -> (BoxId, Spec) {
        let (id, mut spec) = self.new_box();
        spec.files = files(1, &[("EXIT_WITH", code.to_string())]);
        (id, spec)
    }

    pub(crate) async fn start(&self, id: BoxId, spec: &Spec) -> Observation {
        self.provider.ensure_running(id, 1, spec).await.unwrap();
        self.wait(id, |seen| seen.observed == Observed::Ready).await
    }

    /// A new box that is ready.
    pub(crate) async fn ready_box(&self) -> BoxId {
        let (id, spec) = self.new_box();
        self.start(id, &spec).await;
        id
    }

    pub(crate) async fn observe(&self, id: BoxId) -> Option<Observation> {
        self.provider.observe_all().await.unwrap().into_iter().find(|seen| seen.id == id)
    }

    pub(crate) async fn wait(&self, id: BoxId, wanted: impl Fn(&Observation) -> bool) -> Observation {
        let mut last = None;
        let wait = async {
            loop {
                last = self.observe(id).await;
                if let Some(seen) = last.clone().filter(&wanted) {
                    return seen;
                }
                let _hint = tokio::time::timeout(Duration::from_secs(1), self.provider.changed()).await;
            }
        };
        let seen = tokio::time::timeout(self.patience(), wait).await;
        seen.unwrap_or_else(|_late| panic!("the box was not seen as wanted; the last observation: {last:?}"))
    }

    /// Runs a program in the box, as the agent.
    pub(crate) async fn run(&self, id: BoxId, argv: &[&str]) -> Outcome {
        let stream = self.provider.dial(id, COMMAND_PORT).await.unwrap();
        let (reader, mut writer) = tokio::io::split(stream);
        writer.write_all(format!("{}\n", serde_json::to_string(argv).unwrap()).as_bytes()).await.unwrap();
        let mut line = String::new();
        let mut reader = BufReader::new(reader);
        tokio::time::timeout(self.patience(), reader.read_line(&mut line)).await.unwrap().unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{argv:?}: {error}: {line:?}"))
    }

    /// Runs a shell line in the box and returns what it printed.
    pub(crate) async fn sh(&self, id: BoxId, line: &str) -> String {
        self.run(id, &["sh", "-c", line]).await.output
    }

    /// Runs a Python program in the box and returns what it printed.
    pub(crate) async fn python(&self, id: BoxId, program: &str) -> String {
        self.run(id, &["python3", "-c", program]).await.output
    }

    async fn remove_everything(provider: &LocalProvider) {
        for seen in provider.observe_all().await.unwrap_or_default() {
            let _best_effort = provider.ensure_absent(seen.id, i64::MAX).await;
        }
        let _best_effort = provider.shutdown().await;
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        let config = self.config.clone();
        let clean = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                // A provider of its own: the test's may belong to a runtime that is gone.
                if let Ok(provider) = LocalProvider::new(config.clone()) {
                    Self::remove_everything(&provider).await;
                }
            });
            let _best_effort = fs::remove_dir_all(&config.run_dir);
        };
        let _panicked = std::thread::spawn(clean).join();
    }
}

#[async_trait::async_trait]
impl Fixture for Local {
    fn provider(&self) -> &dyn Provider {
        &*self.provider
    }

    fn link(&self) -> &dyn Link {
        &*self.provider
    }

    fn files(&self) -> &dyn Files {
        &*self.provider
    }

    fn new_box(&self) -> (BoxId, Spec) {
        let number = self.boxes.fetch_add(1, Ordering::Relaxed);
        let mut random = [0; 10];
        random[..4].copy_from_slice(&std::process::id().to_be_bytes());
        random[4..8].copy_from_slice(&number.to_be_bytes());
        let id = BoxId::from_parts(jiff::Timestamp::UNIX_EPOCH, random);
        // Other test processes run at the same time.
        let slot = std::process::id().wrapping_mul(31).wrapping_add(number) % uid_range::COUNT;
        let spec = Spec {
            generation: 1,
            hostname: format!("box-{}-{number}", std::process::id()),
            uid_range: UidRange::from_slot(slot).unwrap(),
            runtime_version: "test".into(),
            limits: Limits {
                cpu_millis: 1000,
                memory_bytes: 128 * MIB,
                memory_max_bytes: 256 * MIB,
                pids_max: 64,
            },
            stop_grace: Duration::from_secs(20),
            files: files(1, &[]),
        };
        (id, spec)
    }

    fn in_generation(&self, spec: &Spec, generation: Generation) -> Spec {
        Spec { generation, files: files(generation, &[]), ..spec.clone() }
    }

    async fn write_volume(&self, id: BoxId, name: &str, content: &[u8]) {
        fs::write(self.agent_volume(id).join(name), content).unwrap();
    }

    async fn read_volume(&self, id: BoxId, name: &str) -> Option<Vec<u8>> {
        fs::read(self.agent_volume(id).join(name)).ok()
    }

    async fn read_rendered(&self, id: BoxId, path: &str) -> Option<Vec<u8>> {
        let pid = self.observe(id).await.unwrap().pid.unwrap();
        fs::read(format!("/proc/{pid}/root{path}")).ok()
    }

    async fn kill(&self, id: BoxId) {
        let pid = self.observe(id).await.unwrap().pid.unwrap();
        kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
    }

    async fn add_foreign(&self) {
        for dir in foreign(&self.config) {
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("file"), "not ours").unwrap();
        }
    }

    async fn has_foreign(&self) -> bool {
        foreign(&self.config).iter().all(|dir| dir.join("file").exists())
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(60)
    }
}

fn foreign(config: &LocalConfig) -> [PathBuf; 3] {
    let boxes = config.data_dir.join("boxes");
    [boxes.join("lost+found"), boxes.join(".gone-nothing"), config.run_dir.join("boxes/notes")]
}

/// What boxd needs: its configuration with the stand-in for the gateway, and a host key.
pub(crate) fn files(generation: i64, env: &[(&str, String)]) -> Vec<RenderedFile> {
    let mut variables = vec![("PATH".to_owned(), "/usr/sbin:/usr/bin:/sbin:/bin".to_owned())];
    variables.extend(env.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let config = BoxdConfig {
        generation,
        authorized_keys: vec![],
        gateway: ServiceSpec {
            argv: ["python3", "-u", "/run/smartbox/gateway.py"].map(str::to_owned).to_vec(),
            env: variables.clone(),
            cwd: AGENT_HOME.to_owned(),
            crashes_max: 2,
            crash_window_ms: 60_000,
        },
        exec_env: variables,
        stop_grace_ms: 15_000,
        log_file_bytes_max: MIB,
        log_files_max: 3,
        gateway_admin_headers: vec![],
        secret_variables: vec![],
    };
    let file = |path: &str, content: &[u8], owner| RenderedFile {
        path: path.into(),
        content: content.into(),
        owner,
    };
    vec![
        file(CONFIG_PATH, &serde_json::to_vec(&config).unwrap(), RenderedFileOwner::Boxd),
        file("/run/smartbox/gateway.py", GATEWAY.as_bytes(), RenderedFileOwner::Agent),
        file(HOST_KEY_PATH, host_key().as_bytes(), RenderedFileOwner::Boxd),
    ]
}

/// A key of this test run.
fn host_key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let mut make = Command::new("ssh-keygen");
        make.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&path);
        assert!(make.status().unwrap().success());
        fs::read_to_string(path).unwrap()
    })
}

/// boxd, built now if it is not current.
fn boxd() -> PathBuf {
    static BOXD: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "-p", "smartbox-boxd", "--message-format=json"]);
        let output = cargo.output().unwrap();
        assert!(output.status.success(), "boxd does not build: {}", String::from_utf8_lossy(&output.stderr));
        let messages = String::from_utf8(output.stdout).unwrap();
        let messages =
            messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let mut programs = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
        programs.find(|program| program.ends_with("smartbox-boxd")).unwrap()
    };
    BOXD.get_or_init(build).clone()
}

/// The store that `make test` fills.
fn store() -> PathBuf {
    let cache = std::env::var_os("SMARTBOX_TEST_CACHE").map_or_else(
        || Path::new(&std::env::var_os("HOME").unwrap()).join(".cache/smartbox-test"),
        PathBuf::from,
    );
    let store = cache.join("store");
    fs::create_dir_all(&store).unwrap();
    store
}
