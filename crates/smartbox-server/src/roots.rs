//! Certificate authorities that are believed: those of this machine, and those that the settings add.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Letters on a line of a file in PEM form (RFC 7468 §2).
const LINE: usize = 64;
/// Most authorities of the file that the settings name.
const EXTRA_MAX: usize = 64;

/// The authorities, for this process and as a file for boxes.
#[derive(Clone)]
pub(crate) struct Roots {
    pub(crate) store: RootCertStore,
    pub(crate) pem: Arc<str>,
}

/// Finds them.
///
/// # Errors
/// The file that the settings name cannot be used.
pub(crate) fn load(extra: Option<&Path>) -> Result<Roots> {
    let native = rustls_native_certs::load_native_certs();
    if native.certs.is_empty() {
        tracing::warn!("this machine has no certificate authorities; install the package ca-certificates");
    }
    let mut found = native.certs;
    if let Some(path) = extra {
        let added: Vec<_> = CertificateDer::pem_file_iter(path)
            .and_then(|certificates| certificates.take(EXTRA_MAX + 1).collect())
            .with_context(|| format!("`egress.extra_roots` {} cannot be read", path.display()))?;
        if added.is_empty() || added.len() > EXTRA_MAX {
            bail!("`egress.extra_roots` {} holds no certificate, or more than {EXTRA_MAX}", path.display());
        }
        found.extend(added);
    }
    let mut store = RootCertStore::empty();
    let mut pem = String::new();
    for certificate in found {
        write_pem(&mut pem, &certificate);
        // Machines have old ones among them that nobody can use.
        let _unusable = store.add(certificate);
    }
    Ok(Roots { store, pem: pem.into() })
}

fn write_pem(text: &mut String, certificate: &CertificateDer<'_>) {
    text.push_str("-----BEGIN CERTIFICATE-----\n");
    let encoded = BASE64.encode(certificate);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, left) = rest.split_at(rest.len().min(LINE));
        let _infallible = writeln!(text, "{line}");
        rest = left;
    }
    text.push_str("-----END CERTIFICATE-----\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_added_authority_is_among_them_and_a_wrong_file_is_named() {
        let made = rcgen::generate_simple_self_signed(vec!["ca.test".to_owned()]).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("roots.pem");
        std::fs::write(&path, made.cert.pem()).unwrap();
        let roots = load(Some(&path)).unwrap();
        let lines: String = made.cert.pem().lines().collect();
        assert!(roots.pem.lines().collect::<String>().contains(&lines));
        let read: Vec<_> = CertificateDer::pem_slice_iter(roots.pem.as_bytes()).collect();
        assert_eq!(read.last().unwrap().as_ref().unwrap(), made.cert.der());
        std::fs::write(&path, "nothing").unwrap();
        assert!(load(Some(&path)).err().unwrap().to_string().contains("egress.extra_roots"));
    }
}
