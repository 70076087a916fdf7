//! What kind of address a name has led to.
//!
//! The table is that of the IANA special-purpose registries (RFC 6890 and its updates), and the addresses under which
//! clouds serve credentials to machines.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressClass {
    /// Somewhere on the internet.
    Public,
    /// This machine (127/8, `::1`).
    Loopback,
    /// A private network (RFC 1918, `fc00::/7`, the old `fec0::/10`).
    Private,
    /// The local link (169.254/16, `fe80::/10`).
    LinkLocal,
    /// A provider's network behind a shared address (100.64/10).
    SharedAddress,
    /// A service that gives credentials to whoever is on the machine.
    Metadata,
    /// Many machines at once.
    Multicast,
    /// No address (0/8, `::`).
    Unspecified,
    /// An IPv4 address in the clothes of an IPv6 one: mapped, translated, 6to4, Teredo.
    Translated,
    /// Documentation, benchmarks, and whatever is not assigned to anybody.
    Reserved,
}

impl AddressClass {
    /// What it is, for people: the rest of "… is".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "a public address",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::SharedAddress => "an address of a provider's own network",
            Self::Metadata => "the metadata service of a cloud",
            Self::Multicast => "a multicast address",
            Self::Unspecified => "not an address of anybody",
            Self::Translated => "an IPv4 address written as an IPv6 one",
            Self::Reserved => "an address that belongs to nobody",
        }
    }

    /// What kind of address this is.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }
}

/// Where clouds serve credentials: Amazon, Google, Azure and others; Alibaba; Oracle; the host of an Azure machine.
const METADATA_V4: [Ipv4Addr; 4] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(168, 63, 129, 16),
];
/// The same of Amazon over IPv6, and of Google.
const METADATA_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];

/// A network and what it is for; the first that fits counts.
const V4: &[([u8; 4], u32, AddressClass)] = &[
    ([0, 0, 0, 0], 8, AddressClass::Unspecified),
    ([10, 0, 0, 0], 8, AddressClass::Private),
    ([100, 64, 0, 0], 10, AddressClass::SharedAddress),
    ([127, 0, 0, 0], 8, AddressClass::Loopback),
    ([169, 254, 0, 0], 16, AddressClass::LinkLocal),
    ([172, 16, 0, 0], 12, AddressClass::Private),
    ([192, 0, 0, 0], 24, AddressClass::Reserved),
    ([192, 0, 2, 0], 24, AddressClass::Reserved),
    // The relay of 6to4, given up by RFC 7526.
    ([192, 88, 99, 0], 24, AddressClass::Translated),
    ([192, 168, 0, 0], 16, AddressClass::Private),
    ([198, 18, 0, 0], 15, AddressClass::Reserved),
    ([198, 51, 100, 0], 24, AddressClass::Reserved),
    ([203, 0, 113, 0], 24, AddressClass::Reserved),
    ([224, 0, 0, 0], 4, AddressClass::Multicast),
    ([240, 0, 0, 0], 4, AddressClass::Reserved),
];

/// The same. What stands in none of them and not in 2000::/3 is not assigned.
const V6: &[([u16; 8], u32, AddressClass)] = &[
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, AddressClass::Unspecified),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, AddressClass::Loopback),
    // Mapped, translated (RFC 2765), and the compatible ones that are given up.
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, AddressClass::Translated),
    ([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, AddressClass::Translated),
    ([0, 0, 0, 0, 0, 0, 0, 0], 96, AddressClass::Translated),
    // NAT64 (RFC 6052, RFC 8215), Teredo, 6to4.
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, AddressClass::Translated),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, AddressClass::Translated),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, AddressClass::Translated),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, AddressClass::Translated),
    // Protocol assignments, documentation (RFC 3849, RFC 9637).
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, AddressClass::Reserved),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, AddressClass::Reserved),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, AddressClass::Reserved),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, AddressClass::Private),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, AddressClass::LinkLocal),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, AddressClass::Private),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, AddressClass::Multicast),
    ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3, AddressClass::Public),
];

fn of_v4(address: Ipv4Addr) -> AddressClass {
    if METADATA_V4.contains(&address) {
        return AddressClass::Metadata;
    }
    let bits = address.to_bits();
    let holds = |network: [u8; 4], length: u32| (bits ^ u32::from_be_bytes(network)) >> (32 - length) == 0;
    let found = V4.iter().find(|(network, length, _)| holds(*network, *length));
    found.map_or(AddressClass::Public, |(_, _, class)| *class)
}

fn of_v6(address: Ipv6Addr) -> AddressClass {
    if METADATA_V6.contains(&address) {
        return AddressClass::Metadata;
    }
    let bits = address.to_bits();
    let holds =
        |network: [u16; 8], length: u32| (bits ^ Ipv6Addr::from(network).to_bits()) >> (128 - length) == 0;
    let found = V6.iter().find(|(network, length, _)| holds(*network, *length));
    found.map_or(AddressClass::Reserved, |(_, _, class)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_special_network_is_known_to_its_edges() {
        use AddressClass as C;
        for (text, class) in [
            ("1.1.1.1", C::Public),
            ("9.255.255.255", C::Public),
            ("10.0.0.0", C::Private),
            ("10.255.255.255", C::Private),
            ("11.0.0.0", C::Public),
            ("100.63.255.255", C::Public),
            ("100.64.0.0", C::SharedAddress),
            ("100.127.255.255", C::SharedAddress),
            ("100.128.0.0", C::Public),
            ("100.100.100.200", C::Metadata),
            ("127.0.0.1", C::Loopback),
            ("127.255.255.254", C::Loopback),
            ("169.254.0.1", C::LinkLocal),
            ("169.254.169.254", C::Metadata),
            ("168.63.129.16", C::Metadata),
            ("172.15.255.255", C::Public),
            ("172.16.0.0", C::Private),
            ("172.31.255.255", C::Private),
            ("172.32.0.0", C::Public),
            ("192.0.2.7", C::Reserved),
            ("192.168.1.1", C::Private),
            ("198.18.0.1", C::Reserved),
            ("198.19.255.255", C::Reserved),
            ("203.0.113.9", C::Reserved),
            ("224.0.0.1", C::Multicast),
            ("239.255.255.255", C::Multicast),
            ("240.0.0.1", C::Reserved),
            ("255.255.255.255", C::Reserved),
            ("0.0.0.0", C::Unspecified),
            ("0.1.2.3", C::Unspecified),
            ("::", C::Unspecified),
            ("::1", C::Loopback),
            ("::127.0.0.1", C::Translated),
            ("::ffff:127.0.0.1", C::Translated),
            ("::ffff:1.1.1.1", C::Translated),
            ("::ffff:0:10.0.0.1", C::Translated),
            ("64:ff9b::a00:1", C::Translated),
            ("64:ff9b:1::1", C::Translated),
            ("2001::1", C::Translated),
            ("2001:2::1", C::Reserved),
            ("2001:db8::1", C::Reserved),
            ("2001:4860:4860::8888", C::Public),
            ("2002:7f00:1::", C::Translated),
            ("2606:4700:4700::1111", C::Public),
            ("3fff::1", C::Reserved),
            ("4000::1", C::Reserved),
            ("100::1", C::Reserved),
            ("fc00::1", C::Private),
            ("fd00:ec2::254", C::Metadata),
            ("fd12:3456::1", C::Private),
            ("fe80::1", C::LinkLocal),
            ("fec0::1", C::Private),
            ("ff02::1", C::Multicast),
        ] {
            assert_eq!(AddressClass::of(text.parse().unwrap()), class, "{text}");
        }
    }
}
