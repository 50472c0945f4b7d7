//! What makes a URL one that a backend can be reached at; never quotes it, for it may hold a secret.

use std::net::IpAddr;

use http::Uri;

/// A URL that passed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Whether what is sent there can be read on the way: plain `http` to another machine.
    pub(crate) exposed: bool,
}

/// Why a URL did not, and what to do; both follow the key's name.
pub(crate) type Wrong = (&'static str, &'static str);

const WRITE: &str = "write it like `https://example.com/mcp`";

/// Checks a URL.
pub(crate) fn endpoint(text: &str) -> Result<Endpoint, Wrong> {
    let uri: Uri = text.parse().map_err(|_| ("is not a URL", WRITE))?;
    let authority = uri.authority().ok_or(("is not an absolute URL", WRITE))?;
    let secure = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(("is neither `http` nor `https`", WRITE)),
    };
    if authority.as_str().contains('@') {
        return Err((
            "holds user info, which ends up in logs",
            "send the credential in `headers`, or in TOML with `auth`, from a `${VAR}`",
        ));
    }
    if text.contains('#') {
        return Err(("has a fragment, which is never sent", "leave out `#` and what follows"));
    }
    let host = authority.host();
    let rest = authority.as_str().strip_prefix(host).unwrap_or_default();
    let port = rest
        .strip_prefix(':')
        .map_or(Some(0), |port| port.parse::<u16>().ok().filter(|port| *port > 0));
    if port.is_none() {
        return Err(("has a port that is none", "ports are numbers from 1 to 65535"));
    }
    if !is_host(host) {
        return Err(("has no host that could be reached", WRITE));
    }
    Ok(Endpoint { exposed: !secure && !is_loopback(host) })
}

/// Whether a text is a host as it stands in a `Host` header, without a port.
pub(crate) fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[') {
        return inner
            .strip_suffix(']')
            .is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok());
    }
    let label = |label: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        !label.is_empty() && label.len() <= 63 && label.chars().all(allowed)
    };
    host.len() <= 253 && host.strip_suffix('.').unwrap_or(host).split('.').all(label)
}

fn is_loopback(host: &str) -> bool {
    let name = host.to_ascii_lowercase();
    if name == "localhost" || name.ends_with(".localhost") {
        return true;
    }
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_to_another_machine_is_exposed() {
        let check =
            |url: &str, exposed: bool| assert_eq!(endpoint(url), Ok(Endpoint { exposed }), "{url}");
        check("https://example.com/mcp?x=1", false);
        check("http://example.com:8080", true);
        for here in [
            "http://127.0.0.1:1/mcp",
            "http://[::1]:80/",
            "http://LOCALHOST",
            "http://a.localhost/",
        ] {
            check(here, false);
        }
        check("http://127.0.0.1.example.com/", true);
    }

    #[test]
    fn what_cannot_be_reached_is_refused() {
        for wrong in [
            "",
            "example.com",
            "/mcp",
            "ftp://example.com/",
            "https://",
            "https://u:p@example.com/",
            "https://u@example.com/",
            "https://example.com/#a",
            "https://example.com:99999/",
            "https://example.com:/",
            "https://exa mple.com/",
            "https://[::1/",
            "https://a..b/",
            "https://*/",
        ] {
            assert!(endpoint(wrong).is_err(), "{wrong}");
        }
    }
}
