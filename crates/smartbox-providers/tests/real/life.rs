//! What the contract suite does not know of: restarts of the platform, deaths of a gateway, bad hosts.

use std::fs;
use std::process::Command;

use smartbox_core::{DeathReason, Observed};
use smartbox_provider::contract::Fixture;
use smartbox_provider::{LogSource, Provider, ProviderError, Spec};
use smartbox_providers::local::{ImageChoice, LocalConfig, LocalProvider};

use crate::harness::Local;

#[tokio::test]
async fn a_platform_that_is_started_again_finds_its_boxes_running() {
    let local = Local::new().await;
    let (id, spec) = local.new_box();
    let before = local.start(id, &spec).await;
    let next = local.restarted();
    let seen = next.observe_all().await.unwrap();
    assert_eq!(seen, std::slice::from_ref(&before), "the same processes, the same state");
    next.ensure_running(id, 1, &spec).await.unwrap();
    assert_eq!(next.observe_all().await.unwrap(), [before], "nothing is started again");
    next.ensure_stopped(id, 2).await.unwrap();
    assert_eq!(next.observe_all().await.unwrap()[0].observed, Observed::Stopped);
}

#[tokio::test]
async fn a_stop_lets_the_gateway_finish() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    local.provider.ensure_stopped(id, 1).await.unwrap();
    assert_eq!(local.read_volume(id, "stopped").await.unwrap(), b"gracefully\n");
}

#[tokio::test]
async fn a_refused_configuration_is_seen_as_such_and_a_new_generation_runs() {
    let local = Local::new().await;
    let (id, spec) = local.new_failing_box(78);
    local.provider.ensure_running(id, 1, &spec).await.unwrap();
    let dead = local.wait(id, |seen| matches!(seen.observed, Observed::Dead(_))).await;
    assert_eq!((dead.observed, dead.generation), (Observed::Dead(DeathReason::Config), Some(1)));
    let log = local.provider.logs(id, LogSource::Gateway, None, 5).await.unwrap();
    assert!(String::from_utf8_lossy(&log.bytes).contains("starts"), "its last words are there");
    let repaired = local.in_generation(&spec, 2);
    assert_eq!(local.start(id, &repaired).await.generation, Some(2));
}

#[tokio::test]
async fn a_gateway_that_crashes_again_and_again_is_dead_with_its_code() {
    let local = Local::new().await;
    let (id, spec) = local.new_failing_box(3);
    local.provider.ensure_running(id, 1, &spec).await.unwrap();
    let dead = local.wait(id, |seen| matches!(seen.observed, Observed::Dead(_))).await;
    assert_eq!(dead.observed, Observed::Dead(DeathReason::Crashed { code: 3 }));
    assert!(
        dead.restarts > 0 && dead.pid.is_some(),
        "boxd tried, and lives: people can look inside: {dead:?}"
    );
}

#[tokio::test]
async fn what_the_host_lacks_is_told_with_a_remedy_and_leaves_nothing() {
    let local = Local::new().await;
    let (id, spec) = local.new_box();
    let check = |config: LocalConfig, spec: Spec, named: &'static str| async move {
        let provider = LocalProvider::new(config).unwrap();
        let error = provider.ensure_running(id, 1, &spec).await.unwrap_err();
        assert!(matches!(error, ProviderError::Permanent { .. }), "{error:?}");
        assert!(error.to_string().contains(named), "{error}");
        assert!(error.remedy().is_some_and(|remedy| !remedy.is_empty()));
        assert_eq!(provider.observe_all().await.unwrap(), [], "nothing half-made");
    };
    let config = || local.config.clone();
    check(config(), Spec { runtime_version: "9.9".into(), ..spec.clone() }, "9.9").await;
    check(
        LocalConfig { boxd_binary: "/nonexistent/boxd".into(), ..config() },
        spec.clone(),
        "/nonexistent/boxd",
    )
    .await;
    check(
        LocalConfig { oci_runtime: "/nonexistent/runc".into(), ..config() },
        spec.clone(),
        "/nonexistent/runc",
    )
    .await;
    let elsewhere = local.config.data_dir.join("empty-store");
    check(LocalConfig { store_dir: elsewhere, ..config() }, spec.clone(), "image").await;
    check(config(), Spec { hostname: "a b\n1.2.3.4 evil".into(), ..spec.clone() }, "host name").await;
    check(config(), Spec { runtime_version: "../../etc".into(), ..spec }, "version").await;
}

