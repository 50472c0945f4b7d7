//! Reading a configuration, with errors that name the key.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Result};

/// The configuration of a plugin that has nothing to configure; any key is a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoConfig {}

/// Reads the text the host hands over at start-up.
pub(crate) fn parse<T: DeserializeOwned>(json: &str) -> Result<T> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let value = serde_path_to_error::deserialize(&mut reader);
    let value = value.map_err(|error| mistake("", &error))?;
    reader.end().map_err(no_json)?;
    Ok(value)
}

/// Reads a part of a configuration that stands at `at`, for example `rules[2]`; the plugin's whole
/// configuration is read before [`Plugin::new`](crate::Plugin::new), so this is for plugins that want to
/// report the mistakes of several parts at once.
///
/// # Errors
/// The path of the key, then what is wrong with it: ``rules[2].regex: invalid type: integer `5`, expected a string``.
pub fn read<T: DeserializeOwned>(at: &str, value: Value) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|error| mistake(at, &error))
}

fn no_json(error: impl std::fmt::Display) -> Error {
    Error::new(format!("the configuration is no JSON: {error}"))
}

fn mistake(at: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    if !error.inner().is_data() {
        return no_json(error.inner());
    }
    let inner = error.path().to_string();
    let mut path = at.to_owned();
    if inner != "." {
        let separator = if at.is_empty() || inner.starts_with('[') { "" } else { "." };
        path.push_str(separator);
        path.push_str(&inner);
    }
    let separator = if path.is_empty() { "" } else { ": " };
    Error::new(format!("{path}{separator}{}", in_words_of_toml(error.inner())))
}

/// serde speaks of fields, sequences and maps; the operator wrote keys, arrays and tables.
fn in_words_of_toml(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    // The operator wrote TOML; where the host's JSON of it goes wrong says nothing.
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.truncate(text.strip_suffix(&place).map_or(text.len(), str::len));
    let words = [
        ("unknown field ", "unknown key "),
        ("missing field ", "missing key "),
        ("duplicate field ", "duplicate key "),
        ("invalid type: map, ", "invalid type: table, "),
        ("invalid type: sequence, ", "invalid type: array, "),
    ];
    for (from, to) in words {
        if let Some(rest) = text.strip_prefix(from) {
            return format!("{to}{rest}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        #[expect(dead_code, reason = "only its type matters")]
        rules: Vec<Rule>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Rule {
        #[expect(dead_code, reason = "only its type matters")]
        regex: String,
    }

    #[track_caller]
    fn check(json: &str, text: &str) {
        assert_eq!(parse::<Config>(json).unwrap_err().to_string(), text);
    }

    #[test]
    fn a_mistake_names_the_path_of_its_key() {
        check(
            r#"{"rules": [{"regex": 5}]}"#,
            "rules[0].regex: invalid type: integer `5`, expected a string",
        );
        check(
            r#"{"rules": [{"regexp": ""}]}"#,
            "rules[0].regexp: unknown key `regexp`, expected `regex`",
        );
        check(r#"{"rules": [{}]}"#, "rules[0]: missing key `regex`");
        check(r#"{"rules": {}}"#, "rules: invalid type: table, expected a sequence");
        check("{}", "missing key `rules`");
        check("{", "the configuration is no JSON: EOF while parsing an object at line 1 column 1");
    }

    #[test]
    fn a_part_is_named_where_it_stands() {
        let error = read::<Rule>("rules[7]", serde_json::json!({"regex": true})).unwrap_err();
        assert_eq!(
            error.to_string(),
            "rules[7].regex: invalid type: boolean `true`, expected a string"
        );
        let error = read::<Rule>("rules[7]", serde_json::json!({})).unwrap_err();
        assert_eq!(error.to_string(), "rules[7]: missing key `regex`");
    }

    #[test]
    fn nothing_to_configure_means_no_key_at_all() {
        parse::<NoConfig>("{}").unwrap();
        let error = parse::<NoConfig>(r#"{"a": 1}"#).unwrap_err().to_string();
        assert_eq!(error, "a: unknown key `a`, there are no fields");
    }
}
