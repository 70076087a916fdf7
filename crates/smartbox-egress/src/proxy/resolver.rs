//! Looking names up, with the system's resolver and a small memory.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::Inner;
use super::dial::Caller;
use super::ports::Resolve;
use super::refusal::Refusal;

/// Look-ups of all boxes at a time: each takes a thread of the system's resolver, of which others need some, too.
const LOOKUPS_MAX: usize = 64;
/// Most names that are remembered.
const NAMES_MAX: usize = 4096;
/// Most addresses of a name that are looked at.
const ADDRESSES_MAX: usize = 16;

/// This machine's own table of names, and how much of it is read.
const HOSTS_FILE: &str = "/etc/hosts";
/// See the one before.
const HOSTS_BYTES_MAX: u64 = 1024 * 1024;

/// The system's resolver: `/etc/hosts`, `/etc/resolv.conf` and whatever else it reads.
#[derive(Debug)]
pub struct SystemResolver {
    places: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(LOOKUPS_MAX)) }
    }
}

#[async_trait::async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(io::Error::other)?;
        let name = name.to_owned();
        let looking = tokio::task::spawn_blocking(move || {
            // The thread cannot be called back; the place is taken until it has ended, even if nobody waits any more.
            let _place = place;
            let found = in_hosts_file(&name);
            if !found.is_empty() {
                return Ok(found);
            }
            // With the dot it is the whole name: no search list of this machine is tried.
            let found = (format!("{name}."), 0).to_socket_addrs()?;
            Ok(found.map(|address| address.ip()).collect())
        });
        looking.await.map_err(io::Error::other)?
    }
}

/// What this machine's own table says. The system's resolver does not find names with a dot at their end in it.
fn in_hosts_file(name: &str) -> Vec<IpAddr> {
    let mut text = String::new();
    let file = File::open(HOSTS_FILE).map(|file| file.take(HOSTS_BYTES_MAX));
    if file.and_then(|mut file| file.read_to_string(&mut text)).is_err() {
        return Vec::new();
    }
    addresses_in(&text, name)
}

fn addresses_in(hosts: &str, name: &str) -> Vec<IpAddr> {
    let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or_default());
    let entries = lines.filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let address = words.next()?.parse::<IpAddr>().ok()?;
        words.any(|word| word.eq_ignore_ascii_case(name)).then_some(address)
    });
    entries.take(ADDRESSES_MAX).collect()
}

struct Remembered {
    addresses: Arc<[IpAddr]>,
    until: Instant,
}

/// What was found, for a while. A name that leads nowhere is remembered as such.
#[derive(Default)]
pub(super) struct Names {
    known: Mutex<HashMap<String, Remembered>>,
}

impl Names {
    fn get(&self, name: &str) -> Option<Arc<[IpAddr]>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(name).filter(|found| found.until > Instant::now())?;
        Some(Arc::clone(&found.addresses))
    }

    fn keep(&self, name: &str, addresses: Arc<[IpAddr]>, ttl: Duration) {
        let now = Instant::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= NAMES_MAX {
            known.retain(|_, found| found.until > now);
        }
        if known.len() >= NAMES_MAX {
            known.clear();
        }
        known.insert(name.to_owned(), Remembered { addresses, until: now + ttl });
    }
}

/// The addresses of a name.
///
/// # Errors
/// There is none, it takes too long, or the box asks for too many at a time.
pub(super) async fn look_up(caller: &Caller, name: &str) -> Result<Arc<[IpAddr]>, Refusal> {
    let inner = &caller.inner;
    let found = |addresses: Arc<[IpAddr]>| {
        if addresses.is_empty() { Err(Refusal::Unresolved) } else { Ok(addresses) }
    };
    if let Some(addresses) = inner.names.get(name) {
        return found(addresses);
    }
    let limits = &inner.limits;
    let looking = async {
        let place =
            Arc::clone(&caller.lookups).acquire_owned().await.map_err(|_closed| Refusal::LookupTimeout)?;
        // Another request of this box may have found it meanwhile.
        if let Some(addresses) = inner.names.get(name) {
            return Ok(addresses);
        }
        // Goes on when nobody waits any more, and keeps its place until then: a box cannot heap look-ups up.
        let (inner, name) = (Arc::clone(inner), name.to_owned());
        let task = caller.inner.tasks.spawn(async move {
            let addresses = inner.find(&name).await;
            drop(place);
            addresses
        });
        task.await.map_err(|_ended| Refusal::LookupTimeout)
    };
    let looked = tokio::time::timeout(limits.lookup_timeout, looking).await;
    found(looked.map_err(|_elapsed| Refusal::LookupTimeout)??)
}

impl Inner {
    /// Asks the resolver, and remembers what it says.
    async fn find(&self, name: &str) -> Arc<[IpAddr]> {
        let addresses: Arc<[IpAddr]> = match self.ports.resolver.resolve(name).await {
            Ok(addresses) => addresses.into_iter().take(ADDRESSES_MAX).collect(),
            Err(error) => {
                tracing::debug!(%error, "a name was not found");
                Arc::default()
            }
        };
        let ttl = self.limits.lookup_ttl;
        // What was not found may be there in a moment.
        self.names.keep(name, Arc::clone(&addresses), if addresses.is_empty() { ttl / 6 } else { ttl });
        addresses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_names_is_read_as_others_read_it() {
        let hosts = "127.0.0.1 localhost\n# 10.0.0.9 nas.lan\n10.0.0.1\tNAS.lan nas # home\nfd00::1 nas.lan\nbad nas.lan\n";
        let found = |name| addresses_in(hosts, name).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(found("nas.lan"), ["10.0.0.1", "fd00::1"]);
        assert_eq!(found("nas"), ["10.0.0.1"]);
        assert!(found("home").is_empty() && found("10.0.0.1").is_empty());
    }
}
