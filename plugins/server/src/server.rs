//! The server: its loop over lines, and the methods of both eras.

use std::io::{self, BufRead, Write};

use serde_json::{Map, Value, json};

use crate::message::{self, Error, Outcome, Request};
use crate::tool::{Failure, Tool};

/// The versions with a handshake, newest first.
const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
/// The version without one.
const MODERN: &str = "2026-07-28";
/// How long clients may keep the list: it never changes while the server runs.
const TTL_MS: u32 = 3_600_000;

const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES_KEY: &str = "io.modelcontextprotocol/clientCapabilities";
const SERVER_KEY: &str = "io.modelcontextprotocol/serverInfo";

/// A server and its tools.
pub struct Server {
    /// Its name.
    pub name: &'static str,
    /// What people see.
    pub title: &'static str,
    /// Its version.
    pub version: &'static str,
    /// How to use it, for models.
    pub instructions: &'static str,
    /// Its tools, in the order of the list.
    pub tools: Vec<Tool>,
}

impl Server {
    /// Serves standard input until it ends.
    ///
    /// # Errors
    /// If standard input can't be read, or standard output be written.
    pub fn run(&self) -> io::Result<()> {
        self.serve(io::stdin().lock(), io::stdout().lock())
    }

    /// Serves these lines.
    ///
    /// # Errors
    /// If they can't be read, or the answers be written.
    pub fn serve(&self, mut input: impl BufRead, mut output: impl Write) -> io::Result<()> {
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line)? > 0 {
            if let Some(answer) = self.answer(&line) {
                let mut text = answer.to_string();
                text.push('\n');
                output.write_all(text.as_bytes())?;
                output.flush()?;
            }
            line.clear();
        }
        Ok(())
    }

    /// The answer to a line, if it gets one.
    pub(crate) fn answer(&self, line: &[u8]) -> Option<Value> {
        if line.trim_ascii().is_empty() {
            return None;
        }
        match serde_json::from_slice(line) {
            Err(error) => Some(Error::parse(&error).answer(&Value::Null)),
            Ok(Value::Array(batch)) if !batch.is_empty() => {
                let answers: Vec<_> =
                    batch.into_iter().filter_map(|message| self.answer_one(message)).collect();
                (!answers.is_empty()).then_some(Value::Array(answers))
            }
            Ok(message) => self.answer_one(message),
        }
    }

    fn answer_one(&self, message: Value) -> Option<Value> {
        Some(match message::read(message)? {
            Ok(request) => {
                let id = request.id.clone();
                message::answer(&id, self.outcome(request))
            }
            Err((id, error)) => error.answer(&id),
        })
    }

    fn outcome(&self, request: Request) -> Outcome {
        let meta = request.params.get("_meta");
        let version = meta.and_then(|meta| meta.get(VERSION_KEY));
        if version.is_none() && request.method != "server/discover" {
            return self.legacy(request);
        }
        let version = version.and_then(Value::as_str);
        let version =
            version.ok_or_else(|| Error::params(format!("`_meta` has no `{VERSION_KEY}`")))?;
        if version != MODERN {
            return Err(Error::version(version, &[MODERN]));
        }
        if !meta.and_then(|meta| meta.get(CAPABILITIES_KEY)).is_some_and(Value::is_object) {
            return Err(Error::params(format!("`_meta` has no `{CAPABILITIES_KEY}`")));
        }
        let mut result = self.modern(request)?;
        result.insert("resultType".to_owned(), json!("complete"));
        result.insert("_meta".to_owned(), json!({ SERVER_KEY: self.implementation() }));
        Ok(result)
    }

    fn legacy(&self, Request { method, params, .. }: Request) -> Outcome {
        match method.as_str() {
            "initialize" => {
                let requested = params.get("protocolVersion").and_then(Value::as_str);
                let requested =
                    requested.ok_or_else(|| Error::params("`protocolVersion` is missing"))?;
                let [newest, ..] = LEGACY;
                let version =
                    LEGACY.into_iter().find(|known| *known == requested).unwrap_or(newest);
                object([
                    ("protocolVersion", json!(version)),
                    ("capabilities", capabilities()),
                    ("serverInfo", self.implementation()),
                    ("instructions", json!(self.instructions)),
                ])
            }
            "ping" => object([]),
            "tools/list" => object([("tools", self.list(&params)?)]),
            "tools/call" => self.call(params),
            _ => Err(Error::method(&method)),
        }
    }

    fn modern(&self, Request { method, params, .. }: Request) -> Outcome {
        let (ttl, scope) = (("ttlMs", json!(TTL_MS)), ("cacheScope", json!("public")));
        match method.as_str() {
            "server/discover" => object([
                ("supportedVersions", json!([MODERN])),
                ("capabilities", capabilities()),
                ("instructions", json!(self.instructions)),
                ttl,
                scope,
            ]),
            "tools/list" => object([("tools", self.list(&params)?), ttl, scope]),
            "tools/call" => self.call(params),
            _ => Err(Error::method(&method)),
        }
    }

    fn list(&self, params: &Map<String, Value>) -> Result<Value, Error> {
        if params.get("cursor").is_some_and(|cursor| !cursor.is_null()) {
            return Err(Error::params("`cursor` is none of ours: the list has one page"));
        }
        Ok(self.tools.iter().map(Tool::definition).collect())
    }

    fn call(&self, mut params: Map<String, Value>) -> Outcome {
        let Some(Value::String(name)) = params.get("name") else {
            return Err(Error::params("`name` is missing, or no string"));
        };
        let tool = self.tools.iter().find(|tool| tool.name == name);
        let tool = tool.ok_or_else(|| Error::params(format!("there is no tool `{name}`")))?;
        let arguments = params.remove("arguments").unwrap_or_else(|| json!({}));
        if !arguments.is_object() {
            return Err(Error::params("`arguments` is an object"));
        }
        let members = match tool.call(arguments) {
            Ok(result) => vec![
                ("content", text_content(&result.to_string())),
                ("structuredContent", result),
                ("isError", json!(false)),
            ],
            Err(Failure(why)) => vec![("content", text_content(&why)), ("isError", json!(true))],
        };
        object(members)
    }

    fn implementation(&self) -> Value {
        json!({ "name": self.name, "title": self.title, "version": self.version })
    }
}

fn capabilities() -> Value {
    json!({ "tools": {} })
}

fn text_content(text: &str) -> Value {
    json!([{ "type": "text", "text": text }])
}

fn object<'k>(members: impl IntoIterator<Item = (&'k str, Value)>) -> Outcome {
    Ok(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

#[cfg(test)]
mod tests;
