//! Counting failed attempts to sign in, so that passwords cannot be guessed.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use moka::sync::Cache;

/// Failures that are free, for one address of a person.
const FREE_PER_LOGIN: u32 = 5;
/// Failures that are free, for one client address: several people may sit behind it.
const FREE_PER_ADDRESS: u32 = 20;
/// The first wait; each further failure doubles it.
const WAIT_MIN: Duration = Duration::from_secs(15);
/// The longest wait.
const WAIT_MAX: Duration = Duration::from_mins(15);
/// Failures are forgotten after this time without another.
const MEMORY: Duration = Duration::from_mins(30);
/// Most logins and addresses that are remembered; the longest unused is forgotten first.
const REMEMBERED_MAX: u64 = 100_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Login(String),
    Address(IpAddr),
}

impl Key {
    const fn free(&self) -> u32 {
        match self {
            Self::Login(_) => FREE_PER_LOGIN,
            Self::Address(_) => FREE_PER_ADDRESS,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Timestamp,
}

/// Failed attempts by login and by address. In memory: a restart forgets them, and costs an attacker more than it gives.
pub(crate) struct Attempts {
    failures: Cache<Key, Failures>,
    /// Two failures at once must count as two.
    counting: Mutex<()>,
}

impl Default for Attempts {
    fn default() -> Self {
        let failures = Cache::builder().max_capacity(REMEMBERED_MAX).time_to_idle(MEMORY).build();
        Self { failures, counting: Mutex::new(()) }
    }
}

impl Attempts {
    /// How long an attempt must wait, if it may not be made now.
    pub(crate) fn must_wait(&self, login: &str, address: Option<IpAddr>, now: Timestamp) -> Option<Duration> {
        keys(login, address).filter_map(|key| self.wait(&key, now)).max()
    }

    fn wait(&self, key: &Key, now: Timestamp) -> Option<Duration> {
        let failures = self.failures.get(key)?;
        let over = failures.count.checked_sub(key.free())?;
        let wait = WAIT_MIN.saturating_mul(1 << over.min(16)).min(WAIT_MAX);
        let passed = Duration::try_from(now.duration_since(failures.last)).unwrap_or_default();
        wait.checked_sub(passed).filter(|left| !left.is_zero())
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, login: &str, address: Option<IpAddr>, now: Timestamp) {
        let _counting = self.counting.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys(login, address) {
            let count = self.failures.get(&key).map_or(0, |failures| failures.count).saturating_add(1);
            self.failures.insert(key, Failures { count, last: now });
        }
    }

    /// Forgets the failures of a login. Those of the address stay: it may have guessed at others.
    pub(crate) fn succeeded(&self, login: &str) {
        self.failures.invalidate(&Key::Login(login.to_owned()));
    }
}

fn keys(login: &str, address: Option<IpAddr>) -> impl Iterator<Item = Key> {
    [Some(Key::Login(login.to_owned())), address.map(|address| Key::Address(network(address)))]
        .into_iter()
        .flatten()
}

/// Of IPv6 the network of 64 bits: that is what one customer gets, with all its addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let bits = address.to_bits() & (u128::MAX << 64);
            IpAddr::V6(bits.into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + secs).unwrap()
    }

    fn failed(times: u32, login: &str, address: Option<IpAddr>) -> Attempts {
        let attempts = Attempts::default();
        (0..times).for_each(|_| attempts.failed(login, address, at(0)));
        attempts
    }

    #[test]
    fn a_few_failures_are_free_and_then_each_doubles_the_wait() {
        assert_eq!(failed(4, "ada", None).must_wait("ada", None, at(0)), None);
        assert_eq!(failed(5, "ada", None).must_wait("ada", None, at(0)), Some(WAIT_MIN));
        assert_eq!(failed(6, "ada", None).must_wait("ada", None, at(0)), Some(WAIT_MIN * 2));
        assert_eq!(failed(60, "ada", None).must_wait("ada", None, at(0)), Some(WAIT_MAX));
    }

    #[test]
    fn the_wait_passes_and_a_success_forgets() {
        let attempts = failed(5, "ada", None);
        assert_eq!(attempts.must_wait("ada", None, at(14)), Some(Duration::from_secs(1)));
        assert_eq!(attempts.must_wait("ada", None, at(15)), None);
        attempts.succeeded("ada");
        assert_eq!(attempts.must_wait("ada", None, at(0)), None);
    }

    #[test]
    fn one_address_cannot_guess_at_many_people() {
        let address = Some(IpAddr::from([192, 0, 2, 7]));
        let attempts = Attempts::default();
        for n in 0..20 {
            attempts.failed(&format!("user-{n}"), address, at(0));
        }
        assert_eq!(attempts.must_wait("somebody-else", address, at(0)), Some(WAIT_MIN));
        assert_eq!(attempts.must_wait("somebody-else", None, at(0)), None, "others are not shut out");
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_count_together() {
        let attempts = Attempts::default();
        for n in 0..20 {
            let address: IpAddr = format!("2001:db8:1:2::{n:x}").parse().unwrap();
            attempts.failed(&format!("user-{n}"), Some(address), at(0));
        }
        let wait = |address: &str| attempts.must_wait("somebody-else", Some(address.parse().unwrap()), at(0));
        assert_eq!(wait("2001:db8:1:2:ffff::1"), Some(WAIT_MIN));
        assert_eq!(wait("2001:db8:1:3::1"), None);
    }

    #[test]
    fn a_clock_that_jumps_back_shuts_nobody_out_for_longer_than_the_wait() {
        let attempts = failed(5, "ada", None);
        assert!(attempts.must_wait("ada", None, at(-3600)).unwrap() <= WAIT_MAX);
    }
}
