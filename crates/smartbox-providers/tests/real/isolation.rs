//! What programs of a box cannot reach. Everything here runs as the agent, inside a real box.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use smartbox_provider::Provider;
use smartbox_provider::contract::Fixture;

use crate::harness::Local;

#[tokio::test]
async fn the_agent_is_nobody_in_particular_and_stays_so() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    assert_eq!(local.sh(id, "id").await.trim(), "uid=1000(agent) gid=1000(agent) groups=1000(agent)");
    let status = local.sh(id, "cat /proc/self/status").await;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches(':').trim().to_owned()
    };
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(field(set), "0000000000000000", "{set}");
    }
    // Kill, set user and group, change owner: only boxd has them, over users of this box.
    assert_eq!(field("CapBnd"), "00000000000000e1");
    assert_eq!((field("NoNewPrivs"), field("Seccomp")), ("1".into(), "2".into()));
    let setuid = local.sh(id, "find / -xdev -perm /6000 -type f 2>/dev/null | head -1").await;
    let escalated = local.sh(id, "su -c id 2>&1; python3 -c 'import os; os.setuid(0)' 2>&1").await;
    assert!(!escalated.contains("uid=0"), "{setuid} {escalated}");
    assert!(escalated.contains("PermissionError"), "{escalated}");
}

#[tokio::test]
async fn processes_of_the_host_and_memory_of_boxd_are_out_of_reach() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    let processes = local.sh(id, "ps -e -o pid=,args=").await;
    let first = processes.lines().next().unwrap();
    assert!(first.trim_start().starts_with("1 ") && first.contains("boxd"), "{processes}");
    assert!(processes.lines().count() <= 5, "only the box's own: {processes}");
    let host_pid = std::process::id();
    assert_ne!(local.sh(id, &format!("readlink /proc/{host_pid}/exe; true")).await.trim(), "real");

    for file in ["/proc/1/environ", "/proc/1/mem", "/proc/1/maps", "/run/smartbox/boxd.json"] {
        let read = local.run(id, &["cat", file]).await;
        assert!(read.code != 0 && read.output.contains("Permission denied"), "{file}: {read:?}");
    }
    for dir in ["/proc/1/root/", "/proc/1/fd/", "/var/lib/boxd"] {
        assert_ne!(local.run(id, &["ls", dir]).await.code, 0, "{dir}");
    }
    let kill = local.sh(id, "kill -9 1 2>&1").await;
    assert!(kill.contains("not permitted"), "{kill}");
}

#[tokio::test]
async fn every_namespace_is_not_the_hosts() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    for name in ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"] {
        let host = std::fs::read_link(format!("/proc/self/ns/{name}")).unwrap();
        let inside = local.sh(id, &format!("readlink /proc/self/ns/{name}")).await;
        assert!(inside.starts_with(name), "{inside}");
        assert_ne!(inside.trim(), host.to_string_lossy(), "{name}");
    }
}

#[tokio::test]
async fn the_network_is_loopback_and_nothing_else() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    let links = local.sh(id, "ip -brief link").await;
    assert_eq!(links.lines().count(), 1, "{links}");
    assert!(links.starts_with("lo "), "{links}");
    assert_eq!(local.sh(id, "ip route; ip -6 route show default").await.trim(), "");
    let refused = local.sh(id, "ip link add d0 type dummy 2>&1; ip route add default dev lo 2>&1").await;
    assert_eq!(refused.matches("Operation not permitted").count(), 2, "{refused}");

    // A server on the host's loopback, and one on a name without a file.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let name = format!("smartbox-test-{}", std::process::id());
    let address =
        <std::os::unix::net::SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(&name);
    let _unix = UnixListener::bind_addr(&address.unwrap()).unwrap();
    let program = format!(
        "import socket\n\
         def attempt(family, address):\n\
         \x20   try:\n\
         \x20       with socket.socket(family, socket.SOCK_STREAM) as s: s.settimeout(5); s.connect(address); print('open')\n\
         \x20   except OSError as e: print(e.errno)\n\
         attempt(socket.AF_INET, ('127.0.0.1', {port}))\n\
         attempt(socket.AF_UNIX, '\\0{name}')\n\
         for host in ('192.0.2.1', '10.0.0.1', '169.254.169.254', '1.1.1.1'): attempt(socket.AF_INET, (host, 80))\n\
         attempt(socket.AF_INET6, ('2001:db8::1', 80))"
    );
    let outcomes = local.python(id, &program).await;
    // ECONNREFUSED twice, then ENETUNREACH.
    assert_eq!(
        outcomes.split_whitespace().collect::<Vec<_>>(),
        ["111", "111", "101", "101", "101", "101", "101"]
    );
    let lookup = local.run(id, &["getent", "hosts", "example.com"]).await;
    assert_ne!(lookup.code, 0, "no name is resolved: {lookup:?}");
}

#[tokio::test]
async fn files_of_the_host_and_of_other_boxes_are_not_there() {
    let local = Local::new().await;
    let (one, two) = (local.ready_box().await, local.ready_box().await);
    local.write_volume(two, "secret", b"of two").await;

    let mine: Vec<String> = local.sh(one, "ls -A /").await.split_whitespace().map(str::to_owned).collect();
    let image =
        "bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root run sbin srv sys tmp usr var";
    let foreign: Vec<&String> =
        mine.iter().filter(|name| !image.split(' ').any(|own| own == *name)).collect();
    assert_eq!(foreign, Vec::<&String>::new());
    let data = local.config.data_dir.display().to_string();
    for path in [data.as_str(), "/run/smartbox/images", "/etc/apt/sources.list.d"] {
        assert_ne!(local.run(one, &["ls", path]).await.code, 0, "{path}");
    }
    let found = local
        .sh(one, "find / -xdev -name secret 2>/dev/null; grep -rl 'of two' /home /run /tmp 2>/dev/null")
        .await;
    assert_eq!(found, "", "nothing of the neighbour");
    assert_eq!(local.sh(one, "ls -A /home/agent").await, "state\ntools\nworkspace\n");
    let name = local.sh(one, "hostname; getent hosts $(hostname)").await;
    assert!(name.contains("127.0.1.1"), "its own name is known: {name}");
}

