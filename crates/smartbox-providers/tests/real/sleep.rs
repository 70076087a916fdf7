//! Freezing, thawing, squeezing: with the kernel's real freezer and real swap.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use smartbox_core::{BoxId, Observed, SleepDepth};
use smartbox_provider::contract::Fixture;
use smartbox_provider::{LinkError, Provider};
use smartbox_providers::local::setup_swap;

use crate::harness::{Local, MIB};
use crate::life::lives;

/// The directory of a box's group in a hierarchy, wherever its instance has it.
fn group(id: BoxId, hierarchy: &str) -> PathBuf {
    let instances = fs::read_dir(Path::new("/sys/fs/cgroup").join(hierarchy).join("smartbox")).unwrap();
    let mut groups = instances.map(|entry| entry.unwrap().path().join(id.to_string()));
    groups.find(|group| group.exists()).unwrap()
}

fn pids_hierarchy() -> &'static str {
    if Path::new("/sys/fs/cgroup/pids").exists() { "pids" } else { "" }
}

fn processes(id: BoxId) -> Vec<u32> {
    let text = fs::read_to_string(group(id, pids_hierarchy()).join("cgroup.procs")).unwrap();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

/// CPU time of all processes of the box so far, in clock ticks of 10 ms.
fn ticks(id: BoxId) -> u64 {
    let of = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields: Vec<&str> =
            stat.rsplit_once(')').map_or(vec![], |(_, rest)| rest.split_whitespace().collect());
        let field = |at: usize| fields.get(at).map_or(0, |text| text.parse::<u64>().unwrap());
        field(11) + field(12)
    };
    processes(id).into_iter().map(of).sum()
}

/// Uses up a second of CPU time of this thread: in that time a box that runs would have used some, too.
fn a_second_of_work() {
    let ticks = || {
        let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let begun = ticks();
    while ticks() < begun + 100 {
        std::hint::spin_loop();
    }
}

const COUNTING: &str = "
import os, pathlib
if os.fork() == 0:
    os.setsid()
    n = 0
    while True:
        n += 1
        pathlib.Path('/home/agent/count').write_text(str(n))
";

#[tokio::test]
async fn a_frozen_box_uses_no_cpu_and_goes_on_where_it_was() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    let running = || {
        let count = fs::read_to_string(local.agent_volume(id).join("count")).unwrap_or_default();
        count.parse::<u64>().unwrap_or(0)
    };
    // A child of the gateway that writes without end: it must sleep as well.
    let start = "nohup python3 -c \"$0\" >/dev/null 2>&1 &";
    local.run(id, &["sh", "-c", start, COUNTING]).await;
    while running() == 0 {
        tokio::task::yield_now().await;
    }
    local.provider.ensure_asleep(id, 1, SleepDepth::Frozen).await.unwrap();
    let (used, counted) = (ticks(id), running());
    tokio::task::spawn_blocking(a_second_of_work).await.unwrap();
    assert_eq!((ticks(id), running()), (used, counted), "no CPU time, nothing written");

    local.provider.ensure_awake(id, 1).await.unwrap();
    while running() <= counted {
        tokio::task::yield_now().await;
    }
    assert_eq!(local.sh(id, "echo here").await.trim(), "here");
}

#[tokio::test]
async fn a_frozen_box_stops_gracefully_and_in_time() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    local.provider.ensure_asleep(id, 1, SleepDepth::Frozen).await.unwrap();
    let stopped = local.provider.ensure_stopped(id, 1);
    tokio::time::timeout(local.patience(), stopped).await.expect("far within its grace").unwrap();
    assert_eq!(local.read_volume(id, "stopped").await.unwrap(), b"gracefully\n");
    assert_eq!(local.observe(id).await.unwrap().observed, Observed::Stopped);
}

#[tokio::test]
async fn a_platform_that_was_killed_finds_its_boxes_asleep() {
    let local = Local::new().await;
    let (id, spec) = local.new_box();
    let before = local.start(id, &spec).await;
    local.provider.ensure_asleep(id, 1, SleepDepth::Frozen).await.unwrap();
    let next = local.restarted();
    let seen = next.observe_all().await.unwrap().remove(0);
    assert_eq!((seen.observed, seen.pid), (Observed::Asleep(SleepDepth::Frozen), before.pid));
    assert!(matches!(smartbox_provider::Link::dial(&next, id, 7071).await, Err(LinkError::Asleep)));
    next.ensure_awake(id, 2).await.unwrap();
    assert_eq!(next.observe_all().await.unwrap()[0].observed, Observed::Ready);
    assert_eq!(local.sh(id, "echo here").await.trim(), "here");
}

/// As if the platform had been killed after it asked the kernel, and before the kernel had done it: whichever it is,
/// a wake is whole.
#[tokio::test]
async fn a_freeze_that_was_cut_off_is_seen_and_undone_by_a_wake() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    let (hierarchy, file, word) = if Path::new("/sys/fs/cgroup/unified").exists() {
        ("unified", "cgroup.freeze", "1")
    } else if Path::new("/sys/fs/cgroup/freezer").exists() {
        ("freezer", "freezer.state", "FROZEN")
    } else {
        ("", "cgroup.freeze", "1")
    };
    fs::write(group(id, hierarchy).join(file), word).unwrap();
    assert_eq!(local.observe(id).await.unwrap().observed, Observed::Asleep(SleepDepth::Frozen));
    local.provider.ensure_awake(id, 1).await.unwrap();
    assert_eq!(local.sh(id, "echo here").await.trim(), "here");
    fs::write(group(id, hierarchy).join(file), word).unwrap();
    local.provider.ensure_stopped(id, 1).await.unwrap();
    assert_eq!(local.read_volume(id, "stopped").await.unwrap(), b"gracefully\n");
}

