//! Where a peer writes: lines on a connection, or the events of one HTTP response.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::{Heard, Shared};

/// A place to write messages to.
#[derive(Debug, Clone)]
pub struct Outlet {
    texts: mpsc::UnboundedSender<Option<String>>,
    /// Whether it ends with the answer; a pipe does not.
    ends: bool,
}

impl Outlet {
    /// Writes a message.
    pub fn say(&self, text: &str) {
        // If mcpmux has hung up, the test sees it in what it does not get.
        let _gone = self.texts.send(Some(text.to_owned()));
    }

    /// Nothing more is written here.
    pub fn end(&self) {
        if self.ends {
            let _gone = self.texts.send(None);
        }
    }

    /// An outlet for one response: what is written comes out of the receiver, `None` at its end.
    pub(super) fn response() -> (Self, mpsc::UnboundedReceiver<Option<String>>) {
        let (texts, said) = mpsc::unbounded_channel();
        (Self { texts, ends: true }, said)
    }
}

/// Serves a connection whose messages are lines.
pub(super) async fn lines(shared: Arc<Shared>, stream: TcpStream) {
    let (read, mut write) = stream.into_split();
    let (texts, mut said) = mpsc::unbounded_channel::<Option<String>>();
    let outlet = Outlet { texts, ends: false };
    shared.stream(outlet.clone(), String::new());
    tokio::spawn(async move {
        while let Some(text) = said.recv().await {
            let line = format!("{}\n", text.unwrap_or_default());
            if write.write_all(line.as_bytes()).await.is_err() {
                return;
            }
        }
    });
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(text)) = lines.next_line().await {
        shared.heard(Heard { text, headers: Vec::new(), outlet: outlet.clone() });
    }
}
