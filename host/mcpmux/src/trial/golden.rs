//! Golden calls as they are written: a plugin's configuration, what its services answer, the calls, and what it has to
//! decide. Playing them is `play`'s.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Golden {
    /// `[plugins.config]`
    #[serde(default = "empty")]
    pub(crate) config: Value,
    /// What it is granted; `None`: all that it wants.
    pub(crate) grant: Option<Vec<String>>,
    /// What its services answer.
    #[serde(default)]
    pub(crate) mock: Mock,
    /// The calls, in order.
    #[serde(default)]
    pub(crate) calls: Vec<Step>,
    /// What comes of the configuration alone: only an error can be said here.
    pub(crate) expect: Option<Value>,
}

/// What a plugin's services answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Mock {
    /// The clock, in milliseconds since 1970.
    pub(crate) time: u64,
    pub(crate) secrets: BTreeMap<String, String>,
    pub(crate) http: Vec<Http>,
    pub(crate) exec: Vec<Exec>,
    pub(crate) entries: Vec<Listed>,
    pub(crate) kv: BTreeMap<String, String>,
}

/// An answer to the HTTP requests that it fits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Http {
    /// Any, if it is not said.
    pub(crate) method: Option<String>,
    /// Any, if it is not said.
    pub(crate) url: Option<String>,
    #[serde(default = "ok")]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: String,
    /// Instead of an answer.
    pub(crate) error: Option<String>,
}

/// What a program writes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exec {
    /// Any, if it is not said.
    pub(crate) argv: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) code: i32,
    #[serde(default)]
    pub(crate) stdout: String,
    #[serde(default)]
    pub(crate) stderr: String,
    /// Instead of an end.
    pub(crate) error: Option<String>,
}

/// An entry as clients see it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    #[serde(default)]
    pub(crate) kind: EntryKind,
    pub(crate) backend: String,
    pub(crate) name: String,
    pub(crate) exposed: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) read_only: Option<bool>,
    pub(crate) destructive: Option<bool>,
    #[serde(default = "yes")]
    pub(crate) listed: bool,
    pub(crate) definition: Option<Value>,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EntryKind {
    #[default]
    Tool,
    Prompt,
    Resource,
    Template,
}

impl From<EntryKind> for mcpmux_core::catalog::EntryKind {
    fn from(kind: EntryKind) -> Self {
        match kind {
            EntryKind::Tool => Self::Tool,
            EntryKind::Prompt => Self::Prompt,
            EntryKind::Resource => Self::Resource,
            EntryKind::Template => Self::Template,
        }
    }
}

/// One call of a hook, and what has to come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub(crate) struct Step {
    /// The clock from now on.
    pub(crate) time: Option<u64>,
    pub(crate) expect: Option<Value>,
    pub(crate) what: What,
}

impl TryFrom<Map<String, Value>> for Step {
    type Error = String;

    fn try_from(mut members: Map<String, Value>) -> Result<Self, String> {
        let time = match members.remove("time") {
            None => None,
            Some(time) => Some(time.as_u64().ok_or("`time` is no number of milliseconds")?),
        };
        let expect = members.remove("expect");
        let what =
            serde_json::from_value(Value::Object(members)).map_err(|error| error.to_string())?;
        Ok(Self { time, expect, what })
    }
}

/// A call of a hook.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "hook", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum What {
    Catalog {
        entries: Vec<Offered>,
    },
    Request {
        call: Call,
        #[serde(default = "empty")]
        arguments: Value,
    },
    Authorize {
        call: Call,
        #[serde(default = "empty")]
        arguments: Value,
    },
    AuthorizeList {
        #[serde(default)]
        client: Client,
        entries: Vec<Listed>,
    },
    Response {
        call: Call,
        #[serde(default)]
        source: Source,
        document: Value,
    },
    Notify {
        notice: Notice,
        #[serde(default = "empty")]
        params: Value,
    },
    Observe {
        call: Call,
        outcome: Outcome,
    },
    Credentials {
        query: Query,
    },
}

/// A call as its hooks see it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) id: Option<u64>,
    pub(crate) method: Option<String>,
    pub(crate) backend: String,
    pub(crate) name: String,
    pub(crate) exposed: Option<String>,
    #[serde(default)]
    pub(crate) client: Client,
}

