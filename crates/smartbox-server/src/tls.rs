//! Certificate and key of the edge: read from their files, and read again when these change.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::digest::{self, SHA256};
use jiff::Timestamp;
use smartbox_edge::{Tls, TlsError, TlsIdentity};
use tokio::signal::unix::Signal;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

mod expiry;
mod source;

pub(crate) use expiry::{Expiry, SOON};
pub(crate) use source::{Source, issued};

/// How often the files are looked at. Programs that renew certificates do so weeks ahead.
pub(crate) const LOOK_PERIOD: Duration = Duration::from_secs(60);
/// Largest file that is read. A long chain has some ten thousand bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Where certificate and key lie.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// A pair that can be used.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) identity: TlsIdentity,
    /// SHA-256 of the certificate in DER form, in hexadecimal: how this machine's command line knows it.
    pub(crate) fingerprint: String,
    /// When the certificate stops being valid, if that can be read.
    pub(crate) expires_at: Option<Timestamp>,
    seen: Seen,
}

/// What both files held, without holding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen([u8; 32]);

/// Why a pair cannot be used.
#[derive(Debug)]
pub(crate) enum BadPair {
    Unreadable { setting: &'static str, path: PathBuf, kind: std::io::ErrorKind },
    TooLarge { setting: &'static str, path: PathBuf },
    Broken { setting: &'static str, path: PathBuf, why: TlsError },
}

impl fmt::Display for BadPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { setting, path, kind } => {
                write!(f, "`{setting}` {} cannot be read: {kind}", path.display())
            }
            Self::TooLarge { setting, path } => {
                write!(f, "`{setting}` {} is too large for a file of its kind", path.display())
            }
            Self::Broken { setting, path, why } => write!(f, "`{setting}` {} {why}", path.display()),
        }
    }
}

/// The texts of both files.
struct Texts {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Texts {
    fn seen(&self) -> Seen {
        let mut context = digest::Context::new(&SHA256);
        // With its length before it, no other split gives the same.
        context.update(&self.certificate.len().to_be_bytes());
        context.update(&self.certificate);
        context.update(&self.key);
        let mut seen = [0; 32];
        seen.copy_from_slice(context.finish().as_ref());
        Seen(seen)
    }

    fn pair(&self, files: &Files) -> Result<Pair, BadPair> {
        let identity = TlsIdentity::from_pem(&self.certificate, &self.key).map_err(|why| match why {
            TlsError::NoCertificate => {
                BadPair::Broken { setting: CERTIFICATE, path: files.certificate.clone(), why }
            }
            _ => BadPair::Broken { setting: KEY, path: files.key.clone(), why },
        })?;
        Ok(Pair {
            fingerprint: fingerprint(&identity),
            expires_at: identity.validity().map(|(_from, until)| until),
            seen: self.seen(),
            identity,
        })
    }
}

/// SHA-256 of a certificate in DER form, in hexadecimal.
fn fingerprint(identity: &TlsIdentity) -> String {
    let hash = digest::digest(&SHA256, identity.certificate());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

const CERTIFICATE: &str = "edge.tls_certificate";
const KEY: &str = "edge.tls_key";

/// Reads the pair.
///
/// # Errors
/// One of the files cannot be used; the text says which, and repeats nothing of it.
pub(crate) fn read(files: &Files) -> Result<Pair, BadPair> {
    texts(files)?.pair(files)
}

fn texts(files: &Files) -> Result<Texts, BadPair> {
    Ok(Texts { certificate: text(CERTIFICATE, &files.certificate)?, key: text(KEY, &files.key)? })
}

fn text(setting: &'static str, path: &Path) -> Result<Vec<u8>, BadPair> {
    let mut text = Vec::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut text));
    match read {
        Ok(read) if read as u64 <= FILE_BYTES_MAX => Ok(text),
        Ok(_) => Err(BadPair::TooLarge { setting, path: path.to_owned() }),
        Err(error) => Err(BadPair::Unreadable { setting, path: path.to_owned(), kind: error.kind() }),
    }
}

/// Looks at the files every `period` and on each `hangup`, and shows a pair that has changed. One that cannot be used is
/// told once and leaves the old one in force. `changed` hears of each pair that is shown.
pub(crate) async fn follow(
    files: Files,
    shown: Pair,
    tls: Tls,
    period: Duration,
    mut hangups: Signal,
    changed: impl Fn(&Pair),
    stop: CancellationToken,
) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = Some(shown.seen);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            Some(()) = hangups.recv() => {}
            _tick = ticks.tick() => {}
        }
        // The files are small and lie on this machine.
        let texts = match texts(&files) {
            Ok(texts) => texts,
            Err(problem) => {
                if seen.take().is_some() {
                    tracing::warn!(%problem, "the certificate cannot be read again; the old one stays in force");
                }
                continue;
            }
        };
        if seen.replace(texts.seen()) == Some(texts.seen()) {
            continue;
        }
        match texts.pair(&files) {
            Ok(pair) => {
                tls.replace(pair.identity.clone());
                tracing::info!(fingerprint = pair.fingerprint, "a new certificate is shown");
                changed(&pair);
            }
            Err(problem) => {
                tracing::warn!(%problem, "the new certificate cannot be used; the old one stays in force");
            }
        }
    }
}

#[cfg(test)]
mod tests;
