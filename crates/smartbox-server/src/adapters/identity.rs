//! The edge asks the API who somebody is, so that one place knows cookies and secrets.

use std::net::SocketAddr;

use http::request::Parts;
use smartbox_control::{Control, Recognised};
use smartbox_core::Tie;
use smartbox_edge::ports::{Caller, Identity};

/// Identifies callers as the API does.
pub(crate) struct ApiIdentity(pub(crate) Control);

#[async_trait::async_trait]
impl Identity for ApiIdentity {
    async fn identify(&self, head: &Parts, _peer: SocketAddr) -> Option<Caller> {
        // A wrong credential is no credential; why it is wrong is nobody's business.
        smartbox_http::identify(&self.0, &head.headers).await.ok().flatten().map(caller)
    }
}

fn caller(who: Recognised) -> Caller {
    let mut caller = Caller { expires_at: who.expires_at, ..Caller::new(who.principal) };
    caller.ties.extend(who.session.map(Tie::Session));
    caller
}
