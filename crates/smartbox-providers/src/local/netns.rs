//! Network namespaces, worked on by one thread of their own.
//!
//! A socket belongs to the namespace its thread was in when it was made, and an async task has no thread of its
//! own. So one thread enters a box's namespace, makes a socket there, and hands it out; connecting and listening
//! happen elsewhere. The namespaces are made by the host, so the host's user namespace owns them: even root of
//! a box cannot add an interface or a route.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::sync::oneshot;

/// Jobs that may wait for the thread. Each takes some ten microseconds.
const JOBS_MAX: usize = 256;

enum Job {
    Make { path: PathBuf, answer: oneshot::Sender<io::Result<()>> },
    Socket { namespace: OwnedFd, answer: oneshot::Sender<io::Result<OwnedFd>> },
}

/// Hands jobs to the thread. The thread ends with the last handle.
#[derive(Clone, Debug)]
pub(super) struct Namespaces {
    jobs: mpsc::SyncSender<Job>,
}

impl Namespaces {
    /// Starts the thread.
    pub(super) fn start() -> io::Result<Self> {
        let (jobs, waiting) = mpsc::sync_channel(JOBS_MAX);
        let home = open(Path::new("/proc/thread-self/ns/net"))?;
        thread::Builder::new().name("netns".to_owned()).spawn(move || work(&waiting, &home))?;
        Ok(Self { jobs })
    }

    /// Makes a namespace with nothing but a loopback interface, and holds it open at `path`. Blocks.
    pub(super) fn make(&self, path: &Path) -> io::Result<()> {
        let (answer, made) = oneshot::channel();
        self.jobs.send(Job::Make { path: path.to_owned(), answer }).map_err(|_gone| thread_is_gone())?;
        made.blocking_recv().map_err(|_gone| thread_is_gone())?
    }

    /// Makes a TCP socket inside the namespace that is held open at `path`: non-blocking, close-on-exec.
    pub(super) async fn socket(&self, path: &Path) -> io::Result<OwnedFd> {
        let (answer, made) = oneshot::channel();
        let job = Job::Socket { namespace: open(path)?, answer };
        // A full queue means that the thread hangs; waiting would only hide it.
        self.jobs.try_send(job).map_err(|_full_or_gone| thread_is_gone())?;
        made.await.map_err(|_gone| thread_is_gone())?
    }
}

/// Lets go of the namespace held open at `path`. It ends when nothing in it is left.
pub(super) fn release(path: &Path) -> io::Result<()> {
    match rustix::mount::unmount(path, rustix::mount::UnmountFlags::DETACH) {
        // INVAL: a plain file, left by a call that was interrupted before the mount, or by a reboot.
        Ok(()) | Err(Errno::INVAL | Errno::NOENT) => {}
        Err(error) => return Err(error.into()),
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn thread_is_gone() -> io::Error {
    io::Error::other("the network namespace thread is gone or hangs")
}

fn open(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
}

fn work(jobs: &mpsc::Receiver<Job>, home: &OwnedFd) {
    for job in jobs {
        // A caller that has given up does not want the answer.
        match job {
            Job::Make { path, answer } => drop(answer.send(make_here(&path))),
            Job::Socket { namespace, answer } => drop(answer.send(socket_in(&namespace))),
        }
        // Not to hold on to a box's namespace longer than the job. Should this fail, the next job still enters
        // its own namespace before it does anything.
        let _ = move_into_link_name_space(home.as_fd(), Some(LinkNameSpaceType::Network));
    }
}

fn socket_in(namespace: &OwnedFd) -> io::Result<OwnedFd> {
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    Ok(rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, Some(ipproto::TCP))?)
}

fn make_here(path: &Path) -> io::Result<()> {
    release(path)?;
    super::kernel::leave_network()?;
    raise_loopback()?;
    // boxd is no root of this namespace, and listens on port 22.
    fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0")?;
    File::options().create(true).write(true).truncate(false).open(path)?;
    Ok(rustix::mount::mount_bind("/proc/thread-self/ns/net", path)?)
}

/// Sets the loopback interface of the thread's namespace up: `RTM_NEWLINK` of rtnetlink(7).
fn raise_loopback() -> io::Result<()> {
    const RTM_NEWLINK: u16 = 16;
    const NLM_F_REQUEST_ACK: u16 = 0x1 | 0x4;
    const NLMSG_ERROR: u16 = 2;
    const IFF_UP: u32 = 1;
    /// The first interface of every namespace is its loopback.
    const LOOPBACK_INDEX: u32 = 1;
    const LENGTH: u32 = 32;

    let mut message = Vec::with_capacity(32);
    message.extend(LENGTH.to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(NLM_F_REQUEST_ACK.to_ne_bytes());
    message.extend([0; 8]); // sequence and port: one request, one answer
    message.extend([0; 4]); // family, padding, type: any
    message.extend(LOOPBACK_INDEX.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes()); // flags
    message.extend(IFF_UP.to_ne_bytes()); // which of them to change

    let route = None; // NETLINK_ROUTE is protocol zero
    let socket =
        rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, route)?;
    rustix::net::send(&socket, &message, rustix::net::SendFlags::empty())?;
    let mut answer = [0_u8; 256];
    let (received, _truncated) = rustix::net::recv(&socket, &mut answer, rustix::net::RecvFlags::empty())?;
    let kind = answer.get(4..6).and_then(|bytes| Some(u16::from_ne_bytes(bytes.try_into().ok()?)));
    let code = answer.get(16..20).and_then(|bytes| Some(i32::from_ne_bytes(bytes.try_into().ok()?)));
    match (kind, code) {
        (Some(NLMSG_ERROR), Some(0)) if received >= 20 => Ok(()),
        (Some(NLMSG_ERROR), Some(code)) => Err(io::Error::from_raw_os_error(code.saturating_neg())),
        _ => Err(io::Error::other("an unexpected answer about the loopback interface")),
    }
}
