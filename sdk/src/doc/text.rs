//! Finding a value in JSON text by its pointer.

use std::fmt;

use serde::Deserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::{Error, Result};

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
