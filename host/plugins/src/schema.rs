//! A plugin's configuration against the JSON Schema (2020-12) that the plugin says it has.

use std::error::Error;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use boon::{Compiler, Draft, ErrorKind, InstanceToken, Schemas, UrlLoader, ValidationError};
use mcpmux_core::json::Raw;
use serde_json::Value;

/// The address of the schema; nothing is ever loaded from anywhere.
const ADDRESS: &str = "plugin:config";
/// How long checking may take.
const TIME: Duration = Duration::from_secs(10);
/// The stack of the thread that checks, which goes into each reference and each alternative.
const STACK: usize = 64 << 20;
/// References in a schema.
const REFERENCES: usize = 512;
/// Subschemas, or what could be some, in a schema.
const SUBSCHEMAS: usize = 10_000;
/// Subschemas that one check may be in at once, one inside of the other: some 3 KiB of the stack each.
const INSIDE: usize = 20_000;
/// Mistakes that are said at once.
const SAID: usize = 20;

/// What is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The schema is none: the plugin's mistake.
    Schema(String),
    /// The configuration does not meet it: the operator's, with the path of each key.
    Config(String),
}

struct Refuse;

impl UrlLoader for Refuse {
    fn load(&self, url: &str) -> Result<Value, Box<dyn Error>> {
        Err(format!("it refers to `{url}`, and nothing is loaded from elsewhere").into())
    }
}

/// Checks a configuration. A schema can be written so that it takes for ever, and then is no good: this gives up. The
/// thread that checks cannot be stopped, and may go on.
pub(crate) fn check(schema: &str, config: &Raw) -> Result<(), Wrong> {
    let (sender, answer) = mpsc::sync_channel(1);
    let (schema, config) = (schema.to_owned(), config.clone());
    let checking = move || {
        // Nobody may be waiting any more.
        let _heard = sender.send(compare(&schema, &config));
    };
    let thread = thread::Builder::new().name("config-schema".to_owned()).stack_size(STACK);
    thread.spawn(checking).map_err(|error| Wrong::Config(error.to_string()))?;
    answer.recv_timeout(TIME).unwrap_or_else(|_| {
        Err(Wrong::Schema(format!("it takes longer than {TIME:?} to check against it")))
    })
}

fn compare(schema: &str, config: &Raw) -> Result<(), Wrong> {
    let schema: Value = serde_json::from_str(schema)
        .map_err(|error| Wrong::Schema(format!("it is no JSON: {error}")))?;
    let config: Value = config.read().map_err(|error| Wrong::Config(error.to_string()))?;
    check_size(&schema, &config).map_err(Wrong::Schema)?;
    let mut compiler = Compiler::new();
    compiler.set_default_draft(Draft::V2020_12);
    compiler.enable_format_assertions();
    compiler.use_loader(Box::new(Refuse));
    compiler.add_resource(ADDRESS, schema).map_err(|error| Wrong::Schema(error.to_string()))?;
    let mut schemas = Schemas::new();
    let index = compiler
        .compile(ADDRESS, &mut schemas)
        .map_err(|error| Wrong::Schema(one_line(&format!("{error:#}"))))?;
    schemas.validate(&config, index).map_err(|error| {
        let mut mistakes = Vec::new();
        collect(&error, &mut mistakes);
        mistakes.sort_unstable();
        mistakes.dedup();
        mistakes.truncate(SAID);
        Wrong::Config(mistakes.join("; "))
    })
}

/// How much there is in a document. It has less than 128 levels: no other is read.
#[derive(Default)]
struct Size {
    references: usize,
    subschemas: usize,
    levels: usize,
}

impl Size {
    fn of(document: &Value) -> Self {
        let mut size = Self::default();
        size.add(document, 1);
        size
    }

