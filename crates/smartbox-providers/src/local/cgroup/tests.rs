use super::*;

use smartbox_core::BoxId;

const V1: &str = "30 24 0:26 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
31 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
32 24 0:28 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
33 24 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
";
const UNIFIED: &str = "34 24 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n";
const V2: &str = "24 1 0:24 / / rw - ext4 /dev/vda rw
30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";

fn id() -> BoxId {
    BoxId::from_parts(jiff::Timestamp::UNIX_EPOCH, [1; 10])
}

/// A layout in a directory, with the box's group in every mount.
struct Fixture {
    dir: tempfile::TempDir,
    cgroups: Cgroups,
}

impl Fixture {
    fn new(mountinfo: &str, v2_controllers: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for mount in ["cpu", "memory", "pids", "freezer", "systemd", "unified", ""] {
            fs::create_dir_all(dir.path().join("sys/fs/cgroup").join(mount)).unwrap();
        }
        for mount in ["unified", ""] {
            fs::write(
                dir.path().join("sys/fs/cgroup").join(mount).join("cgroup.controllers"),
                v2_controllers,
            )
            .unwrap();
        }
        let layout = Layout::parse(mountinfo, dir.path());
        for mount in layout.mounts() {
            fs::create_dir_all(mount.join("smartbox/i").join(id().to_string())).unwrap();
        }
        Self { dir, cgroups: Cgroups::new(layout, "i") }
    }

    fn file(&self, mount: &str, name: &str) -> PathBuf {
        self.dir.path().join("sys/fs/cgroup").join(mount).join("smartbox/i").join(id().to_string()).join(name)
    }
}

#[test]
fn the_layout_of_a_host_is_recognised() {
    let layout = |mountinfo: &str, controllers: &str| Fixture::new(mountinfo, controllers).cgroups.layout;
    let version = |layout: &Layout, which| layout.controller(which).map(|(version, _)| version);

    let v1 = layout(V1, "");
    assert_eq!(v1.describe(), "v1");
    assert!(Controller::ALL.into_iter().all(|which| version(&v1, which) == Some(Version::V1)));

    let hybrid = layout(&format!("{V1}{UNIFIED}"), "hugetlb\n");
    assert_eq!(hybrid.describe(), "hybrid");
    assert_eq!(version(&hybrid, Controller::Memory), Some(Version::V1));

    let v2 = layout(V2, "cpuset cpu io memory pids\n");
    assert_eq!(v2.describe(), "v2");
    assert!(Controller::ALL.into_iter().all(|which| version(&v2, which) == Some(Version::V2)));

    let without_memory = layout(V2, "cpu pids\n");
    assert_eq!(version(&without_memory, Controller::Memory), None);
    assert_eq!(layout("nonsense\n", "").describe(), "none");
}

