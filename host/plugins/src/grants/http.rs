//! A host that a plugin may ask, as a grant names it: with TLS unless it says otherwise, and without wildcards but
//! for a leading `*.`.

use std::fmt;
use std::net::IpAddr;

use mcpmux_core::address::{Place, place};

use super::Reach;

/// The host, port and scheme of an `http:` grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Site {
    tls: bool,
    host: Host,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    /// This name.
    Name(String),
    /// All names that end with a dot and this one.
    Under(String),
    /// This address.
    Ip(IpAddr),
}

impl Site {
    /// Reads what stands after `http:`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (tls, rest) = match text.split_once("://") {
            None => (true, text),
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            Some(_) => return Err("only `http` and `https` can be asked".into()),
        };
        if rest.contains(['/', '?', '#', '\\']) {
            return Err("a grant is for a whole host: leave out the path".into());
        }
        if rest.contains('@') {
            return Err("leave out the user, and send it in a header".into());
        }
        let (host, port) = split(rest)?;
        let standard = if tls { 443 } else { 80 };
        let port = match port.map(str::parse::<u16>) {
            None => standard,
            Some(Ok(port)) if port > 0 => port,
            Some(_) => return Err("the port is a number from 1 to 65535".into()),
        };
        Ok(Self { tls, host: Host::parse(host)?, port })
    }

    /// Whether, and how far, this may be asked.
    pub(super) fn reach(&self, scheme: &str, host: &str, port: u16) -> Option<Reach> {
        let scheme_fits = scheme == if self.tls { "https" } else { "http" };
        if !scheme_fits || port != self.port {
            return None;
        }
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let ip = bare.parse::<IpAddr>().ok();
        match (&self.host, ip) {
            (Host::Ip(granted), Some(ip)) => (*granted == ip).then_some(Reach::Near),
            (Host::Name(name), None) if name == host => {
                Some(if name == "localhost" { Reach::Near } else { Reach::Public })
            }
            (Host::Under(domain), None) => is_under(host, domain).then_some(Reach::Public),
            _ => None,
        }
    }

    /// Whether this allows all that the other one does.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let host = match (&self.host, &other.host) {
            (Host::Under(domain), Host::Name(name) | Host::Under(name)) => {
                is_under(name, domain) || matches!(&other.host, Host::Under(same) if same == domain)
            }
            (this, other) => this == other,
        };
        host && self.tls == other.tls && self.port == other.port
    }
}

impl Host {
    fn parse(text: &str) -> Result<Self, String> {
        let (under, text) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
        if text.contains('*') {
            return Err("`*` can only stand in front, as `*.` before a domain".into());
        }
        let parsed = url::Host::parse(text).map_err(|_| format!("`{text}` is no host"))?;
        let ip = match parsed {
            url::Host::Domain(name) if !under => return Ok(Self::Name(name)),
            url::Host::Domain(name) if name.trim_end_matches('.').contains('.') => {
                return Ok(Self::Under(name));
            }
            url::Host::Domain(name) => {
                return Err(format!("`*.{name}` would be too much: name the domain under it"));
            }
            url::Host::Ipv4(ip) => IpAddr::from(ip),
            url::Host::Ipv6(ip) => IpAddr::from(ip),
        };
        if under {
            return Err("nothing is under an IP address".into());
        }
        if text.trim_matches(['[', ']']).parse() != Ok(ip) {
            return Err(format!("write the address as `{ip}`"));
        }
        match place(ip) {
            Place::Never(what) => Err(format!("`{ip}` is {what}, which no plugin may ask")),
            Place::Public | Place::Loopback | Place::Private => Ok(Self::Ip(ip)),
        }
    }
}

/// The host, and the port if there is one.
fn split(text: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (inner, after) = rest.split_once(']').ok_or("`[` without `]`")?;
        let host = text.strip_suffix(after).unwrap_or(inner);
        return match after.strip_prefix(':') {
            None if after.is_empty() => Ok((host, None)),
            None => Err("after `]` only a port can follow".into()),
            port => Ok((host, port)),
        };
    }
    match text.split_once(':') {
        Some((_, port)) if port.contains(':') => {
            Err("write an IPv6 address in brackets: `http:[ADDRESS]:PORT`".into())
        }
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((text, None)),
    }
}

fn is_under(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain)
        .and_then(|rest| rest.strip_suffix('.'))
        .is_some_and(|rest| !rest.is_empty())
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Under(domain) => write!(f, "*.{domain}"),
            Self::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
            Self::Ip(ip) => write!(f, "{ip}"),
        }
    }
}
