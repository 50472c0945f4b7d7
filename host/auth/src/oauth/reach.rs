//! Which URLs of an authorization server may be asked or opened: what the operator configured decides, not what a
//! server names.

use std::net::IpAddr;
use std::sync::Arc;

use mcpmux_core::address::{Place, place};
use mcpmux_core::ports::Near;
use url::{Host, Url};

/// How near the servers of one backend may be: no nearer than the backend itself, but for hosts that the configuration
/// names.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    backend: Side,
    named: Arc<[String]>,
}

/// Where a backend is, as far as its URL says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// On this machine: so may its authorization server be.
    Loopback,
    /// In a private network, named by an address.
    Private,
    /// Anywhere else.
    Public,
}

impl Reach {
    /// That of a backend at this URL, with the other URLs that the configuration has for it.
    pub(crate) fn of(backend: &str, others: &[&str]) -> Self {
        let side = match Url::parse(backend).ok().and_then(|url| site(&url)) {
            Some(Place::Loopback) => Side::Loopback,
            Some(Place::Private) => Side::Private,
            _ => Side::Public,
        };
        let all = std::iter::once(&backend).chain(others);
        let named = all.filter_map(|url| Some(Url::parse(url).ok()?.host_str()?.to_owned()));
        Self { backend: side, named: named.collect() }
    }

    /// Whether a URL may be asked or opened, and how near that may lead. An error begins like `is no URL` and does not
    /// quote it.
    pub(crate) fn check(&self, text: &str) -> Result<Near, &'static str> {
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
        let plainly = bare.eq_ignore_ascii_case(host) && !is_embedded(&url);
        let named = self.named.iter().any(|named| named == host);
        const PLAIN: &str = "is plain `http` to another machine";
        const HIDDEN: &str = "writes an address in a way that hides it";
        match site(&url) {
            None | Some(Place::Public) if !secure => Err(PLAIN),
            None if named => Ok(Near::Name),
            None | Some(Place::Public) => Ok(Near::No),
            Some(Place::Loopback) if self.backend != Side::Loopback && !named => {
                Err("is on this machine, and the backend is not")
            }
            Some(Place::Private) if self.backend != Side::Private && !named => {
                Err("is in a private network, and the backend is not")
            }
            Some(Place::Loopback | Place::Private) if !plainly => Err(HIDDEN),
            Some(Place::Private) if !secure => Err(PLAIN),
            Some(Place::Loopback | Place::Private) => Ok(Near::Address),
            Some(Place::Never(what)) => Err(what),
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

    fn of(backend: &str) -> Reach {
        Reach::of(backend, &[])
    }

    #[test]
    fn only_a_backend_on_this_machine_may_have_its_server_there() {
        let local = of("http://127.0.0.1:8080/mcp");
        let (public, private) = (of("https://b.example/mcp"), of("https://10.0.0.1/mcp"));
        for near in
            ["http://127.0.0.1:9/a", "http://localhost:1/", "https://[::1]/x", "HTTP://LOCALHOST/"]
        {
            assert_eq!(local.check(near), Ok(Near::Address), "{near}");
            assert_eq!(of("http://localhost/mcp").check(near), Ok(Near::Address), "{near}");
            assert!(public.check(near).is_err() && private.check(near).is_err(), "{near}");
        }
        assert_eq!(private.check("https://10.1.1.1/"), Ok(Near::Address));
        assert!(private.check("http://10.1.1.1/").is_err());
        assert!(local.check("https://10.1.1.1/").is_err());
        for reach in [public, private, local] {
            assert_eq!(reach.check("https://as.example.com:8443/a?b=c"), Ok(Near::No));
            assert_eq!(reach.check("https://1.1.1.1/"), Ok(Near::No));
        }
    }

    #[test]
    fn what_the_configuration_names_may_be_anywhere_that_is_the_operators() {
        let others = ["https://login.corp/a", "https://10.0.0.9/", "http://localhost:1/"];
        let reach = Reach::of("https://MCP.corp/mcp", &others);
        for (url, expected) in [
            ("https://mcp.corp/.well-known/oauth-protected-resource", Ok(Near::Name)),
            ("https://login.corp:8443/token", Ok(Near::Name)),
            ("https://other.corp/", Ok(Near::No)),
            ("https://10.0.0.9:8443/", Ok(Near::Address)),
            ("http://localhost:9/", Ok(Near::Address)),
            ("http://mcp.corp/", Err("is plain `http` to another machine")),
            ("http://10.0.0.9/", Err("is plain `http` to another machine")),
            ("https://10.9/", Err("writes an address in a way that hides it")),
            ("https://10.0.0.8/", Err("is in a private network, and the backend is not")),
            ("https://127.0.0.1/", Err("is on this machine, and the backend is not")),
        ] {
            assert_eq!(reach.check(url), expected, "{url}");
        }
        let odd = Reach::of("https://b.example/", &["https://169.254.169.254/"]);
        assert!(odd.check("https://169.254.169.254/").is_err());
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
            for backend in ["https://b.example/", "https://10.0.0.1/", "http://localhost/"] {
                assert!(of(backend).check(odd).is_err(), "{odd} {backend}");
            }
        }
    }
}
