//! The least HTTP/1.1 that a peer needs: one request a connection, answered with a stream of events.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::outlet::Outlet;
use super::{Heard, Shared, part};
use crate::harness::http::MODERN;

/// Serves one request.
pub(super) async fn serve(shared: Arc<Shared>, stream: TcpStream) {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let (mut line, mut head) = (String::new(), Vec::new());
    while read.read_line(&mut line).await.is_ok_and(|length| length > 2) {
        head.push(line.trim_end().to_owned());
        line.clear();
    }
    let Some(request) = head.first().cloned() else { return };
    let split = |line: &String| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers: Vec<(String, String)> = head.iter().skip(1).filter_map(split).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    if read.read_exact(&mut body).await.is_err() {
        return;
    }
    let text = String::from_utf8(body).unwrap();
    let (outlet, mut said) = Outlet::response();
    let is_modern = shared.revision.as_str() >= MODERN;
    let is_request = !part(&text, "method").is_empty() && !part(&text, "id").is_empty();
    let refusal = if request.starts_with("GET ") && !is_modern {
        shared.stream(outlet, String::new());
        None
    } else if request.starts_with("POST ") {
        shared.heard(Heard { text, headers, outlet });
        (!is_request).then_some("202 Accepted")
    } else {
        Some(if is_modern { "405 Method Not Allowed" } else { "204 No Content" })
    };
    let session = if is_modern { "" } else { "mcp-session-id: one\r\n" };
    let head = match refusal {
        Some(status) => format!("{status}\r\ncontent-length: 0"),
        None => format!("200 OK\r\n{session}content-type: text/event-stream"),
    };
    let head = format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n");
    if write.write_all(head.as_bytes()).await.is_err() || refusal.is_some() {
        return;
    }
    // Ends with the answer, or when mcpmux hangs up. What is said at once is written at once, as servers do.
    let mut nothing = [0; 1];
    let mut open = true;
    while open {
        let first = tokio::select! {
            said = said.recv() => said.flatten(),
            _hung_up = read.read(&mut nothing) => return,
        };
        let mut events = String::new();
        let mut next = Some(first);
        while let Some(text) = next {
            match text {
                Some(text) => events.push_str(&format!("data: {text}\n\n")),
                None => open = false,
            }
            next = said.try_recv().ok();
        }
        if write.write_all(events.as_bytes()).await.is_err() {
            return;
        }
    }
}
