//! Locks of restic's: who else works on a repository.

use std::io::Read;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;

use crate::cipher::Cipher;

/// A lock of restic's that is older than this belongs to nobody any more; restic renews its own every five minutes.
const AGE_MAX: Duration = Duration::from_mins(30);
/// Bytes of a lock when it is unpacked.
const BYTES_MAX: u64 = 64 << 10;

/// What a lock says (<https://restic.readthedocs.io/en/stable/100_references.html>, "Locks").
#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    exclusive: bool,
    #[serde(default)]
    hostname: String,
}

/// When a lock must have been written, in seconds, for somebody to hold it still.
pub(crate) fn held_since(now: Timestamp) -> i64 {
    now.checked_sub(AGE_MAX).unwrap_or(now).as_second()
}

/// The machine on which somebody removes things from the repository.
pub(crate) fn exclusive_holder(cipher: &Cipher, locks: &[(i64, Bytes)], since: i64) -> Option<String> {
    let held = locks.iter().filter(|(at, _lock)| *at > since);
    let mut read = held.filter_map(|(_at, lock)| parse(&cipher.open(lock)?));
    read.find(|lock| lock.exclusive).map(|lock| lock.hostname)
}

fn parse(text: &[u8]) -> Option<Lock> {
    match text.split_first()? {
        // A version comes first of what is compressed.
        (2, packed) => {
            let mut text = Vec::new();
            zstd::stream::read::Decoder::new(packed).ok()?.take(BYTES_MAX).read_to_end(&mut text).ok()?;
            serde_json::from_slice(&text).ok()
        }
        _ => serde_json::from_slice(text).ok(),
    }
}
