//! A whole result: what is cut of its texts and its structured content, and what is said of that.

use mcpmux_sdk::serde_json::{Map, Value, json};
use mcpmux_sdk::{Doc, Level, Result, log};
use serde_json::value::RawValue;

use crate::config::Settings;
use crate::cut;
use crate::elements::{Element, Family};
use crate::shelf::{Kept, Owner, Shelf};
use crate::structured::{is_same, shorten};

/// The member of a result's `_meta` that tells programs what was cut.
const META: &str = "mcpmux/trimmed";

/// Shortens a result that may be too large.
///
/// # Errors
/// If the result is not as MCP has it.
pub(crate) fn trim(
    shelf: &Shelf<'_>,
    settings: &Settings,
    family: Family,
    owner: &Owner,
    document: &mut Doc,
) -> Result<()> {
    let list = document.raw(family.list()).filter(|list| list.starts_with('['));
    let raw: Vec<&RawValue> = match &list {
        Some(list) => serde_json::from_str(list)?,
        None => Vec::new(),
    };
    let elements: Vec<Element<'_>> = raw.into_iter().map(|raw| Element::new(raw, family)).collect();
    let trimming = Trimming { shelf, settings, owner };
    let mut meta = Map::new();

    let texts = trimming.texts(&elements, &mut meta);
    let mut changed = texts.is_some();
    let mut texts = texts.unwrap_or_default();
    let structured = document.raw("/structuredContent").filter(|_| family == Family::Tools);
    if let Some(whole) = structured.filter(|whole| whole.len() > settings.max_bytes) {
        let (short, note) = trimming.structured(&whole, &elements, &mut meta);
        document.set_raw("/structuredContent", short);
        if let Some(note) = note {
            if !changed {
                texts = elements.iter().map(Element::as_it_is).collect();
            }
            texts.push(json!({"type": "text", "text": note}).to_string());
            changed = true;
        }
    }
    if changed {
        document.set_raw(family.list(), format!("[{}]", texts.join(",")));
    }
    if !meta.is_empty() {
        if document.raw("/_meta").is_none() {
            document.set("/_meta", json!({}));
        }
        document.set(&format!("/_meta/{}", META.replace('/', "~1")), meta);
    }
    Ok(())
}

/// What trimming a result needs.
struct Trimming<'a> {
    shelf: &'a Shelf<'a>,
    settings: &'a Settings,
    owner: &'a Owner,
}

impl Trimming<'_> {
    /// The list with its texts cut; `None`: they are not too long.
    fn texts(
        &self,
        elements: &[Element<'_>],
        meta: &mut Map<String, Value>,
    ) -> Option<Vec<String>> {
        let most = self.settings.max_bytes;
        let others: usize = elements.iter().map(Element::other_bytes).sum();
        // Images take room from texts, but never all of it.
        let mut room = most.saturating_sub(others).max(most / 4);
        let text = |element: &Element<'_>| element.text.as_ref().map_or(0, |(_, text)| text.len());
        let total: usize = elements.iter().map(text).sum();
        if total <= room {
            return None;
        }
        let mut list = Vec::with_capacity(elements.len());
        let mut rest = String::new();
        let mut shown = 0;
        let mut last: Option<(usize, &Element<'_>, &str)> = None;
        for element in elements {
            match &element.text {
                None => list.push(element.as_it_is()),
                Some((_, text)) if last.is_none() && text.len() <= room => {
                    room -= text.len();
                    shown += text.len();
                    list.push(element.as_it_is());
                }
                Some((_, text)) if last.is_none() => {
                    let (kept, left) = text.split_at_checked(cut::at_line(text, room))?;
                    shown += kept.len();
                    rest.push_str(left);
                    last = Some((list.len(), element, kept));
                    list.push(String::new());
                }
                Some((_, text)) => {
                    rest.push('\n');
                    rest.push_str(text);
                    if !element.is_spare {
                        list.push(element.with_text(""));
                    }
                }
            }
        }
        let (place, element, kept) = last?;
        let stored = self.keep(&rest);
        let how = self.how_to_read(stored.as_ref(), rest.len(), "the rest");
        let note = format!("{kept}\n[cut: {shown} of {total} bytes are shown; {how}]");
        *list.get_mut(place)? = element.with_text(&note);
        let handle = stored.map(|stored| stored.handle);
        meta.insert("text".to_owned(), json!({"bytes": total, "shown": shown, "handle": handle}));
        Some(list)
    }

    /// The structured content shortened, and a note for the content where no text of it says the same.
    fn structured(
        &self,
        whole: &str,
        elements: &[Element<'_>],
        meta: &mut Map<String, Value>,
    ) -> (String, Option<String>) {
        let (short, shortened) = shorten(whole, self.settings.max_bytes);
        let is_text = elements
            .iter()
            .filter_map(|element| element.text.as_ref())
            .any(|(_, text)| text.len() >= whole.len() / 2 && is_same(text, whole));
        let stored = if is_text { None } else { self.keep(whole) };
        let note = (!is_text).then(|| {
            let how = self.how_to_read(stored.as_ref(), whole.len(), "the whole of it, JSON,");
            let (kept, all) = (short.len(), whole.len());
            format!("[structuredContent is shortened to {kept} of {all} bytes; {how}]")
        });
        let handle = stored.map(|stored| stored.handle);
        let told = json!({"bytes": whole.len(), "shown": short.len(), "handle": handle, "shortened": shortened});
        meta.insert("structuredContent".to_owned(), told);
        (short, note)
    }

    fn keep(&self, text: &str) -> Option<Kept> {
        if self.settings.keep_bytes == 0 {
            return None;
        }
        self.shelf.keep(self.owner, text).map_or_else(
            |error| {
                let text = format!("the rest of a result could not be kept: {error}");
                log(Level::Warn, &text);
                None
            },
            Some,
        )
    }

    /// What can be done about what is not shown.
    fn how_to_read(&self, stored: Option<&Kept>, size: usize, what: &str) -> String {
        let Settings { tool, keep_text, .. } = self.settings;
        match stored {
            None if self.settings.keep_bytes == 0 => format!("{what} is not kept"),
            None => format!("{what} could not be kept"),
            Some(Kept { handle, bytes }) => {
                let part = if *bytes < size {
                    format!(" up to byte {bytes} of {size}")
                } else {
                    String::new()
                };
                format!(
                    "{what} can be read{part} with the tool `{tool}`, handle \"{handle}\", for {keep_text}"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests;
