//! The configuration: as it is written, and checked.

use std::time::Duration;

use mcpmux_sdk::{Error, Result};

use crate::elements::Family;

/// The configuration as it is written.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    max_bytes: Option<usize>,
    on: Option<Vec<String>>,
    tool: Option<String>,
    keep: Option<String>,
    keep_bytes: Option<usize>,
    schemas: Option<Table>,
}

/// The `schemas` table as it is written.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Table {
    drop: Option<Vec<String>>,
    description: Option<usize>,
    tool_description: Option<usize>,
}

/// What a configuration comes to.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The longest text of a result, and the longest structured content, in bytes.
    pub(crate) max_bytes: usize,
    pub(crate) on: Vec<Family>,
    /// The name of the tool that reads on.
    pub(crate) tool: String,
    /// How long the rest is kept.
    pub(crate) keep: Duration,
    /// As `keep` was written.
    pub(crate) keep_text: String,
    /// How much of the rest of one result is kept, in bytes; 0: nothing, and there is no tool.
    pub(crate) keep_bytes: usize,
    /// How schemas are compacted.
    pub(crate) schemas: Option<Compaction>,
}

/// How schemas are compacted.
#[derive(Debug)]
pub(crate) struct Compaction {
    /// Keywords to drop.
    pub(crate) drop: Vec<&'static str>,
    /// The longest description in a schema, in characters.
    pub(crate) description: Option<usize>,
    /// The longest description of a tool, in characters.
    pub(crate) tool_description: Option<usize>,
}

const LEAST_BYTES: usize = 1 << 10;
const MOST_BYTES: usize = 16 << 20;
const MOST_KEPT: usize = 64 << 20;
const LONGEST_KEEP: Duration = Duration::from_hours(24);
/// The shortest description, in characters.
const LEAST_CHARS: usize = 20;
/// What can be dropped: keywords that say nothing about what is valid.
const ANNOTATIONS: [&str; 3] = ["title", "examples", "$comment"];

impl Settings {
    /// Checks a configuration.
    ///
    /// # Errors
    /// All mistakes, a line each, with their keys.
    pub(crate) fn new(config: Config) -> Result<Self> {
        let mut mistakes = Vec::new();
        let max_bytes = config.max_bytes.unwrap_or(32 << 10);
        if !(LEAST_BYTES..=MOST_BYTES).contains(&max_bytes) {
            mistakes.push(format!("max_bytes: must be {LEAST_BYTES} to {MOST_BYTES}"));
        }
        let keep_bytes = config.keep_bytes.unwrap_or(256 << 10);
        if keep_bytes > MOST_KEPT {
            mistakes.push(format!("keep_bytes: must be 0 to {MOST_KEPT}"));
        }
        let on = config.on.map_or_else(|| vec![Family::Tools], |names| on(&names, &mut mistakes));
        let tool = config.tool.unwrap_or_else(|| "trim_rest".to_owned());
        if !is_name(&tool) {
            mistakes.push("tool: must be 1 to 128 of `A-Z a-z 0-9 _ . -`".to_owned());
        }
        let keep_text = config.keep.unwrap_or_else(|| "10m".to_owned());
        let keep = duration(&keep_text).unwrap_or_else(|| {
            mistakes.push(format!(
                "keep: `{keep_text}` is no time from 1s to 24h; write a whole number and `s`, `m` or `h`, as in \"10m\""
            ));
            Duration::ZERO
        });
        let schemas = config.schemas.map(|table| compaction(&table, &mut mistakes));
        if mistakes.is_empty() {
            Ok(Self { max_bytes, on, tool, keep, keep_text, keep_bytes, schemas })
        } else {
            Err(Error::new(mistakes.join("\n")))
        }
    }
}

fn on(names: &[String], mistakes: &mut Vec<String>) -> Vec<Family> {
    let mut families = Vec::new();
    for (number, name) in names.iter().enumerate() {
        match Family::ALL.into_iter().find(|family| family.name() == name) {
            Some(family) => families.push(family),
            None => mistakes.push(format!(
                "on[{number}]: unknown `{name}`, expected `tools`, `resources` or `prompts`"
            )),
        }
    }
    families
}

fn compaction(table: &Table, mistakes: &mut Vec<String>) -> Compaction {
    let mut drop = Vec::new();
    match &table.drop {
        None => drop.extend(ANNOTATIONS),
        Some(names) => {
            for (number, name) in names.iter().enumerate() {
                match ANNOTATIONS.into_iter().find(|known| known == name) {
                    Some(known) => drop.push(known),
                    None => mistakes.push(format!(
                        "schemas.drop[{number}]: `{name}` cannot be dropped, only `title`, `examples` and `$comment`"
                    )),
                }
            }
        }
    }
    let lengths =
        [("description", table.description), ("tool_description", table.tool_description)];
    for (key, _) in lengths.iter().filter(|(_, length)| length.is_some_and(|it| it < LEAST_CHARS)) {
        mistakes.push(format!("schemas.{key}: must be {LEAST_CHARS} characters or more"));
    }
    let [description, tool_description] = lengths.map(|(_, length)| length);
    if drop.is_empty() && table.drop.is_some() && description.or(tool_description).is_none() {
        mistakes.push(
            "schemas: nothing to do; give `drop`, `description` or `tool_description`".to_owned(),
        );
    }
    Compaction { drop, description, tool_description }
}

/// Names that every client can use.
fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=128).contains(&name.len()) && name.bytes().all(letter)
}

/// A whole number and `s`, `m` or `h`.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    let time = Duration::from_secs(number.parse::<u64>().ok()?.checked_mul(seconds)?);
    (Duration::from_secs(1)..=LONGEST_KEEP).contains(&time).then_some(time)
}
