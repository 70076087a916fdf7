//! What edge and API tell each other about a request, each in its own words.

use http::{Request, Response};
use smartbox_edge::{Body, FromThisMachine, RoutePattern, SocketPlace};
use smartbox_http::{Kept, MatchedRoute};

/// Hands over what a socket of the API takes at the edge, to be kept as long as the socket, and whether the request comes from this
/// machine.
pub(crate) fn hand_over(mut request: Request<Body>) -> Request<Body> {
    let extensions = request.extensions_mut();
    if let Some(place) = extensions.remove::<SocketPlace>() {
        extensions.insert(Kept::new(place));
    }
    if extensions.remove::<FromThisMachine>().is_some() {
        extensions.insert(smartbox_http::FromThisMachine);
    }
    request
}

/// Hands back which route it was.
pub(crate) fn hand_back<B>(mut response: Response<B>) -> Response<B> {
    if let Some(MatchedRoute(route)) = response.extensions_mut().remove() {
        response.extensions_mut().insert(RoutePattern(route));
    }
    response
}
