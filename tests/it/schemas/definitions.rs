//! The definitions of a revision's schema: which of them a message has to meet, and whether it does.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use boon::{Compiler, SchemaIndex, Schemas, UrlLoader};
use serde_json::Value;

use super::{To, Written};

/// A revision's schema.
pub struct Definitions {
    schema: Value,
    /// Where the definitions are in it.
    key: &'static str,
    compiler: Compiler,
    schemas: Schemas,
    compiled: BTreeMap<String, SchemaIndex>,
}

/// The address of the schema; nothing is ever loaded from anywhere.
const ADDRESS: &str = "https://schema.invalid/mcp.json";

struct Refuse;

impl UrlLoader for Refuse {
    fn load(&self, url: &str) -> Result<Value, Box<dyn Error>> {
        Err(format!("{url} is not to be loaded").into())
    }
}

impl Definitions {
    /// Reads `mcp-REVISION.schema.json` of a folder.
    pub fn read(folder: &Path, revision: &str) -> Self {
        let file = folder.join(format!("mcp-{revision}.schema.json"));
        let text = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let schema: Value = serde_json::from_str(&text).unwrap();
        let key = if schema["$defs"].is_object() { "$defs" } else { "definitions" };
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler.use_loader(Box::new(Refuse));
        compiler.add_resource(ADDRESS, schema.clone()).unwrap();
        Self { schema, key, compiler, schemas: Schemas::new(), compiled: BTreeMap::new() }
    }

    /// Checks a message against the definition of its kind, which is returned, and its envelope's.
    pub fn judge(&mut self, written: &Written) -> Result<String, String> {
        let text = &written.text;
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("{error} in {text}"))?;
        let judged = match (value["method"].as_str(), value.get("id"), value.get("error")) {
            (Some(method), Some(_), _) => self.asked(&value, method, written.to),
            (Some(method), None, _) => self.told(&value, method, written.to),
            (None, _, Some(_)) => self.failed(&value),
            (None, ..) => self.answered(&value, written.answers.as_deref()),
        };
        judged.map_err(|why| format!("{why}\n  in {text}"))
    }

    fn asked(&mut self, value: &Value, method: &str, to: To) -> Result<String, String> {
        let union = if to == To::Client { "ServerRequest" } else { "ClientRequest" };
        let name = self.of_method(union, method)?;
        self.meets(value, "JSONRPCRequest")?;
        self.meets(value, &name)
    }

    fn told(&mut self, value: &Value, method: &str, to: To) -> Result<String, String> {
        let union = if to == To::Client { "ServerNotification" } else { "ClientNotification" };
        let name = self.of_method(union, method)?;
        self.meets(value, "JSONRPCNotification")?;
        self.meets(value, &name)
    }

    fn failed(&mut self, value: &Value) -> Result<String, String> {
        let name =
            if self.has("JSONRPCErrorResponse") { "JSONRPCErrorResponse" } else { "JSONRPCError" };
        let code = &value["error"]["code"];
        // An answer to what could not be read has no id to give, which the older revisions have no word for.
        if name == "JSONRPCError" && value.get("id").is_none() && code != -32601 {
            let mut value = value.clone();
            value["id"] = 0.into();
            self.meets(&value, name)?;
        } else {
            self.meets(value, name)?;
        }
        let special = match code.as_i64() {
            Some(-32020) => "HeaderMismatchError",
            Some(-32021) => "MissingRequiredClientCapabilityError",
            Some(-32022) => "UnsupportedProtocolVersionError",
            _ => "",
        };
        if self.has(special) {
            self.meets(value, special)?;
        }
        Ok(format!("error {code}"))
    }

    fn answered(&mut self, value: &Value, method: Option<&str>) -> Result<String, String> {
        let method = method.ok_or("answers nothing that was asked")?;
        let unions = ["ClientRequest", "ServerRequest"];
        let request = unions.iter().find_map(|union| self.of_method(union, method).ok());
        let request = request.ok_or_else(|| format!("a result of the unknown method {method}"))?;
        let result = format!("{}Result", request.trim_end_matches("Request"));
        let response = format!("{result}Response");
        if self.has(&response) {
            return self.meets(value, &response);
        }
        let envelope = if self.has("JSONRPCResultResponse") {
            "JSONRPCResultResponse"
        } else {
            "JSONRPCResponse"
        };
        self.meets(value, envelope)?;
        let result = if self.has(&result) { result } else { "EmptyResult".to_owned() };
        match self.meets(&value["result"], &result) {
            // What was asked for as a task is answered with the task.
            Err(_) if value["result"]["task"].is_object() && self.has("CreateTaskResult") => {
                self.meets(&value["result"], "CreateTaskResult")
            }
            judged => judged,
        }
    }

    fn has(&self, name: &str) -> bool {
        self.schema[self.key].get(name).is_some()
    }

    /// The definition of this method among those of a union.
    fn of_method(&self, union: &str, method: &str) -> Result<String, String> {
        let definitions = &self.schema[self.key];
        let union_of = &definitions[union];
        // A union of one is written as that one.
        if union_of["properties"]["method"]["const"] == method {
            return Ok(union.to_owned());
        }
        let members = union_of["anyOf"].as_array().into_iter().flatten();
        let names = members.filter_map(|member| member["$ref"].as_str()?.rsplit('/').next());
        let mut names =
            names.filter(|name| definitions[*name]["properties"]["method"]["const"] == method);
        let found = names.next().map(str::to_owned);
        found.ok_or_else(|| format!("{method} is not one of {union}"))
    }

    fn meets(&mut self, value: &Value, name: &str) -> Result<String, String> {
        let index = match self.compiled.get(name) {
            Some(index) => *index,
            None => {
                let location = format!("{ADDRESS}#/{}/{name}", self.key);
                let index = self.compiler.compile(&location, &mut self.schemas);
                let index = index.map_err(|error| format!("{name}: {error:#}"))?;
                self.compiled.insert(name.to_owned(), index);
                index
            }
        };
        self.schemas
            .validate(value, index)
            .map(|()| name.to_owned())
            .map_err(|error| format!("no {name}: {error}"))
    }
}

