//! Bounds and settings of the edge. Every queue, body, loop and wait of this crate is bounded here.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use http::HeaderValue;
use ipnet::IpNet;
use smartbox_core::box_host;

use crate::limits::Rate;

/// How clients reach us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// In clear text.
    Http,
    /// Over TLS, which the edge or something in front of it ends.
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
    /// How clients reach [`Self::public_hosts`] when the edge itself does not end TLS and no trusted proxy says it.
    pub public_scheme: Scheme,
    /// Domains below which each box has a host of its own, `{box}.{domain}`. Below `localhost` for people on this machine.
    pub box_domains: Vec<String>,
    /// Where people on this machine sign in, such as `http://127.0.0.1:8080`: from there they come to the boxes' hosts below
    /// `localhost`.
    pub local_url: Option<String>,
    /// Proxies in front of the edge whose word about clients counts. Their own connections are not counted by address.
    pub trusted_proxies: Vec<IpNet>,
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
    /// Most connections from one address at a time that were not upgraded. Further ones are closed.
    pub connections_per_address: usize,
    /// Most TLS handshakes under way. Further connections are closed.
    pub handshakes_max: usize,
    /// The same, from one address.
    pub handshakes_per_address: usize,
    /// Longest time for a TLS handshake.
    pub handshake_timeout: Duration,
    /// Most requests under way over HTTP/2, on all connections. Over HTTP/1.1 a connection has one at a time.
    pub streams_max: usize,
    /// Most requests under way on one HTTP/2 connection.
    pub streams_per_connection: u32,
    /// How often an HTTP/2 client that says nothing is asked whether it is still there, and how long it may take to answer.
    pub ping_interval: Duration,
    /// Most sockets from one address at a time.
    pub sockets_per_address: usize,
    /// Most sockets of one caller at a time.
    pub sockets_per_caller: usize,
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
    /// How often one address may ask, signed in or not. A page of a gateway is hundreds of files.
    pub address_rate: Rate,
    /// How often one address may try to sign in.
    pub sign_in_rate: Rate,
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

    /// How often the edge says something on the sockets of a box that sleeps, as its gateway would (`policy.tickIntervalMs`
    /// of its hello). Clients give up after twice that time.
    pub tick_interval: Duration,

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
            box_domains: vec![box_host::LOOPBACK_DOMAIN.to_owned()],
            local_url: None,
            trusted_proxies: Vec::new(),
            platform_cookies: vec!["smartbox_session".to_owned(), "smartbox_box".to_owned()],
            gateway_port: 18789,
            // TEST-NET-1 (RFC 5737): no client ever has it.
            loopback_client: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            gateway_origin: HeaderValue::from_static("http://smartbox.invalid"),
            connections_max: 4096,
            // A whole office behind one address, or a browser with every tab open.
            connections_per_address: 512,
            handshakes_max: 512,
            handshakes_per_address: 64,
            handshake_timeout: Duration::from_secs(10),
            streams_max: 4096,
            streams_per_connection: 100,
            ping_interval: Duration::from_secs(20),
            sockets_per_address: 512,
            sockets_per_caller: 256,
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
            sign_in_rate: Rate { burst: 60, window: MINUTE },
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
            tick_interval: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(10),
        }
    }
}
