//! Server-sent events, both ways (HTML standard, section 9.2), with a bound on one event.

use bytes::{Bytes, BytesMut};

/// One event.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Event {
    /// `event`; empty means `message`.
    pub name: String,
    /// `id`, if it was set.
    pub id: Option<String>,
    /// `retry`, in milliseconds.
    pub retry: Option<u64>,
    /// `data`, its lines joined.
    pub data: Bytes,
}

/// An event grew over the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than {0} bytes")]
pub struct TooLarge(pub usize);

/// What a stream may begin with, and which is no part of it.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Reads events out of a response's bytes.
#[derive(Debug)]
pub struct Decoder {
    buffer: BytesMut,
    searched: usize,
    limit: usize,
    event: Event,
    /// The lines of `data` so far; a single one is not copied.
    data: Vec<Bytes>,
    size: usize,
    started: bool,
}

impl Decoder {
    /// Takes events of at most `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            searched: 0,
            limit,
            event: Event::default(),
            data: Vec::new(),
            size: 0,
            started: false,
        }
    }

    /// More bytes came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole event that has data, an id or a retry time.
    ///
    /// # Errors
    /// If an event is over the limit; the stream is then of no more use.
    pub fn next_event(&mut self) -> Result<Option<Event>, TooLarge> {
        while let Some(line) = self.next_line() {
            if !line.is_empty() {
                self.size += line.len();
                if self.size > self.limit {
                    return Err(TooLarge(self.limit));
                }
                self.field(&line);
                continue;
            }
            self.size = 0;
            let mut event = std::mem::take(&mut self.event);
            event.data = self.joined();
            if !event.data.is_empty() || event.id.is_some() || event.retry.is_some() {
                return Ok(Some(event));
            }
        }
        // Half a line end is no content, whether its other half comes or not.
        let begun = self.buffer.strip_suffix(b"\r").unwrap_or(&self.buffer);
        if self.started && self.size + begun.len() > self.limit {
            Err(TooLarge(self.limit))
        } else {
            Ok(None)
        }
    }

    /// A line without its end: `\n`, `\r\n` or `\r`. A `\r` at the very end may be half a line end.
    fn next_line(&mut self) -> Option<Bytes> {
        if !self.started {
            if self.buffer.len() < BOM.len() && BOM.starts_with(&self.buffer) {
                return None;
            }
            self.started = true;
            if self.buffer.starts_with(BOM) {
                drop(self.buffer.split_to(BOM.len()));
            }
        }
        let fresh = self.buffer.get(self.searched..).unwrap_or_default();
        let Some(at) = memchr::memchr2(b'\n', b'\r', fresh) else {
            self.searched = self.buffer.len();
            return None;
        };
        let end = self.searched + at;
        let length = match (self.buffer.get(end), self.buffer.get(end + 1)) {
            (Some(b'\r'), None) => {
                self.searched = end;
                return None;
            }
            (Some(b'\r'), Some(b'\n')) => 2,
            _ => 1,
        };
        self.searched = 0;
        let mut line = self.buffer.split_to(end + length);
        line.truncate(end);
        Some(line.freeze())
    }

    fn field(&mut self, line: &Bytes) {
        let (name, value) = match memchr::memchr(b':', line) {
            Some(at) => {
                let value = line.slice(at + 1..);
                let value = if value.first() == Some(&b' ') { value.slice(1..) } else { value };
                (line.slice(..at), value)
            }
            None => (line.clone(), Bytes::new()),
        };
        let text = || String::from_utf8_lossy(&value).into_owned();
        match name.as_ref() {
            b"data" => self.data.push(value),
            b"event" => self.event.name = text(),
            b"id" if !value.contains(&0) => self.event.id = Some(text()),
            b"retry" if value.iter().all(u8::is_ascii_digit) => {
                self.event.retry = text().parse().ok().or(self.event.retry);
            }
            _ => {}
        }
    }

    fn joined(&mut self) -> Bytes {
        match self.data.len() {
            0 => Bytes::new(),
            1 => self.data.pop().unwrap_or_default(),
            _ => self.data.drain(..).collect::<Vec<_>>().join(&b'\n').into(),
        }
    }
}

