//! A server and its hot standby, under one name that can be moved.

use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::time::{sleep, timeout};

/// Longest wait for a server.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Both have their own directory, so they can have the same one.
const PORT: u16 = 5432;

/// A primary that acknowledges a write when its standby has it, too.
pub(crate) struct Pair {
    directory: tempfile::TempDir,
    primary: Child,
    standby: Child,
}

impl Pair {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path();
        for role in ["primary", "standby"] {
            std::fs::create_dir(at.join(role)).unwrap();
        }
        give_away(at);
        let words =
            ["--auth", "trust", "--username", "smartbox", "--no-sync", "--locale", "C", "--encoding", "UTF8"];
        run(program("initdb", at).arg("--pgdata").arg(at.join("primary/data")).args(words));
        let primary = serve(at, "primary");
        let mut connection = connect(&at.join("primary")).await;
        let from = format!(
            "host={} port={PORT} user=smartbox application_name=standby",
            at.join("primary").display()
        );
        let data = at.join("standby/data");
        run(program("pg_basebackup", at).arg("--pgdata").arg(&data).args(["--dbname", &from]).args([
            "--write-recovery-conf",
            "--checkpoint",
            "fast",
            "--no-sync",
        ]));
        let standby = serve(at, "standby");
        for sql in ["alter system set synchronous_standby_names = 'standby'", "select pg_reload_conf()"] {
            sqlx::query(sql).execute(&mut connection).await.unwrap();
        }
        until(async || {
            let state: Option<String> = sqlx::query_scalar("select sync_state from pg_stat_replication")
                .fetch_optional(&mut connection)
                .await
                .unwrap();
            state.as_deref() == Some("sync")
        })
        .await;
        let made = "create database smartbox template template0 encoding 'UTF8' locale 'C'";
        sqlx::query(made).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let pair = Self { directory, primary, standby };
        pair.name("primary");
        pair
    }

    /// The address of the database: by the name.
    pub(crate) fn url(&self) -> SecretString {
        let name = self.directory.path().join("name");
        format!("postgres://smartbox@localhost:{PORT}/smartbox?host={}", name.display()).into()
    }

    /// `kill -9`: nothing is finished.
    pub(crate) fn kill_primary(&mut self) {
        self.primary.kill().unwrap();
        self.primary.wait().unwrap();
    }

    /// The name is that of the standby from here on, which stays one.
    pub(crate) fn name_the_standby(&self) {
        self.name("standby");
    }

    /// The standby becomes the server that takes writes.
    pub(crate) async fn promote(&self) {
        let mut connection = connect(&self.directory.path().join("standby")).await;
        let is_done: bool =
            sqlx::query_scalar("select pg_promote()").fetch_one(&mut connection).await.unwrap();
        assert!(is_done);
        connection.close().await.unwrap();
    }

    fn name(&self, role: &str) {
        let (name, new) = (self.directory.path().join("name"), self.directory.path().join("name.new"));
        symlink(self.directory.path().join(role), &new).unwrap();
        std::fs::rename(new, name).unwrap();
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        for server in [&mut self.primary, &mut self.standby] {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// A program of the server's.
fn program(name: &str, directory: &Path) -> Command {
    let path = PathBuf::from(std::env::var_os("SMARTBOX_TEST_POSTGRES_BIN").unwrap()).join(name);
    let mut command = Command::new(path);
    command.current_dir(directory).stdin(Stdio::null()).stdout(Stdio::null());
    // The server refuses to run as root.
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Who owns nothing.
const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn give_away(directory: &Path) {
    if is_root() {
        for place in [directory.to_owned(), directory.join("primary"), directory.join("standby")] {
            std::os::unix::fs::chown(place, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

fn serve(directory: &Path, role: &str) -> Child {
    let mut command = program("postgres", directory);
    command.arg("-D").arg(directory.join(role).join("data")).args(["-p", &PORT.to_string()]);
    command.args([
        "-c",
        "listen_addresses=",
        "-c",
        "fsync=off",
        "-c",
        "shared_buffers=16MB",
        "-c",
        "max_connections=40",
    ]);
    command.arg("-c").arg(format!("unix_socket_directories={}", directory.join(role).display()));
    let log = std::fs::File::create(directory.join(role).join("server.log")).unwrap();
    command.stderr(log).spawn().unwrap()
}

async fn connect(socket_dir: &Path) -> PgConnection {
    let url = format!("postgres://smartbox@localhost:{PORT}/postgres?host={}", socket_dir.display());
    let options: PgConnectOptions = url.parse().unwrap();
    let connection = timeout(PATIENCE, async {
        loop {
            if let Ok(connection) = options.connect().await {
                return connection;
            }
            sleep(LOOK_EVERY).await;
        }
    });
    connection.await.unwrap()
}

async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let looks = async {
        while !is_so().await {
            sleep(LOOK_EVERY).await;
        }
    };
    timeout(PATIENCE, looks).await.unwrap();
}
