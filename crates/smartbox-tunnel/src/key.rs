//! ED25519 keys: a box's identity, and the platform's towards it.

use std::fmt;
use std::sync::Arc;

use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::ssh_key::{LineEnding, PrivateKey, PublicKey};
use secrecy::{ExposeSecret as _, SecretString};

/// A key that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the {which} key is malformed")]
pub struct BadKey {
    which: &'static str,
    #[source]
    source: russh::keys::ssh_key::Error,
}

impl BadKey {
    const fn of(which: &'static str) -> impl Fn(russh::keys::ssh_key::Error) -> Self {
        move |source| Self { which, source }
    }
}

/// A key pair in OpenSSH's text formats.
pub struct KeyPair {
    /// The secret half: an OpenSSH private key file. For a box's host key this is what boxd reads; for the
    /// platform's own key it stays in the sealed store.
    pub private: SecretString,
    /// The public half: `ssh-ed25519 AAAA…`.
    pub public: String,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("public", &self.public).finish_non_exhaustive()
    }
}

/// Makes an ED25519 key pair from 32 random bytes. The same bytes give the same pair.
///
/// # Errors
/// When the key cannot be written as text, which it can.
pub fn generate_key_pair(random: [u8; 32]) -> Result<KeyPair, BadKey> {
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&random));
    let private = key.to_openssh(LineEnding::LF).map_err(BadKey::of("private"))?;
    let public = key.public_key().to_openssh().map_err(BadKey::of("public"))?;
    Ok(KeyPair { private: SecretString::from(private.as_str()), public })
}

/// The keys for one box.
#[derive(Clone)]
pub struct BoxKeys {
    /// What the box must prove to be.
    pub(crate) host: PublicKey,
    /// What the platform proves to be.
    pub(crate) client: Arc<PrivateKey>,
}

impl BoxKeys {
    /// Reads the box's public host key and the platform's private key, both in OpenSSH's text format.
    ///
    /// # Errors
    /// When one of them is malformed.
    pub fn parse(host_public: &str, client_private: &SecretString) -> Result<Self, BadKey> {
        let host = PublicKey::from_openssh(host_public).map_err(BadKey::of("host"))?;
        let client =
            PrivateKey::from_openssh(client_private.expose_secret()).map_err(BadKey::of("client"))?;
        Ok(Self { host, client: Arc::new(client) })
    }

    /// The public half of the platform's key, which boxd must let in.
    ///
    /// # Errors
    /// When the key cannot be written as text, which it can.
    pub fn client_public(&self) -> Result<String, BadKey> {
        self.client.public_key().to_openssh().map_err(BadKey::of("client"))
    }
}

impl fmt::Debug for BoxKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fingerprint = |key: &PublicKey| key.fingerprint(russh::keys::HashAlg::Sha256).to_string();
        f.debug_struct("BoxKeys")
            .field("host", &fingerprint(&self.host))
            .field("client", &fingerprint(self.client.public_key()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_made_of_its_seed_and_reads_back() -> anyhow::Result<()> {
        let pair = generate_key_pair([7; 32])?;
        assert!(pair.public.starts_with("ssh-ed25519 AAAA"));
        assert_eq!(generate_key_pair([7; 32])?.public, pair.public);
        assert_ne!(generate_key_pair([8; 32])?.public, pair.public);
        let keys = BoxKeys::parse(&pair.public, &pair.private)?;
        assert_eq!(keys.client.public_key().key_data(), keys.host.key_data());
        Ok(())
    }

    #[test]
    fn debug_output_shows_no_private_key() -> anyhow::Result<()> {
        let pair = generate_key_pair([7; 32])?;
        let secret = pair.private.expose_secret().lines().nth(3).unwrap_or_default().to_owned();
        let keys = BoxKeys::parse(&pair.public, &pair.private)?;
        let shown = format!("{pair:?} {keys:?}");
        assert!(!secret.is_empty() && !shown.contains(&secret) && !shown.contains("PRIVATE"));
        Ok(())
    }

    #[test]
    fn a_malformed_key_is_named() {
        let error =
            BoxKeys::parse("ssh-ed25519 nonsense", &SecretString::from("")).expect_err("is malformed");
        assert_eq!(error.to_string(), "the host key is malformed");
    }
}
