//! The way from a text to a configuration: parse, expand, check the shape, build; nothing stops at a first mistake.

use std::path::Path;

use mcpmux_core::config::Config;

use crate::mistake::{Findings, Mistake, Mistakes};
use crate::section::{Section, Style};
use crate::{build, client, expand, keys, node, shape};

/// A configuration that can be acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// What is worth saying about it although it works.
    pub warnings: Vec<Mistake>,
}

/// Reads the text of a configuration: TOML, or the `mcpServers` JSON of AI clients if `file` ends in `.json`
/// or the text starts with `{`. `file` names the text in messages, and its folder is where relative paths
/// start. `variable` looks up what `${VAR}` stands for.
///
/// # Errors
/// Every mistake in the text, by place. No value of a variable is in them.
pub fn read(
    text: &str,
    file: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Loaded, Mistakes> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found = Findings::new(text, file);
    let config = convert(text, file, variable, &mut found);
    let (mistakes, warnings) = found.finish();
    match config {
        Some(config) if mistakes.is_empty() => Ok(Loaded { config, warnings }),
        _ => Err(mistakes),
    }
}

fn convert(
    text: &str,
    file: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
    found: &mut Findings<'_>,
) -> Option<Config> {
    let style = style(text, file);
    let mut root = match style {
        Style::Toml => node::toml::parse(text, found)?,
        Style::Json => node::json::parse(text, found)?,
    };
    let section = Section::root(style);
    expand::expand(&mut root, &section, variable, found);
    let root = match style {
        Style::Toml => {
            shape::check(&root, &keys::ROOT, &section, found);
            root
        }
        Style::Json => {
            shape::check(&root, &keys::CLIENT_ROOT, &section, found);
            client::translate(&root, found)
        }
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    Some(build::config(&root, style, folder, found))
}

fn style(text: &str, file: &Path) -> Style {
    let named = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    if named || text.trim_start().starts_with('{') { Style::Json } else { Style::Toml }
}
