//! The edge asks the API who somebody is, so that one place knows cookies and secrets.

use std::net::SocketAddr;

use http::request::Parts;
use smartbox_control::{Control, Error, Origin, Recognised, UrlRequest};
use smartbox_edge::ports::{Caller, DeviceNotApproved, ForeignOrigin, Identity};
use smartbox_identity::signed_url;

/// Identifies callers as the API does.
pub(crate) struct ApiIdentity(pub(crate) Control);

#[async_trait::async_trait]
impl Identity for ApiIdentity {
    async fn identify(&self, head: &Parts, peer: SocketAddr) -> Result<Option<Caller>, DeviceNotApproved> {
        // A wrong credential is no credential; why it is wrong is nobody's business.
        let found = match self.by_address(head, peer).await {
            Ok(Some(found)) => Some(found),
            Ok(None) => {
                let found = smartbox_http::identify(&self.0, head).await.ok().flatten();
                found.map(|who| (who, None, false))
            }
            Err(_refused) => None,
        };
        match found {
            Some((who, query, by_ticket)) if who.is_paired => {
                Ok(Some(Caller { query, by_ticket, ..caller(who) }))
            }
            Some(_unpaired) => Err(DeviceNotApproved),
            None => Ok(None),
        }
    }
}

/// Who somebody is, what is left of the query that says so, and whether it was a ticket.
type ByAddress = (Recognised, Option<String>, bool);

impl ApiIdentity {
    /// Whoever the address names. One that is wrong is refused, whatever else comes with it.
    async fn by_address(&self, head: &Parts, peer: SocketAddr) -> Result<Option<ByAddress>, Error> {
        let Some(query) = head.uri.query() else { return Ok(None) };
        if let Some((ticket, rest)) = ticket_of(query) {
            let from = head.extensions.get::<ForeignOrigin>().map(|origin| origin.0.as_str());
            let who = self.0.redeem_ticket(ticket, head.uri.path(), from).await?;
            return Ok(Some((who, Some(rest), true)));
        }
        let origin = Origin { address: Some(peer.ip()), user_agent: None };
        let request = UrlRequest { method: head.method.as_str(), path: head.uri.path(), query };
        let found = self.0.find_signed_url(&origin, &request).await?;
        // What says who somebody is goes no further than here.
        Ok(found.map(|who| (who, Some(signed_url::strip(query)), false)))
    }
}

/// The ticket of a query, and the query without it.
fn ticket_of(query: &str) -> Option<(&str, String)> {
    let is_ticket = |pair: &&str| pair.starts_with("ticket=tkt_");
    let ticket = query.split('&').find(is_ticket)?.strip_prefix("ticket=")?;
    let rest: Vec<_> = query.split('&').filter(|pair| !is_ticket(pair)).collect();
    Some((ticket, rest.join("&")))
}

fn caller(who: Recognised) -> Caller {
    let ties = who.ties();
    Caller { ties, expires_at: who.expires_at, ..Caller::new(who.principal) }
}
