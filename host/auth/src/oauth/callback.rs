//! Where the browser comes back to: a listener on 127.0.0.1 for one login. It answers with fixed pages, reads one kind of
//! request, and whatever else comes leaves the login as it is.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::form_urlencoded;

/// The most bytes of a request's head.
const HEAD: usize = 16 << 10;
/// How long a request's head may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections at once.
const CONNECTIONS: usize = 16;

const DONE: &str = "<!doctype html><meta charset=utf-8><title>mcpmux</title><p>mcpmux has what it needs. You can close this page.";
const ODD: &str =
    "<!doctype html><meta charset=utf-8><title>mcpmux</title><p>This is not what mcpmux waits for.";

/// What an authorization server sends back (RFC 6749, section 4.1.2; RFC 9207).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) iss: Option<String>,
    /// The code, or an error's code.
    pub(crate) outcome: Result<String, String>,
}

/// A listener for one login.
pub(crate) struct Callback {
    listener: TcpListener,
    port: u16,
    path: String,
}

impl Callback {
    /// Listens at a port of this machine, or at any.
    pub(crate) async fn bind(port: Option<u16>, path: String) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port.unwrap_or(0))).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port, path })
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.path)
    }

    /// Waits for the reply with this state. The caller bounds the time.
    pub(crate) async fn reply(&self, state: &str) -> Reply {
        let mut talks: JoinSet<Option<Reply>> = JoinSet::new();
        loop {
            tokio::select! {
                Some(ended) = talks.join_next() => {
                    if let Ok(Some(reply)) = ended {
                        return reply;
                    }
                }
                accepted = self.listener.accept(), if talks.len() < CONNECTIONS => match accepted {
                    Ok((stream, _)) => {
                        let (path, state, port) = (self.path.clone(), state.to_owned(), self.port);
                        talks.spawn(async move { talk(stream, &path, &state, port).await });
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                },
            }
        }
    }
}

/// Reads one request and answers it.
async fn talk(mut stream: TcpStream, path: &str, state: &str, port: u16) -> Option<Reply> {
    let head = timeout(PATIENCE, head(&mut stream)).await.ok().flatten();
    let reply = head.and_then(|head| understand(&head, path, state, port));
    let (status, page) = if reply.is_some() { ("200 OK", DONE) } else { ("400 Bad Request", ODD) };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         content-security-policy: default-src 'none'; frame-ancestors 'none'\r\nreferrer-policy: no-referrer\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\n\r\n{page}",
        page.len()
    );
    // Whether the browser takes the page does not change what it said.
    let _gone = timeout(PATIENCE, async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        // What was not read would make the system reset the connection and the page be lost.
        let mut rest = [0; 4096];
        for _ in 0..512 {
            if stream.read(&mut rest).await? == 0 {
                break;
            }
        }
        io::Result::Ok(())
    })
    .await;
    reply
}

async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        if head.len() >= HEAD || stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    String::from_utf8(head).ok()
}

/// The reply in a request; `None` if it is any other request.
fn understand(head: &str, path: &str, state: &str, port: u16) -> Option<Reply> {
    let mut lines = head.split("\r\n");
    let target = lines.next()?.strip_prefix("GET ")?.strip_suffix(" HTTP/1.1")?;
    let mut hosts = lines
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("host"));
    let (_, host) = hosts.next()?;
    let host = host.trim();
    let ours = host == format!("127.0.0.1:{port}") || host == format!("localhost:{port}");
    if !ours || hosts.next().is_some() {
        return None;
    }
    let (at, query) = target.split_once('?')?;
    (at == path).then(|| parse(query, state))?
}

/// The reply in a query, if it belongs to this state.
pub(crate) fn parse(query: &str, state: &str) -> Option<Reply> {
    let pairs: Vec<(String, String)> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let one = |name: &str| {
        let mut values =
            pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone());
        let first = values.next();
        // A parameter that is there twice means two things (RFC 6749, section 3.1).
        if values.next().is_some() { Err(()) } else { Ok(first) }
    };
    let (code, error) = (one("code").ok()?, one("error").ok()?);
    let (iss, theirs) = (one("iss").ok()?, one("state").ok()??);
    if !same(theirs.as_bytes(), state.as_bytes()) {
        return None;
    }
    let outcome = match (code, error) {
        (Some(code), None) if !code.is_empty() => Ok(code),
        (None, Some(error)) => Err(error),
        _ => return None,
    };
    Some(Reply { iss, outcome })
}

/// Compares in a time that does not depend on where two texts differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understood(head: &str) -> bool {
        understand(head, "/callback/x", "st", 7).is_some()
    }

    #[test]
    fn only_the_very_request_is_understood() {
        let good = "GET /callback/x?code=c&state=st&iss=https%3A%2F%2Fas HTTP/1.1\r\nHost: 127.0.0.1:7\r\n\r\n";
        let reply = understand(good, "/callback/x", "st", 7).unwrap();
        assert!(reply.iss.as_deref() == Some("https://as") && reply.outcome == Ok("c".to_owned()));
        let denied = good.replace("code=c", "error=access_denied&error_description=x");
        assert!(
            understand(&denied, "/callback/x", "st", 7).unwrap().outcome
                == Err("access_denied".to_owned())
        );
        for (from, to) in [
            ("GET", "POST"),
            ("GET", "HEAD"),
            ("/callback/x", "/callback/y"),
            ("/callback/x", "/callback"),
            ("state=st", "state=su"),
            ("state=st", "state=s"),
            ("state=st", "state="),
            ("&state=st", ""),
            ("state=st", "state=st&state=st"),
            ("code=c", "code=c&code=d"),
            ("code=c", "code=c&error=e"),
            ("code=c", "code="),
            ("code=c", "x=y"),
            ("iss=", "iss=a&iss="),
            ("127.0.0.1:7", "evil.test:7"),
            ("127.0.0.1:7", "127.0.0.1"),
            ("Host: 127.0.0.1:7\r\n", ""),
            ("Host: 127.0.0.1:7\r\n", "Host: 127.0.0.1:7\r\nHost: evil.test\r\n"),
            ("HTTP/1.1", "HTTP/1.0"),
        ] {
            let head = good.replace(from, to);
            assert!(head != good && !understood(&head), "{head}");
        }
    }
}