/// Writes a message as an event. Messages of ours and of [`crate::Message`] hold no line ends outside of
/// strings, but a backend's pretty-printed value can; each of its lines becomes a `data` line.
#[must_use]
pub fn encode(message: &[u8]) -> Bytes {
    written(None, message)
}

/// The same with an id, from which the client can go on (2025-11-25, transports, resumability).
#[must_use]
pub fn encode_as(id: &str, message: &[u8]) -> Bytes {
    written(Some(id), message)
}

/// An event without a message: an id to go on from, and how long to wait before that, in milliseconds.
#[must_use]
pub fn prime(id: &str, retry: u64) -> Bytes {
    format!("id: {id}\nretry: {retry}\ndata:\n\n").into()
}

fn written(id: Option<&str>, message: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(message.len() + 64);
    out.extend_from_slice(b"event: message\n");
    if let Some(id) = id {
        out.extend_from_slice(b"id: ");
        out.extend_from_slice(id.as_bytes());
        out.push(b'\n');
    }
    for line in message.split(|byte| *byte == b'\n' || *byte == b'\r') {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.push(b'\n');
    out.into()
}

/// A comment, which keeps a stream alive and means nothing.
pub const KEEP_ALIVE: Bytes = Bytes::from_static(b": keep-alive\n\n");

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(chunks: &[&[u8]], limit: usize) -> Result<Vec<(String, String)>, TooLarge> {
        let mut decoder = Decoder::new(limit);
        let mut events = Vec::new();
        for chunk in chunks {
            decoder.push(chunk);
            while let Some(event) = decoder.next_event()? {
                events.push((event.name, String::from_utf8(event.data.to_vec()).unwrap()));
            }
        }
        Ok(events)
    }

    #[test]
    fn events_come_out_whole_wherever_the_stream_is_cut() {
        let stream = b"\xef\xbb\xbf: hi\r\nevent: message\rdata: {\"a\":\r\ndata:1}\n\ndata\n\nid: 7\ndata: x\n\n";
        let expected =
            [("message".to_owned(), "{\"a\":\n1}".to_owned()), (String::new(), "x".to_owned())];
        let whole = decode(&[stream], 1000).unwrap();
        assert_eq!(whole, expected);
        for cut in 1..stream.len() {
            let (a, b) = stream.split_at(cut);
            assert_eq!(decode(&[a, b], 1000).unwrap(), expected, "cut at {cut}");
        }
    }

    #[test]
    fn an_event_without_end_is_refused() {
        assert_eq!(decode(&[b"data: 0123456789"], 8), Err(TooLarge(8)));
        assert_eq!(decode(&[b"data: 01\n", b"data: 23\n"], 8), Err(TooLarge(8)));
    }

    #[test]
    fn ids_are_read_as_they_were_written() {
        let mut decoder = Decoder::new(99);
        decoder.push(&prime("3-0", 1000));
        decoder.push(&encode_as("3-1", b"{}"));
        let first = decoder.next_event().unwrap().unwrap();
        assert_eq!((first.id.as_deref(), first.retry), (Some("3-0"), Some(1000)));
        assert!(first.data.is_empty());
        let second = decoder.next_event().unwrap().unwrap();
        assert_eq!((second.id.as_deref(), second.data.as_ref()), (Some("3-1"), &b"{}"[..]));
    }

    #[test]
    fn what_is_written_can_be_read() {
        let event = encode(b"{\n \"a\": 1 }");
        assert_eq!(
            decode(&[&event, &KEEP_ALIVE], 99).unwrap(),
            [("message".into(), "{\n \"a\": 1 }".into())]
        );
    }
}