/// As `runc pause` does on a hybrid host, and as this provider does on one with version 1 alone.
#[tokio::test]
async fn a_box_that_was_frozen_by_version_1_is_seen_woken_stopped_and_removed() {
    if !Path::new("/sys/fs/cgroup/freezer").exists() {
        eprintln!("SKIPPED: this host has no freezer of cgroup version 1");
        return;
    }
    let local = Local::new().await;
    let pause = |id| fs::write(group(id, "freezer").join("freezer.state"), "FROZEN").unwrap();
    let (id, spec) = local.new_box();
    let before = local.start(id, &spec).await;
    pause(id);
    assert_eq!(local.observe(id).await.unwrap().observed, Observed::Asleep(SleepDepth::Frozen));
    local.provider.ensure_awake(id, 1).await.unwrap();
    assert_eq!(local.observe(id).await, Some(before));
    assert_eq!(local.sh(id, "echo here").await.trim(), "here");

    pause(id);
    local.provider.ensure_stopped(id, 1).await.unwrap();
    assert_eq!(local.read_volume(id, "stopped").await.unwrap(), b"gracefully\n");

    local.start(id, &spec).await;
    pause(id);
    let pids = processes(id);
    local.provider.ensure_absent(id, 1).await.unwrap();
    assert!(!pids.is_empty() && !pids.into_iter().any(|pid| lives(Some(pid))));
}

/// Processes that fork and end without a pause: a freeze in the middle of it.
const FORKING: &str = "
import os
for _ in range(50):
    if os.fork() == 0:
        while True:
            try:
                pid = os.fork()
                if pid == 0: os._exit(0)
                os.waitpid(pid, 0)
            except OSError: pass
print('forking', flush=True)
";

#[tokio::test]
async fn a_fork_bomb_in_progress_is_frozen_as_a_whole() {
    let local = Local::new().await;
    let (id, mut spec) = local.new_box();
    spec.limits.pids_max = 256;
    local.start(id, &spec).await;
    let started = local.run(id, &["sh", "-c", "python3 -c \"$0\" 2>/dev/null >/dev/null", FORKING]).await;
    assert_eq!(started.code, 0, "{started:?}");
    assert!(processes(id).len() >= 52, "boxd, the gateway and 50 that fork");
    for round in 0..20 {
        local.provider.ensure_asleep(id, 1, SleepDepth::Frozen).await.unwrap();
        let (pids, used) = (processes(id), ticks(id));
        for _ in 0..50 {
            assert_eq!(processes(id), pids, "round {round}: none comes and none goes");
        }
        assert_eq!(ticks(id), used, "round {round}");
        local.provider.ensure_awake(id, 1).await.unwrap();
    }
    local.provider.ensure_asleep(id, 1, SleepDepth::Frozen).await.unwrap();
    local.provider.ensure_absent(id, 1).await.unwrap();
    assert_eq!(local.observe(id).await, None);
}

#[tokio::test]
async fn a_box_killed_in_its_sleep_leaves_no_process() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    local.provider.ensure_asleep(id, 1, SleepDepth::Frozen).await.unwrap();
    let pids = processes(id);
    local.provider.ensure_absent(id, 1).await.unwrap();
    assert!(!pids.is_empty() && !pids.into_iter().any(|pid| lives(Some(pid))));
}

/// Takes 64 MiB that do not compress and keeps them.
const HOLDING: &str = "
import os, signal
kept = os.urandom(64 * 2**20)
open('/home/agent/held', 'w').write('yes')
signal.pause()
";

/// Swap of this test, gone at its end.
struct Swap(PathBuf);

impl Drop for Swap {
    fn drop(&mut self) {
        let _gone = Command::new("swapoff").arg(self.0.join("swapfile")).status();
    }
}

#[tokio::test]
async fn a_squeezed_box_lies_in_swap_and_wakes_whole() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    let done = match setup_swap(&local.config.data_dir, 512 * MIB) {
        Ok(done) => done,
        Err(error) => {
            // A kernel without swap, or a file system that cannot hold it: nothing of ours to test.
            assert!(!error.is_ours(), "{error:?}");
            eprintln!(
                "SKIPPED: this host takes no swap file: {error}; {}",
                error.remedy().unwrap_or_default()
            );
            return;
        }
    };
    let _swap = Swap(local.config.data_dir.clone());
    assert!(done.contains("swapfile"), "{done}");
    let start = "nohup python3 -c \"$0\" >/dev/null 2>&1 &";
    local.run(id, &["sh", "-c", start, HOLDING]).await;
    while local.read_volume(id, "held").await.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(local.provider.capabilities().deepest_sleep, Some(SleepDepth::Squeezed));
    let before = local.provider.memory(id).await.unwrap().unwrap();
    local.provider.ensure_asleep(id, 1, SleepDepth::Squeezed).await.unwrap();
    let after = local.provider.memory(id).await.unwrap().unwrap();
    println!(
        "squeezed: {} -> {} MiB, {} MiB in swap",
        before.pss_bytes / MIB,
        after.pss_bytes / MIB,
        after.swap_bytes / MIB
    );
    assert!(before.pss_bytes > 64 * MIB && after.pss_bytes < before.pss_bytes / 2, "{before:?} {after:?}");
    assert!(after.swap_bytes > 64 * MIB, "{after:?}");

    let next = Arc::new(local.restarted());
    let seen = next.observe_all().await.unwrap().remove(0);
    assert_eq!(seen.observed, Observed::Asleep(SleepDepth::Squeezed), "how deeply is known after a kill");
    next.ensure_awake(id, 2).await.unwrap();
    assert_eq!(local.sh(id, "echo here").await.trim(), "here");
}
