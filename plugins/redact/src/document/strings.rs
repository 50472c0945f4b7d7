//! The strings of a JSON text, each with the name of the member that holds it; base64 of images and files is left out.

use memchr::memchr2;

use crate::bytes::{byte, part};

/// A string: its bytes in the text, between the quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether it holds a backslash.
    pub(super) is_escaped: bool,
    pub(super) place: Place,
}

/// What a string is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The name of a member.
    Name,
    /// A value, with the bytes of the name of the member that holds it, itself or in an array.
    Value { name: Option<(usize, usize)> },
}

type Span = (usize, usize);

/// An object or array that is open.
#[derive(Debug, Default)]
struct Frame {
    is_object: bool,
    /// Whether a member's value comes next.
    in_value: bool,
    /// The name of the member, or of the one that holds the array.
    name: Option<Span>,
    /// Base64 in `data` or `blob`, not looked at yet.
    binary: Option<(Found, Binary)>,
    /// Whether `type` is `image` or `audio`.
    is_media: bool,
    has_uri: bool,
    /// The strings of `name` (or `key`) and `value`, as in lists of variables.
    pair: (Option<Span>, Option<Found>),
}

/// Which member binary content would stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Binary {
    /// `data` of an image or audio.
    Media,
    /// `blob` of a resource.
    Blob,
}

/// The shortest base64 that is waited with; what is shorter is looked through at once.
const LEAST_BINARY: usize = 32;

/// Tells of every string in a text. The text is valid JSON; of another one strings may be missed.
pub(super) fn strings(text: &[u8], tell: &mut dyn FnMut(Found)) {
    let mut frames: Vec<Frame> = Vec::new();
    let mut at = 0;
    while let Some(next) = text.get(at) {
        at += 1;
        match next {
            b'"' => {
                let (end, is_escaped) = end_of_string(text, at);
                let found = Found { start: at, end, is_escaped, place: Place::Name };
                at = end + 1;
                let depth = frames.len();
                string(text, frames.last_mut(), depth, found, tell);
            }
            b'{' => frames.push(Frame { is_object: true, ..Frame::default() }),
            b'[' => {
                let name = frames.last().and_then(|frame| frame.name);
                frames.push(Frame { name, ..Frame::default() });
            }
            b'}' | b']' => {
                if let Some(frame) = frames.pop() {
                    close(frame, tell);
                }
            }
            b':' => {
                if let Some(frame) = frames.last_mut() {
                    frame.in_value = true;
                }
            }
            b',' => {
                if let Some(frame) = frames.last_mut() {
                    frame.in_value = false;
                }
            }
            _ => {}
        }
    }
}

/// Where the string that begins at `start` ends, and whether it has a backslash.
fn end_of_string(text: &[u8], start: usize) -> (usize, bool) {
    let mut at = start;
    let mut is_escaped = false;
    while let Some(next) = memchr2(b'"', b'\\', text.get(at..).unwrap_or_default()) {
        at += next;
        if byte(text, at) == b'"' {
            return (at, is_escaped);
        }
        is_escaped = true;
        at += 2;
    }
    (text.len(), is_escaped)
}

fn string(
    text: &[u8],
    frame: Option<&mut Frame>,
    depth: usize,
    found: Found,
    tell: &mut dyn FnMut(Found),
) {
    let Some(frame) = frame else {
        return tell(Found { place: Place::Value { name: None }, ..found });
    };
    if frame.is_object && !frame.in_value {
        frame.name = Some((found.start, found.end));
        return tell(found);
    }
    let found = Found { place: Place::Value { name: frame.name }, ..found };
    if frame.is_object {
        let (start, end) = frame.name.unwrap_or_default();
        let value = part(text, found.start, found.end);
        match part(text, start, end) {
            // Of members that are there twice, the first is looked through at once.
            b"data" if is_base64(value) => {
                let twice = frame.binary.replace((found, Binary::Media));
                return twice.map_or((), |(found, _)| tell(found));
            }
            b"blob" if is_base64(value) => {
                let twice = frame.binary.replace((found, Binary::Blob));
                return twice.map_or((), |(found, _)| tell(found));
            }
            // The state of a call that the backend keeps with the client: nobody else reads it.
            b"requestState" if depth == 1 => return,
            b"type" => frame.is_media = matches!(value, b"image" | b"audio"),
            b"uri" => frame.has_uri = true,
            b"name" | b"key" => frame.pair.0 = Some((found.start, found.end)),
            b"value" => {
                return frame.pair.1.replace(found).map_or((), tell);
            }
            _ => {}
        }
    }
    tell(found);
}

/// The end of an object: now it is known what its members were.
fn close(frame: Frame, tell: &mut dyn FnMut(Found)) {
    if let (name, Some(value)) = frame.pair {
        tell(Found { place: Place::Value { name: name.or(frame_name(&value)) }, ..value });
    }
    if let Some((found, binary)) = frame.binary {
        let is_binary = match binary {
            Binary::Media => frame.is_media,
            Binary::Blob => frame.has_uri,
        };
        if !is_binary {
            tell(found);
        }
    }
}

fn frame_name(found: &Found) -> Option<Span> {
    match found.place {
        Place::Value { name } => name,
        Place::Name => None,
    }
}

fn is_base64(value: &[u8]) -> bool {
    value.len() >= LEAST_BINARY
        && value.iter().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
        })
}
