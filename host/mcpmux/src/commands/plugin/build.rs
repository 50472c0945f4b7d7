//! `mcpmux plugin build`: a project to a component, and what to write into the configuration to use it. How each
//! language builds is in modules of their own.

mod c;
mod foreign;
mod rust;
mod tool;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mcpmux_manage::cli::plugin::{Build, Lang};
use mcpmux_manage::print;

use super::component::Component;
use crate::commands::status::pretty;
use crate::failure::Failure;

/// What a project of each language is known by.
const MARKS: [(&str, Lang); 4] = [
    ("Cargo.toml", Lang::Rust),
    ("package.json", Lang::Js),
    ("pyproject.toml", Lang::Python),
    ("plugin.c", Lang::C),
];

pub(crate) fn run(options: &Build) -> Result<(), Failure> {
    let file = build(&options.dir, options.output.as_deref(), options.debug)?;
    let component = Component::read(&file)?;
    let text = if options.json { pretty(&component.json())? } else { component.page() };
    print::data(&text)?;
    match component.refused() {
        Some(why) => Err(Failure::failed(format!("it was built, but cannot be used: {why}"))),
        None => Ok(()),
    }
}

/// What a project is written in.
pub(super) fn lang(folder: &Path) -> Result<Lang, Failure> {
    if !folder.is_dir() {
        return Err(Failure::wrong(format!("{} is no folder", folder.display())));
    }
    let found = MARKS.iter().find(|(mark, _)| folder.join(mark).is_file());
    found.map(|(_, lang)| *lang).ok_or_else(|| {
        let marks: Vec<String> = MARKS.iter().map(|(mark, _)| format!("`{mark}`")).collect();
        Failure::wrong(format!(
            "{} holds no project: none of {} is there\nhint: `mcpmux plugin new NAME` makes one",
            folder.display(),
            marks.join(", ")
        ))
    })
}

/// Builds a project and puts its component in its place; returns where that is.
pub(super) fn build(folder: &Path, output: Option<&Path>, debug: bool) -> Result<PathBuf, Failure> {
    let lang = lang(folder)?;
    let built = match lang {
        Lang::Rust => rust::build(folder, debug)?,
        Lang::Js => foreign::js(folder)?,
        Lang::Python => foreign::python(folder)?,
        Lang::C => c::build(folder)?,
    };
    let place = output
        .map_or_else(|| folder.join(format!("{}.wasm", built.name)), |output| output.to_owned());
    place_at(&built.file, &place)
        .map_err(|error| Failure::failed(format!("cannot write {}: {error}", place.display())))?;
    if lang != Lang::Rust {
        fs::remove_file(&built.file)?;
    }
    Ok(place)
}

/// Runs the tests of a project in Rust.
pub(super) fn test(folder: &Path) -> Result<(), Failure> {
    rust::test(folder)
}

/// What a language's tools have made.
struct Built {
    /// The project's name.
    name: String,
    /// The component, wherever the tools put it.
    file: PathBuf,
}

/// Puts a file in its place by renaming it, so that a running mcpmux never reads half of it; one that is there already
/// stays untouched.
fn place_at(file: &Path, place: &Path) -> io::Result<()> {
    let bytes = fs::read(file)?;
    if fs::read(place).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let mut next = place.as_os_str().to_owned();
    next.push(format!(".{}.part", std::process::id()));
    fs::write(&next, bytes)?;
    fs::rename(&next, place).inspect_err(|_| {
        // Why it could not be renamed is said; the copy is only in the way.
        let _left = fs::remove_file(&next);
    })
}
