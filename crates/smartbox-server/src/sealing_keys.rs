//! The keys that secrets are sealed with, from wherever the settings say.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use secrecy::{ExposeSecret as _, SecretString};
use smartbox_store::{KeyFile, KeySource, Keyring, KeyringError, Sealer};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::runtime::Handle;

use crate::data_dir::DataDir;
use crate::settings::SealingKeys;

/// How long a command may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
/// Most bytes that it may print.
const OUTPUT_BYTES_MAX: u64 = 64 * 1024;

/// Gets the keys.
///
/// # Errors
/// There are none, or not those that the database needs.
pub(crate) async fn sealer(keys: &SealingKeys, data: &DataDir) -> Result<Sealer> {
    match keys {
        SealingKeys::File => {
            let path = data.keyring();
            // A new key beside an old database would make every secret unreadable without saying so.
            if data.database().exists() && !path.exists() {
                bail!(
                    "the sealing key {} is missing, and the database needs it\n\
                     help: put the key file back from its backup",
                    path.display()
                );
            }
            data.make_private_dir(&path)?;
            let keyring = Keyring::open_or_create(&path).context("the sealing key cannot be used")?;
            Ok(Sealer::with_source(keyring, Arc::new(KeyFile::new(path))))
        }
        SealingKeys::Given(text) => {
            let keyring = Keyring::from_text(text.expose_secret()).context("`secrets.key` cannot be used")?;
            Ok(Sealer::with_source(keyring, Arc::new(Outside(keys.clone()))))
        }
        SealingKeys::Command(argv) => {
            let keyring = print(argv).await.context("`secrets.key_command` cannot be used")?;
            Ok(Sealer::with_source(keyring, Arc::new(Outside(keys.clone()))))
        }
    }
}

/// Keys that somebody else keeps. A rotation takes the newest that is there, and leaves it to them to take old ones away.
struct Outside(SealingKeys);

impl KeySource for Outside {
    fn add(&self, current: &Keyring) -> Result<Keyring, KeyringError> {
        let keyring = match &self.0 {
            SealingKeys::Command(argv) => Handle::current().block_on(print(argv))?,
            SealingKeys::Given(text) => Keyring::from_text(text.expose_secret())?,
            SealingKeys::File => return Err(KeyringError::NoNewKey),
        };
        if keyring.seals_like(current) { Err(KeyringError::NoNewKey) } else { Ok(keyring) }
    }

    fn retire(&self, _current: &Keyring) -> Result<Option<Keyring>, KeyringError> {
        Ok(None)
    }
}

/// Runs the command and reads the keys that it prints. What it says is repeated nowhere.
async fn print(argv: &[String]) -> Result<Keyring, KeyringError> {
    let failed = |why: &str| KeyringError::Source(why.to_owned());
    let [program, arguments @ ..] = argv else { return Err(failed("is not set")) };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(&format!("cannot be run: {error}")))?;
    let stdout = child.stdout.take();
    let run = async {
        let mut bytes = Vec::new();
        if let Some(stdout) = stdout {
            stdout.take(OUTPUT_BYTES_MAX + 1).read_to_end(&mut bytes).await?;
        }
        std::io::Result::Ok((bytes, child.wait().await?))
    };
    let (bytes, status) = tokio::time::timeout(COMMAND_TIMEOUT, run)
        .await
        .map_err(|_elapsed| failed("did not end in time"))?
        .map_err(|error| failed(&format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > OUTPUT_BYTES_MAX {
        return Err(failed("printed too much"));
    }
    let text = String::from_utf8(bytes).map(SecretString::from).map_err(|_bad| failed("printed no text"))?;
    if !status.success() {
        return Err(failed(&format!("ended with {status}")));
    }
    Keyring::from_text(text.expose_secret())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const NEXT: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[tokio::test]
    async fn what_a_command_prints_are_keys_or_the_reason_why_not() {
        let keys = print(&words(&["/bin/echo", KEY])).await.unwrap();
        assert!(keys.seals_like(&Keyring::from_text(KEY).unwrap()));
        for (argv, said) in [
            (&["/bin/echo", "the-secret-that-is-no-key"][..], "no list of keys"),
            (&["/bin/false"][..], "ended with"),
            (&["/no/such/program"][..], "cannot be run"),
            (&["/usr/bin/head", "-c", "70000", "/dev/zero"][..], "too much"),
        ] {
            let refused = print(&words(argv)).await.unwrap_err().to_string();
            assert!(refused.contains(said) && !refused.contains("the-secret"), "{argv:?}: {refused}");
        }
    }

    #[test]
    fn keys_from_outside_are_rotated_when_there_is_a_newer_one() {
        let old = Keyring::from_text(KEY).unwrap();
        let outside = |text: &str| Outside(SealingKeys::Given(text.into()));
        assert!(matches!(outside(KEY).add(&old), Err(KeyringError::NoNewKey)));
        let both = outside(&format!("{KEY},{NEXT}")).add(&old).unwrap();
        assert!(both.seals_like(&Keyring::from_text(NEXT).unwrap()));
        assert!(outside(KEY).retire(&both).unwrap().is_none(), "whoever keeps them takes the old one away");
    }
}