#[test]
fn kills_for_lack_of_memory_are_counted_in_both_formats() {
    let v1 = Fixture::new(V1, "");
    fs::write(v1.file("memory", "memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n")
        .unwrap();
    assert_eq!(v1.cgroups.oom_kills(id()).unwrap(), 3);
    let v2 = Fixture::new(V2, "cpu memory pids");
    fs::write(v2.file("", "memory.events"), "low 0\nhigh 0\nmax 9\noom 2\noom_kill 2\noom_group_kill 0\n")
        .unwrap();
    assert_eq!(v2.cgroups.oom_kills(id()).unwrap(), 2);
}

#[test]
fn cpu_time_is_read_in_both_formats() {
    let v1 = Fixture::new(V1, "");
    assert_eq!(v1.cgroups.cpu_ms(id()).unwrap(), None, "no file, no time");
    fs::write(v1.file("cpu", "cpuacct.usage"), "1234567890\n").unwrap();
    assert_eq!(v1.cgroups.cpu_ms(id()).unwrap(), Some(1234));
    let v2 = Fixture::new(V2, "cpu memory pids");
    fs::write(v2.file("", "cpu.stat"), "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n")
        .unwrap();
    assert_eq!(v2.cgroups.cpu_ms(id()).unwrap(), Some(2500));
}

#[test]
fn the_quota_is_written_in_both_formats() {
    let v1 = Fixture::new(&format!("{V1}{UNIFIED}"), "");
    v1.cgroups.set_cpu_quota(id(), 1500).unwrap();
    assert_eq!(fs::read_to_string(v1.file("cpu", "cpu.cfs_quota_us")).unwrap(), "150000");
    assert_eq!(fs::read_to_string(v1.file("cpu", "cpu.cfs_period_us")).unwrap(), "100000");
    let v2 = Fixture::new(V2, "cpu memory pids");
    v2.cgroups.set_cpu_quota(id(), 250).unwrap();
    assert_eq!(fs::read_to_string(v2.file("", "cpu.max")).unwrap(), "25000 100000");
}

#[test]
fn a_box_without_groups_has_nothing_and_needs_nothing() {
    let fixture = Fixture::new(V1, "");
    let other = BoxId::from_parts(jiff::Timestamp::UNIX_EPOCH, [2; 10]);
    assert_eq!(fixture.cgroups.oom_kills(other).unwrap(), 0);
    assert_eq!(fixture.cgroups.processes(other).unwrap(), Vec::<u32>::new());
    fixture.cgroups.set_cpu_quota(other, 1000).unwrap();
    fixture.cgroups.kill_all(other).unwrap();
    fixture.cgroups.remove(other).unwrap();
    assert!(fixture.file("pids", "").exists(), "the neighbour's group is left alone");
    fixture.cgroups.remove(id()).unwrap();
    for mount in ["cpu", "memory", "pids", "systemd"] {
        assert!(!fixture.file(mount, "").exists(), "{mount}");
    }
}

#[test]
fn processes_are_read_from_a_hierarchy_that_limits_them() {
    let fixture = Fixture::new(&format!("{V1}{UNIFIED}"), "");
    fs::write(fixture.file("pids", "cgroup.procs"), "12\n34\n").unwrap();
    fs::write(fixture.file("unified", "cgroup.procs"), "").unwrap();
    assert_eq!(fixture.cgroups.processes(id()).unwrap(), [12, 34]);
}

const FREEZER: &str = "35 24 0:31 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n";

#[test]
fn a_host_with_version_1_alone_freezes_by_its_controller() {
    let v1 = Fixture::new(&format!("{V1}{FREEZER}"), "");
    assert!(v1.cgroups.can_freeze() && !v1.cgroups.is_frozen(id()));
    v1.cgroups.freeze(id()).unwrap();
    assert_eq!(fs::read_to_string(v1.file("freezer", "freezer.state")).unwrap(), "FROZEN");
    assert!(v1.cgroups.is_frozen(id()));
    v1.cgroups.thaw(id()).unwrap();
    assert_eq!(fs::read_to_string(v1.file("freezer", "freezer.state")).unwrap(), "THAWED");
    assert!(!v1.cgroups.is_frozen(id()));
}

#[test]
fn a_hybrid_host_whose_runtime_leaves_out_version_2_freezes_by_version_1() {
    let hybrid = Fixture::new(&format!("{V1}{FREEZER}{UNIFIED}"), "");
    fs::write(hybrid.file("unified", "cgroup.freeze"), "0\n").unwrap();
    fs::write(hybrid.file("unified", "cgroup.events"), "populated 0\nfrozen 0\n").unwrap();
    hybrid.cgroups.freeze(id()).unwrap();
    assert_eq!(fs::read_to_string(hybrid.file("freezer", "freezer.state")).unwrap(), "FROZEN");
    assert_eq!(fs::read_to_string(hybrid.file("unified", "cgroup.freeze")).unwrap(), "0\n");
}

#[test]
fn a_freeze_that_does_not_come_to_its_end_is_undone() {
    let v2 = Fixture::new(V2, "cpu memory pids");
    fs::write(v2.file("", "cgroup.freeze"), "0\n").unwrap();
    // A kernel that never says `frozen 1`.
    fs::write(v2.file("", "cgroup.events"), "populated 1\nfrozen 0\n").unwrap();
    let stuck = v2.cgroups.freeze(id()).unwrap_err();
    assert_eq!(stuck.kind(), io::ErrorKind::TimedOut);
    assert_eq!(fs::read_to_string(v2.file("", "cgroup.freeze")).unwrap(), "0");
}

#[test]
fn a_host_without_a_freezer_says_so() {
    let none = Fixture::new(V1, "");
    assert!(!none.cgroups.can_freeze());
    assert_eq!(none.cgroups.freeze(id()).unwrap_err().kind(), io::ErrorKind::NotFound);
    none.cgroups.thaw(id()).unwrap();
}
