//! Memory, processes, CPU.

use smartbox_core::Observed;
use smartbox_provider::contract::Fixture;

use crate::harness::Local;

#[tokio::test]
async fn a_program_that_takes_too_much_memory_is_killed_and_the_box_stays() {
    let local = Local::new().await;
    let (id, spec) = local.new_box();
    let before = local.start(id, &spec).await;
    // Takes memory until it is killed; where the host has swap, that much more.
    let hog = "
import re
swap = int(re.search(r'SwapTotal:\\s+(\\d+)', open('/proc/meminfo').read())[1]) * 1024
kept = []
for _ in range((swap + 768 * 2**20) // 2**24): kept.append(bytearray(b'x') * 2**24)
print('SURVIVED')
";
    let outcome = local.run(id, &["python3", "-c", hog]).await;
    assert_eq!((outcome.code, outcome.output.as_str()), (-9, ""), "killed");
    let after = local.observe(id).await.unwrap();
    assert!(after.oom_kills >= 1, "{after:?}");
    assert_eq!((after.observed, after.pid, after.restarts), (Observed::Ready, before.pid, 0));
}

#[tokio::test]
async fn a_fork_bomb_ends_at_the_limit_of_its_box() {
    let local = Local::new().await;
    let (one, two) = (local.ready_box().await, local.ready_box().await);
    let bomb = "
import os, signal
children = []
try:
    for _ in range(500):
        pid = os.fork()
        if pid == 0: signal.pause()
        children.append(pid)
except OSError as error: print(error.errno, len(children) < 64)
for pid in children: os.kill(pid, signal.SIGKILL)
";
    assert_eq!(local.python(one, bomb).await.trim(), "11 True", "EAGAIN below 64");
    assert_eq!(local.sh(two, "echo fine").await.trim(), "fine", "the neighbour has its own");
}

#[tokio::test]
async fn the_cpu_quota_applies_once_the_gateway_is_ready() {
    let local = Local::new().await;
    let (id, mut spec) = local.new_box();
    spec.limits.cpu_millis = 250;
    local.start(id, &spec).await;
    local.wait(id, |_| true).await;
    // What the kernel keeps, seen from inside, on a v1 or hybrid host or on v2.
    let quota = "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 /sys/fs/cgroup/cpu.max";
    assert_eq!(local.sh(id, quota).await.trim(), "25000");
    let busy = "
import time
begun, used = time.monotonic(), time.process_time()
while time.monotonic() - begun < 2: pass
print((time.process_time() - used) / (time.monotonic() - begun) < 0.6)
";
    assert_eq!(local.python(id, busy).await.trim(), "True", "a quarter of a CPU, with room for noise");
}

#[tokio::test]
async fn limits_of_files_and_dumps_are_set() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    let limits: u64 = local.sh(id, "ulimit -Hn").await.trim().parse().unwrap();
    assert!((1024..=65_536).contains(&limits), "{limits}");
    assert_eq!(local.sh(id, "ulimit -Hc").await.trim(), "0");
    let size = local.sh(id, "df -k --output=size /tmp | tail -1").await;
    assert_eq!(size.trim(), "131072", "half of the box's memory");
}
