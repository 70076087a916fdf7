//! A device's proof in a request (DPoP, RFC 9449).

use http::header::{AUTHORIZATION, HOST};
use http::request::Parts;
use smartbox_control::{Control, DPOP_HEADER, ProofRequest, Recognised};

use super::IdentifyError;

/// The proof that a request carries, with what it has to be for; `None` without one, or with several.
pub(crate) fn proof_of(head: &Parts) -> Option<(&str, ProofRequest<'_>)> {
    let mut proofs = head.headers.get_all(DPOP_HEADER).iter();
    let (Some(proof), None) = (proofs.next(), proofs.next()) else { return None };
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| head.uri.authority().map(http::uri::Authority::as_str)).unwrap_or_default();
    let token = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.split_once(' ')).map(|(_scheme, token)| token.trim());
    let request = ProofRequest { method: head.method.as_str(), host, path: head.uri.path(), token };
    Some((proof.to_str().ok()?, request))
}

/// Whoever was recognised, with the device that they show in the request itself. Those with a session have shown it before.
pub(super) async fn with_device(
    control: &Control,
    head: &Parts,
    who: Recognised,
) -> Result<Recognised, IdentifyError> {
    if who.session.is_some() || who.principal.user_id().is_none() {
        return Ok(who);
    }
    match proof_of(head) {
        Some((proof, request)) => {
            control.with_device(who, proof, &request).await.map_err(IdentifyError::Failed)
        }
        None => Ok(who),
    }
}
