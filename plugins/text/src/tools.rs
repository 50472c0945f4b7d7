//! The tools of the text backend: what they are called, take, give and do.

use mcpmux_plugin_server::{Failure, Tool};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::difference::{self, Line};
use crate::slug;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CountArguments {
    text: String,
}

#[derive(Serialize)]
struct Count {
    lines: usize,
    words: usize,
    characters: usize,
    bytes: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SlugArguments {
    text: String,
    #[serde(default = "hyphen")]
    separator: char,
    #[serde(default = "usual_length")]
    max_length: usize,
}

#[derive(Serialize)]
struct Slug {
    slug: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DiffArguments {
    before: String,
    after: String,
}

#[derive(Serialize)]
struct Diff {
    diff: String,
    added: usize,
    removed: usize,
}

const fn hyphen() -> char {
    '-'
}

const fn usual_length() -> usize {
    80
}

/// `count`
pub(crate) fn count() -> Tool {
    Tool {
        name: "count",
        title: "Count words",
        description: "Counts the lines, words, characters and bytes of a text.",
        input_schema: object(json!({ "text": text("The text to count.") }), &["text"]),
        output_schema: object(
            json!({
                "lines": number(),
                "words": number(),
                "characters": number(),
                "bytes": number(),
            }),
            &["lines", "words", "characters", "bytes"],
        ),
        idempotent: true,
        code: Tool::code(|CountArguments { text }| {
            Ok(Count {
                lines: text.lines().count(),
                words: text.split_whitespace().count(),
                characters: text.chars().count(),
                bytes: text.len(),
            })
        }),
    }
}

/// `text_slugify`
pub(crate) fn text_slugify() -> Tool {
    let separators = json!({
        "type": "string",
        "enum": ["-", "_", "."],
        "default": "-",
        "description": "What stands between words.",
    });
    let length = json!({
        "type": "integer",
        "minimum": 1,
        "default": usual_length(),
        "description": "The most characters the slug may have.",
    });
    let properties = json!({
        "text": text("The text to make a slug of, as a title."),
        "separator": separators,
        "max_length": length,
    });
    Tool {
        name: "text_slugify",
        title: "Make a slug",
        description: "Turns a text into a slug for URLs and file names: `Crème brûlée!` into `creme-brulee`.",
        input_schema: object(properties, &["text"]),
        output_schema: object(json!({ "slug": { "type": "string" } }), &["slug"]),
        idempotent: true,
        code: Tool::code(|SlugArguments { text, separator, max_length }| {
            if !matches!(separator, '-' | '_' | '.') {
                return Err(Failure("`separator` is `-`, `_` or `.`".to_owned()));
            }
            if max_length == 0 {
                return Err(Failure("`max_length` is at least 1".to_owned()));
            }
            let slug = slug::slugify(&text, separator, max_length);
            if slug.is_empty() {
                return Err(Failure(
                    "`text` has no letter and no digit to make a slug of".to_owned(),
                ));
            }
            Ok(Slug { slug })
        }),
    }
}

/// `diff_lines`
pub(crate) fn diff_lines() -> Tool {
    let properties = json!({
        "before": text("The text as it was."),
        "after": text("The text as it is."),
    });
    let diff = "All lines; those that are only in `before` begin with `-`, those only in `after` with `+`, \
                the others with a space.";
    let result = json!({ "diff": text(diff), "added": number(), "removed": number() });
    Tool {
        name: "diff_lines",
        title: "Compare texts",
        description: "Compares two texts line by line.",
        input_schema: object(properties, &["before", "after"]),
        output_schema: object(result, &["diff", "added", "removed"]),
        idempotent: true,
        code: Tool::code(|DiffArguments { before, after }| {
            let lines = difference::lines(&before, &after).ok_or_else(|| {
                Failure("the texts differ in too many lines to compare".to_owned())
            })?;
            let mut result = Diff { diff: String::new(), added: 0, removed: 0 };
            for line in lines {
                let (sign, line) = match line {
                    Line::Kept(line) => (' ', line),
                    Line::Removed(line) => ('-', line),
                    Line::Added(line) => ('+', line),
                };
                result.added += usize::from(sign == '+');
                result.removed += usize::from(sign == '-');
                result.diff.push(sign);
                result.diff.push_str(line);
                result.diff.push('\n');
            }
            Ok(result)
        }),
    }
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn number() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::server;

    #[track_caller]
    fn check(tool: &str, arguments: Value, result: Value) {
        assert_eq!(server().call_tool(tool, arguments), Ok(result));
    }

    #[track_caller]
    fn check_failure(tool: &str, arguments: Value, text: &str) {
        assert_eq!(server().call_tool(tool, arguments), Err(text.to_owned()));
    }

    #[test]
    fn a_text_is_counted() {
        let result = json!({ "lines": 2, "words": 3, "characters": 12, "bytes": 13 });
        check("count", json!({ "text": "one twö\nfour" }), result);
        check(
            "count",
            json!({ "text": "" }),
            json!({ "lines": 0, "words": 0, "characters": 0, "bytes": 0 }),
        );
    }

    #[test]
    fn a_slug_is_made() {
        check(
            "text_slugify",
            json!({ "text": "Crème brûlée!" }),
            json!({ "slug": "creme-brulee" }),
        );
        let arguments = json!({ "text": "a b c", "separator": "_", "max_length": 3 });
        check("text_slugify", arguments, json!({ "slug": "a_b" }));
        let arguments = json!({ "text": "a", "separator": "/" });
        check_failure("text_slugify", arguments, "`separator` is `-`, `_` or `.`");
        let arguments = json!({ "text": "?" });
        check_failure(
            "text_slugify",
            arguments,
            "`text` has no letter and no digit to make a slug of",
        );
    }

    #[test]
    fn texts_are_compared() {
        let result = json!({ "diff": " a\n-b\n+c\n", "added": 1, "removed": 1 });
        check("diff_lines", json!({ "before": "a\nb", "after": "a\nc" }), result);
    }
}
