use super::*;

use oci_spec::runtime::LinuxSeccompAction;

const GIB: u64 = 1 << 30;

fn config_with(change: impl FnOnce(&mut Bundle<'_>)) -> serde_json::Value {
    let mut bundle = Bundle {
        hostname: "home",
        uid_range: UidRange::from_slot(3).unwrap(),
        limits: Limits { cpu_millis: 1500, memory_bytes: GIB, memory_max_bytes: 2 * GIB, pids_max: 512 },
        root: Path::new("/run/smartbox/i/images/d"),
        image_binds: &[],
        boxd: Path::new("/usr/lib/smartbox/smartbox-boxd"),
        runtime: ("openclaw-1.2".into(), "/data/runtimes/openclaw-1.2".into()),
        cache: Cache { path: "/data/runtimes/openclaw-1.2.cache".into(), writable: false },
        agent_volume: "/data/boxes/b/volume/agent".into(),
        boxd_volume: "/data/boxes/b/volume/boxd".into(),
        platform: "/data/boxes/b/platform".into(),
        bundle: "/data/boxes/b/bundle".into(),
        network: "/run/smartbox/i/netns/b".into(),
        cgroups_path: "/smartbox/i/b".into(),
        open_files_hard: 20_000,
    };
    change(&mut bundle);
    serde_json::to_value(bundle.config().unwrap()).unwrap()
}

fn config() -> serde_json::Value {
    config_with(|_| {})
}

fn mount<'a>(config: &'a serde_json::Value, destination: &str) -> &'a serde_json::Value {
    config["mounts"].as_array().unwrap().iter().find(|mount| mount["destination"] == destination).unwrap()
}

fn options(mount: &serde_json::Value) -> Vec<&str> {
    mount["options"].as_array().unwrap().iter().filter_map(|option| option.as_str()).collect()
}

#[test]
fn the_whole_configuration_is_as_reviewed() {
    let mut config = config();
    // The filter has a test of its own; here it would bury the rest.
    config["linux"]["seccomp"]["syscalls"] = "see the filter's own test".into();
    config["linux"]["seccomp"]["architectures"] = "the machine's".into();
    // Sets of capabilities have no order.
    for (_, set) in config["process"]["capabilities"].as_object_mut().unwrap() {
        set.as_array_mut().unwrap().sort_by_key(ToString::to_string);
    }
    insta::assert_json_snapshot!(config);
}

#[test]
fn the_box_has_every_namespace_of_its_own() {
    let config = config();
    let namespaces = config["linux"]["namespaces"].as_array().unwrap();
    let has = |kind: &str| namespaces.iter().any(|one| one["type"] == kind);
    for kind in ["user", "pid", "mount", "ipc", "uts", "cgroup", "network"] {
        assert!(has(kind), "{kind}");
    }
    let joined: Vec<_> = namespaces.iter().filter(|one| !one["path"].is_null()).collect();
    assert_eq!(joined.len(), 1, "only the network was made by the host");
    assert_eq!(joined[0]["path"], "/run/smartbox/i/netns/b");
}

#[test]
fn ids_of_the_box_are_ids_of_nobody_on_the_host() {
    for map in ["uidMappings", "gidMappings"] {
        let maps = &config()["linux"][map];
        assert_eq!(maps.as_array().unwrap().len(), 1);
        assert_eq!((&maps[0]["containerID"], &maps[0]["size"]), (&0.into(), &65_536.into()));
        assert_eq!(maps[0]["hostID"], UidRange::from_slot(3).unwrap().base());
    }
}

#[test]
fn every_mount_is_without_set_id_and_every_bind_without_devices() {
    let config = config();
    for mount in config["mounts"].as_array().unwrap() {
        assert!(options(mount).contains(&"nosuid"), "{mount}");
        if mount["type"] == "bind" {
            assert!(options(mount).contains(&"nodev"), "{mount}");
        }
    }
}

#[test]
fn only_the_volume_and_private_memory_can_be_written() {
    let config = config();
    assert_eq!(config["root"]["readonly"], true);
    let writable = |mount: &&serde_json::Value| mount["type"] == "bind" && !options(mount).contains(&"ro");
    let places: Vec<_> = config["mounts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(writable)
        .map(|mount| &mount["destination"])
        .collect();
    assert_eq!(places, ["/home/agent", "/var/lib/boxd"]);
    let filling = config_with(|bundle| bundle.cache.writable = true);
    assert!(options(mount(&filling, "/opt/runtime/cache")).contains(&"rw"), "only for the warm-up");
}

#[test]
fn a_bind_that_belongs_to_the_image_is_read_only() {
    let usr = [ImageBind { source: "/usr".into(), destination: "/usr".into() }];
    let config = config_with(|bundle| {
        bundle.image_binds = Box::leak(Box::new(usr));
    });
    assert!(options(mount(&config, "/usr")).contains(&"ro"));
}

#[test]
fn no_limit_is_raised_above_what_the_host_permits() {
    let open_files =
        |hard| config_with(|bundle| bundle.open_files_hard = hard)["process"]["rlimits"][0]["hard"].clone();
    assert_eq!(open_files(20_000), 20_000);
    assert_eq!(open_files(1_048_576), 65_536);
}

#[test]
fn a_starting_box_has_no_cpu_quota_and_all_other_limits() {
    let config = config();
    let resources = &config["linux"]["resources"];
    assert_eq!(resources["cpu"], serde_json::json!({ "shares": 1536 }));
    assert_eq!(resources["memory"], serde_json::json!({ "limit": 2 * GIB, "reservation": GIB }));
    assert_eq!(resources["pids"]["limit"], 512);
}

#[test]
fn the_filter_allows_by_list_and_denies_what_breaks_out() {
    let filter = seccomp::filter().unwrap();
    assert_eq!(filter.default_action(), LinuxSeccompAction::ScmpActErrno);
    assert_eq!(filter.architectures().as_ref().map(Vec::len), Some(1), "no second instruction set");
    let rules = filter.syscalls().as_ref().unwrap();
    let freely = |name: &str| {
        rules.iter().any(|rule| {
            rule.action() == LinuxSeccompAction::ScmpActAllow
                && rule.args().is_none()
                && rule.names().iter().any(|one| one == name)
        })
    };
    for needed in
        ["read", "openat", "execve", "epoll_pwait2", "futex", "rseq", "setresuid", "statx", "memfd_create"]
    {
        assert!(freely(needed), "{needed}");
    }
    let denied = "add_key bpf chroot clone clone3 delete_module finit_module fsconfig fsmount fsopen init_module \
                  io_uring_enter io_uring_register io_uring_setup kcmp kexec_load keyctl mount mount_setattr \
                  move_mount name_to_handle_at open_by_handle_at open_tree perf_event_open personality \
                  pidfd_getfd pivot_root process_vm_readv process_vm_writev ptrace quotactl reboot request_key \
                  setns settimeofday socket swapon syslog umount2 unshare userfaultfd";
    for name in denied.split_whitespace() {
        assert!(!freely(name), "{name}");
    }
    let mut names: Vec<_> =
        rules.iter().filter(|rule| rule.args().is_none()).flat_map(|rule| rule.names()).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "a name that is listed twice was not thought about twice");
}
