//! Who may speak to the endpoint at all: `Host` and `Origin` are checked on every request, against DNS
//! rebinding and foreign web pages.

use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};

/// Names that mean this machine.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// The hosts that are accepted.
pub(super) struct Guard {
    hosts: Vec<Box<str>>,
    /// Whether `Host` says anything at all: on a socket in the file system it does not.
    checks_host: bool,
}

impl Guard {
    pub(super) fn new(hosts: &[String]) -> Self {
        let hosts = hosts.iter().map(|host| host.to_ascii_lowercase().into());
        Self {
            hosts: LOOPBACK.into_iter().map(Into::into).chain(hosts).collect(),
            checks_host: true,
        }
    }

    /// The same, with any `Host` accepted, or none.
    pub(super) fn any_host(self) -> Self {
        Self { checks_host: false, ..self }
    }

    /// The origin to allow, if the request has one.
    ///
    /// # Errors
    /// What is wrong, for the answer.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<Option<HeaderValue>, &'static str> {
        if self.checks_host {
            let host = only(headers, &HOST)?.ok_or("the `Host` header is missing")?;
            if !self.accepts(host.as_bytes()) {
                return Err("this `Host` is not accepted; see `listen.hosts`");
            }
        }
        let Some(origin) = only(headers, &ORIGIN)? else {
            return Ok(None);
        };
        let text = origin.as_bytes();
        let authority = text.strip_prefix(b"http://").or_else(|| text.strip_prefix(b"https://"));
        if !authority.is_some_and(|authority| self.accepts(authority)) {
            return Err("this `Origin` is not accepted; see `listen.hosts`");
        }
        Ok(Some(origin.clone()))
    }

    /// Whether a host, with or without a port, is one of ours.
    fn accepts(&self, authority: &[u8]) -> bool {
        let Ok(authority) = std::str::from_utf8(authority) else {
            return false;
        };
        let host = match authority.rsplit_once(':') {
            Some((host, port))
                if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                host
            }
            _ => authority,
        };
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }
}

/// A header that may stand once.
fn only<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a HeaderValue>, &'static str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() { Err("`Host` and `Origin` may stand only once") } else { Ok(first) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(HeaderName, &str)], expected: bool) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().unwrap());
        }
        let guard = Guard::new(&["Mux.example".to_owned()]);
        assert_eq!(guard.check(&map).is_ok(), expected, "{headers:?}");
    }

    #[test]
    fn only_this_machine_and_configured_hosts_are_accepted() {
        for host in ["127.0.0.1:9315", "localhost", "LOCALHOST:1", "[::1]:80", "mux.example"] {
            check(&[(HOST, host)], true);
        }
        for host in [
            "evil.test",
            "127.0.0.1.evil.test",
            "localhost:",
            "localhost:x",
            "",
            "127.0.0.1:80@evil",
        ] {
            check(&[(HOST, host)], false);
        }
        check(&[], false);
        check(&[(HOST, "localhost"), (HOST, "localhost")], false);
    }

    #[test]
    fn where_any_host_comes_in_an_origin_is_still_checked() {
        let guard = Guard::new(&[]).any_host();
        let check = |name: HeaderName, value: &str| {
            guard.check(&HeaderMap::from_iter([(name, value.parse().unwrap())])).is_ok()
        };
        assert!(guard.check(&HeaderMap::new()).is_ok());
        assert!(check(HOST, "anything"));
        assert!(check(ORIGIN, "http://localhost"));
        assert!(!check(ORIGIN, "https://evil.test"));
        assert!(!check(ORIGIN, "null"));
    }

    #[test]
    fn an_origin_must_be_one_of_them_too() {
        for origin in ["http://localhost:6274", "https://mux.example"] {
            check(&[(HOST, "localhost"), (ORIGIN, origin)], true);
        }
        for origin in
            ["https://evil.test", "null", "http://localhost.evil.test", "file://localhost", ""]
        {
            check(&[(HOST, "localhost"), (ORIGIN, origin)], false);
        }
        check(
            &[(HOST, "localhost"), (ORIGIN, "http://localhost"), (ORIGIN, "http://localhost")],
            false,
        );
    }
}
