//! The edge asks the API who somebody is, so that one place knows cookies and secrets.

use std::net::SocketAddr;

use http::request::Parts;
use smartbox_control::{Control, Error, Origin, Recognised, UrlRequest};
use smartbox_core::Tie;
use smartbox_edge::ports::{Caller, Identity};
use smartbox_identity::signed_url;

/// Identifies callers as the API does.
pub(crate) struct ApiIdentity(pub(crate) Control);

#[async_trait::async_trait]
impl Identity for ApiIdentity {
    async fn identify(&self, head: &Parts, peer: SocketAddr) -> Option<Caller> {
        // A wrong credential is no credential; why it is wrong is nobody's business.
        match self.by_signed_url(head, peer).await {
            Ok(Some(caller)) => Some(caller),
            Ok(None) => smartbox_http::identify(&self.0, &head.headers).await.ok().flatten().map(caller),
            Err(_refused) => None,
        }
    }
}

impl ApiIdentity {
    /// Whoever a signed URL names. A URL that is signed wrongly is refused, whatever else comes with it.
    async fn by_signed_url(&self, head: &Parts, peer: SocketAddr) -> Result<Option<Caller>, Error> {
        let Some(query) = head.uri.query() else { return Ok(None) };
        let origin = Origin { address: Some(peer.ip()), user_agent: None };
        let request = UrlRequest { method: head.method.as_str(), path: head.uri.path(), query };
        let found = self.0.find_signed_url(&origin, &request).await?;
        // What says who somebody is goes no further than here.
        Ok(found.map(|who| Caller { query: Some(signed_url::strip(query)), ..caller(who) }))
    }
}

fn caller(who: Recognised) -> Caller {
    let mut caller = Caller { expires_at: who.expires_at, ..Caller::new(who.principal) };
    caller.ties.extend(who.session.map(Tie::Session));
    caller
}
