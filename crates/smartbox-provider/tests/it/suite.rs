//! The contract suite against the fake.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use smartbox_core::{BoxId, DeathReason, UidRange};
use smartbox_provider::contract::{Fixture, GREETING_PORT};
use smartbox_provider::fake::FakeProvider;
use smartbox_provider::{
    Files, Generation, Limits, Link, Provider, RenderedFile, RenderedFileOwner, Spec, contract_suite,
};
use tokio::io::AsyncWriteExt;

pub(crate) struct FakeFixture {
    provider: FakeProvider,
    boxes: AtomicU64,
}

impl FakeFixture {
    fn new() -> Self {
        let provider = FakeProvider::new();
        provider.serve(GREETING_PORT, |id, mut stream| async move {
            let _closed = stream.write_all(id.to_string().as_bytes()).await;
        });
        Self { provider, boxes: AtomicU64::new(0) }
    }
}

pub(crate) fn box_and_spec(number: u64) -> (BoxId, Spec) {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    let id = BoxId::from_parts(jiff::Timestamp::UNIX_EPOCH, random);
    let spec = Spec {
        generation: 1,
        hostname: id.to_string(),
        uid_range: UidRange::from_slot(0).unwrap(),
        runtime_version: "1".into(),
        limits: Limits { cpu_millis: 1000, memory_bytes: 1, memory_max_bytes: 2, pids_max: 10 },
        stop_grace: Duration::from_secs(1),
        files: vec![RenderedFile {
            path: "/run/smartbox/gateway.json".into(),
            content: b"{}".into(),
            owner: RenderedFileOwner::Agent,
        }],
    };
    (id, spec)
}

#[async_trait::async_trait]
impl Fixture for FakeFixture {
    fn provider(&self) -> &dyn Provider {
        &self.provider
    }
    fn link(&self) -> &dyn Link {
        &self.provider
    }
    fn files(&self) -> &dyn Files {
        &self.provider
    }
    fn new_box(&self) -> (BoxId, Spec) {
        box_and_spec(self.boxes.fetch_add(1, Ordering::Relaxed))
    }
    fn in_generation(&self, spec: &Spec, generation: Generation) -> Spec {
        Spec { generation, ..spec.clone() }
    }
    async fn write_volume(&self, id: BoxId, name: &str, content: &[u8]) {
        self.provider.write_volume(id, name, content);
    }
    async fn read_volume(&self, id: BoxId, name: &str) -> Option<Vec<u8>> {
        self.provider.read_volume(id, name)
    }
    async fn read_rendered(&self, id: BoxId, path: &str) -> Option<Vec<u8>> {
        let files = self.provider.spec(id)?.files;
        files.into_iter().find(|file| file.path == path).map(|file| file.content)
    }
    async fn kill(&self, id: BoxId) {
        self.provider.die(id, DeathReason::Vanished);
    }
    async fn add_foreign(&self) {
        self.provider.add_foreign("not-ours");
    }
    async fn has_foreign(&self) -> bool {
        self.provider.has_foreign("not-ours")
    }
    fn patience(&self) -> Duration {
        Duration::from_secs(10)
    }
}

contract_suite!(FakeFixture::new());
