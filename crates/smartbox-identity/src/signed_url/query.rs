//! The identity parameters of a query: read, and taken out.

use super::SignedUrlError;

/// Longest query that is read.
const QUERY_BYTES_MAX: usize = 16 * 1024;

/// The parameters that say who somebody is, decoded.
#[derive(Default)]
pub(super) struct Parameters {
    pub(super) user: Option<String>,
    pub(super) exp: Option<String>,
    pub(super) sig: Option<String>,
    pub(super) kid: Option<String>,
    pub(super) nonce: Option<String>,
}

impl Parameters {
    /// One that is there twice is refused: two readers could take different ones. An empty one is not there, as in
    /// Automna's validator.
    pub(super) fn parse(query: &str) -> Result<Self, SignedUrlError> {
        if query.len() > QUERY_BYTES_MAX {
            return Err(SignedUrlError::Malformed("its query is too long"));
        }
        let mut found = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let Some(place) = found.place(&name) else { continue };
            if place.replace(value.into_owned()).is_some() {
                return Err(SignedUrlError::Malformed("a parameter is there twice"));
            }
        }
        for place in [&mut found.user, &mut found.exp, &mut found.sig] {
            *place = place.take().filter(|value| !value.is_empty());
        }
        Ok(found)
    }

    fn place(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "userId" => Some(&mut self.user),
            "exp" => Some(&mut self.exp),
            "sig" => Some(&mut self.sig),
            "sigKid" => Some(&mut self.kid),
            "sigNonce" => Some(&mut self.nonce),
            _ => None,
        }
    }
}

/// The query without the identity parameters, in whatever way their names are written. All else stays as it was sent,
/// in its order.
pub fn strip(query: &str) -> String {
    let mut kept = String::with_capacity(query.len());
    for pair in query.split('&') {
        let is_identity = form_urlencoded::parse(pair.as_bytes())
            .next()
            .is_some_and(|(name, _value)| Parameters::default().place(&name).is_some());
        if is_identity {
            continue;
        }
        if !kept.is_empty() {
            kept.push('&');
        }
        kept.push_str(pair);
    }
    kept
}
