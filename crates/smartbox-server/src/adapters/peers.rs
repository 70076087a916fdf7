//! The other platforms, as control knows them and the edge needs them.

use std::sync::Arc;

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};
use smartbox_control::KeeperTable;
use smartbox_core::{BoxId, Tie};
use smartbox_edge::ports::{SEAL_BYTES, Seal};
use smartbox_edge::{PeerTable, Sockets};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What clients are told whose box another platform keeps from now on.
const MOVED: &str = "the box is kept by another platform now: connect again";

/// Seals with HMAC-SHA-256 (RFC 2104).
pub(crate) struct HmacSeal(hmac::Key);

impl HmacSeal {
    pub(crate) fn new(key: &SecretString) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes()))
    }
}

impl Seal for HmacSeal {
    fn seal(&self, text: &[u8]) -> [u8; SEAL_BYTES] {
        let mut seal = [0; SEAL_BYTES];
        seal.iter_mut().zip(hmac::sign(&self.0, text).as_ref()).for_each(|(to, from)| *to = *from);
        seal
    }

    fn is_sealed(&self, text: &[u8], seal: &[u8; SEAL_BYTES]) -> bool {
        // Constant-time.
        hmac::verify(&self.0, text, seal).is_ok()
    }
}

/// Publishes who keeps which box, until told to stop. What is open for boxes that are others' from now on is closed.
pub(crate) async fn follow(
    mut keepers: watch::Receiver<Arc<KeeperTable>>,
    peers: watch::Sender<Arc<PeerTable>>,
    sockets: Sockets,
    stop: CancellationToken,
) {
    loop {
        let table = peer_table(&keepers.borrow_and_update());
        let before = peers.send_replace(Arc::clone(&table));
        for id in gone(&before, &table) {
            sockets.close(&Tie::Box(id), MOVED);
        }
        tokio::select! { biased;
            () = stop.cancelled() => return,
            changed = keepers.changed() => if changed.is_err() { return stop.cancelled().await },
        }
    }
}

/// Boxes that were this platform's and are not any more.
fn gone<'t>(before: &'t PeerTable, now: &'t PeerTable) -> impl Iterator<Item = BoxId> + 't {
    before.iter().filter(|(id, keeper)| keeper.is_none() && now.get(id) != Some(&None)).map(|(id, _)| *id)
}

fn peer_table(keepers: &KeeperTable) -> Arc<PeerTable> {
    let KeeperTable::Each(keepers) = keepers else { return Arc::default() };
    let named = keepers.iter().filter_map(|(id, address)| match address {
        None => Some((*id, None)),
        // One that is no address cannot be asked: the box has nobody, for this platform.
        Some(address) => Some((*id, Some(Arc::new(format!("http://{address}").parse().ok()?)))),
    });
    Arc::new(named.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_key_has_sealed_no_other_recognises() {
        let (one, other) = (HmacSeal::new(&"one".into()), HmacSeal::new(&"other".into()));
        let seal = one.seal(b"text");
        assert!(one.is_sealed(b"text", &seal));
        assert!(!one.is_sealed(b"texts", &seal) && !other.is_sealed(b"text", &seal));
    }
}
