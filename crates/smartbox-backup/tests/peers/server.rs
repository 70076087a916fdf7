//! SeaweedFS, which speaks S3.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::{ObjectStore, ObjectStoreExt};
use secrecy::SecretString;
use smartbox_backup::{Bucket, Place};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) const ACCESS: &str = "test-access";
pub(crate) const SECRET: &str = "test-secret-key";
pub(crate) const BUCKET: &str = "backups";

/// What restic needs to reach it.
pub(crate) const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", ACCESS), ("AWS_SECRET_ACCESS_KEY", SECRET)];

/// Servers that are started until one comes up: a port may be taken by somebody else meanwhile.
const STARTS: u32 = 4;
/// How often one is asked whether it is there, and how long each time is waited.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(250);

pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
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
    /// Starts one with an empty bucket, and waits until it answers.
    pub(crate) fn start(runtime: &Runtime) -> Self {
        let mut started = (0..STARTS).map(|_| Self::spawn());
        started.find(|server| server.make_bucket(runtime)).expect("the S3 server comes up")
    }

    fn spawn() -> Self {
        let root = tempfile::tempdir().unwrap();
        let identities = serde_json::json!({ "identities": [{
            "name": "admin",
            "credentials": [{ "accessKey": ACCESS, "secretKey": SECRET }],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }] });
        fs::write(root.path().join("s3.json"), identities.to_string()).unwrap();
        // A bucket is a directory of the filer.
        fs::create_dir(root.path().join("data")).unwrap();
        let [s3, master, volume, filer, g1, g2, g3, g4] = free_ports::<8>();
        let mut command = Command::new(weed());
        command.args(["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3"]);
        command.args(["-master.volumeSizeLimitMB=64", "-volume.max=40", "-master.volumePreallocate=false"]);
        command.arg(format!("-dir={}", root.path().join("data").display()));
        command.arg(format!("-s3.config={}", root.path().join("s3.json").display()));
        for (part, port) in [
            ("s3.port", s3),
            ("master.port", master),
            ("volume.port", volume),
            ("filer.port", filer),
            ("s3.port.grpc", g1),
            ("master.port.grpc", g2),
            ("volume.port.grpc", g3),
            ("filer.port.grpc", g4),
        ] {
            command.arg(format!("-{part}={port}"));
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { child, port: s3, _root: root }
    }

    fn make_bucket(&self, runtime: &Runtime) -> bool {
        let store = self.raw();
        let path = object_store::path::Path::from("ready");
        for _ in 0..TRIES {
            // restic makes buckets; object_store does not.
            let address = format!("s3:http://127.0.0.1:{}/{BUCKET}/unused", self.port);
            let mut restic = Command::new("restic");
            restic.env_clear().env("PATH", "/usr/bin:/bin").env("RESTIC_PASSWORD", "x").envs(KEYS);
            let made =
                restic.args(["--no-cache", "-r", &address, "init"]).output().expect("restic is installed");
            let is_writable = || runtime.block_on(store.put(&path, "x".into())).is_ok();
            if made.status.success() && is_writable() {
                return runtime.block_on(store.delete(&path)).is_ok();
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "between two times that a program of others is asked"
            )]
            std::thread::sleep(PAUSE);
        }
        false
    }

    /// The bucket as anybody sees it who has its keys.
    pub(crate) fn raw(&self) -> Arc<dyn ObjectStore> {
        let retry = object_store::RetryConfig { max_retries: 0, ..object_store::RetryConfig::default() };
        let store = AmazonS3Builder::new()
            .with_bucket_name(BUCKET)
            .with_region("us-east-1")
            .with_access_key_id(ACCESS)
            .with_secret_access_key(SECRET)
            .with_endpoint(format!("http://127.0.0.1:{}", self.port))
            .with_retry(retry)
            .with_allow_http(true);
        Arc::new(store.build().unwrap())
    }

    pub(crate) fn place(&self) -> Place {
        place(self.port, BUCKET, SECRET)
    }
}

/// A bucket at a port of this machine.
pub(crate) fn place(port: u16, bucket: &str, secret: &str) -> Place {
    Place::Bucket(Bucket {
        name: bucket.to_owned(),
        prefix: "smartbox".to_owned(),
        endpoint: Some(format!("http://127.0.0.1:{port}")),
        region: "us-east-1".to_owned(),
        access_key_id: ACCESS.to_owned(),
        secret_access_key: SecretString::from(secret.to_owned()),
    })
}
