//! From a request as it is asked for to one that can be sent: where it goes, and nothing in it that could change where
//! it ends.

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use mcpmux_core::ports::{Near, OutboundRequest};
use url::{Host, Url};

/// Headers of the connection, which are not the caller's; in lower case.
const OURS: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// Who asks, if the caller does not say it.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("mcpmux/", env!("CARGO_PKG_VERSION")));

/// A request that can be sent.
pub(crate) struct Prepared {
    /// Where to.
    pub(crate) target: Target,
    /// What.
    pub(crate) http: Request<Full<Bytes>>,
    /// The longest body of an answer.
    pub(crate) limit: usize,
}

/// Where a request goes.
pub(crate) struct Target {
    /// With TLS.
    pub(crate) tls: bool,
    /// The host.
    pub(crate) host: Site,
    /// The port.
    pub(crate) port: u16,
    /// Whether it may be this machine, or in a private network.
    pub(crate) near: bool,
}

/// A host as it is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Site {
    /// An address, which needs no looking up.
    Ip(IpAddr),
    /// `localhost`, which is always this machine (RFC 6761, section 6.3).
    Localhost,
    /// Any other name.
    Name(String),
}

impl Prepared {
    /// Checks a request; an error says what cannot be sent.
    pub(crate) fn new(request: OutboundRequest) -> Result<Self, String> {
        let OutboundRequest { method, url, near, headers, body, limit, timeout: _ } = request;
        let url = Url::parse(&url).map_err(|error| format!("the URL is none: {error}"))?;
        let target = Target::of(&url, near)?;
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let uri: Uri = path.parse().map_err(|_| "the URL's path cannot be sent".to_owned())?;
        let mut http = Request::new(Full::new(body));
        *http.method_mut() = checked(&method)?;
        *http.uri_mut() = uri;
        *http.headers_mut() = all(headers, &url)?;
        Ok(Self { target, http, limit })
    }
}

impl Target {
    fn of(url: &Url, near: Near) -> Result<Self, String> {
        let tls = match url.scheme() {
            "https" => true,
            "http" => false,
            other => return Err(format!("only `http` and `https` can be asked, not `{other}`")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the URL holds user info; send it in a header".to_owned());
        }
        let host = match url.host() {
            Some(Host::Ipv4(ip)) => Site::Ip(ip.into()),
            Some(Host::Ipv6(ip)) => Site::Ip(ip.into()),
            Some(Host::Domain("localhost")) => Site::Localhost,
            Some(Host::Domain(name)) => Site::Name(name.to_owned()),
            None => return Err("the URL names no host".to_owned()),
        };
        let port = url.port_or_known_default().filter(|port| *port > 0);
        let port = port.ok_or("the URL's port cannot be reached")?;
        let near = match near {
            Near::No => false,
            Near::Address => !matches!(host, Site::Name(_)),
            // Without TLS nobody makes sure that the name leads where the operator meant.
            Near::Name => tls || !matches!(host, Site::Name(_)),
        };
        Ok(Self { tls, host, port, near })
    }

    /// The host as it stands in a URL.
    pub(crate) fn host(&self) -> String {
        match &self.host {
            Site::Ip(IpAddr::V6(ip)) => format!("[{ip}]"),
            Site::Ip(ip) => ip.to_string(),
            Site::Localhost => "localhost".to_owned(),
            Site::Name(name) => name.clone(),
        }
    }
}

fn checked(method: &str) -> Result<Method, String> {
    let shown = method.chars().take(32).collect::<String>();
    match Method::from_bytes(method.as_bytes()) {
        Ok(Method::CONNECT | Method::TRACE) => Err(format!("the method `{shown}` is not allowed")),
        Ok(method) => Ok(method),
        Err(_) => Err(format!("`{}` is no method", shown.escape_debug())),
    }
}

fn all(headers: Vec<(String, String)>, url: &Url) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::with_capacity(headers.len() + 2);
    for (name, value) in headers {
        let shown = name.chars().take(64).collect::<String>().escape_debug().to_string();
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| format!("`{shown}` cannot be the name of a header"))?;
        if OURS.contains(&name.as_str()) {
            return Err(format!("the header `{shown}` is written by mcpmux; leave it out"));
        }
        let mut value = HeaderValue::from_str(&value).map_err(|_| {
            format!("the value of the header `{shown}` holds a character that no header can")
        })?;
        value.set_sensitive(true);
        map.append(name, value);
    }
    map.entry(USER_AGENT).or_insert(AGENT);
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let host = HeaderValue::from_str(&host).map_err(|_| "the URL's host cannot be sent")?;
    map.insert(HOST, host);
    Ok(map)
}
