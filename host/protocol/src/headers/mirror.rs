//! Arguments of a tool that its schema wants mirrored into headers (`x-mcp-header`), and those headers
//! (2026-07-28, transports/streamable-http, custom headers from tool parameters).

use mcpmux_core::json::Raw;
use serde_json::{Map, Value};

use super::encode;

/// The annotation in a parameter's schema.
const ANNOTATION: &str = "x-mcp-header";
/// Before the name that the annotation gives.
const PREFIX: &str = "mcp-param-";
/// Members of a schema that hold values and no schemas.
const VALUES: [&str; 4] = ["default", "const", "enum", "examples"];
/// Members of a schema whose members are schemas under names that the author chose.
const NAMED: [&str; 4] = ["$defs", "definitions", "patternProperties", "dependentSchemas"];

/// One argument that is mirrored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// The header's name, in lower case.
    pub header: String,
    /// Where the argument is: the names of properties from the outside in.
    pub path: Vec<String>,
}

/// What a tool's input schema wants mirrored.
///
/// # Errors
/// Why the tool cannot be offered over HTTP: an annotation is not as the specification wants it.
pub fn wanted(schema: &Raw) -> Result<Vec<Mirrored>, String> {
    let text = schema.as_bytes();
    let annotated = memchr::memmem::find(text, ANNOTATION.as_bytes()).is_some();
    if !annotated && memchr::memmem::find(text, b"\\u").is_none() {
        return Ok(Vec::new());
    }
    // A schema that cannot be read is passed on as it is; it annotates nothing.
    let Ok(schema) = schema.read::<Value>() else { return Ok(Vec::new()) };
    let mut search = Search { found: Vec::new(), path: Vec::new() };
    search.schema(&schema, true)?;
    Ok(search.found)
}

struct Search {
    found: Vec<Mirrored>,
    path: Vec<String>,
}