/// Checks what needs no schema: JSON-RPC itself.
pub fn envelope(text: &str) -> Result<(), String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let has = |key: &str| value.get(key).is_some();
    if value["jsonrpc"] != "2.0" {
        return Err("`jsonrpc` is not 2.0".to_owned());
    }
    let id = value.get("id");
    if id.is_some_and(|id| !id.is_string() && !id.is_i64() && !id.is_u64()) {
        return Err("an id that is no string and no integer".to_owned());
    }
    match (has("method"), has("result"), has("error")) {
        (true, false, false) if value["method"].is_string() => Ok(()),
        (false, true, false) if has("id") => Ok(()),
        (false, false, true)
            if value["error"]["code"].is_i64() && value["error"]["message"].is_string() =>
        {
            Ok(())
        }
        _ => Err("neither a request nor a notification nor an answer".to_owned()),
    }
}

#[test]
fn an_envelope_that_is_none_is_found() {
    for (text, good) in [
        (r#"{"jsonrpc":"2.0","id":1,"method":"x"}"#, true),
        (r#"{"jsonrpc":"2.0","id":"a","result":{}}"#, true),
        (r#"{"jsonrpc":"2.0","error":{"code":1,"message":""}}"#, true),
        (r#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}"#, false),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"x"}"#, false),
        (r#"{"jsonrpc":"2.0","result":{}}"#, false),
        (r#"{"id":1,"result":{}}"#, false),
        (r#"{"jsonrpc":"2.0","id":1,"method":"x","result":{}}"#, false),
        (r#"{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}}"#, false),
    ] {
        assert_eq!(envelope(text).is_ok(), good, "{text}");
    }
}

#[test]
fn a_message_that_breaks_its_schema_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let schema = r##"{"$schema":"https://json-schema.org/draft/2020-12/schema","$defs":{
        "JSONRPCRequest":{"required":["id"]},
        "ClientRequest":{"anyOf":[{"$ref":"#/$defs/AskRequest"},{"$ref":"#/$defs/FarRequest"}]},
        "AskRequest":{"properties":{"method":{"const":"ask"},"params":{"type":"object"}},"required":["params"]},
        "FarRequest":{"properties":{"method":{"const":"far"}},"$ref":"https://example.test/far.json"}}}"##;
    std::fs::write(folder.path().join("mcp-2020-01-01.schema.json"), schema).unwrap();
    let mut definitions = Definitions::read(folder.path(), "2020-01-01");
    let mut judge = |to: To, text: &str| {
        let way = String::new();
        let text = text.to_owned();
        definitions.judge(&Written { way, revision: "2020-01-01", to, text, answers: None })
    };
    let good = r#"{"jsonrpc":"2.0","id":1,"method":"ask","params":{}}"#;
    assert_eq!(judge(To::Backend, good).as_deref(), Ok("AskRequest"));
    for (to, text, why) in [
        (To::Client, good, "is not one of ServerRequest"),
        (
            To::Backend,
            r#"{"jsonrpc":"2.0","id":1,"method":"other","params":{}}"#,
            "is not one of ClientRequest",
        ),
        (To::Backend, r#"{"jsonrpc":"2.0","id":1,"method":"ask"}"#, "missing properties 'params'"),
        (
            To::Backend,
            r#"{"jsonrpc":"2.0","id":1,"method":"ask","params":[]}"#,
            "want object, but got array",
        ),
        (To::Backend, r#"{"jsonrpc":"2.0","id":1,"method":"far"}"#, "is not to be loaded"),
        (To::Backend, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, "answers nothing"),
    ] {
        let found = judge(to, text).unwrap_err();
        assert!(found.contains(why), "{text}: {found}");
    }
}