#[tokio::test]
async fn only_the_home_and_private_memory_can_be_written() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    for dir in ["/home/agent", "/tmp", "/dev/shm"] {
        let file = format!("{dir}/new");
        assert_eq!(local.run(id, &["touch", &file]).await.code, 0, "{dir}");
        assert_eq!(
            local.run(id, &["sh", "-c", &format!("cp /bin/true {file}2 && {file}2")]).await.code != 0,
            dir == "/dev/shm"
        );
    }
    for dir in [
        "/",
        "/etc",
        "/usr",
        "/var",
        "/opt",
        "/opt/runtime",
        "/run",
        "/run/smartbox",
        "/sys",
        "/sys/fs/cgroup",
        "/dev",
    ] {
        let refused = local.run(id, &["touch", &format!("{dir}/new")]).await;
        assert_ne!(refused.code, 0, "{dir}");
    }
    for file in [
        "/proc/sys/kernel/hostname",
        "/proc/sys/vm/drop_caches",
        "/proc/sysrq-trigger",
        "/proc/sys/net/ipv4/ip_forward",
    ] {
        let refused = local.sh(id, &format!("echo 1 2>&1 > {file}")).await;
        assert!(
            ["Read-only", "denied", "nonexistent"].iter().any(|why| refused.contains(why)),
            "{file}: {refused}"
        );
    }
    for file in ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/cmdline"] {
        assert_eq!(
            local.sh(id, &format!("cat {file} 2>/dev/null | head -c 1")).await,
            "",
            "{file} says nothing"
        );
    }
}

#[tokio::test]
async fn devices_are_the_harmless_ones_and_no_new_ones_are_made() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    let devices = local
        .sh(id, "for f in /dev/*; do [ -L $f ] || [ ! -b $f -a ! -c $f ] || echo -n \"$f \"; done")
        .await;
    assert_eq!(devices.trim(), "/dev/full /dev/null /dev/random /dev/tty /dev/urandom /dev/zero");
    let made = local.sh(id, "cd /tmp; mknod m c 1 1 2>&1; mknod b b 8 0 2>&1; true").await;
    assert_eq!(made.matches("Operation not permitted").count(), 2, "{made}");
}

/// System calls by number on this machine, with what the box must answer.
#[tokio::test]
async fn dangerous_system_calls_are_refused() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    // Names, numbers on x86-64 (asm/unistd_64.h), and arguments that an unfiltered kernel would look into.
    let program = "
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def call(name, number, *args):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) for a in args])
    print(name, errno.errorcode.get(ctypes.get_errno(), 'none') if result < 0 else 'ALLOWED')
call('unshare-user', 272, 0x10000000)
call('unshare-mount', 272, 0x20000)
call('clone-user', 56, 0x10000011, 0, 0, 0, 0)
call('mount', 165, 0, 0, 0, 0, 0)
call('umount', 166, 0, 0)
call('open_tree', 428, -100, 0, 0)
call('fsopen', 430, 0, 0)
call('pivot_root', 155, 0, 0)
call('chroot', 161, 0)
call('setns', 308, 0, 0)
call('ptrace', 101, 0, 0, 0, 0)
call('process_vm_readv', 310, 1, 0, 0, 0, 0, 0)
call('pidfd_getfd', 438, 0, 0, 0)
call('kcmp', 312, 1, 1, 0, 0, 0)
call('bpf', 321, 0, 0, 0)
call('perf_event_open', 298, 0, 0, 0, 0, 0)
call('keyctl', 250, 0, 0, 0)
call('add_key', 248, 0, 0, 0, 0, 0)
call('userfaultfd', 323, 0)
call('open_by_handle_at', 304, 0, 0, 0)
call('init_module', 175, 0, 0, 0)
call('kexec_load', 246, 0, 0, 0, 0)
call('reboot', 169, 0, 0, 0)
call('syslog', 103, 3, 0, 0)
call('swapon', 167, 0, 0)
call('settimeofday', 164, 0, 0)
call('vsock', 41, 40, 1, 0)
call('packet', 41, 17, 3, 0)
call('alg', 41, 38, 5, 0)
call('io_uring_setup', 425, 1, 0)
call('clone3', 435, 0, 0)
";
    let answers = local.python(id, program).await;
    let missing = ["io_uring_setup ENOSYS", "clone3 ENOSYS"];
    let (as_missing, refused): (Vec<&str>, Vec<&str>) =
        answers.lines().partition(|line| missing.contains(line));
    assert_eq!(as_missing, missing, "{answers}");
    assert_eq!(refused.len(), 29, "{answers}");
    for answer in refused {
        assert!(answer.ends_with(" EPERM"), "{answer}");
    }
}

#[tokio::test]
async fn the_platforms_files_of_a_box_are_closed_to_other_users_of_the_host() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    let look = |path: std::path::PathBuf| {
        let mut command = std::process::Command::new("setpriv");
        command.args(["--reuid", "65533", "--regid", "65533", "--clear-groups", "ls"]).arg(path);
        command.output().unwrap().status.success()
    };
    assert!(!look(local.box_dir(id)));
    assert!(!look(local.config.run_dir.join("boxes")));
    assert!(!look(local.config.run_dir.join("images")), "names of images are not listed");
    local.provider.ensure_stopped(id, 1).await.unwrap();
}
