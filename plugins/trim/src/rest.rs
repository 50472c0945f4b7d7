//! The tool that reads on in what was cut off.

use mcpmux_sdk::{Action, Doc};

use crate::config::Settings;
use crate::cut;
use crate::shelf::{Owner, Shelf};

/// The tool's arguments.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    handle: String,
    #[serde(default)]
    offset: usize,
    bytes: Option<usize>,
}

/// Answers a call of the tool.
pub(crate) fn read(
    shelf: &Shelf<'_>,
    settings: &Settings,
    owner: &Owner,
    arguments: &Doc,
) -> Action {
    let Arguments { handle, offset, bytes } = match arguments.get("") {
        Ok(arguments) => match arguments {
            Some(arguments) => arguments,
            None => return Action::error_text("the arguments are missing; give `handle`"),
        },
        Err(error) => {
            let text = format!(
                "the arguments are wrong: {error}; give `handle`, and `offset` and `bytes` as numbers"
            );
            return Action::error_text(text);
        }
    };
    let Some(text) = shelf.text(owner, &handle) else {
        return Action::error_text(format!(
            "there is nothing under this handle: the rest of a result is kept for {} and less if others need the \
             room. Call the tool that gave the result again, and ask it for less if it can do so",
            settings.keep_text
        ));
    };
    let size = text.len();
    if offset >= size {
        let text = format!("offset {offset} is after the end: there are {size} bytes");
        return Action::error_text(text);
    }
    let bytes = bytes.unwrap_or(settings.max_bytes).clamp(4, settings.max_bytes);
    let start = cut::at_char(&text, offset);
    let rest = text.get(start..).unwrap_or_default();
    let piece = rest.get(..cut::at_line(rest, bytes)).unwrap_or_default();
    let end = start + piece.len();
    let next = if end < size {
        format!("read on with offset {end}")
    } else {
        "this is the end".to_owned()
    };
    Action::text(format!("{piece}\n[bytes {start} to {end} of {size}; {next}]"))
}