/// Who asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) era: Era,
    pub(crate) principal: Option<String>,
    pub(crate) space: Option<String>,
}

impl Default for Client {
    fn default() -> Self {
        let (name, version) = ("golden".to_owned(), "1".to_owned());
        Self { name, version, era: Era::Modern, principal: None, space: None }
    }
}

/// Which MCP a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Era {
    Modern,
    Legacy,
}

/// An entry as the catalog hook sees it; its name stands in the definition.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Offered {
    #[serde(default)]
    pub(crate) kind: EntryKind,
    pub(crate) backend: String,
    pub(crate) exposed: Option<String>,
    pub(crate) definition: Value,
}

/// What a response hook is shown.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    #[default]
    Success,
    Error,
    Question,
}

/// A notification.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notice {
    pub(crate) backend: String,
    pub(crate) method: String,
    pub(crate) call: Option<u64>,
}

/// How a call ended.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    pub(crate) code: Option<i64>,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) micros: u64,
    pub(crate) decisions: Vec<Decision>,
}

/// What one plugin decided in one hook.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Decision {
    pub(crate) plugin: String,
    pub(crate) version: String,
    pub(crate) hook: String,
    pub(crate) verdict: String,
    pub(crate) micros: u64,
    pub(crate) shadow: bool,
}

/// How a call can end.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    #[default]
    Success,
    ToolError,
    Error,
    Refused,
    Cancelled,
}

/// A question for a credential.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    pub(crate) backend: String,
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) why: Why,
    pub(crate) challenge: Option<String>,
}

/// Why a credential is needed.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Why {
    #[default]
    Initial,
    Expired,
    Refused,
}

impl What {
    /// The hook's name.
    pub(crate) const fn hook(&self) -> &'static str {
        match self {
            Self::Catalog { .. } => "catalog",
            Self::Request { .. } => "request",
            Self::Authorize { .. } => "authorize",
            Self::AuthorizeList { .. } => "authorize-list",
            Self::Response { .. } => "response",
            Self::Notify { .. } => "notify",
            Self::Observe { .. } => "observe",
            Self::Credentials { .. } => "credentials",
        }
    }
}

fn empty() -> Value {
    Value::Object(serde_json::Map::new())
}

const fn ok() -> u16 {
    200
}

const fn yes() -> bool {
    true
}

/// Reads a file.
///
/// # Errors
/// What is wrong with it, and where.
pub(crate) fn read(path: &Path) -> Result<Golden, String> {
    let shown = path.display();
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let golden: Golden =
        serde_json::from_str(&text).map_err(|error| format!("{shown}: {error}"))?;
    if golden.calls.is_empty() && golden.expect.is_none() {
        return Err(format!("{shown}: it has neither `calls` nor `expect`, so it tests nothing"));
    }
    if golden.expect.is_some() && !golden.calls.is_empty() {
        return Err(format!(
            "{shown}: `expect` beside `calls` has no meaning; it belongs into a call"
        ));
    }
    for listed in &golden.mock.entries {
        super::mock::seen(listed)
            .map_err(|error| format!("{shown}: in `mock.entries`: {error}"))?;
    }
    Ok(golden)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Golden, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_misspelt_is_a_mistake() {
        let call = |call: &str| parse(&format!(r#"{{"calls":[{call}]}}"#));
        let good =
            r#"{"hook":"authorize","time":5,"call":{"backend":"b","name":"n"},"expect":"allow"}"#;
        let golden = call(good).unwrap();
        assert_eq!((golden.calls[0].time, golden.calls[0].what.hook()), (Some(5), "authorize"));
        for (wrong, part) in [
            (good.replace("expect", "expct"), "unknown field `expct`"),
            (good.replace("\"name\"", "\"nam\""), "unknown field `nam`"),
            (good.replace("authorize", "authorise"), "unknown variant `authorise`"),
            (good.replace("5", "\"5\""), "`time` is no number"),
            (r#"{"hook":"authorize"}"#.to_owned(), "missing field `call`"),
        ] {
            let error = call(&wrong).unwrap_err();
            assert!(error.contains(part), "{wrong}: {error}");
        }
        assert!(parse(r#"{"mock":{"tme":1}}"#).unwrap_err().contains("unknown field `tme`"));
    }
}