impl Search {
    /// Looks at a schema; `reachable`: only `properties` lie between it and the root.
    fn schema(&mut self, schema: &Value, reachable: bool) -> Result<(), String> {
        let Value::Object(members) = schema else { return Ok(()) };
        if let Some(name) = members.get(ANNOTATION) {
            if !reachable || self.path.is_empty() {
                return Err(format!(
                    "`{ANNOTATION}` is allowed only on properties within properties"
                ));
            }
            self.annotated(name, members)?;
        }
        for (key, value) in members {
            match (key.as_str(), value) {
                ("properties", Value::Object(properties)) => {
                    for (name, property) in properties {
                        self.path.push(name.clone());
                        self.schema(property, reachable)?;
                        self.path.pop();
                    }
                }
                (key, Value::Object(schemas)) if NAMED.contains(&key) => {
                    schemas.values().try_for_each(|schema| self.schema(schema, false))?;
                }
                (key, _) if VALUES.contains(&key) || key == ANNOTATION => {}
                (_, Value::Object(_)) => self.schema(value, false)?,
                (_, Value::Array(schemas)) => {
                    schemas.iter().try_for_each(|schema| self.schema(schema, false))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn annotated(&mut self, name: &Value, schema: &Map<String, Value>) -> Result<(), String> {
        let name = name.as_str().ok_or_else(|| format!("its `{ANNOTATION}` is not a string"))?;
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(format!("its `{ANNOTATION}` {name:?} is no name of a header"));
        }
        if !is_primitive(schema.get("type")) {
            let types = "strings, integers and booleans";
            return Err(format!("its `{ANNOTATION}` {name:?} is allowed only on {types}"));
        }
        let header = format!("{PREFIX}{}", name.to_ascii_lowercase());
        if self.found.iter().any(|known| known.header == header) {
            return Err(format!("its `{ANNOTATION}` {name:?} is given twice"));
        }
        self.found.push(Mirrored { header, path: self.path.clone() });
        Ok(())
    }
}

/// Whether a byte may be in the name of a header (RFC 9110, section 5.6.2).
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// Whether a type can be mirrored; one that may also be `null` can.
fn is_primitive(kind: Option<&Value>) -> bool {
    let one = |kind: &Value| matches!(kind.as_str(), Some("string" | "integer" | "boolean"));
    match kind {
        Some(Value::Array(kinds)) => {
            let mut real = kinds.iter().filter(|kind| kind.as_str() != Some("null")).peekable();
            real.peek().is_some() && real.all(one)
        }
        Some(kind) => one(kind),
        None => false,
    }
}

/// The headers of a call with these arguments; what is absent or `null` has none.
#[must_use]
pub fn headers<'a>(wanted: &'a [Mirrored], arguments: &Raw) -> Vec<(&'a str, String)> {
    let header = |mirrored: &'a Mirrored| {
        let mut at = arguments.clone();
        for name in &mirrored.path {
            at = at.object().ok()?.take(name)?;
        }
        Some((mirrored.header.as_str(), encode(&text_of(&at)?)))
    };
    wanted.iter().filter_map(header).collect()
}

/// A value as text: strings as they are, numbers and booleans as they are written.
fn text_of(value: &Raw) -> Option<String> {
    match value.as_bytes().first()? {
        b'"' => Some(value.as_string()?.into_owned()),
        b't' | b'f' | b'-' | b'0'..=b'9' => String::from_utf8(value.as_bytes().to_vec()).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(properties: &str, expected: Result<&[(&str, &str)], &str>) {
        let schema = format!(r#"{{"type":"object","properties":{properties}}}"#);
        let found = wanted(&Raw::parse(schema.into()).unwrap());
        match (found, expected) {
            (Ok(found), Ok(expected)) => {
                let found: Vec<_> =
                    found.iter().map(|one| (one.header.as_str(), one.path.join("."))).collect();
                let expected: Vec<_> =
                    expected.iter().map(|(header, path)| (*header, (*path).to_owned())).collect();
                assert_eq!(found, expected);
            }
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }

    #[test]
    fn annotations_are_found_where_they_are_allowed() {
        check("{}", Ok(&[]));
        check(
            r#"{"a":{"type":"string","x-mcp-header":"Region"},"o":{"properties":{"b":{"type":["integer","null"],"x-mcp-header":"N"}}}}"#,
            Ok(&[("mcp-param-region", "a"), ("mcp-param-n", "o.b")]),
        );
        // A property of this name, and a value that looks like an annotation, are none.
        check(
            r#"{"x-mcp-header":{"type":"number","default":{"x-mcp-header":"A"},"enum":[{"x-mcp-header":"B"}]}}"#,
            Ok(&[]),
        );
    }

    #[test]
    fn an_annotation_that_is_not_allowed_is_refused() {
        let a = |schema: &str| format!(r#"{{"a":{schema}}}"#);
        for name in ["", "My Region", "R:P", "Région", "Region\\t1"] {
            let schema = a(&format!(r#"{{"type":"string","x-mcp-header":"{name}"}}"#));
            check(&schema, Err("no name of a header"));
        }
        check(&a(r#"{"type":"string","x-mcp-header":7}"#), Err("not a string"));
        for kind in [r#""number""#, r#""object""#, r#""array""#, r#""null""#, r#"["null"]"#] {
            let schema = a(&format!(r#"{{"type":{kind},"x-mcp-header":"A"}}"#));
            check(&schema, Err("only on strings"));
        }
        check(&a(r#"{"x-mcp-header":"A"}"#), Err("only on strings"));
        let twice = r#"{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}"#;
        check(twice, Err("given twice"));
        for outer in ["items", "not", "if", "additionalProperties"] {
            let schema = a(&format!(r#"{{"{outer}":{{"type":"string","x-mcp-header":"A"}}}}"#));
            check(&schema, Err("within properties"));
        }
        let schema = a(r#"{"anyOf":[{"properties":{"b":{"type":"string","x-mcp-header":"A"}}}]}"#);
        check(&schema, Err("within properties"));
        let schema = a(r#"{"$defs":{"d":{"type":"string","x-mcp-header":"A"}}}"#);
        check(&schema, Err("within properties"));
    }

    #[test]
    fn values_are_written_as_headers_can_hold_them() {
        let wanted = ["s", "i", "b", "n", "gone", "odd"]
            .map(|name| Mirrored { header: name.to_owned(), path: vec![name.to_owned()] });
        let arguments =
            Raw::literal(r#"{"s":" späße ","i":9007199254740993,"b":false,"n":null,"odd":{}}"#);
        let found = headers(&wanted, &arguments);
        let expected =
            [("s", "=?base64?IHNww6TDn2Ug?="), ("i", "9007199254740993"), ("b", "false")];
        assert_eq!(found, expected.map(|(name, value)| (name, value.to_owned())));
    }
}
