//! Certificates that we sign ourselves: the answer to an authority, and what is shown while there is nothing better.

use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use smartbox_edge::TlsIdentity;

use crate::AcmeError;

/// The answer to a question about `name` (RFC 8737 §3): the hash of what the authority expects, in a certificate.
pub(crate) fn answer(name: &str, expected: &[u8]) -> Result<TlsIdentity, AcmeError> {
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(expected)];
    let (certificate, key) = signed_by_itself(params)?;
    Ok(TlsIdentity::answer_from_pem(certificate.as_bytes(), key.as_bytes())?)
}

/// For these names; clients do not trust it.
pub(crate) fn temporary(names: &[String]) -> Result<TlsIdentity, AcmeError> {
    let (certificate, key) = signed_by_itself(CertificateParams::new(names)?)?;
    Ok(TlsIdentity::from_pem(certificate.as_bytes(), key.as_bytes())?)
}

/// Certificate and key in PEM form.
fn signed_by_itself(mut params: CertificateParams) -> Result<(String, String), AcmeError> {
    params.distinguished_name = DistinguishedName::new();
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}
