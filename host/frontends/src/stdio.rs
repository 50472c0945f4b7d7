//! The stdio frontend: one client on standard input and output, of either era; stdout is MCP and nothing else.

mod outlet;
mod talk;

use std::sync::Arc;

use mcpmux_protocol::lines::frame;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::door::Door;
use talk::Talk;

/// Messages that may wait to be written.
const WAITING: usize = 256;

/// Serves the client until it closes its side or `door` is told to stop, and finishes the calls under way. It
/// waits for them, and for the client to read their answers, as long as it is let: dropping it ends it.
///
/// # Errors
/// If reading or writing fails.
pub async fn serve(
    door: Arc<Door>,
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin + Send + 'static,
) -> std::io::Result<()> {
    let (messages, waiting) = mpsc::channel(WAITING);
    let (mut writer, done) = (JoinSet::new(), CancellationToken::new());
    writer.spawn(write_all(waiting, output, done.clone()));
    let mut talk = Talk::new(door, messages.clone());
    let read = talk.read(input).await;
    let mut tasks = talk.end();
    tokio::select! {
        () = async { while tasks.join_next().await.is_some() {} } => {}
        // Nobody reads the answers any more, so nobody waits for the calls.
        () = messages.closed() => tasks.shutdown().await,
    }
    // Backends may hold on to a call's client for a while after it has gone.
    done.cancel();
    let written = writer.join_next().await.map_or(Ok(Ok(())), |ended| ended);
    read.and(written.map_err(std::io::Error::other)?)
}

/// Writes messages as lines, until it is told that all have come; what waits together is written together.
async fn write_all(
    mut messages: mpsc::Receiver<Vec<u8>>,
    mut output: impl AsyncWrite + Unpin,
    done: CancellationToken,
) -> std::io::Result<()> {
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            biased;
            received = messages.recv_many(&mut batch, WAITING) => if received == 0 { break },
            () = done.cancelled(), if !messages.is_closed() => messages.close(),
        }
        let mut text = Vec::with_capacity(batch.iter().map(|message| message.len() + 1).sum());
        batch.drain(..).for_each(|message| text.append(&mut frame(message)));
        output.write_all(&text).await?;
        output.flush().await?;
    }
    output.shutdown().await
}
