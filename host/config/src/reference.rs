//! The reference page of the configuration, for people; made from the table of keys.

use std::fmt::{self, Write};

use crate::keys::{Absent, CLIENT_ROOT, Key, Kind, ROOT, Table};
use crate::shape::called;
use crate::units;

const HEAD: &str = "\
# The configuration of mcpmux

<!-- Made by `cargo xtask codegen` from host/config/src/keys; edit there. -->

mcpmux reads the file after `-c`, else the first that is there of `./mcpmux.toml`,
`$XDG_CONFIG_HOME/mcpmux/config.toml` and `$XDG_CONFIG_HOME/mcpmux.toml` (`~/.config` where
`XDG_CONFIG_HOME` is not set). A key that is not on this page is a mistake; all mistakes are reported at once,
with file, line and column.

- **Variables**: in every string, `${VAR}` stands for the environment variable `VAR`, and `${VAR:-default}` for
  `default` if `VAR` is empty or not set; without a default that is a mistake. `$${` is a literal `${`.
- **Secrets**: `${secret:NAME}` stands for what `mcpmux secret set NAME` has put into the vault, and is read when a backend is
  connected to. It can stand in a backend's `env` and `headers`, and in a token, value or client secret of its `auth`.
- **Paths** start at the folder of the configuration.
- **Durations** are a whole number and `ms`, `s`, `m` or `h`: `\"30s\"`.
- **Sizes** are a number of bytes, or a whole number and `B`, `KiB`, `MiB` or `GiB`: `\"4MiB\"`.

An editor that reads JSON Schema for TOML can use `mcpmux.schema.json`, which lies beside this page.
";

const CLIENT_HEAD: &str = "
# The JSON of AI clients

A file that ends in `.json`, or a text that starts with `{`, is read as the configuration of an AI client:

```json
{
  \"mcpServers\": {
    \"files\": { \"command\": \"npx\", \"args\": [\"-y\", \"@modelcontextprotocol/server-filesystem\", \"/data\"] },
    \"example\": { \"type\": \"http\", \"url\": \"https://mcp.example.com/mcp\" }
  }
}
```

Everything else has its default then. The examples below are written as TOML.
";

/// The reference page, in Markdown. `host/docs/config.md` holds it.
#[must_use]
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    // Writing to a string cannot fail.
    let _ = tables(&ROOT, "", &mut page);
    page.push_str(CLIENT_HEAD);
    let _ = tables(&CLIENT_ROOT, "", &mut page);
    page
}

/// Writes a section for each table below `table`, whose own path is `path`.
fn tables(table: &Table, path: &str, page: &mut String) -> fmt::Result {
    for key in table.keys {
        let path =
            if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        let (title, path, below) = match key.kind {
            Kind::Table(below) | Kind::WordOr(_, below) => (format!("[{path}]"), path, below),
            Kind::Tables(below) => (format!("[[{path}]]"), path, below),
            Kind::Named(below) => (format!("[{path}.NAME]"), format!("{path}.NAME"), below),
            _ => continue,
        };
        writeln!(page, "\n## `{title}`\n\n{}\n", key.doc)?;
        writeln!(page, "| key | is | if absent | means |\n|---|---|---|---|")?;
        for key in below.keys {
            row(key, page)?;
        }
        tables(below, &path, page)?;
    }
    Ok(())
}

fn row(key: &Key, page: &mut String) -> fmt::Result {
    let absent = match key.absent {
        Absent::Mistake => "a mistake".to_owned(),
        Absent::Default(value) => format!("`{value}`"),
        Absent::Means(what) => what.to_owned(),
    };
    let beside = match key.beside {
        [] => String::new(),
        keys => {
            let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            format!(" Only beside {}.", keys.join(" or "))
        }
    };
    let example = key.example.lines().next().unwrap_or_default();
    let means = format!("{}{beside}<br>`{example}`", key.doc);
    let cells = [format!("`{}`", key.name), is(&key.kind), absent, means];
    writeln!(page, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

/// What a value is, with its bounds.
fn is(kind: &Kind) -> String {
    let bounds = match kind {
        Kind::Duration(least, most) => {
            Some((units::show_duration(*least), units::show_duration(*most)))
        }
        Kind::Size(least, most) => Some((units::show_size(*least), units::show_size(*most))),
        Kind::Count(least, most) => Some((least.to_string(), most.to_string())),
        _ => None,
    };
    let called = called(kind);
    bounds.map_or(called.clone(), |(least, most)| format!("{called}, {least} to {most}"))
}
