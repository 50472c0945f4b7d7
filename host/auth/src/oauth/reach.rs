//! Which URLs of an authorization server may be asked or opened: what the operator configured decides, not what a
//! server names.

use std::net::IpAddr;

use mcpmux_core::address::{Place, place};
use url::{Host, Url};

/// Where the backend itself is, as far as its URL says it: nearer than that nobody is asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// On this machine: so may its authorization server be.
    Loopback,
    /// In a private network, named by an address.
    Private,
    /// Anywhere else.
    Public,
}

impl Reach {
    /// That of a backend at this URL.
    pub(crate) fn of(backend: &str) -> Self {
        match Url::parse(backend).ok().and_then(|url| site(&url)) {
            Some(Place::Loopback) => Self::Loopback,
            Some(Place::Private) => Self::Private,
            _ => Self::Public,
        }
    }

    /// Whether a URL may be asked or opened; says also whether it is as near as the backend. An error begins like
    /// `is no URL` and does not quote it.
    pub(crate) fn check(self, text: &str) -> Result<bool, &'static str> {
        // What a URL parser would silently drop or mend is not sent anywhere.
        let plain = |c: char| {
            c.is_ascii_graphic()
                && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
        };
        if text.len() > 8 << 10 || !text.chars().all(plain) {
            return Err("holds a character that no URL has");
        }
        let url = Url::parse(text).map_err(|_| "is no URL")?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err("is neither `https` nor `http`"),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds user info");
        }
        if url.fragment().is_some() {
            return Err("has a fragment");
        }
        let written = authority(text).ok_or("names no host")?;
        let host = url.host_str().ok_or("names no host")?;
        if written.contains('@') {
            return Err("holds user info");
        }
        let allowed =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        if !host.chars().all(allowed) {
            return Err("names a host that is none");
        }
        let port = url.port_or_known_default().unwrap_or_default();
        let bare = written.strip_suffix(&format!(":{port}")).unwrap_or(written);
        let place = site(&url);
        match (place, self) {
            (None, _) | (Some(Place::Public), _) if secure => Ok(false),
            (Some(Place::Loopback), Self::Loopback) | (Some(Place::Private), Self::Private)
                if bare.eq_ignore_ascii_case(host) && !is_embedded(&url) =>
            {
                if secure || place == Some(Place::Loopback) {
                    Ok(true)
                } else {
                    Err("is plain `http` to another machine")
                }
            }
            (None, _) | (Some(Place::Public), _) => Err("is plain `http` to another machine"),
            (Some(Place::Loopback), Self::Loopback) | (Some(Place::Private), Self::Private) => {
                Err("writes an address in a way that hides it")
            }
            (Some(Place::Loopback), _) => Err("is on this machine, and the backend is not"),
            (Some(Place::Private), _) => Err("is in a private network, and the backend is not"),
            (Some(Place::Never(what)), _) => Err(what),
        }
    }
}

/// What stands between `//` and the path.
fn authority(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    rest.split(['/', '?', '#']).next()
}

/// The place of a URL's host; `None` if it is a name, which is judged when it is resolved.
fn site(url: &Url) -> Option<Place> {
    match url.host()? {
        Host::Ipv4(ip) => Some(place(IpAddr::V4(ip))),
        Host::Ipv6(ip) => Some(place(IpAddr::V6(ip))),
        Host::Domain("localhost") => Some(Place::Loopback),
        Host::Domain(_) => None,
    }
}

/// Whether an IPv6 address stands for an IPv4 one.
fn is_embedded(url: &Url) -> bool {
    let Some(Host::Ipv6(ip)) = url.host() else { return false };
    matches!(place(IpAddr::V6(ip)), Place::Loopback) && !ip.is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_backend_on_this_machine_may_have_its_server_there() {
        let local = Reach::of("http://127.0.0.1:8080/mcp");
        assert_eq!(local, Reach::of("http://localhost/mcp"));
        for near in
            ["http://127.0.0.1:9/a", "http://localhost:1/", "https://[::1]/x", "HTTP://LOCALHOST/"]
        {
            assert_eq!(local.check(near), Ok(true), "{near}");
            assert!(
                Reach::Public.check(near).is_err() && Reach::Private.check(near).is_err(),
                "{near}"
            );
        }
        assert_eq!(Reach::of("https://10.0.0.1/mcp").check("https://10.1.1.1/"), Ok(true));
        assert!(Reach::of("https://10.0.0.1/mcp").check("http://10.1.1.1/").is_err());
        assert!(local.check("https://10.1.1.1/").is_err());
        for reach in [Reach::Public, Reach::Private, local] {
            assert_eq!(reach.check("https://as.example.com:8443/a?b=c"), Ok(false));
            assert_eq!(reach.check("https://1.1.1.1/"), Ok(false));
        }
    }

    #[test]
    fn what_is_odd_is_refused_everywhere() {
        for odd in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "http://a$(calc)",
            "https://a$(calc)/",
            "--help",
            "",
            "https://u:p@h/",
            "https://u@h/",
            "https://@h/",
            "https://h/\n--evil",
            "https://h/a b",
            "https://h/\u{202e}",
            "https://h/#x",
            "https://h\\@i/",
            "http://example.com/",
            "http://1.1.1.1/",
            "https://169.254.169.254/latest",
            "http://[::ffff:7f00:1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://127.1/",
            "http://0.0.0.0/",
            "http://017700000001/",
            "https://[fe80::1]/",
            "ftp://localhost/",
        ] {
            for reach in [Reach::Public, Reach::Private, Reach::Loopback] {
                assert!(reach.check(odd).is_err(), "{odd} {reach:?}");
            }
        }
    }
}
