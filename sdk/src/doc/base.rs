//! What a document was before its changes: the host's, read by calls, or a text of our own.

use std::fmt;

use serde::Deserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::{Error, Result};

/// Where a document's text is.
#[derive(Debug)]
pub(super) enum Base {
    /// In the host, which shows it to the hook under way.
    #[cfg(target_family = "wasm")]
    Host,
    /// Here; the host's under `cargo test`, or what the hook put in the place of the host's.
    Text(String),
}

impl Base {
    pub(super) fn size(&self) -> usize {
        match self {
            #[cfg(target_family = "wasm")]
            Self::Host => crate::guest::lent::document::size(),
            Self::Text(text) => text.len(),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            #[cfg(target_family = "wasm")]
            Self::Host => crate::guest::lent::document::text(),
            Self::Text(text) => text.clone(),
        }
    }

    pub(super) fn json(&self, at: &str) -> Result<Option<String>> {
        match self {
            #[cfg(target_family = "wasm")]
            Self::Host => Ok(crate::guest::lent::document::get(at)),
            Self::Text(text) => Ok(find(text, at)?.map(ToOwned::to_owned)),
        }
    }

    pub(super) fn string(&self, at: &str) -> Result<Option<String>> {
        match self {
            #[cfg(target_family = "wasm")]
            Self::Host => Ok(crate::guest::lent::document::get_string(at)),
            Self::Text(text) => {
                Ok(find(text, at)?.and_then(|json| serde_json::from_str(json).ok()))
            }
        }
    }

    pub(super) fn many(&self, at: &[&str]) -> Result<Vec<Option<String>>> {
        match self {
            #[cfg(target_family = "wasm")]
            Self::Host => Ok(crate::guest::lent::document::get_many(at)),
            Self::Text(_) => at.iter().map(|at| self.json(at)).collect(),
        }
    }
}

/// The value at a pointer, byte for byte as it stands in the text.
pub(crate) fn find<'t>(text: &'t str, at: &str) -> Result<Option<&'t str>> {
    let mut json = text.trim();
    for token in at.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let mut reader = serde_json::Deserializer::from_str(json);
        let found = reader.deserialize_any(Step(&token));
        match found.map_err(|error| Error::new(format!("`{at}`: {error}")))?? {
            Some(found) => json = found.get(),
            None => return Ok(None),
        }
    }
    Ok(Some(json))
}

/// One token of a pointer: looks for what it names in an object or array.
struct Step<'a>(&'a str);

impl<'de> Visitor<'de> for Step<'_> {
    /// What it names, or that there are two of it.
    type Value = Result<Option<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut found, mut twice) = (None, false);
        while let Some(name) = map.next_key::<String>()? {
            let value: &RawValue = map.next_value()?;
            twice |= name == self.0 && found.replace(value).is_some();
        }
        let text = || format!("the document names `{}` twice in one object", self.0);
        Ok(if twice { Err(Error::new(text())) } else { Ok(found) })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let index = Some(self.0).filter(|token| super::change::is_index(token));
        let index = index.and_then(|token| token.parse::<usize>().ok());
        let mut found = None;
        let mut at = 0;
        while let Some(element) = elements.next_element::<&RawValue>()? {
            if Some(at) == index {
                found = Some(element);
            }
            at += 1;
        }
        Ok(Ok(found))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Ok(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Ok(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Ok(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Ok(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Ok(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Ok(None))
    }
}
