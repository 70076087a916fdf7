//! System calls that programs of a box may make.
//!
//! An allow-list in the manner of the profile that Docker applies by default, for programs without
//! capabilities; what is not listed fails with `EPERM`. Beyond that profile: no tracing and no reading of other
//! processes' memory, no new namespaces under any name, only the machine's own instruction set, only Unix,
//! internet and netlink sockets. `io_uring` fails with `ENOSYS`, as if the kernel had none, so that programs
//! fall back: it is a large attack surface, and a process that holds a ring cannot be hibernated.

use oci_spec::OciSpecError;
use oci_spec::runtime::{
    Arch, LinuxSeccomp, LinuxSeccompAction, LinuxSeccompArgBuilder, LinuxSeccompBuilder,
    LinuxSeccompOperator, LinuxSyscall, LinuxSyscallBuilder,
};
use rustix::io::Errno;

/// Allowed whatever the arguments are, grouped by what they are about.
const ALLOWED: [&str; 10] = [
    // Files and directories.
    "access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat \
     faccessat2 fadvise64 fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 \
     fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstat64 \
     fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 \
     getxattr getxattrat lchown lchown32 lgetxattr link linkat listxattr listxattrat llistxattr _llseek \
     lremovexattr lseek lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat newfstatat open openat \
     openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv \
     removexattr removexattrat rename renameat renameat2 rmdir sendfile sendfile64 setxattr setxattrat \
     splice stat stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range syncfs tee truncate \
     truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes vmsplice write writev \
     cachestat",
    // Waiting for events.
    "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait \
     epoll_wait_old eventfd eventfd2 inotify_add_watch inotify_init inotify_init1 inotify_rm_watch \
     io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit _newselect poll ppoll \
     ppoll_time64 pselect6 pselect6_time64 select signalfd signalfd4",
    // Memory.
    "brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap \
     mmap2 mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect \
     process_mrelease remap_file_pages",
    // Processes and threads. `clone` is below; `clone3` hides its flags from a filter.
    "alarm arch_prctl execve execveat exit exit_group fork futex futex_requeue futex_time64 futex_wait \
     futex_waitv futex_wake get_robust_list get_thread_area getcpu getitimer getpgid getpgrp getpid \
     getppid getpriority getrlimit getrusage getsid gettid ioprio_get ioprio_set kill modify_ldt pause \
     pidfd_open pidfd_send_signal prctl prlimit64 restart_syscall riscv_flush_icache riscv_hwprobe rseq \
     rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait \
     rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr \
     sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr \
     sched_setparam sched_setscheduler sched_yield set_robust_list set_thread_area set_tid_address \
     setitimer setpgid setpriority setrlimit setsid sigaltstack sigreturn sigpending sigprocmask tgkill \
     time timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create \
     timerfd_gettime timerfd_settime times tkill ugetrlimit vfork wait4 waitid waitpid",
    // Identity: boxd becomes the agent with these. Without capabilities they change nothing.
    "capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid \
     getresgid32 getresuid getresuid32 getuid getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid \
     setgid32 setgroups setgroups32 setregid setregid32 setresgid setresgid32 setresuid setresuid32 \
     setreuid setreuid32 setuid setuid32",
    // Network. `socket` and `socketpair` are below.
    "accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg \
     recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown",
    // Between processes of the box.
    "mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd \
     pipe pipe2 semctl semget semop semtimedop shmat shmctl shmdt shmget",
    // Time and facts about the system.
    "adjtimex clock_adjtime clock_getres clock_getres_time64 clock_gettime clock_gettime64 \
     clock_nanosleep clock_nanosleep_time64 getrandom gettimeofday nanosleep sysinfo uname",
    // Terminals and devices.
    "ioctl",
    // Narrowing what one may do is always allowed.
    "landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp",
];

/// As if the kernel did not have them: programs then use something older.
const MISSING: &str = "clone3 io_uring_enter io_uring_register io_uring_setup";

/// Flags of `clone` that make a namespace: mount, cgroup, UTS, IPC, user, PID, network (`linux/sched.h`).
const CLONE_NAMESPACE_FLAGS: u64 = 0x7e02_0000;

/// Address families of sockets: Unix, IPv4, IPv6, netlink (`linux/socket.h`). Not AF_VSOCK, which leads to the
/// hypervisor; not raw packets; not the kernel's crypto interface.
const SOCKET_FAMILIES: [u64; 4] = [1, 2, 10, 16];
const SOCKETPAIR_FAMILY: u64 = 1;

/// Personalities that change nothing about protection: Linux, its 32-bit uname, both without address
/// randomisation off, and the question (`linux/personality.h`; the values are those of Docker's profile).
const PERSONALITIES: [u64; 5] = [0x0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];

/// The filter, for the instruction set this was compiled for.
pub(crate) fn filter() -> Result<LinuxSeccomp, OciSpecError> {
    let mut rules = vec![
        LinuxSyscallBuilder::default()
            .names(ALLOWED.iter().flat_map(|group| words(group)).collect::<Vec<_>>())
            .action(LinuxSeccompAction::ScmpActAllow)
            .build()?,
        LinuxSyscallBuilder::default()
            .names(words(MISSING).collect::<Vec<_>>())
            .action(LinuxSeccompAction::ScmpActErrno)
            .errno_ret(errno(Errno::NOSYS))
            .build()?,
        when("clone", LinuxSeccompOperator::ScmpCmpMaskedEq, CLONE_NAMESPACE_FLAGS, Some(0))?,
        when("socketpair", LinuxSeccompOperator::ScmpCmpEq, SOCKETPAIR_FAMILY, None)?,
    ];
    for family in SOCKET_FAMILIES {
        rules.push(when("socket", LinuxSeccompOperator::ScmpCmpEq, family, None)?);
    }
    for personality in PERSONALITIES {
        rules.push(when("personality", LinuxSeccompOperator::ScmpCmpEq, personality, None)?);
    }
    LinuxSeccompBuilder::default()
        .default_action(LinuxSeccompAction::ScmpActErrno)
        .default_errno_ret(errno(Errno::PERM))
        .architectures([NATIVE])
        .syscalls(rules)
        .build()
}

#[cfg(target_arch = "x86_64")]
const NATIVE: Arch = Arch::ScmpArchX86_64;
#[cfg(target_arch = "aarch64")]
const NATIVE: Arch = Arch::ScmpArchAarch64;

/// Allows a call when its first argument is as said.
fn when(
    name: &str,
    operator: LinuxSeccompOperator,
    value: u64,
    masked: Option<u64>,
) -> Result<LinuxSyscall, OciSpecError> {
    let argument = LinuxSeccompArgBuilder::default().index(0_usize).value(value).op(operator);
    let argument = match masked {
        Some(masked) => argument.value_two(masked).build()?,
        None => argument.build()?,
    };
    LinuxSyscallBuilder::default()
        .names([name.to_owned()])
        .action(LinuxSeccompAction::ScmpActAllow)
        .args([argument])
        .build()
}

fn errno(errno: Errno) -> u32 {
    errno.raw_os_error().unsigned_abs()
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().map(str::to_owned)
}
