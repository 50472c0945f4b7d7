//! Messages on a byte stream: the same lines however the stream is cut, and one line a message.

use mcpmux_protocol::lines::{Line, Lines, frame};

/// Returns whether there were lines.
pub fn hold(input: &[u8]) -> bool {
    let (pieces, limit, stream) = super::cut::stream(input);
    let expected = standard(stream, limit);
    assert_eq!(read(&pieces, limit), expected, "in pieces, with a limit of {limit}");
    assert_eq!(read(&[stream], limit), expected, "whole, with a limit of {limit}");

    let framed = frame(stream.to_vec());
    assert_eq!(framed.iter().filter(|byte| **byte == b'\n').count(), 1);
    let spaced = |byte: &u8| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte };
    let one: Vec<u8> = stream.iter().map(spaced).collect();
    let one = one.trim_ascii_end();
    let lines = read(&[&framed], usize::MAX);
    assert_eq!(lines, if one.trim_ascii().is_empty() { vec![] } else { vec![Some(one.to_vec())] });
    !expected.is_empty()
}

/// The lines of a stream, by their definition; `None` stands for one over the limit.
fn standard(stream: &[u8], limit: usize) -> Vec<Option<Vec<u8>>> {
    let mut lines: Vec<&[u8]> = stream.split(|byte| *byte == b'\n').collect();
    // What follows the last line end is no line yet, but may already be too long for one.
    let begun = lines.pop().filter(|begun| begun.len() > limit);
    lines.extend(begun);
    lines
        .into_iter()
        .filter(|line| line.len() > limit || !line.trim_ascii().is_empty())
        .map(|line| (line.len() <= limit).then(|| line.trim_ascii_end().to_vec()))
        .collect()
}

fn read(pieces: &[&[u8]], limit: usize) -> Vec<Option<Vec<u8>>> {
    let mut lines = Lines::new(limit);
    let mut found = Vec::new();
    for piece in pieces {
        lines.buffer().extend_from_slice(piece);
        while let Some(line) = lines.next_line() {
            found.push(match line {
                Line::Whole(line) => Some(line.to_vec()),
                Line::TooLong => None,
            });
        }
    }
    found
}
