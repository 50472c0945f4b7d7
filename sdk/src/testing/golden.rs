//! Golden calls: files of calls and what a plugin has to decide, played natively. `mcpmux plugin test` plays the same
//! files on the component.

mod file;
mod fits;
mod play;
mod services;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Host;
use crate::{Error, Plugin, Result};
use file::File;

/// Plays the golden calls in all `*.json` files of a folder, in the order of their names: of the package that is tested, so
/// `golden::<Guard>("golden")` is what a plugin's test says. Each file has a plugin of its own.
///
/// # Errors
/// All calls that were decided otherwise, with what was decided; or the first file that cannot be read, or that there is none.
pub fn golden<P: Plugin>(folder: impl AsRef<Path>) -> Result<()> {
    let folder = folder.as_ref();
    let about = |error: std::io::Error| Error::new(format!("{}: {error}", folder.display()));
    let mut paths = Vec::<PathBuf>::new();
    for entry in fs::read_dir(folder).map_err(about)? {
        paths.push(entry.map_err(about)?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    if paths.is_empty() {
        return Err(Error::new(format!("{} holds no golden calls", folder.display())));
    }
    let mut wrong = Vec::new();
    for path in paths {
        let file = File::read(&path)?;
        let mistakes = play::<P>(&file).into_iter();
        wrong.extend(mistakes.map(|mistake| format!("{}: {mistake}", path.display())));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::new(wrong.join("\n"))) }
}

/// Plays a file; what was not as it should be.
fn play<P: Plugin>(file: &File) -> Vec<String> {
    let mut host = match start::<P>(file) {
        Ok(host) => host,
        Err(error) => {
            let found = words::error(&error);
            return compare("the configuration", file.expect.as_ref(), &found)
                .into_iter()
                .collect();
        }
    };
    if let Some(expected) = &file.expect {
        return vec![format!("the configuration: expected {expected}, but it was taken")];
    }
    services::set(&mut host, &file.mock);
    let mut wrong = Vec::new();
    for (number, step) in (1..).zip(&file.calls) {
        if let Some(time) = step.time {
            services::set_time(&mut host, time);
        }
        let name = format!("call {number} ({})", step.what.hook());
        let found = host.play(&step.what, number);
        wrong.extend(compare(&name, step.expect.as_ref(), &found));
    }
    wrong
}

fn start<P: Plugin>(file: &File) -> Result<Host<P>> {
    let config = file.config.to_string();
    match &file.grant {
        None => Host::new(&config),
        Some(grants) => {
            Host::granted(&config, &grants.iter().map(String::as_str).collect::<Vec<_>>())
        }
    }
}

fn compare(name: &str, expected: Option<&Value>, found: &Value) -> Option<String> {
    match expected {
        Some(expected) if fits::fits(expected, found) => None,
        Some(expected) => Some(format!("{name}: expected {expected}\n  found {found}")),
        None => Some(format!("{name}: it says nothing to `expect`\n  found {found}")),
    }
}
