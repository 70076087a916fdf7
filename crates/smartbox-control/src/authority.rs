//! The certificate authority of one box.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use secrecy::{ExposeSecret as _, SecretString};
use smartbox_core::BoxId;
use smartbox_core::injection::authority_name;
use smartbox_store::Authority;

use crate::Error;

/// Days that it is good for: ten years. Programs of a box take it as it was when the box was started.
const DAYS: i64 = 3650;
/// Days that a certificate of a host is good for.
const HOST_DAYS: i64 = 30;

/// Makes one. Its key signs nothing but certificates of hosts, for this box alone.
pub(crate) fn make(id: BoxId, generation: i64, now: Timestamp) -> Result<Authority, Error> {
    let key = KeyPair::generate().map_err(Error::internal)?;
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name = name(authority_name(id));
    valid(&mut params, now, DAYS);
    let certificate = params.self_signed(&key).map_err(Error::internal)?;
    Ok(Authority {
        certificate: certificate.pem(),
        key: key.serialize_pem().into(),
        trusted_from: generation,
    })
}

/// A certificate of a host, by the authority of a box.
pub(crate) fn issue(
    id: BoxId,
    authority: &Authority,
    host: &str,
    now: Timestamp,
) -> Result<HostCertificate, Error> {
    let ours = KeyPair::from_pem(authority.key.expose_secret()).map_err(Error::internal)?;
    let mut signer = CertificateParams::default();
    signer.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    signer.distinguished_name = name(authority_name(id));
    let key = KeyPair::generate().map_err(Error::internal)?;
    let mut params = CertificateParams::new(vec![host.to_owned()]).map_err(Error::internal)?;
    params.distinguished_name = name(String::new());
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    valid(&mut params, now, HOST_DAYS);
    let certificate = params.signed_by(&key, &Issuer::new(signer, ours)).map_err(Error::internal)?;
    Ok(HostCertificate { certificate: certificate.pem(), key: key.serialize_pem().into() })
}

/// A certificate of a host with its key, in PEM form.
#[derive(Clone, Debug)]
pub struct HostCertificate {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: SecretString,
}

fn name(text: String) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    if !text.is_empty() {
        name.push(DnType::CommonName, text);
    }
    name
}

/// From yesterday on, because clocks differ.
fn valid(params: &mut CertificateParams, now: Timestamp, days: i64) {
    let today = now.to_zoned(TimeZone::UTC).date();
    let at = |days: i64| {
        let date = today.saturating_add(days.days());
        let part = |number: i8| u8::try_from(number).unwrap_or(1);
        date_time_ymd(date.year().into(), part(date.month()), part(date.day()))
    };
    (params.not_before, params.not_after) = (at(-1), at(days));
}
