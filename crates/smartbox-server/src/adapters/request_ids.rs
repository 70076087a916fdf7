//! Ids of requests: unguessable, and made for each request of the edge.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use smartbox_control::Entropy;

/// Random bytes of one id.
const ID_BYTES: usize = 32;
/// Ids for which randomness is drawn at a time: a draw costs as much as half of the checks of a request.
const AHEAD: usize = 128;
const PREFIX: &str = "req_";
/// The prefix, and four characters for three bytes.
const ID_CHARS: usize = PREFIX.len() + ID_BYTES.div_ceil(3) * 4;

/// Makes request ids.
pub(crate) struct RequestIds<E> {
    entropy: E,
    drawn: Mutex<Vec<[u8; ID_BYTES]>>,
}

impl<E: Entropy> RequestIds<E> {
    pub(crate) fn new(entropy: E) -> Self {
        Self { entropy, drawn: Mutex::default() }
    }

    /// One that was never made before.
    pub(crate) fn next(&self) -> String {
        let mut id = String::with_capacity(ID_CHARS);
        id.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(self.draw(), &mut id);
        id
    }

    fn draw(&self) -> [u8; ID_BYTES] {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = drawn.pop() {
            return bytes;
        }
        let mut all = [[0; ID_BYTES]; AHEAD];
        self.entropy.fill(all.as_flattened_mut());
        let [first, rest @ ..] = all;
        drawn.extend(rest);
        first
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use smartbox_control::SystemEntropy;

    use super::*;

    #[test]
    fn ids_are_long_random_and_never_the_same() {
        let ids = RequestIds::new(SystemEntropy);
        let made: HashSet<_> = (0..3 * AHEAD).map(|_| ids.next()).collect();
        assert_eq!(made.len(), 3 * AHEAD);
        for id in made {
            let random = id.strip_prefix(PREFIX).unwrap();
            assert_eq!(URL_SAFE_NO_PAD.decode(random).unwrap().len(), ID_BYTES);
        }
    }
}
