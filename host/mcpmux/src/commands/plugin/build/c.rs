//! Building projects in C: the bindings of their `wit` folder, whatever clang compiles for WASI, and the component around
//! what that makes.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use mcpmux_plugins::core_imports;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;
use wit_component::ComponentEncoder;

use super::tool::Tool;
use super::{Built, foreign};
use crate::failure::Failure;

/// The world of a project, and so the name of its bindings.
const WORLD: &str = "policy";
/// The folder in a project that the bindings are written to, for the compiler and for editors.
const BINDINGS: &str = "bindings";
/// The environment variable that names another compiler than the project's own, with arguments if need be.
const COMPILER: &str = "CC";
/// What begins the names of modules that C libraries for WASI import the system from.
const SYSTEM: &str = "wasi";

/// Builds the component of all C files in a project's folder.
pub(super) fn build(folder: &Path) -> Result<Built, Failure> {
    let folder = std::path::absolute(folder)?;
    let name = bindings(&folder)?;
    let core = folder.join(format!(".{name}.core.part"));
    let compiled = compile(&folder, &core).and_then(|()| Ok(fs::read(&core)?));
    // It is not there if it could not be compiled.
    let _absent = fs::remove_file(&core);
    let component = component(&compiled?)?;
    let file = folder.join(format!(".{name}.{}", foreign::OUT));
    fs::write(&file, component)?;
    Ok(Built { name, file })
}

/// Writes the bindings of the project's world; returns the project's name, which is that of the package in `wit`.
fn bindings(folder: &Path) -> Result<String, Failure> {
    let wit = folder.join("wit");
    let wrong = |error: &dyn Display| {
        Failure::wrong(format!("cannot make bindings for {}: {error:#}", wit.display()))
    };
    let mut resolve = Resolve::default();
    let read = resolve.push_dir(&wit);
    let (package, _) = read.map_err(|error| wrong(&resolve.render_error(&error)))?;
    let world = resolve.select_world(&[package], Some(WORLD)).map_err(|error| wrong(&error))?;
    let name = resolve.packages.get(package).map(|package| package.name.name.clone());
    // What a hook borrows is given back by the bindings: all that the contract lends are documents.
    let options = wit_bindgen_c::Opts {
        autodrop_borrows: wit_bindgen_c::Enabled::Yes,
        ..wit_bindgen_c::Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files).map_err(|error| wrong(&error))?;
    let place = folder.join(BINDINGS);
    fs::create_dir_all(&place)?;
    for (file, content) in files.iter() {
        fs::write(place.join(file), content)?;
    }
    name.ok_or_else(|| wrong(&"it has no package"))
}

/// Compiles the project's files and the bindings into a core module.
fn compile(folder: &Path, out: &Path) -> Result<(), Failure> {
    let named = std::env::var(COMPILER).ok().filter(|named| !named.trim().is_empty());
    let mut words = named.iter().flat_map(|named| named.split_whitespace());
    let (program, hint) = match words.next() {
        Some(program) => (
            PathBuf::from(program),
            "hint: `CC` has to name a clang that has a C library for WASI; without `CC` the project gets Zig",
        ),
        None => (zig(folder)?, ""),
    };
    let mut args: Vec<&str> = if named.is_some() { words.collect() } else { vec!["cc"] };
    args.extend(["--target=wasm32-wasi", "-mexec-model=reactor", "-Os", "-Wall"]);
    let (include, files) = (format!("-I{BINDINGS}"), sources(folder)?);
    let out = out.display().to_string();
    let made = [".c", "_component_type.o"].map(|ending| format!("{BINDINGS}/{WORLD}{ending}"));
    args.extend([include.as_str(), "-o", out.as_str()]);
    args.extend(files.iter().chain(&made).map(String::as_str));
    let compiler = Tool { program: &program, missing: "name another compiler in `CC`, or none" };
    compiler.present()?.run(folder, &args).map_err(|mut failure| {
        if !hint.is_empty() {
            failure.text = format!("{}\n{hint}", failure.text);
        }
        failure
    })
}

/// The Zig of the project's own environment, which compiles C and brings the C library.
fn zig(folder: &Path) -> Result<PathBuf, Failure> {
    foreign::from_pypi(
        folder,
        "python-zig",
        &["-r", "requirements.txt"],
        "install Python 3.10 or later, with `venv`; or name a clang that has a C library for WASI in `CC`",
    )
}

/// The names of the C files in the project's folder, in order.
fn sources(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = PathBuf::from(entry?.file_name());
        if path.extension().is_some_and(|ending| ending == "c") {
            names.push(path.display().to_string());
        }
    }
    names.sort();
    Ok(names)
}

/// Makes a core module a component, unless it asks the system for anything: a plugin has none.
fn component(core: &[u8]) -> Result<Vec<u8>, Failure> {
    let odd = |error: &dyn Display| {
        Failure::failed(format!("what the compiler made cannot be a component: {error:#}"))
    };
    let asked = core_imports(core, SYSTEM).map_err(|error| odd(&error))?;
    if !asked.is_empty() {
        let asked: Vec<String> = asked.iter().map(|name| format!("`{name}`")).collect();
        return Err(Failure::failed(format!(
            "the plugin calls parts of the C library that ask the system for {}, and a plugin has no system\nhint: leave out \
             files, `printf`, `time` and the like; the contract has `log`, `clock` and `random` instead",
            asked.join(", ")
        )));
    }
    let encoder = ComponentEncoder::default().validate(true).module(core);
    encoder.and_then(|mut encoder| encoder.encode()).map_err(|error| odd(&error))
}
