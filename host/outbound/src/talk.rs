//! One request and its bounded answer on a connection of its own, which ends with them.

use std::error::Error;
use std::pin::pin;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use mcpmux_core::ports::{OutboundError, OutboundResponse};

/// The most bytes of an answer's headers.
const HEAD: usize = 64 << 10;

/// Sends a request and reads the answer.
pub(crate) async fn talk<I: Read + Write + Unpin>(
    io: I,
    request: Request<Full<Bytes>>,
    limit: usize,
) -> Result<OutboundResponse, OutboundError> {
    let (mut sender, connection) =
        http1::Builder::new().max_buf_size(HEAD).handshake(io).await.map_err(broken)?;
    let mut connection = pin!(connection);
    let mut answer = pin!(async {
        let response = sender.send_request(request).await.map_err(broken)?;
        read(response, limit).await
    });
    tokio::select! {
        answer = &mut answer => answer,
        // All that came is in the answer's hands now, or why it did not.
        _ = &mut connection => answer.await,
    }
}

async fn read(
    response: Response<Incoming>,
    limit: usize,
) -> Result<OutboundResponse, OutboundError> {
    let (head, body) = response.into_parts();
    // What is read at once may be more than the buffer is held to.
    let size: usize =
        head.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > HEAD || body.size_hint().lower() > limit as u64 {
        return Err(OutboundError::TooLarge);
    }
    let body = match Limited::new(body, limit).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(OutboundError::TooLarge),
        Err(error) => {
            return Err(OutboundError::Network(format!(
                "the answer broke off: {}",
                chain(&*error)
            )));
        }
    };
    Ok(OutboundResponse { status: head.status.as_u16(), headers: texts(&head.headers), body })
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

fn broken(error: hyper::Error) -> OutboundError {
    if error.is_parse_too_large() {
        return OutboundError::TooLarge;
    }
    OutboundError::Network(format!("there is no answer: {}", chain(&error)))
}

/// An error with what it was caused by.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
