//! Ingress data plane: one listener for everything.
//!
//! Platform paths go to the service that the composition root gives. Everything else is relayed to the gateway of a
//! box, streaming in both directions, after four questions: is this host ours, may this origin ask, who asks, and
//! which box do they mean. A request to a box that does not run wakes it and is held until it does; a browser gets an
//! honest loading page instead.
//!
//! Whoever puts boxes to sleep shuts the way in with [`Ingress`]; open sockets stay, and the next message on one wakes its box.
//!
//! The edge only reads: an immutable [`RouteTable`] comes in through a `watch` channel, and it goes on serving the
//! last one when nobody publishes any more. It knows the rest of the platform through [`ports`] alone. What a client asks a
//! gateway for is held against the [`Policy`] of the route; what a gateway says passes as it is.

mod bind;
mod body;
mod bounded_io;
mod config;
mod decimal;
mod edge;
mod fence;
mod forwarded;
mod front;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod hold;
mod ingress;
mod limits;
mod line;
mod look;
mod names;
mod numbers;
mod page;
mod path;
mod patience;
mod peers;
mod places;
mod policy;
mod pool;
pub mod ports;
mod problem;
mod relay;
mod routes;
mod routing;
mod serve;
mod since;
mod sockets;
mod tls;
mod traced;
mod tunnel;
mod wire;

pub use bind::{BindError, EdgeListener};
pub use body::{Body, BoxError};
pub use config::{EdgeConfig, Scheme};
pub use edge::{Edge, PeerEdge};
pub use front::is_platform_path;
pub use ingress::{Busy, Ingress, Work};
pub use limits::{Quota, Rate, Standing};
pub use look::{EdgeLook, EdgeStanding, RouteStanding};
pub use numbers::EdgeNumbers;
pub use peers::{PeerTable, Peers};
pub use places::SocketPlace;
pub use policy::{Handshake, PathRule, Policy};
pub use ports::{
    Caller, ClientAddr, DeviceNotApproved, EdgePorts, ForeignOrigin, FromThisMachine, PlatformService,
    RequestId, RoutePattern, platform_service,
};
pub use problem::{CODES, Problem};
pub use routes::{GatewayCredential, Grant, Route, RouteState, RouteTable};
pub use routing::Routing;
pub use sockets::{Admission, Sockets, Ticket};
pub use tls::{Tls, TlsAnswer, TlsError, TlsIdentity};
