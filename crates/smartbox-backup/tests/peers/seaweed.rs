//! A real S3 server.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use secrecy::SecretString;
use smartbox_backup::{Bucket, Conditional, Depot, Limits, Place};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::world::{BOX, KEY, OWNER, home, ids, restic, save, succeeds};

const ACCESS: &str = "test-access";
const SECRET: &str = "test-secret-key";

struct Server {
    child: Child,
    port: u16,
    _root: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked to end in order it takes a quarter of a minute.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' cache is named by the environment")]
fn weed() -> PathBuf {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = named("SMARTBOX_TEST_CACHE").unwrap_or_else(|| {
        let caches = named("XDG_CACHE_HOME").unwrap_or_else(|| named("HOME").unwrap().join(".cache"));
        caches.join("smartbox-test")
    });
    let weed = cache.join("python/bin/weed");
    assert!(weed.exists(), "{} is missing; run scripts/test-python.sh", weed.display());
    weed
}

fn free_ports<const N: usize>() -> [u16; N] {
    let held: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    std::array::from_fn(|at| held[at].local_addr().unwrap().port())
}

impl Server {
    fn start() -> Self {
        let root = tempfile::tempdir().unwrap();
        let identities = format!(
            r#"{{"identities":[{{"name":"admin","credentials":[{{"accessKey":"{ACCESS}","secretKey":"{SECRET}"}}],"actions":["Admin","Read","Write","List","Tagging"]}}]}}"#
        );
        fs::write(root.path().join("s3.json"), identities).unwrap();
        fs::create_dir(root.path().join("data")).unwrap();
        let [s3, master, volume, filer, g1, g2, g3, g4] = free_ports::<8>();
        let child = Command::new(weed())
            .args([
                "server",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                "-s3",
                "-master.volumeSizeLimitMB=64",
                "-volume.max=20",
            ])
            .arg(format!("-dir={}", root.path().join("data").display()))
            .arg(format!("-s3.config={}", root.path().join("s3.json").display()))
            .args([
                format!("-s3.port={s3}"),
                format!("-master.port={master}"),
                format!("-volume.port={volume}"),
            ])
            .args([
                format!("-filer.port={filer}"),
                format!("-s3.port.grpc={g1}"),
                format!("-master.port.grpc={g2}"),
            ])
            .args([format!("-volume.port.grpc={g3}"), format!("-filer.port.grpc={g4}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, port: s3, _root: root }
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn place(&self, secret: &str) -> Place {
        Place::Bucket(Bucket {
            name: "backups".to_owned(),
            prefix: "smartbox".to_owned(),
            endpoint: Some(self.address()),
            region: "us-east-1".to_owned(),
            access_key_id: ACCESS.to_owned(),
            secret_access_key: SecretString::from(secret.to_owned()),
        })
    }

    /// Waits until the bucket is there: the server's parts find each other after a few seconds.
    fn make_bucket(&self) {
        let keys = [("AWS_ACCESS_KEY_ID", ACCESS), ("AWS_SECRET_ACCESS_KEY", SECRET)];
        for _ in 0..60 {
            let mut command = Command::new("restic");
            command.env_clear().env("PATH", "/usr/bin:/bin").env("RESTIC_PASSWORD", "x").envs(keys);
            let made = command
                .args(["--no-cache", "-r", &format!("s3:{}/backups/other", self.address()), "init"])
                .output();
            if made.is_ok_and(|output| output.status.success()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        panic!("the S3 server did not come up");
    }
}

#[test]
fn snapshots_go_to_a_bucket_and_come_back_and_restic_reads_them_there() {
    let runtime = Runtime::new().unwrap();
    let server = Server::start();
    server.make_bucket();
    let depot = Depot::open(&server.place(SECRET), runtime.handle().clone()).unwrap();
    assert_eq!(runtime.block_on(depot.probe("nonce")).unwrap(), Conditional::Kept);
    let root = tempfile::tempdir().unwrap();
    let home = home(&root);
    let saved = save(&depot, &home);
    let again = save(&depot, &home);
    assert!(again.added_bytes < saved.added_bytes.max(64 << 10), "{again:?}");

    let repository = depot.repository(OWNER, BOX, SecretString::from(KEY)).unwrap();
    assert_eq!(repository.verify(&saved.snapshot).unwrap(), saved.files);
    let into = root.path().join("staged");
    fs::create_dir(&into).unwrap();
    repository.restore(&saved.snapshot, &into, ids(), Limits::default()).unwrap();
    assert_eq!(fs::read(into.join("workspace/notes/today.md")).unwrap(), b"buy milk");

    let keys = [("AWS_ACCESS_KEY_ID", ACCESS), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    let checked = succeeds(&restic(&depot, &keys, &["check", "--read-data"]));
    assert!(checked.contains("no errors were found"), "{checked}");

    let stranger = Depot::open(&server.place("wrong"), runtime.handle().clone()).unwrap();
    let stranger = stranger.repository(OWNER, BOX, SecretString::from(KEY)).unwrap();
    assert!(stranger.verify(&saved.snapshot).is_err());
    runtime.block_on(depot.erase(OWNER, BOX)).unwrap();
    assert_eq!(repository.snapshots().unwrap(), Vec::<String>::new());
}
