//! What a socket of the API takes at the edge is kept by the API as long as the socket.

use http::Request;
use smartbox_edge::{Body, SocketPlace};
use smartbox_http::Kept;

/// Hands the place over, in the API's own words.
pub(crate) fn hand_over(mut request: Request<Body>) -> Request<Body> {
    if let Some(place) = request.extensions_mut().remove::<SocketPlace>() {
        request.extensions_mut().insert(Kept::new(place));
    }
    request
}
