//! What kind of network an IP address belongs to, and so who may send requests there. Resolving names and dialling
//! are `mcpmux-outbound`'s.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Who may be behind an address (IANA special-purpose address registries, RFC 6890 and its updates).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A machine of the public internet.
    Public,
    /// This machine.
    Loopback,
    /// A network of the operator's: RFC 1918, RFC 4193, and the shared space of RFC 6598.
    Private,
    /// Nobody that requests of plugins are for; says what it is.
    Never(&'static str),
}

/// The place of an address. One that embeds an IPv4 address (mapped, NAT64, 6to4) is where that one is.
#[must_use]
pub fn place(address: IpAddr) -> Place {
    match address {
        IpAddr::V4(address) => v4(address),
        IpAddr::V6(address) => v6(address),
    }
}

const METADATA: Place = Place::Never("a cloud's metadata service");
const RESERVED: Place = Place::Never("a reserved address");

fn v4(address: Ipv4Addr) -> Place {
    match address.octets() {
        // AWS and most others; AWS's containers; Alibaba; Oracle; Azure.
        [169, 254, 169, 254]
        | [169, 254, 170, 2]
        | [100, 100, 100, 200]
        | [192, 0, 0, 192]
        | [168, 63, 129, 16] => METADATA,
        [0, ..] => Place::Never("an unspecified address"),
        [127, ..] => Place::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Place::Private,
        [169, 254, ..] => Place::Never("a link-local address"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Place::Never("an address for documentation")
        }
        [198, 18..=19, ..] => Place::Never("an address for benchmarks"),
        [192, 88, 99, _] | [192, 0, 0, _] => RESERVED,
        [255, 255, 255, 255] => Place::Never("the broadcast address"),
        [224..=239, ..] => Place::Never("a multicast address"),
        [240..=255, ..] => RESERVED,
        _ => Place::Public,
    }
}

fn v6(address: Ipv6Addr) -> Place {
    let words = address.segments();
    match words {
        [0, 0, 0, 0, 0, 0, 0, 0] => Place::Never("an unspecified address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Place::Loopback,
        // Mapped, translated (RFC 2765), NAT64 (RFC 6052).
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        // 6to4 (RFC 3056).
        | [0x2002, high, low, ..] => v4(embedded(high, low)),
        // AWS and Google.
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => METADATA,
        [0xfc00..=0xfdff, ..] => Place::Private,
        [0xfe80..=0xfebf, ..] => Place::Never("a link-local address"),
        [0xff00..=0xffff, ..] => Place::Never("a multicast address"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => {
            Place::Never("an address for documentation")
        }
        // Of protocols, Teredo among them (RFC 2928).
        [0x2001, 0..=0x1ff, ..] => RESERVED,
        // The only part that is given out (RFC 4291, section 2.4, and IANA's registry of it).
        [0x2000..=0x3fff, ..] => Place::Public,
        _ => RESERVED,
    }
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expected: &str, addresses: &[&str]) {
        for address in addresses {
            let found = match place(address.parse().unwrap()) {
                Place::Public => "public",
                Place::Loopback => "loopback",
                Place::Private => "private",
                Place::Never(_) => "never",
            };
            assert_eq!(found, expected, "{address}");
        }
    }

    #[test]
    fn every_special_range_is_known_from_its_first_to_its_last_address() {
        check(
            "never",
            &[
                "0.0.0.0",
                "0.255.255.255",
                "169.254.0.0",
                "169.254.169.254",
                "169.254.170.2",
                "169.254.255.255",
                "100.100.100.200",
                "168.63.129.16",
                "192.0.0.0",
                "192.0.0.192",
                "192.0.0.255",
                "192.0.2.1",
                "192.88.99.1",
                "198.18.0.0",
                "198.19.255.255",
                "198.51.100.9",
                "203.0.113.255",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "64:ff9b:1::1",
                "100::1",
                "100:0:0:1::1",
                "2001::1",
                "2001:2::1",
                "2001:20::1",
                "2001:1ff:ffff::",
                "2001:db8::1",
                "3fff::1",
                "3fff:fff:ffff::",
                "4000::1",
                "5f00::1",
                "fe80::1",
                "febf::1",
                "fec0::1",
                "ff02::1",
                "::7f00:1",
                "fd00:ec2::254",
                "fd20:ce::254",
            ],
        );
        check("loopback", &["127.0.0.1", "127.255.255.255", "::1"]);
        check(
            "private",
            &[
                "10.0.0.0",
                "10.255.255.255",
                "172.16.0.0",
                "172.31.255.255",
                "192.168.0.1",
                "192.168.255.255",
                "100.64.0.0",
                "100.127.255.255",
                "fc00::1",
                "fdff::1",
            ],
        );
        check(
            "public",
            &[
                "1.1.1.1",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "126.255.255.255",
                "128.0.0.0",
                "169.253.255.255",
                "169.255.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.0.1.0",
                "192.167.255.255",
                "192.169.0.0",
                "198.17.255.255",
                "198.20.0.0",
                "223.255.255.255",
                "2000::1",
                "2001:200::1",
                "2606:4700::1111",
                "3ffe::1",
                "3fff:1000::1",
            ],
        );
    }

    #[test]
    fn an_embedded_address_is_judged_as_itself() {
        for prefix in ["::ffff:", "::ffff:0:", "64:ff9b::"] {
            check("never", &[&format!("{prefix}169.254.169.254"), &format!("{prefix}0.0.0.0")]);
            check("loopback", &[&format!("{prefix}127.0.0.1")]);
            check("private", &[&format!("{prefix}10.0.0.1")]);
            check("public", &[&format!("{prefix}1.1.1.1")]);
        }
        check("never", &["2002:a9fe:a9fe::1"]);
        check("loopback", &["2002:7f00:1::"]);
        check("private", &["2002:c0a8:101::9"]);
        check("public", &["2002:101:101::1"]);
    }
}