    fn add(&mut self, value: &Value, level: usize) {
        self.levels = self.levels.max(level);
        match value {
            Value::Object(members) => {
                self.subschemas += 1;
                for (key, member) in members {
                    let refers = matches!(key.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef");
                    self.references += usize::from(refers);
                    self.add(member, level + 1);
                }
            }
            Value::Array(elements) => {
                for element in elements {
                    self.add(element, level + 1);
                }
            }
            Value::Bool(_) => self.subschemas += 1,
            Value::Null | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// Whether a schema is small enough for its check to stay within the stack: for each value inside of the other in the
/// configuration it may be in each subschema once, but in no more of them than lie between two references.
fn check_size(schema: &Value, config: &Value) -> Result<(), String> {
    let Size { references, subschemas, levels } = Size::of(schema);
    if references > REFERENCES {
        return Err(format!("it has {references} references; at most {REFERENCES} are followed"));
    }
    if subschemas > SUBSCHEMAS {
        return Err(format!("it has {subschemas} subschemas; at most {SUBSCHEMAS} are checked"));
    }
    let inside = subschemas.min((references + 1) * levels) * Size::of(config).levels;
    if inside > INSIDE {
        return Err(format!(
            "its references may lead through {inside} subschemas at once; at most {INSIDE} are followed"
        ));
    }
    Ok(())
}

/// The mistakes at the leaves: what stands above them only says that something below is wrong. Of alternatives that
/// all fail, each is said.
fn collect(error: &ValidationError<'_, '_>, mistakes: &mut Vec<String>) {
    if error.causes.is_empty() {
        mistakes.push(format!("{}: {}", path(error), said(&error.kind)));
    }
    for cause in &error.causes {
        collect(cause, mistakes);
    }
}

/// The path of a key as people write it: `rules[0].allow`.
fn path(error: &ValidationError<'_, '_>) -> String {
    let mut path = String::new();
    for token in &error.instance_location.tokens {
        match token {
            InstanceToken::Prop(name) if path.is_empty() => path.push_str(name),
            InstanceToken::Prop(name) => {
                path.push('.');
                path.push_str(name);
            }
            InstanceToken::Item(at) => path += &format!("[{at}]"),
        }
    }
    if path.is_empty() { "the table".to_owned() } else { path }
}

/// What is wrong, without the value: it may come from a variable of the environment.
fn said(kind: &ErrorKind<'_, '_>) -> String {
    let list = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(", ");
    match kind {
        ErrorKind::Required { want } => {
            format!("{} missing", list(&mut want.iter().map(|name| format!("`{name}` is"))))
        }
        ErrorKind::AdditionalProperties { got } => {
            let names = list(&mut got.iter().map(|name| format!("`{name}`")));
            format!("there is no key {names}")
        }
        ErrorKind::Format { want, .. } => format!("it is no valid {want}"),
        ErrorKind::Pattern { want, .. } => format!("it does not match `{want}`"),
        ErrorKind::Minimum { want, .. } => format!("it must be at least {want}"),
        ErrorKind::Maximum { want, .. } => format!("it must be at most {want}"),
        ErrorKind::ExclusiveMinimum { want, .. } => format!("it must be more than {want}"),
        ErrorKind::ExclusiveMaximum { want, .. } => format!("it must be less than {want}"),
        ErrorKind::MultipleOf { want, .. } => format!("it must be a multiple of {want}"),
        ErrorKind::FalseSchema => "it must not be there".to_owned(),
        other => one_line(&other.to_string()),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r##"{
        "type": "object",
        "additionalProperties": false,
        "required": ["rules"],
        "properties": {
            "rules": { "type": "array", "items": { "$ref": "#/$defs/rule" } },
            "limit": { "type": "integer", "maximum": 10 }
        },
        "$defs": { "rule": { "type": "object", "properties": { "allow": { "type": "string", "pattern": "^[a-z]+$" } } } }
    }"##;

    fn check_config(config: &'static str, expected: Result<(), &str>) {
        let expected = expected.map_err(|text| Wrong::Config(text.to_owned()));
        assert_eq!(check(SCHEMA, &Raw::literal(config)), expected);
    }

    #[test]
    fn mistakes_name_the_path_of_the_key_and_not_its_value() {
        check_config(r#"{"rules":[{"allow":"a"}]}"#, Ok(()));
        check_config("{}", Err("the table: `rules` is missing"));
        check_config(
            r#"{"rules":[{},{"allow":3}],"limit":11}"#,
            Err("limit: it must be at most 10; rules[1].allow: want string, but got number"),
        );
        check_config(
            r#"{"rules":[{"allow":"S3CRET"}]}"#,
            Err("rules[0].allow: it does not match `^[a-z]+$`"),
        );
        check_config(r#"{"rules":[],"rulez":1}"#, Err("the table: there is no key `rulez`"));
    }

    #[test]
    fn what_is_no_schema_is_the_plugins_mistake() {
        let check_schema = |schema: &str, expected: &str| match check(schema, &Raw::literal("{}")) {
            Err(Wrong::Schema(why)) => assert!(why.contains(expected), "{why}"),
            other => panic!("{other:?}"),
        };
        check_schema("{", "it is no JSON");
        check_schema(r#"{"type":"strin"}"#, "type");
        check_schema(r#"{"$ref":"file:///etc/passwd"}"#, "nothing is loaded from elsewhere");
        check_schema(r#"{"properties":{"a":{"pattern":"("}}}"#, "(");
    }

    /// A schema whose references lead from one to the next, so many times.
    fn chain(references: usize) -> String {
        let one = |at: usize| format!(r##""d{at}":{{"$ref":"#/$defs/d{}"}},"##, at + 1);
        let all: String = (1..references).map(one).collect();
        let last = format!(r#""d{references}":{{"type":["object","array"]}}"#);
        format!(r##"{{"$ref":"#/$defs/d1","$defs":{{{all}{last}}}}}"##)
    }

    #[test]
    fn a_chain_of_references_neither_ends_the_process_nor_goes_on_for_ever() {
        assert_eq!(check(&chain(512), &Raw::literal("{}")), Ok(()));
        let check_schema = |schema: &str, config: &'static str, expected: &str| {
            let checked = check(schema, &Raw::literal(config));
            assert_eq!(checked, Err(Wrong::Schema(expected.to_owned())));
        };
        check_schema(&chain(513), "{}", "it has 513 references; at most 512 are followed");
        let wide = format!(r#"{{"anyOf":[{}true]}}"#, "true,".repeat(9_999));
        check_schema(&wide, "{}", "it has 10001 subschemas; at most 10000 are checked");
        // 402 objects, for each of 51 lists.
        let deep = Raw::parse(format!("{}{}", "[".repeat(51), "]".repeat(51)).into()).unwrap();
        let Err(Wrong::Schema(why)) = check(&chain(400), &deep) else { panic!("it was checked") };
        assert!(why.contains("lead through 20502 subschemas at once"), "{why}");
        let nested = format!("{}{}{}", r#"{"not":"#.repeat(200), "{}", "}".repeat(200));
        let Err(Wrong::Schema(why)) = check(&nested, &Raw::literal("{}")) else { panic!() };
        assert!(why.contains("recursion limit"), "{why}");
    }
}
