//! Requests against servers on this machine, over a network whose names and connections the test decides.

mod filter;
mod secured;

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use mcpmux_core::ports::Near;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;

/// Everything in a test happens within this time.
const DEADLINE: Duration = Duration::from_secs(20);

async fn within<F: Future>(future: F) -> F::Output {
    timeout(DEADLINE, future).await.expect("it happens in time")
}

/// A server that replies the same to each connection; what it was sent comes out of the channel, and the connection's
/// end as an empty text.
struct Server {
    address: SocketAddr,
    seen: mpsc::UnboundedReceiver<String>,
}

impl Server {
    /// Replies these bytes, and then closes the connection, or else waits for the other side to.
    async fn start(reply: impl Into<Vec<u8>>, close: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, seen) = mpsc::unbounded_channel();
        let reply: Arc<[u8]> = reply.into().into();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&reply), close, sender.clone()));
            }
        });
        Self { address, seen }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn seen(&mut self) -> String {
        within(self.seen.recv()).await.unwrap()
    }
}

async fn serve(
    mut stream: TcpStream,
    reply: Arc<[u8]>,
    close: bool,
    seen: mpsc::UnboundedSender<String>,
) {
    let mut request = Vec::new();
    while !is_whole(&request) && stream.read_buf(&mut request).await.unwrap_or(0) > 0 {}
    let _ = seen.send(String::from_utf8(request).unwrap());
    let _ = stream.write_all(&reply).await;
    if !close {
        // Ends when the other side does, cleanly or not.
        while stream.read(&mut [0; 64]).await.unwrap_or(0) > 0 {}
        let _ = seen.send(String::new());
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

/// A network where names have the addresses the test gives them, one list after the other, and every connection to a
/// machine elsewhere ends at one server.
#[derive(Default)]
struct Fake {
    names: Mutex<HashMap<String, Vec<Vec<SocketAddr>>>>,
    elsewhere: Option<SocketAddr>,
    resolved: Mutex<Vec<String>>,
    dialled: Mutex<Vec<SocketAddr>>,
}

impl Net for Fake {
    fn resolve<'a>(&'a self, name: &'a str, _: u16) -> Pending<'a, io::Result<Vec<SocketAddr>>> {
        self.resolved.lock().unwrap().push(name.to_owned());
        let mut names = self.names.lock().unwrap();
        let found = names.get_mut(name).map(|lists| match lists.len() {
            1 => lists[0].clone(),
            _ => lists.remove(0),
        });
        Box::pin(async move { found.ok_or_else(|| io::Error::other("no such name")) })
    }

    fn connect(&self, to: SocketAddr) -> Pending<'_, io::Result<TcpStream>> {
        self.dialled.lock().unwrap().push(to);
        let to = if to.ip().is_loopback() { to } else { self.elsewhere.unwrap_or(to) };
        Box::pin(TcpStream::connect(to))
    }
}

impl Fake {
    /// Where this name leads to now, then to this, and so on.
    fn name(self, name: &str, lists: &[&[&str]]) -> Self {
        let list = |list: &&[&str]| list.iter().map(|address| socket(address)).collect();
        let lists = lists.iter().map(list).collect();
        self.names.lock().unwrap().insert(name.to_owned(), lists);
        self
    }

    fn dialled(&self) -> Vec<String> {
        self.dialled.lock().unwrap().iter().map(|to| to.ip().to_string()).collect()
    }
}

fn socket(address: &str) -> SocketAddr {
    SocketAddr::new(address.parse().unwrap(), 80)
}

fn internet(net: &Arc<Fake>) -> Internet {
    Internet { net: Arc::clone(net) as Arc<dyn Net>, trust: Trust::default() }
}

fn get(url: &str, near: bool) -> OutboundRequest {
    near_or_not(url, if near { Near::Address } else { Near::No })
}

fn near_or_not(url: &str, near: Near) -> OutboundRequest {
    OutboundRequest {
        method: "GET".into(),
        url: url.into(),
        near,
        headers: Vec::new(),
        body: Bytes::new(),
        timeout: DEADLINE,
        limit: 1000,
    }
}

async fn ask(url: &str) -> Result<OutboundResponse, OutboundError> {
    within(Internet::default().send(get(url, true))).await
}

#[tokio::test]
async fn a_request_arrives_as_it_was_made_and_its_answer_comes_back() {
    let reply = "HTTP/1.1 201 Created\r\nX-One: 1\r\nX-One: 2\r\nX-Raw: \u{e4}\r\nContent-Length: 5\r\n\r\nhello";
    let mut server = Server::start(reply, false).await;
    let request = OutboundRequest {
        method: "POST".into(),
        headers: vec![("X-Secret".into(), "s3".into()), ("x-two".into(), String::new())],
        body: "the body".into(),
        ..get(&server.url("/a%20b?q=1&r=%26#part"), true)
    };
    let response = within(Internet::default().send(request)).await.unwrap();
    assert_eq!((response.status, &response.body[..]), (201, &b"hello"[..]));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let one = [pair("x-one", "1"), pair("x-one", "2"), pair("x-raw", "\u{e4}")];
    assert_eq!(response.headers[..3], one);
    let seen = server.seen().await;
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<&str> = head.lines().collect();
    assert_eq!((lines.remove(0), body), ("POST /a%20b?q=1&r=%26 HTTP/1.1", "the body"));
    lines.sort_unstable();
    let host = format!("host: {}", server.address);
    let agent = concat!("user-agent: mcpmux/", env!("CARGO_PKG_VERSION"));
    assert_eq!(lines, ["content-length: 8", &host, agent, "x-secret: s3", "x-two: "]);
    assert_eq!(server.seen().await, "", "the connection is not kept");
}

#[tokio::test]
async fn a_redirect_is_the_answer() {
    let reply = "HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n";
    let mut server = Server::start(reply, false).await;
    let response = ask(&server.url("/")).await.unwrap();
    assert_eq!(response.status, 302);
    assert!(response.headers.contains(&("location".to_owned(), "/next".to_owned())));
    assert!(server.seen().await.starts_with("GET / "));
    assert_eq!(server.seen().await, "");
    assert!(server.seen.try_recv().is_err(), "nothing else was asked");
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_limit_however_it_comes() {
    let exact = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}", "x".repeat(1000));
    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1000));
    let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
    let to_the_end = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1000));
    for reply in [exact, format!("{chunked}0\r\n\r\n"), to_the_end.clone()] {
        let server = Server::start(reply, true).await;
        assert_eq!(ask(&server.url("/")).await.unwrap().body.len(), 1000);
    }
    let head = |size: usize| {
        format!("HTTP/1.1 200 OK\r\nX: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(size))
    };
    let long = [
        "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n".to_owned(),
        format!("{chunked}1\r\nx\r\n"),
        format!("{to_the_end}x"),
        head(70_000),
        head(1_000_000),
    ];
    for (at, reply) in long.into_iter().enumerate() {
        let server = Server::start(reply, false).await;
        assert_eq!(ask(&server.url("/")).await, Err(OutboundError::TooLarge), "check {at}");
    }
    let server = Server::start(head(30_000), true).await;
    assert_eq!(ask(&server.url("/")).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_answer_that_does_not_come_ends_in_time() {
    for reply in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"] {
        let mut server = Server::start(reply, false).await;
        let patience = Duration::from_millis(300);
        let request = OutboundRequest { timeout: patience, ..get(&server.url("/"), true) };
        let answer = within(Internet::default().send(request)).await;
        assert_eq!(answer, Err(OutboundError::Timeout), "{reply:?}");
        while !server.seen().await.is_empty() {}
    }
}

#[tokio::test]
async fn a_request_that_is_given_up_closes_its_connection() {
    let mut server = Server::start("", false).await;
    let url = server.url("/");
    let asking = tokio::spawn(async move { ask(&url).await });
    assert!(server.seen().await.starts_with("GET / "));
    asking.abort();
    assert_eq!(server.seen().await, "");
}

#[tokio::test]
async fn what_is_no_answer_is_a_fault_of_the_network() {
    for (reply, part) in [
        ("", "there is no answer"),
        ("nonsense\r\n\r\n", "there is no answer"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "broke off"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "broke off"),
    ] {
        let server = Server::start(reply, true).await;
        match ask(&server.url("/")).await {
            Err(OutboundError::Network(why)) => assert!(why.contains(part), "{reply:?}: {why}"),
            other => panic!("{reply:?}: {other:?}"),
        }
    }
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let answer = ask(&format!("http://{closed}/")).await;
    assert!(
        matches!(answer, Err(OutboundError::Network(why)) if why.contains("cannot connect to `127.0.0.1`"))
    );
    let net = Arc::new(Fake::default().name("empty.test", &[&[]]));
    for (name, part) in [("unknown.test", "cannot be resolved"), ("empty.test", "has no address")] {
        match within(internet(&net).send(get(&format!("http://{name}/"), false))).await {
            Err(OutboundError::Network(why)) => assert!(why.contains(part), "{why}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_dialled() {
    let url = "http://a.test/";
    let header = |name: &str, value: &str| OutboundRequest {
        headers: vec![(name.to_owned(), value.to_owned())],
        ..get(url, false)
    };
    let method = |method: &str| OutboundRequest { method: method.into(), ..get(url, false) };
    let net = Arc::new(Fake::default());
    for (request, part) in [
        (header("host", "b.test"), "`host` is written by mcpmux"),
        (header("Transfer-Encoding", "chunked"), "written by mcpmux"),
        (header("content-length", "0"), "written by mcpmux"),
        (header("x y", ""), "`x y` cannot be the name"),
        (header("x", "tok\r\nX-Evil: 1"), "the value of the header `x`"),
        (header("x", "a\0"), "the value of the header `x`"),
        (method("CONNECT"), "`CONNECT` is not allowed"),
        (method("TRACE"), "`TRACE` is not allowed"),
        (method("GET / HTTP/1.1\r\n"), "is no method"),
        (method(""), "is no method"),
        (get("ftp://a.test/", false), "not `ftp`"),
        (get("http://u:p@a.test/", false), "user info"),
        (get("http://a.test:0/", false), "port"),
        (get("a.test", false), "the URL is none"),
    ] {
        match within(internet(&net).send(request)).await {
            Err(OutboundError::NotAllowed(why)) => assert!(why.contains(part), "{why}"),
            other => panic!("{part}: {other:?}"),
        }
    }
    assert!(net.resolved.lock().unwrap().is_empty() && net.dialled().is_empty());
}