#[tokio::test]
async fn a_full_disk_is_told_by_its_directory_and_leaves_nothing() {
    let local = Local::new().await;
    let small = local.config.data_dir.join("small");
    fs::create_dir(&small).unwrap();
    let mount = |argv: &[&str]| {
        assert!(Command::new(argv[0]).args(&argv[1..]).arg(&small).status().unwrap().success())
    };
    mount(&["mount", "-t", "tmpfs", "-o", "nr_inodes=16,size=1m", "tmpfs"]);
    let config = LocalConfig { data_dir: small.clone(), ..local.config.clone() };
    let provider = LocalProvider::new(config).unwrap();
    let (id, spec) = local.new_box();
    let error = provider.ensure_running(id, 1, &spec).await.unwrap_err();
    let seen = provider.observe_all().await.unwrap();
    mount(&["umount"]);
    assert!(matches!(error, ProviderError::Permanent { .. }), "{error:?}");
    assert!(error.to_string().contains("full") && error.to_string().contains("small"), "{error}");
    assert!(error.remedy().unwrap().contains("Free space"));
    assert_eq!(seen, []);
}

#[tokio::test]
async fn a_record_of_another_uptime_of_the_host_is_no_living_box() {
    let local = Local::new().await;
    let (id, spec) = local.new_box();
    let first = local.start(id, &spec).await;
    let record = local.config.run_dir.join("boxes").join(id.to_string()).join("run.json");
    let mut changed: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    changed["boot_id"] = "another".into();
    fs::write(&record, changed.to_string()).unwrap();
    let seen = local.observe(id).await.unwrap();
    assert_eq!((seen.observed, seen.pid), (Observed::Dead(DeathReason::Vanished), None));
    assert_ne!(local.start(id, &spec).await.pid, first.pid, "and it is started again");
}

/// Whether the process runs; one that only waits to be collected does not.
pub(crate) fn lives(pid: Option<u32>) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.unwrap())).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[tokio::test]
async fn what_a_platform_that_was_killed_in_the_middle_left_is_ended() {
    let local = Local::new().await;
    let (id, spec) = local.new_box();
    let first = local.start(id, &spec).await;
    // As if the platform had ended between the start of the processes and the record of it.
    let scratch = local.config.run_dir.join("boxes").join(id.to_string());
    fs::remove_file(scratch.join("run.json")).unwrap();
    let seen = local.observe(id).await.unwrap();
    assert_eq!(seen.observed, Observed::Dead(DeathReason::Vanished), "nobody takes it for stopped");
    local.provider.ensure_stopped(id, 1).await.unwrap();
    assert_eq!(local.observe(id).await.unwrap().observed, Observed::Stopped);
    assert!(!lives(first.pid));

    // As if another run directory had been configured before.
    let second = local.start(id, &spec).await;
    let elsewhere = LocalConfig { run_dir: local.config.run_dir.join("other"), ..local.config.clone() };
    let other = LocalProvider::new(elsewhere).unwrap();
    other.ensure_running(id, 1, &spec).await.unwrap();
    assert!(!lives(second.pid), "two gateways never share a volume");
    other.ensure_absent(id, 1).await.unwrap();
    other.shutdown().await.unwrap();
    local.provider.ensure_absent(id, 1).await.unwrap();
}

#[tokio::test]
async fn a_box_runs_on_the_hosts_programs_where_there_is_no_image() {
    let local = Local::with_image(ImageChoice::Host).await;
    let id = local.ready_box().await;
    assert_eq!(local.sh(id, "id -un").await.trim(), "agent");
    assert_eq!(local.run(id, &["touch", "/usr/x"]).await.code, 1, "and cannot change them");
    let names = local.sh(id, "ls -A /").await;
    assert!(!names.contains("srv") && !names.contains("work"), "{names}");
}

#[tokio::test]
async fn a_warm_up_fills_the_cache_that_boxes_can_only_read() {
    let local = Local::new().await;
    let (id, mut spec) = local.new_box();
    // The stand-in writes where Node would.
    let python = "import pathlib; pathlib.Path('/opt/runtime/cache/v1').mkdir(); \
                  pathlib.Path('/opt/runtime/cache/v1/code').write_text('compiled')\n";
    spec.files.iter_mut().filter(|file| file.path.ends_with(".py")).for_each(|file| {
        file.content.splice(0..0, python.bytes());
    });
    assert!(!local.provider.is_warm("test"));
    let silent = smartbox_core::progress::Silent;
    local.provider.warm_up(id, &spec, local.patience(), &silent).await.unwrap();
    assert!(local.provider.is_warm("test"));
    assert_eq!(local.observe(id).await, None, "the box is gone");
    let other = local.ready_box().await;
    assert_eq!(local.sh(other, "cat /opt/runtime/cache/v1/code").await, "compiled");
    assert_ne!(local.run(other, &["touch", "/opt/runtime/cache/v1/code"]).await.code, 0);
}
