//! The admin secret: from the settings, or generated once.

use anyhow::{Context, Result};
use secrecy::{ExposeSecret, SecretString};
use smartbox_control::{Entropy, random_token};

use crate::data_dir::DataDir;

/// The secret that is set, else the one generated on an earlier start, else a new one.
pub(crate) fn obtain(
    set: Option<SecretString>,
    data: &DataDir,
    entropy: &dyn Entropy,
) -> Result<SecretString> {
    if let Some(secret) = set {
        return Ok(secret);
    }
    let file = data.admin_secret_file();
    match std::fs::read_to_string(&file) {
        Ok(secret) => Ok(SecretString::from(secret.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let secret = SecretString::from(random_token(entropy));
            data.write_private(&file, secret.expose_secret().as_bytes())?;
            Ok(secret)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}
