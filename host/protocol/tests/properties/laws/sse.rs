//! Server-sent events: those that the standard's own steps find, however the stream is cut, and back again.

use bytes::Bytes;
use mcpmux_protocol::sse::{Decoder, Event, encode};

/// Returns whether there were events.
pub fn hold(input: &[u8]) -> bool {
    let (pieces, limit, stream) = super::cut::stream(input);
    let whole = read(&[stream], usize::MAX);
    assert_eq!(whole, Read { events: standard(stream), too_large: false });
    assert_eq!(read(&pieces, usize::MAX), whole, "cut into pieces");
    let bounded = read(&[stream], limit);
    assert_eq!(read(&pieces, limit), bounded, "in pieces, with a limit of {limit}");
    assert!(whole.events.starts_with(&bounded.events), "a limit of {limit} changes events");

    if !stream.is_empty() {
        let lines: Vec<u8> =
            stream.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect();
        let event = Event { name: "message".into(), data: lines.into(), ..Event::default() };
        let sent = encode(stream);
        assert_eq!(read(&[&sent], usize::MAX).events, [event]);
    }
    !whole.events.is_empty()
}

#[derive(Debug, PartialEq, Eq)]
struct Read {
    events: Vec<Event>,
    too_large: bool,
}

fn read(pieces: &[&[u8]], limit: usize) -> Read {
    let mut decoder = Decoder::new(limit);
    let mut read = Read { events: Vec::new(), too_large: false };
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_event() {
                Ok(Some(event)) => read.events.push(event),
                Ok(None) => break,
                Err(_) => {
                    read.too_large = true;
                    return read;
                }
            }
        }
    }
    read
}

/// The steps of the HTML standard (9.2.6), on the bytes: a blank line ends an event, an unfinished one is dropped.
/// A `\r` at the very end may be half a line end, so that what it would end is not there yet.
fn standard(stream: &[u8]) -> Vec<Event> {
    let mut rest = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream);
    let (mut events, mut event, mut data) = (Vec::new(), Event::default(), Vec::<&[u8]>::new());
    while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        let after = match &rest[end..] {
            [b'\r'] => break,
            [b'\r', b'\n', after @ ..] | [_, after @ ..] => after,
            [] => unreachable!("the end was found"),
        };
        let line = &rest[..end];
        rest = after;
        if line.is_empty() {
            event.data = Bytes::from(data.join(&b'\n'));
            data.clear();
            let ended = std::mem::take(&mut event);
            if !ended.data.is_empty() || ended.id.is_some() || ended.retry.is_some() {
                events.push(ended);
            }
            continue;
        }
        let (name, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let text = String::from_utf8_lossy(value).into_owned();
        match name {
            b"data" => data.push(value),
            b"event" => event.name = text,
            b"id" if !value.contains(&0) => event.id = Some(text),
            b"retry" if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                event.retry = text.parse().ok().or(event.retry);
            }
            _ => {}
        }
    }
    events
}
