//! What `fuzz/` reaches of the readers of foreign bytes. No part of the crate's interface.

use crate::jwks::KeySet;
use crate::oidc::read_discovery;

/// How many keys of a key set can be used; `None` if it is none.
pub fn usable_keys(body: &[u8]) -> Option<usize> {
    KeySet::parse(body).ok().map(|set| set.len())
}

/// The addresses that an issuer's own document names, if it is believed.
pub fn discovered(body: &[u8], issuer: &str) -> Option<[String; 2]> {
    read_discovery(body, issuer)
}
