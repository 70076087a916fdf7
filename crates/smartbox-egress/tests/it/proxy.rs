//! The forward proxy from outside: a box's side over a socket, upstreams on loopback, names from a table.

mod admission;
mod attacks;
mod byte_counts;
mod credit;
mod forwarding;
mod http2;
mod injection;
mod interception;
mod limits;
mod metering;
mod outgoing;
mod policies;
mod remote;
mod rig;
mod tls;
mod tunnels;
mod upgrades;
mod world;
