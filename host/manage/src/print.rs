//! What is printed: standard output gets data, standard error everything else.

mod status;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use mcpmux_core::json::Raw;
use mcpmux_mux::{BackendState, Status};

use crate::admin::Reloaded;

pub use status::{plugins, status, vault};

/// Writes data to standard output. That its reader has gone is no error.
///
/// # Errors
/// Any other failure to write.
pub fn data(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes a message for the person who runs the command to standard error.
pub fn note(text: &str) {
    // There is nobody left to tell if standard error is gone.
    let _gone = writeln!(io::stderr().lock(), "{}", harmless(text));
}

/// Writes why a command failed, and its hints.
pub fn error(text: &str) {
    note(&format!("mcpmux: {text}"));
}

/// What `mcpmux serve` says once the backends have come up.
#[must_use]
pub fn banner(url: &str, socket: Option<&Path>, status: &Status) -> String {
    let mut out = format!("mcpmux {} is serving {url}\n", env!("CARGO_PKG_VERSION"));
    if let Some(socket) = socket {
        // Writing to a string cannot fail.
        let _infallible = writeln!(out, "  and on the socket {}", socket.display());
    }
    out.push('\n');
    let width = status.backends.iter().map(|backend| backend.name.len()).max().unwrap_or(0);
    for backend in &status.backends {
        let tools = match backend.tools {
            1 => "1 tool".to_owned(),
            tools => format!("{tools} tools"),
        };
        let line = match &backend.state {
            BackendState::Ready { revision } => format!("{tools}  ({revision})"),
            BackendState::Connecting => "still starting; its tools follow".to_owned(),
            BackendState::Down { why } => format!("down: {why}"),
            BackendState::NeedsAuth { why } => why.clone(),
        };
        // Writing to a string cannot fail.
        let _infallible = writeln!(out, "  {:width$}  {line}", backend.name);
    }
    if status.backends.is_empty() {
        out.push_str("  no backends yet: add one as [backends.NAME]\n");
    }
    if !status.plugins.is_empty() {
        let plugins: Vec<&str> = status.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
        let _infallible = writeln!(out, "  plugins: {}", plugins.join(", "));
    }
    let _infallible =
        write!(out, "\nadd it to Claude Code:\n  claude mcp add --transport http mcpmux {url}");
    out
}

/// The tools as a table: name and the first line of the description.
#[must_use]
pub fn tools(definitions: &[Raw]) -> String {
    let text = |definition: &Raw, key: &str| {
        definition.object().ok().and_then(|object| Some(object.get(key)?.as_string()?.into_owned()))
    };
    let rows: Vec<[String; 2]> = definitions
        .iter()
        .map(|definition| {
            let name = text(definition, "name").unwrap_or_default();
            let description = text(definition, "description").or_else(|| text(definition, "title"));
            let description = description.unwrap_or_default();
            [name, description.lines().next().unwrap_or_default().to_owned()]
        })
        .collect();
    table(&rows)
}

/// A tool's result for people: its texts, and JSON for what is not text.
#[must_use]
pub fn result(result: &Raw) -> String {
    let Ok(object) = result.object() else {
        return format!("{}\n", harmless(&String::from_utf8_lossy(result.as_bytes())));
    };
    let blocks =
        object.get("content").and_then(|content| content.elements().ok()).unwrap_or_default();
    let mut out = String::new();
    for block in &blocks {
        let text = block
            .object()
            .ok()
            .and_then(|block| Some(block.get("text")?.as_string()?.into_owned()));
        let text = text.unwrap_or_else(|| String::from_utf8_lossy(block.as_bytes()).into_owned());
        out.push_str(harmless(&text).trim_end());
        out.push('\n');
    }
    if let Some(structured) = object.get("structuredContent").filter(|_| blocks.is_empty()) {
        out.push_str(&harmless(&String::from_utf8_lossy(structured.as_bytes())));
        out.push('\n');
    }
    out
}

/// What a reload has changed.
#[must_use]
pub fn reloaded(reloaded: &Reloaded) -> String {
    let rows = reloaded.plugins.iter().map(|plugin| {
        let short = plugin.sha256.get(..12).unwrap_or(&plugin.sha256);
        [plugin.name.as_str(), plugin.change.as_str(), short].map(str::to_owned)
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() { "no plugins\n".to_owned() } else { table(&rows) }
}

/// Columns of equal width, two spaces apart.
#[must_use]
pub fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |cells: [&str; N]| cells.map(|cell| cell.chars().count());
    let mut widths = [0; N];
    for row in rows {
        let row = width(row.each_ref().map(String::as_str));
        widths.iter_mut().zip(row).for_each(|(widest, width)| *widest = (*widest).max(width));
    }
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            // Writing to a string cannot fail.
            let _infallible = write!(line, "{cell:width$}  ");
        }
        out.push_str(harmless(line.trim_end()).as_str());
        out.push('\n');
    }
    out
}

/// A peer's text without what could drive a terminal: control characters but tab and line end, and the marks
/// that reverse the direction of writing.
#[must_use]
pub fn harmless(text: &str) -> String {
    let harmful = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    text.chars().map(|c| if harmful(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peers_text_cannot_drive_the_terminal() {
        let result =
            result(&Raw::literal(r#"{"content":[{"type":"text","text":"a\u001b[2Jb\u202e\tc"}]}"#));
        assert_eq!(result, "a\u{fffd}[2Jb\u{fffd}\tc\n");
    }

    #[test]
    fn tools_are_a_table() {
        let definitions = [
            Raw::literal(r#"{"name":"a","description":"first\nsecond"}"#),
            Raw::literal(r#"{"name":"long","title":"T"}"#),
            Raw::literal(r#"{"name":"x"}"#),
        ];
        assert_eq!(tools(&definitions), "a     first\nlong  T\nx\n");
    }
}
