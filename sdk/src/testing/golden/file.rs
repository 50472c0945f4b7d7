//! Golden calls as they are written: a plugin's configuration, what its services answer, the calls, and what is expected.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Error, Result};

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// `[plugins.config]`
    #[serde(default = "empty")]
    pub(super) config: Value,
    /// `None`: what the plugin wants.
    pub(super) grant: Option<Vec<String>>,
    #[serde(default)]
    pub(super) mock: Mock,
    #[serde(default)]
    pub(super) calls: Vec<Step>,
    /// The error that the configuration has to be; instead of calls.
    pub(super) expect: Option<Value>,
}

/// What the services answer.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Mock {
    /// The clock, in milliseconds since 1970.
    pub(super) time: u64,
    pub(super) secrets: BTreeMap<String, String>,
    pub(super) http: Vec<Http>,
    pub(super) exec: Vec<Exec>,
    pub(super) entries: Vec<Listed>,
    pub(super) kv: BTreeMap<String, String>,
}

/// An answer to the HTTP requests that it fits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Http {
    pub(super) method: Option<String>,
    pub(super) url: Option<String>,
    #[serde(default = "ok")]
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) body: String,
    pub(super) error: Option<String>,
}

/// What a program writes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exec {
    pub(super) argv: Option<Vec<String>>,
    #[serde(default)]
    pub(super) code: i32,
    #[serde(default)]
    pub(super) stdout: String,
    #[serde(default)]
    pub(super) stderr: String,
    pub(super) error: Option<String>,
}

/// An entry as a client sees it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    #[serde(default)]
    pub(super) kind: Kind,
    pub(super) backend: String,
    pub(super) name: String,
    pub(super) exposed: Option<String>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) read_only: Option<bool>,
    pub(super) destructive: Option<bool>,
    #[serde(default = "yes")]
    pub(super) listed: bool,
    pub(super) definition: Option<Value>,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    #[default]
    Tool,
    Prompt,
    Resource,
    Template,
}

/// One call of a hook, and what has to come of it.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub(super) struct Step {
    /// The clock from now on.
    pub(super) time: Option<u64>,
    pub(super) expect: Option<Value>,
    pub(super) what: What,
}

impl TryFrom<Map<String, Value>> for Step {
    type Error = String;

    fn try_from(mut members: Map<String, Value>) -> Result<Self, String> {
        let time = members.remove("time").map(|time| {
            time.as_u64().ok_or_else(|| format!("`time` is {time}, not a number of milliseconds"))
        });
        let expect = members.remove("expect");
        let what = serde_json::from_value(Value::Object(members));
        let what = what.map_err(|error| error.to_string())?;
        Ok(Self { time: time.transpose()?, expect, what })
    }
}

/// A call of a hook.
#[derive(Debug, Deserialize)]
#[serde(tag = "hook", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum What {
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

impl What {
    /// The hook's name.
    pub(super) const fn hook(&self) -> &'static str {
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

/// An entry as the catalog hook sees it; its name stands in the definition.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Offered {
    #[serde(default)]
    pub(super) kind: Kind,
    pub(super) backend: String,
    pub(super) exposed: Option<String>,
    pub(super) definition: Value,
}

/// A call.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) id: Option<u64>,
    pub(super) method: Option<String>,
    pub(super) backend: String,
    pub(super) name: String,
    pub(super) exposed: Option<String>,
    #[serde(default)]
    pub(super) client: Client,
}

/// Who asks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Client {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) era: Era,
    pub(super) principal: Option<String>,
    pub(super) space: Option<String>,
}

impl Default for Client {
    fn default() -> Self {
        let (name, version) = ("golden".to_owned(), "1".to_owned());
        Self { name, version, era: Era::Modern, principal: None, space: None }
    }
}

/// Which MCP a client speaks.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Era {
    Legacy,
    Modern,
}

/// What a response hook is shown.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Source {
    #[default]
    Success,
    Error,
    Question,
}

/// A notification.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Notice {
    pub(super) backend: String,
    pub(super) method: String,
    pub(super) call: Option<u64>,
}

/// How a call ended.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Outcome {
    pub(super) status: Status,
    pub(super) code: Option<i64>,
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) micros: u64,
    pub(super) decisions: Vec<Decision>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    #[default]
    Success,
    ToolError,
    Error,
    Refused,
    Cancelled,
}

/// What a plugin decided.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Decision {
    pub(super) plugin: String,
    pub(super) version: String,
    pub(super) hook: String,
    pub(super) verdict: String,
    pub(super) micros: u32,
    pub(super) shadow: bool,
}

/// A question for a credential.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    pub(super) backend: String,
    pub(super) url: String,
    #[serde(default)]
    pub(super) why: Why,
    pub(super) challenge: Option<String>,
}

/// Why a credential is needed.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Why {
    #[default]
    Initial,
    Expired,
    Refused,
}

impl File {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let about = |what: &str| Error::new(format!("{}: {what}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| about(&error.to_string()))?;
        let file: Self = serde_json::from_str(&text).map_err(|error| about(&error.to_string()))?;
        match (file.calls.is_empty(), &file.expect) {
            (true, None) => Err(about("it has neither `calls` nor `expect`, so it tests nothing")),
            (false, Some(_)) => {
                Err(about("`expect` beside `calls` has no meaning; it belongs into a call"))
            }
            _ => Ok(file),
        }
    }
}

fn empty() -> Value {
    Value::Object(Map::new())
}

const fn ok() -> u16 {
    200
}

const fn yes() -> bool {
    true
}
