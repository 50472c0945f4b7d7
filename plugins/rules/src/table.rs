//! A table of a plugin's configuration, read key by key, so that the operator gets all mistakes in one go.

use mcpmux_sdk::{Error, Result, config, serde_json};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// All that is wrong with a configuration, in the order found.
#[derive(Debug, Default)]
pub struct Mistakes(Vec<String>);

impl Mistakes {
    /// Notes what is wrong at a key; `at` is empty for the whole configuration.
    pub fn add(&mut self, at: &str, why: impl std::fmt::Display) {
        let separator = if at.is_empty() { "" } else { ": " };
        self.0.push(format!("{at}{separator}{why}"));
    }

    /// What a check made, or the mistake noted.
    pub fn keep<T>(&mut self, at: &str, checked: Result<T, String>) -> Option<T> {
        checked.map_err(|why| self.add(at, why)).ok()
    }

    /// How many there are so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// What was built, if there was no mistake.
    ///
    /// # Errors
    /// All mistakes, a line each.
    pub fn or<T>(self, built: Option<T>) -> Result<T> {
        match built {
            Some(built) if self.0.is_empty() => Ok(built),
            _ => Err(Error::new(self.0.join("\n"))),
        }
    }
}

/// A table of which the keys are taken one after the other; what is left at the end nobody knows.
#[derive(Debug)]
pub struct Table {
    at: String,
    keys: Map<String, Value>,
    known: Vec<&'static str>,
}

impl Table {
    /// The table that stands at `at`; none, and a mistake, if the value is something else.
    pub fn new(at: &str, value: Value, mistakes: &mut Mistakes) -> Option<Self> {
        match value {
            Value::Object(keys) => Some(Self { at: at.to_owned(), keys, known: Vec::new() }),
            other => {
                let wrong = config::read::<Map<String, Value>>(at, other).err();
                mistakes.0.extend(wrong.map(|error| error.to_string()));
                None
            }
        }
    }

    /// The table that is the whole configuration.
    #[must_use]
    pub fn whole(keys: Map<String, Value>) -> Self {
        Self { at: String::new(), keys, known: Vec::new() }
    }

    /// Where a key stands.
    #[must_use]
    pub fn at(&self, key: &str) -> String {
        let dot = if self.at.is_empty() { "" } else { "." };
        format!("{}{dot}{key}", self.at)
    }

    /// Where the table stands; empty for the whole configuration.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.at
    }

    /// What is left of it, as JSON.
    #[must_use]
    pub fn text(&self) -> String {
        Value::Object(self.keys.clone()).to_string()
    }

    /// Whether a key is still there.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// Takes the value of a key; none if it is not given, or, with a mistake, of another type.
    pub fn take<T: DeserializeOwned>(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        self.known.push(key);
        let value = self.keys.remove(key)?;
        match config::read(&self.at(key), value) {
            Ok(value) => Some(value),
            Err(error) => {
                mistakes.0.push(error.to_string());
                None
            }
        }
    }

    /// Takes a text and checks it.
    pub fn checked<T>(
        &mut self,
        key: &'static str,
        check: impl Fn(&str) -> Result<T, String>,
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        let text: String = self.take(key, mistakes)?;
        let at = self.at(key);
        mistakes.keep(&at, check(&text))
    }

    /// Takes a list of texts, or one text, and checks each; empty if it is not given.
    pub fn list<T>(
        &mut self,
        key: &'static str,
        check: impl Fn(&str) -> Result<T, String>,
        mistakes: &mut Mistakes,
    ) -> Vec<T> {
        let at = self.at(key);
        match self.take::<Value>(key, mistakes) {
            None => Vec::new(),
            Some(Value::String(text)) => mistakes.keep(&at, check(&text)).into_iter().collect(),
            Some(Value::Array(values)) if values.is_empty() => {
                mistakes.add(&at, "is empty; name something, or leave the key out");
                Vec::new()
            }
            Some(Value::Array(values)) => {
                let mut list = Vec::new();
                for (number, value) in values.into_iter().enumerate() {
                    let at = format!("{at}[{number}]");
                    match config::read::<String>(&at, value) {
                        Ok(text) => list.extend(mistakes.keep(&at, check(&text))),
                        Err(error) => mistakes.0.push(error.to_string()),
                    }
                }
                list
            }
            Some(other) => {
                let wrong = config::read::<Vec<String>>(&at, other).err();
                mistakes.0.extend(wrong.map(|error| error.to_string()));
                Vec::new()
            }
        }
    }

    /// Takes an array of tables.
    pub fn tables(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Vec<Self> {
        let at = self.at(key);
        let values: Vec<Value> = self.take(key, mistakes).unwrap_or_default();
        let table = |(number, value)| Self::new(&format!("{at}[{number}]"), value, mistakes);
        values.into_iter().enumerate().filter_map(table).collect()
    }

    /// Reports the keys that nobody took.
    pub fn end(self, mistakes: &mut Mistakes) {
        let known = self.known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        for key in self.keys.keys() {
            let why = format!("unknown key `{key}`, expected one of {known}");
            mistakes.add(&self.at(key), why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_mistakes_are_reported_at_once_with_their_keys() {
        let mut mistakes = Mistakes::default();
        let value = json!({"a": 5, "b": ["x", 7, ""], "c": [{"d": true}, 3], "e": 1, "f": []});
        let mut table = Table::new("top", value, &mut mistakes).unwrap();
        let full =
            |text: &str| if text.is_empty() { Err("must not be empty".into()) } else { Ok(1_i32) };
        assert_eq!(table.take::<String>("a", &mut mistakes), None);
        assert_eq!(table.list("b", full, &mut mistakes), [1]);
        for mut inner in table.tables("c", &mut mistakes) {
            assert_eq!(inner.take::<u8>("d", &mut mistakes), None);
            inner.end(&mut mistakes);
        }
        assert_eq!(table.list("f", full, &mut mistakes), Vec::<i32>::new());
        assert_eq!(table.list("not-there", full, &mut mistakes), Vec::<i32>::new());
        table.end(&mut mistakes);
        let error = mistakes.or(Some(())).unwrap_err().to_string();
        let lines: Vec<_> = error.lines().collect();
        assert_eq!(
            lines,
            [
                "top.a: invalid type: integer `5`, expected a string",
                "top.b[1]: invalid type: integer `7`, expected a string",
                "top.b[2]: must not be empty",
                "top.c[1]: invalid type: integer `3`, expected a map",
                "top.c[0].d: invalid type: boolean `true`, expected u8",
                "top.f: is empty; name something, or leave the key out",
                "top.e: unknown key `e`, expected one of `a`, `b`, `c`, `f`, `not-there`",
            ]
        );
    }

    #[test]
    fn without_a_mistake_there_is_what_was_built() {
        assert_eq!(Mistakes::default().or(Some(5)).unwrap(), 5);
        let mut mistakes = Mistakes::default();
        assert!(Table::new("", json!([]), &mut mistakes).is_none());
        assert_eq!(mistakes.count(), 1);
    }
}
