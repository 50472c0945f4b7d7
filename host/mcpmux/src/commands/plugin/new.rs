//! `mcpmux plugin new`: starts a project. The files of each language are in modules of their own; all of them do the
//! same, so that the golden calls hold for every language.

mod c;
mod golden;
mod js;
mod python;
mod readme;
mod rust;
mod wit;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mcpmux_core::names::PluginName;
use mcpmux_manage::cli::plugin::{Hook, Lang, New};
use mcpmux_manage::print;

use crate::commands::status::pretty;
use crate::failure::Failure;

/// What is to be made.
struct Project {
    /// The plugin's name.
    name: String,
    /// Its hooks, each once.
    hooks: Vec<Hook>,
    lang: Lang,
}

/// A file of a project, by its path in it.
struct File {
    path: &'static str,
    text: String,
}

impl File {
    fn new(path: &'static str, text: impl Into<String>) -> Self {
        Self { path, text: text.into() }
    }
}

impl Project {
    fn has(&self, hook: Hook) -> bool {
        self.hooks.contains(&hook)
    }

    /// The name as a type is written: `no-deletes` as `NoDeletes`.
    fn type_name(&self) -> String {
        let word = |word: &str| {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
        };
        self.name.split('-').map(word).collect::<Vec<String>>().concat()
    }
}

pub(crate) fn run(options: &New) -> Result<(), Failure> {
    let project = project(options)?;
    let folder = options.dir.clone().unwrap_or_else(|| PathBuf::from(&project.name));
    free(&folder)?;
    let mut files = match project.lang {
        Lang::Rust => rust::files(&project, &rust::sdk(options.sdk.as_deref(), &folder)?),
        Lang::Js => js::files(&project),
        Lang::Python => python::files(&project),
        Lang::C => c::files(&project),
    };
    files.push(File::new("golden/first.json", golden::first(&project)));
    files.push(File::new("README.md", readme::text(&project)));
    write(&folder, &files)
        .map_err(|error| Failure::failed(format!("cannot write {}: {error}", folder.display())))?;
    if options.json {
        let names: Vec<&str> = files.iter().map(|file| file.path).collect();
        let report = serde_json::json!({ "name": project.name, "folder": folder, "files": names });
        return Ok(print::data(&pretty(&report)?)?);
    }
    let shown = folder.display();
    let source = files.first().map_or("", |file| file.path);
    Ok(print::data(&format!(
        "made {shown}\n\nnext:\n  edit {shown}/{source}\n  mcpmux plugin test {shown}\n  mcpmux plugin build {shown}\n"
    ))?)
}

fn project(options: &New) -> Result<Project, Failure> {
    PluginName::new(&options.name).map_err(Failure::wrong)?;
    if !options.name.starts_with(|first: char| first.is_ascii_lowercase())
        || options.name.ends_with('-')
        || options.name.contains("--")
    {
        return Err(Failure::wrong(format!(
            "`{}` cannot be the name of a project: it has to start with a letter, and each `-` to stand between two \
             words\nhint: `no-deletes` would do",
            options.name
        )));
    }
    let mut hooks = options.hooks.clone();
    if hooks.is_empty() {
        hooks.push(Hook::Authorize);
    }
    hooks.sort_unstable();
    hooks.dedup();
    Ok(Project { name: options.name.clone(), hooks, lang: options.lang })
}

/// Makes sure that nothing is in the way.
fn free(folder: &Path) -> Result<(), Failure> {
    let taken = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    };
    if taken {
        return Err(Failure::wrong(format!(
            "{} is there already and is not an empty folder\nhint: name another one with --dir",
            folder.display()
        )));
    }
    Ok(())
}

/// Writes all files beside the folder, then puts them in its place: it is there whole, or not at all.
fn write(folder: &Path, files: &[File]) -> io::Result<()> {
    let folder = std::path::absolute(folder)?;
    let mut next = folder.clone().into_os_string();
    next.push(OsString::from(format!(".{}.part", std::process::id())));
    let next = PathBuf::from(next);
    let written = fill(&next, files).and_then(|()| fs::rename(&next, &folder));
    if written.is_err() {
        // What failed is said; what is left of it is only in the way.
        let _left = fs::remove_dir_all(&next);
    }
    written
}

fn fill(folder: &Path, files: &[File]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for file in files {
        let path = folder.join(file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, &file.text)?;
    }
    Ok(())
}
