//! What is asked of a running mcpmux by its operator, and what it answers: one JSON object a line each way. The
//! sockets themselves are the binary's.

mod place;

use mcpmux_mux::Status;
use serde::{Deserialize, Serialize};

pub use place::{Place, socket};

/// The longest request or answer in bytes.
pub const LINE_LIMIT: u64 = 16 << 20;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    /// What it is doing.
    Status,
    /// To read its configuration and plugins again, now.
    Reload {
        /// The plugin that is meant; `None`: all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plugin: Option<String>,
    },
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// To [`Request::Status`].
    Status(Box<Running>),
    /// To [`Request::Reload`], when all is applied.
    Reload(Reloaded),
    /// To what could not be done: what failed, why, what to do.
    Error(String),
}

/// A running mcpmux at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Running {
    /// Its version.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Its configuration's file.
    pub config: String,
    /// Its endpoint, where it serves HTTP.
    pub url: Option<String>,
    /// For how many seconds it has been running.
    pub seconds: u64,
    /// Where its secrets rest.
    pub vault: Vault,
    /// Backends, plugins and catalog.
    #[serde(flatten)]
    pub status: Status,
}

/// A vault at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Vault {
    /// Where its key comes from, as the configuration names it.
    pub key: String,
    /// Its file; `None`: there is no place for one.
    pub file: Option<String>,
    /// How many records it holds; `None`: there is no file yet, or it cannot be opened.
    pub records: Option<usize>,
    /// What is wrong with it, if anything.
    pub problem: Option<String>,
}

/// What a reload has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// The plugins that were meant, those that are gone last.
    pub plugins: Vec<ReloadedPlugin>,
    /// How many backends there are.
    pub backends: usize,
}

/// What a reload has done to a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadedPlugin {
    /// Its name.
    pub name: String,
    /// What was done.
    pub change: Change,
    /// The SHA-256 of its component now; of one that is gone, as it was.
    pub sha256: String,
}

/// What a reload can do to a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Its component or its settings are others; calls under way finish on the old one.
    Swapped,
    /// It was not there before.
    Added,
    /// It is no longer there.
    Removed,
    /// Nothing.
    Unchanged,
}

impl Change {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Swapped => "swapped",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Unchanged => "unchanged",
        }
    }
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &str) -> Result<Self, String> {
        serde_json::from_str(line)
            .map_err(|error| format!("this is no request that mcpmux knows: {error}"))
    }
}

impl Answer {
    /// The answer as one line of JSON.
    #[must_use]
    pub fn line(&self) -> String {
        let ok = !matches!(self, Self::Error(_));
        // What is written here has no keys but strings, and no numbers that JSON lacks.
        let body = serde_json::to_string(self).unwrap_or_default();
        format!("{{\"ok\":{ok},{}\n", body.strip_prefix('{').unwrap_or_default())
    }
}

/// Reads what was answered to a request.
///
/// # Errors
/// The text of an [`Answer::Error`], or that the answer is none.
pub fn parse(line: &str, wanted: &str) -> Result<serde_json::Value, String> {
    let answer: serde_json::Value =
        serde_json::from_str(line).map_err(|error| format!("the answer is no JSON: {error}"))?;
    match (answer.get(wanted), answer.get("error").and_then(serde_json::Value::as_str)) {
        (Some(body), _) => Ok(body.clone()),
        (None, Some(error)) => Err(error.to_owned()),
        (None, None) => Err(format!("the answer holds no `{wanted}`; is it another version?")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_strictly() {
        assert_eq!(Request::parse(r#"{"command":"status"}"#), Ok(Request::Status));
        let reload = |plugin: Option<&str>| Request::Reload { plugin: plugin.map(str::to_owned) };
        assert_eq!(Request::parse(r#"{"command":"reload"}"#), Ok(reload(None)));
        let named = r#"{"command":"reload","plugin":"a"}"#;
        assert_eq!(Request::parse(named), Ok(reload(Some("a"))));
        assert_eq!(serde_json::to_string(&reload(Some("a"))).unwrap(), named);
        for wrong in
            ["", "{}", "[]", r#"{"command":"stop"}"#, r#"{"command":"reload","plugn":"a"}"#]
        {
            Request::parse(wrong).unwrap_err();
        }
    }

    #[test]
    fn answers_are_one_line_and_read_back() {
        let plugin = ReloadedPlugin {
            name: "a".to_owned(),
            change: Change::Swapped,
            sha256: "00".to_owned(),
        };
        let reloaded = Reloaded { plugins: vec![plugin], backends: 2 };
        let line = Answer::Reload(reloaded.clone()).line();
        assert_eq!(
            line,
            "{\"ok\":true,\"reload\":{\"plugins\":[{\"name\":\"a\",\"change\":\"swapped\",\"sha256\":\"00\"}],\"backends\":2}}\n"
        );
        let read = parse(&line, "reload").unwrap();
        assert_eq!(serde_json::from_value::<Reloaded>(read).unwrap(), reloaded);
        let error = Answer::Error("no\nhint: yes".to_owned()).line();
        assert_eq!(error, "{\"ok\":false,\"error\":\"no\\nhint: yes\"}\n");
        assert_eq!(parse(&error, "reload"), Err("no\nhint: yes".to_owned()));
        parse("{}", "status").unwrap_err();
        parse("{", "status").unwrap_err();
    }
}
