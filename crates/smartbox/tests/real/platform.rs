//! A platform of its own for one test: the real program, a fresh data directory, a free port.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

/// Longest wait for a state: a cold boot on a busy machine takes over half a minute.
pub(crate) const PATIENCE: Duration = Duration::from_secs(150);
/// Pause between two looks.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A running platform. Dropping it ends it with all its boxes.
pub(crate) struct Platform {
    child: Child,
    data: TempDir,
    environment: Vec<(String, String)>,
    http: reqwest::Client,
}

impl Platform {
    /// Starts one with these variables; nothing of the caller's environment gets through.
    pub(crate) async fn start(environment: &[(&str, &str)]) -> Self {
        let data = tempfile::Builder::new().prefix("smartbox-test-").tempdir().unwrap();
        let environment: Vec<_> =
            environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let child = spawn(data.path(), &environment);
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none());
        let mut platform = Self { child, data, environment, http: http.build().unwrap() };
        platform.wait_until_serving().await;
        platform
    }

    /// The same platform once more, after [`Self::kill`].
    pub(crate) async fn start_again(&mut self) {
        self.child = spawn(self.data.path(), &self.environment);
        self.wait_until_serving().await;
    }

    /// Starts another platform beside this one, with the same settings, and waits until it serves. The command line finds this
    /// one from then on.
    pub(crate) async fn start_another(&self) -> Beside {
        let mut child =
            Beside { child: Some(spawn(self.data.path(), &self.environment)), url: String::new() };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let process = child.child.as_mut().unwrap();
            assert_eq!(process.try_wait().unwrap(), None, "it ended: {}", self.log());
            assert!(Instant::now() < deadline, "it does not serve: {}", self.log());
            let is_its = self.file().is_some_and(|file| file["pid"] == process.id());
            if is_its && self.get("/readyz").await.is_ok_and(|answer| answer.status().is_success()) {
                child.url = self.url("");
                return child;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// From here on, and once it serves, the other one is the platform. The one before was killed.
    pub(crate) async fn hand_over_to(&mut self, mut other: Beside) {
        self.child = other.child.take().unwrap();
        self.wait_until_serving().await;
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, as Ctrl-C does, and returns what it said.
    pub(crate) async fn interrupt(&mut self) -> String {
        signal(self.child.id(), rustix::process::Signal::INT);
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it does not end: {}", self.log());
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.log()
    }

    async fn wait_until_serving(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the platform ended with {status}: {}", self.log());
            }
            let mine = self.file().is_some_and(|file| file["pid"] == self.child.id());
            if mine && self.get("/readyz").await.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            assert!(Instant::now() < deadline, "it does not serve: {}", self.log());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// What it wrote to its terminal.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.data.path().join("terminal.log")).unwrap_or_default()
    }

    fn file(&self) -> Option<Value> {
        serde_json::from_slice(&fs::read(self.data.path().join("platform.json")).ok()?).ok()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.file().expect("platform.json")["url"].as_str().unwrap())
    }

    async fn get(&self, path: &str) -> reqwest::Result<reqwest::Response> {
        self.http.get(self.url(path)).header("x-admin-secret", self.admin_secret()).send().await
    }

    pub(crate) fn admin_secret(&self) -> String {
        self.file().expect("platform.json")["admin_secret"].as_str().unwrap().to_owned()
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Asks as admin.
    pub(crate) async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// Runs the command line against it.
    pub(crate) fn cli(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smartbox"));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.args(arguments).arg("--data-dir").arg(self.data.path());
        // The flag of the command line itself must stand before `--`.
        if let Some(at) = arguments.iter().position(|argument| *argument == "--") {
            command = Command::new(env!("CARGO_BIN_EXE_smartbox"));
            command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
            command.args(&arguments[..at]).arg("--data-dir").arg(self.data.path()).args(&arguments[at..]);
        }
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// Runs the command line, which must succeed; returns its standard output.
    pub(crate) fn cli_ok(&self, arguments: &[&str]) -> String {
        let output = self.cli(arguments);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {}\n{out}\n{err}\n{}", output.status, self.log());
        out.into_owned()
    }

    /// Runs a command in a box; returns exit code, output and error output.
    pub(crate) fn exec(&self, name: &str, argv: &[&str]) -> (Option<i32>, String, String) {
        let mut arguments = vec!["exec", "--box", name, "--"];
        arguments.extend(argv);
        let output = self.cli(&arguments);
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    /// Waits until the box's view fulfils a condition.
    pub(crate) async fn wait_for(&self, name: &str, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let view = self.json(&format!("/v1/boxes/{name}")).await;
            if condition(&view) {
                return view;
            }
            assert!(Instant::now() < deadline, "{name} is not {what}: {view:#}\n{}", self.log());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until the box is in a phase.
    pub(crate) async fn wait_for_phase(&self, name: &str, phase: &str) -> Value {
        self.wait_for(name, phase, |view| view["phase"] == phase).await
    }

    /// Waits until a list's first page fulfils a condition.
    pub(crate) async fn wait_for_list(&self, path: &str, condition: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let page = self.json(path).await;
            let items = page["items"].as_array().unwrap();
            if condition(items) {
                return items.clone();
            }
            assert!(Instant::now() < deadline, "{path} is not as it should be: {page:#}\n{}", self.log());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The actions in a box's timeline, newest first.
    pub(crate) async fn actions(&self, name: &str) -> Vec<String> {
        let page = self.json(&format!("/v1/boxes/{name}/timeline?limit=200")).await;
        let items = page["items"].as_array().unwrap();
        items.iter().map(|event| event["action"].as_str().unwrap().to_owned()).collect()
    }
}

/// A platform beside another one. Dropping it ends it.
pub(crate) struct Beside {
    child: Option<Child>,
    /// Its address.
    pub(crate) url: String,
}

impl Drop for Beside {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        // It was started so that it stops its boxes; a killed one is started no more, and its boxes are ended here.
        signal(self.child.id(), rustix::process::Signal::KILL);
        let _ = self.child.wait();
        end_boxes(self.data.path());
    }
}

fn spawn(data: &Path, environment: &[(String, String)]) -> Child {
    let log = File::options().create(true).append(true).open(data.join("terminal.log")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_smartbox"));
    command
        .arg("up")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", "/root")
        .env("SMARTBOX_DATA_DIR", data)
        .env("SMARTBOX_LISTEN", "127.0.0.1:0")
        .env("SMARTBOX_STORE_DIR", cache().join("store"))
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        // Signals to the test's terminal are not for the platform.
        .process_group(0);
    command.spawn().unwrap()
}

/// Where runtimes and images of tests are kept.
pub(crate) fn cache() -> PathBuf {
    match std::env::var_os("SMARTBOX_TEST_CACHE") {
        Some(cache) => PathBuf::from(cache),
        None => PathBuf::from(std::env::var_os("HOME").expect("HOME")).join(".cache/smartbox-test"),
    }
}

fn signal(pid: u32, signal: rustix::process::Signal) {
    if let Some(pid) = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Ends the boxes of a data directory: their processes are found by the files they have from it.
fn end_boxes(data: &Path) {
    let data = data.canonicalize().unwrap();
    let marker = data.join("boxes").display().to_string();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let mounts = fs::read_to_string(entry.path().join("mountinfo")).unwrap_or_default();
        // A process of a box sees its volume mounted at its home; the host sees the directory itself.
        let is_of_box =
            mounts.lines().any(|line| line.contains(&marker) || line.contains("/volume/agent /home/agent "))
                && mounts.contains(data.file_name().unwrap().to_str().unwrap());
        if is_of_box {
            signal(pid, rustix::process::Signal::KILL);
        }
    }
}
