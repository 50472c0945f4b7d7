//! One command: for which backends it is, how it is called, and what is made of its output.

use mcpmux_plugin_rules::{Glob, Mistakes, Table, units};
use mcpmux_plugin_token::{Found, Lifetime, Places, Style};
use mcpmux_sdk::serde_json::{self, Value, json};
use mcpmux_sdk::{Grant, Problem, Query, Reason, clock, exec};

use crate::complaint::complaint;

/// What is done for some backends.
#[derive(Debug)]
pub(crate) struct Backend {
    backend: Glob,
    command: Vec<String>,
    /// Whether the query is written to the command's standard input.
    tells: bool,
    format: Format,
    places: Places,
    style: Style,
    lifetime: Lifetime,
    /// Exit codes that mean that a person has to log in.
    login: Vec<i32>,
}

/// What the command writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// JSON if it begins as an object does, else a token.
    Auto,
    Text,
    Json,
}

impl Backend {
    /// Reads a table of `backends`.
    pub(crate) fn read(mut table: Table, mistakes: &mut Mistakes) -> Option<Self> {
        let before = mistakes.count();
        let pattern = |text: &str| match text {
            "" => Err("must not be empty; `*` is any backend".to_owned()),
            text => Ok(Glob::new(text)),
        };
        let backend = table.checked("backend", pattern, mistakes).unwrap_or_else(|| Glob::new("*"));
        let at = table.at("command");
        if !table.has("command") {
            mistakes.add(
                table.place(),
                "missing key `command`: the program and its arguments, a list of words",
            );
        }
        let command: Vec<String> = table.take("command", mistakes).unwrap_or_default();
        if mistakes.count() == before {
            check_command(&at, &command, mistakes);
        }
        let tells = table.take("stdin", mistakes).unwrap_or_default();
        let format = |text: &str| match text {
            "auto" => Ok(Format::Auto),
            "text" => Ok(Format::Text),
            "json" => Ok(Format::Json),
            _ => Err(format!("`{text}` is none of `auto`, `text`, `json`")),
        };
        let format = table.checked("format", format, mistakes);
        let at = table.at("json");
        let places = table.take::<Value>("json", mistakes);
        if places.is_some() && format == Some(Format::Text) {
            mistakes.add(&at, "has no effect with `format = \"text\"`");
        }
        let has_places = places.is_some();
        let places = places.and_then(|value| Table::new(&at, value, mistakes)).map(|mut table| {
            let places = Places::read(&mut table, mistakes);
            table.end(mistakes);
            places
        });
        let style = Style::read(&mut table, mistakes);
        let lifetime = Lifetime { most: table.checked("ttl", ttl, mistakes) };
        let login = table.take("login_exit_codes", mistakes).unwrap_or_default();
        table.end(mistakes);
        let usual = if has_places { Format::Json } else { Format::Auto };
        (mistakes.count() == before).then(|| Self {
            backend,
            command,
            tells,
            format: format.unwrap_or(usual),
            places: places.unwrap_or_default(),
            style,
            lifetime,
            login,
        })
    }

    /// Whether it is for the backend of this name.
    pub(crate) fn is_for(&self, backend: &str) -> bool {
        self.backend.matches(backend)
    }

    /// Runs the command.
    pub(crate) fn fetch(&self, query: &Query) -> Result<Grant, Problem> {
        let fill =
            |word: &String| word.replace("{backend}", &query.backend).replace("{url}", &query.url);
        let argv: Vec<String> = self.command.iter().map(fill).collect();
        let stdin = if self.tells { told(query) } else { String::new() };
        let name = argv.first().map_or("", String::as_str);
        let output = exec::run(&argv, stdin.as_bytes()).map_err(|error| match error {
            exec::Error::NotAllowed(why) => Problem::Permanent(format!(
                "`{name}` may not be run: {}\nhint: add `exec:{}` to `grant` of this plugin",
                why.lines().next().unwrap_or_default(),
                self.command.iter().map(|word| as_granted(word)).collect::<Vec<_>>().join(" ")
            )),
            exec::Error::Timeout => Problem::Temporary(format!("`{name}` took too long")),
            exec::Error::TooLarge => {
                Problem::Permanent(format!("`{name}` wrote more than a token can be"))
            }
            exec::Error::Failed(why) => {
                Problem::Temporary(format!("`{name}` could not be run: {why}"))
            }
        })?;
        if !output.is_success() {
            let text = complaint(name, &output);
            let is_login = output.code.is_some_and(|code| self.login.contains(&code));
            return Err(if is_login {
                Problem::NeedsLogin(text)
            } else {
                Problem::Temporary(text)
            });
        }
        self.grant(&output.stdout)
            .map_err(|why| Problem::Temporary(format!("what `{name}` wrote cannot be used: {why}")))
    }

    fn grant(&self, stdout: &[u8]) -> Result<Grant, String> {
        let text = std::str::from_utf8(stdout).map_err(|_| "it is no text (UTF-8)".to_owned())?;
        let text = text.trim();
        let now = clock::now();
        let is_json = match self.format {
            Format::Auto => text.starts_with('{'),
            Format::Json => true,
            Format::Text => false,
        };
        let found = if is_json {
            // Not the error's own text: it can show a part of what was read.
            let value: Value = serde_json::from_str(text).map_err(|error| {
                format!("it is no JSON (line {}, column {})", error.line(), error.column())
            })?;
            self.places.find(&value, now)?
        } else {
            Found::token(text)
        };
        found.grant(&self.style, self.lifetime, now)
    }
}

fn check_command(at: &str, command: &[String], mistakes: &mut Mistakes) {
    match command.first() {
        None => mistakes.add(at, "is empty; name a program"),
        Some(program) if program.is_empty() => {
            mistakes.add(&format!("{at}[0]"), "must not be empty")
        }
        Some(program) if program.contains(char::is_whitespace) && command.len() == 1 => {
            let words: Vec<_> =
                program.split_whitespace().map(|word| format!("{word:?}")).collect();
            mistakes.add(
                &format!("{at}[0]"),
                format_args!(
                    "is run without a shell; write each word on its own: `[{}]`",
                    words.join(", ")
                ),
            );
        }
        Some(_) => {}
    }
    for (number, word) in command.iter().enumerate() {
        let at = format!("{at}[{number}]");
        if word.contains('\0') {
            mistakes.add(&at, "holds a NUL, which no program can be given");
        }
        let rest = word.replace("{backend}", "").replace("{url}", "");
        if number == 0 && rest.len() != word.len() {
            mistakes.add(
                &at,
                "the program is the same for all; `{backend}` and `{url}` stand in its arguments",
            );
        }
    }
}

/// A word as a grant has to name it.
fn as_granted(word: &str) -> &str {
    if word.contains("{backend}") || word.contains("{url}") { "*" } else { word }
}

fn ttl(text: &str) -> Result<std::time::Duration, String> {
    match units::duration(text)? {
        time if time.is_zero() => {
            Err("is no time; leave the key out to keep tokens as long as they are good".to_owned())
        }
        time => Ok(time),
    }
}

/// The query, for commands that want to know.
fn told(query: &Query) -> String {
    let why = match query.why {
        Reason::Initial => "initial",
        Reason::Expired => "expired",
        Reason::Refused => "refused",
    };
    let told = json!({
        "backend": query.backend,
        "url": query.url,
        "why": why,
        "challenge": query.challenge,
    });
    format!("{told}\n")
}
