//! Which addresses are this machine's own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use super::ports::OwnAddresses;

/// Any port: nothing is sent.
const DISCARD: u16 = 9;

/// Asks the kernel's routing table each time, so that an address that comes later is known, too.
#[derive(Clone, Copy, Debug, Default)]
pub struct KernelAddresses;

impl OwnAddresses for KernelAddresses {
    fn is_own(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if address.is_loopback() || address.is_unspecified() {
            return true;
        }
        // A connected UDP socket sends nothing and has a source address: towards ourselves it is the address itself.
        let any: IpAddr =
            if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let source = UdpSocket::bind((any, 0)).and_then(|socket| {
            socket.connect((address, DISCARD))?;
            socket.local_addr()
        });
        source.is_ok_and(|source| source.ip() == address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_in_all_its_forms_is_own_and_a_foreign_address_is_not() {
        for own in ["127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1"] {
            assert!(KernelAddresses.is_own(own.parse().unwrap()), "{own}");
        }
        for foreign in ["1.1.1.1", "192.0.2.1", "2606:4700:4700::1111"] {
            assert!(!KernelAddresses.is_own(foreign.parse().unwrap()), "{foreign}");
        }
    }

    #[test]
    fn an_address_of_an_interface_is_own() {
        // Where the way out begins: an address of this machine, if there is a way out at all.
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        if socket.connect("192.0.2.1:9").is_ok() {
            assert!(KernelAddresses.is_own(socket.local_addr().unwrap().ip()));
        }
    }
}
