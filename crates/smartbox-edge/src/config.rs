//! Bounds and settings of the edge. Every queue, body, loop and wait of this crate is bounded here.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use http::HeaderValue;

use crate::limits::Rate;

/// How clients reach the public hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Directly.
    Http,
    /// Through something in front of the edge that ends TLS.
    Https,
}

impl Scheme {
    /// The word in addresses and in `X-Forwarded-Proto`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Settings of the edge.
#[derive(Clone, Debug)]
pub struct EdgeConfig {
    /// Host names, without port, under which clients may address the edge. Loopback names and the address on which
    /// a connection came in are always allowed; everything else is a DNS rebinding attempt.
    pub public_hosts: Vec<String>,
    /// How clients reach [`Self::public_hosts`]. Loopback names are always plain HTTP.
    pub public_scheme: Scheme,
    /// Cookies of the platform: taken out of requests before a box sees them, and no box can set them.
    pub platform_cookies: Vec<String>,

    /// Port of the gateway on the box's loopback.
    pub gateway_port: u16,
    /// The client address told to gateways for clients on this machine: a gateway refuses a proxied request that
    /// claims to come from loopback.
    pub loopback_client: IpAddr,
    /// The one origin that gateways accept. Set in place of the client's, once the edge itself has found that to be
    /// its own.
    pub gateway_origin: HeaderValue,

    /// Most connections at a time, upgraded ones included. Further ones wait in the kernel's queue.
    pub connections_max: usize,
    /// Longest wait for a request's head, also the longest idle time of a kept-alive connection.
    pub head_timeout: Duration,
    /// Largest request head.
    pub head_bytes_max: usize,
    /// Most header lines of a request.
    pub headers_max: usize,
    /// Largest body of a request to a box.
    pub request_body_bytes_max: u64,
    /// Longest wait for the next bytes of a request's body, and for a client to take bytes of a response.
    pub stall_timeout: Duration,

    /// Longest wait for a connection to a gateway that should run.
    pub connect_timeout: Duration,
    /// Longest wait for the head of a gateway's response. An answer of a model that is not streamed takes minutes.
    pub response_head_timeout: Duration,
    /// Longest silence in the body of a gateway's response.
    pub response_stall_timeout: Duration,
    /// Most requests and sockets of one box at a time, so that one box cannot take every connection.
    pub box_in_flight_max: usize,
    /// How often one address may ask for something of a box, signed in or not. A page of a gateway is hundreds of files.
    pub address_rate: Rate,
    /// How often one address may ask for a socket.
    pub sockets_rate: Rate,
    /// How often one caller may ask.
    pub caller_rate: Rate,
    /// How often one box may be asked.
    pub box_rate: Rate,
    /// Most idle connections kept to one gateway. Fewer than are in use at a time means that they are closed and opened
    /// for nothing.
    pub pool_idle_max: usize,
    /// Idle connections older than this are not used again. Below Node's `keepAliveTimeout` of 5 s, after which the
    /// gateway closes them.
    pub pool_idle_timeout: Duration,

    /// Longest silence of an upgraded connection. A gateway's WebSocket ticks every 30 s.
    pub tunnel_idle_timeout: Duration,
    /// How long one direction of an upgraded connection may stay open after the other has ended.
    pub tunnel_linger: Duration,
    /// Largest message of a client before its handshake. A gateway allows as much.
    pub socket_first_message_bytes_max: usize,
    /// Largest message of a client after its handshake. A gateway allows as much.
    pub socket_message_bytes_max: usize,
    /// Memory for clients' messages over 64 KiB, of all sockets together.
    pub socket_memory_bytes_max: usize,

    /// Most requests held for one box.
    pub hold_box_max: usize,
    /// Most requests held for all boxes.
    pub hold_total_max: usize,
    /// Longest time a request is held. A cold start takes 10 s, on a busy machine 35 s.
    pub hold_timeout: Duration,
    /// How much of a held request's body is read ahead, so that a client that leaves is noticed.
    pub hold_body_bytes_max: usize,
    /// Pause between two attempts to reach a gateway that should run and does not answer.
    pub redial_pause: Duration,
    /// How long a browser waits for a gateway that should run before it gets the loading page.
    pub page_patience: Duration,
    /// Longest wait for the decision whether a box may wake.
    pub wake_timeout: Duration,
    /// A decision about waking is not asked for again within this time.
    pub wake_spacing: Duration,

    /// How long requests may go on after the edge was asked to stop.
    pub drain_timeout: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);
const MIB: u64 = 1024 * 1024;

impl Default for EdgeConfig {
    fn default() -> Self {
        Self {
            public_hosts: Vec::new(),
            public_scheme: Scheme::Http,
            platform_cookies: vec!["smartbox_session".to_owned()],
            gateway_port: 18789,
            // TEST-NET-1 (RFC 5737): no client ever has it.
            loopback_client: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            gateway_origin: HeaderValue::from_static("http://smartbox.invalid"),
            connections_max: 2048,
            head_timeout: Duration::from_secs(30),
            head_bytes_max: 32 * 1024,
            headers_max: 100,
            request_body_bytes_max: 100 * MIB,
            stall_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(5),
            response_head_timeout: Duration::from_secs(15 * 60),
            response_stall_timeout: Duration::from_secs(15 * 60),
            box_in_flight_max: 512,
            address_rate: Rate { burst: 3000, window: MINUTE },
            sockets_rate: Rate { burst: 120, window: MINUTE },
            caller_rate: Rate { burst: 3000, window: MINUTE },
            box_rate: Rate { burst: 12_000, window: MINUTE },
            pool_idle_max: 64,
            pool_idle_timeout: Duration::from_secs(4),
            tunnel_idle_timeout: Duration::from_secs(5 * 60),
            tunnel_linger: Duration::from_secs(5),
            socket_first_message_bytes_max: 64 * 1024,
            socket_message_bytes_max: 25 * 1024 * 1024,
            socket_memory_bytes_max: 256 * 1024 * 1024,
            hold_box_max: 64,
            hold_total_max: 1024,
            hold_timeout: Duration::from_secs(90),
            hold_body_bytes_max: 64 * 1024,
            redial_pause: Duration::from_millis(250),
            page_patience: Duration::from_secs(2),
            wake_timeout: Duration::from_secs(10),
            wake_spacing: Duration::from_secs(1),
            drain_timeout: Duration::from_secs(10),
        }
    }
}
