//! Randomness as a parameter.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

/// Gives random bytes, fit for keys.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The system's random number generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::expect_used, reason = "without randomness nothing of the platform is safe to go on")]
    fn fill(&self, bytes: &mut [u8]) {
        SystemRandom::new().fill(bytes).expect("the kernel gives random bytes");
    }
}

/// A random 256-bit token as 43 characters that need no escaping in URLs, headers and cookies.
pub fn random_token(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 32];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Random bytes of any typed id, and its moment of birth.
pub(crate) fn id_parts(entropy: &dyn Entropy, now: Timestamp) -> (Timestamp, [u8; 10]) {
    let mut random = [0u8; 10];
    entropy.fill(&mut random);
    (now, random)
}
