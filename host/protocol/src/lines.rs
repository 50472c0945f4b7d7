//! Messages on a byte stream, one a line, with a bound; what is too long is skipped to the next line.

use bytes::{Bytes, BytesMut};

/// Cuts lines out of the bytes of a stream. Empty lines are left out.
#[derive(Debug)]
pub struct Lines {
    buffer: BytesMut,
    /// How much of the buffer is known to hold no line end.
    searched: usize,
    limit: usize,
    skipping: bool,
}

/// What the stream holds next.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A line, without its end.
    Whole(Bytes),
    /// A line over the limit was left out.
    TooLong,
}

impl Lines {
    /// Takes lines of at most `limit` bytes before their `\n`.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { buffer: BytesMut::new(), searched: 0, limit, skipping: false }
    }

    /// Where to read more bytes into.
    pub const fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The next line, if all of it is there.
    pub fn next_line(&mut self) -> Option<Line> {
        loop {
            let fresh = self.buffer.get(self.searched..).unwrap_or_default();
            let Some(at) = memchr::memchr(b'\n', fresh) else {
                self.searched = self.buffer.len();
                if self.buffer.len() <= self.limit {
                    return None;
                }
                self.buffer.clear();
                self.searched = 0;
                let first = !std::mem::replace(&mut self.skipping, true);
                return first.then_some(Line::TooLong);
            };
            let mut line = self.buffer.split_to(self.searched + at + 1).freeze();
            self.searched = 0;
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            // Judged before it is trimmed: so is a line whose end has not come yet.
            if line.len() - 1 > self.limit {
                return Some(Line::TooLong);
            }
            line.truncate(line.trim_ascii_end().len());
            if !line.trim_ascii_start().is_empty() {
                return Some(Line::Whole(line));
            }
        }
    }
}

/// A message as one line. Line ends inside of it can only be white space between JSON tokens, since
/// strings hold them escaped; they become spaces.
#[must_use]
pub fn frame(mut message: Vec<u8>) -> Vec<u8> {
    if memchr::memchr2(b'\n', b'\r', &message).is_some() {
        message
            .iter_mut()
            .filter(|byte| matches!(byte, b'\n' | b'\r'))
            .for_each(|byte| *byte = b' ');
    }
    message.push(b'\n');
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(chunks: &[&str], limit: usize) -> Vec<String> {
        let mut lines = Lines::new(limit);
        let mut out = Vec::new();
        for chunk in chunks {
            lines.buffer().extend_from_slice(chunk.as_bytes());
            while let Some(line) = lines.next_line() {
                out.push(match line {
                    Line::Whole(line) => String::from_utf8(line.to_vec()).unwrap(),
                    Line::TooLong => "<too long>".to_owned(),
                });
            }
        }
        out
    }

    #[test]
    fn lines_come_out_whole_however_they_came_in() {
        assert_eq!(feed(&["a\nb", "b\r\n", "\n \n", "c", "", "\n", "d"], 9), ["a", "bb", "c"]);
    }

    #[test]
    fn a_message_becomes_one_line() {
        assert_eq!(frame(b"{\r\n \"a\":\"\\n\"}".to_vec()), b"{   \"a\":\"\\n\"}\n");
    }

    #[test]
    fn a_long_line_is_skipped_and_the_next_one_read() {
        assert_eq!(feed(&["12345", "6789", "0123\nab\n"], 6), ["<too long>", "ab"]);
        assert_eq!(feed(&["1234567\nab\n"], 6), ["<too long>", "ab"]);
    }
}
