//! Why a component is not taken: one variant per cause, each with the key it is about and the way out.

use std::fmt;
use std::path::PathBuf;

use mcpmux_core::names::PluginName;

use crate::description::Want;
use crate::world::{Contract, PACKAGE};

/// A component that cannot be used, and why. Its text names the plugin, the key of the configuration and
/// the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// Whose file it is, if it was named in the configuration.
    pub plugin: Option<PluginName>,
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub refusal: Refusal,
}

/// What is wrong with a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such file.
    Missing,
    /// It is a directory.
    Directory,
    /// It is a symbolic link, and nothing says which file is meant.
    Link,
    /// It cannot be read, for this reason.
    Unreadable(String),
    /// It is not WebAssembly.
    NotWasm {
        /// It looks like WebAssembly's text form.
        text: bool,
    },
    /// It is a core module, not a component.
    CoreModule,
    /// It starts as WebAssembly does, but is broken; the parser's or compiler's words.
    Malformed(String),
    /// It exports no hook.
    NoHook {
        /// It is a WASI command, so probably a backend.
        command: bool,
        /// What it exports instead.
        exports: Vec<String>,
    },
    /// It exports a hook of our package that we do not know.
    UnknownHook(String),
    /// It was made for another version of the contract; the names in question.
    OtherVersion {
        /// With their versions.
        found: Vec<String>,
    },
    /// It imports something that it cannot have.
    Import(String),
    /// It is not the file that the configuration pins.
    Digest {
        /// The SHA-256 that the configuration asks for.
        pinned: String,
        /// The file's.
        found: String,
    },
    /// It needs more grants than it has.
    NotGranted {
        /// Those it lacks, with what it wants each for.
        missing: Vec<Want>,
        /// Those it has, as they are written.
        granted: Vec<String>,
    },
    /// The configuration grants something that cannot be; what is wrong, and what to write.
    UnknownGrant(String),
    /// What it says of itself is wrong.
    Description(String),
    /// An interface has the right name but another shape.
    Mismatch(String),
    /// It refuses its configuration; its own words.
    Config(String),
    /// It did not survive its start; why.
    Start(String),
    /// A hook of it fails even when it is shown nothing.
    SelfTest {
        /// Which.
        hook: &'static str,
        /// Why.
        why: String,
    },
    /// It was to be run as a backend but is no WASI command.
    NoCommand {
        /// It is a plugin.
        plugin: bool,
    },
}

impl Refusal {
    /// Names the plugin and the file.
    pub(crate) fn of(self, plugin: Option<&PluginName>, path: impl Into<PathBuf>) -> LoadError {
        LoadError { plugin: plugin.cloned(), path: path.into(), refusal: self }
    }

    /// The key of a plugin's configuration that is to be looked at.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::NotGranted { .. } | Self::UnknownGrant(_) => "grant",
            Self::Digest { .. } => "sha256",
            Self::Config(_) => "config",
            _ => "path",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Missing => "build the component, or correct the path".to_owned(),
            Self::Directory => "name the `.wasm` file in it".to_owned(),
            Self::Link => {
                "name the file itself, or pin it with `sha256`; then any way to it will do"
                    .to_owned()
            }
            Self::Unreadable(_) => "make it a file that mcpmux's user may read".to_owned(),
            Self::NotWasm { text: true } => {
                "it looks like WebAssembly text; translate it with `wasm-tools parse`".to_owned()
            }
            Self::NotWasm { text: false } => "name a component, a `.wasm` file".to_owned(),
            Self::CoreModule => {
                "build it with `--target wasm32-wasip2`, or wrap it with `wasm-tools component new`"
                    .to_owned()
            }
            Self::Malformed(_) => "build it again; it may have been cut short".to_owned(),
            Self::NoHook { command: true, .. } => {
                "it is a WASI command: use it as a backend, `[backends.NAME] wasm = \"...\"`"
                    .to_owned()
            }
            Self::NoHook { .. } | Self::NoCommand { plugin: false } => {
                "see what it is with `mcpmux plugin inspect`".to_owned()
            }
            Self::UnknownHook(_) => "use a newer mcpmux, or build the plugin without it".to_owned(),
            Self::OtherVersion { .. } => {
                let version = Contract::NEWEST.version();
                format!("build it against `{PACKAGE}@{version}`, or use the mcpmux it was made for")
            }
            Self::Import(import)
                if import.starts_with("wasi:sockets/") || import.starts_with("wasi:http/") =>
            {
                "neither plugins nor sandboxed backends have a network; build it without".to_owned()
            }
            Self::Import(_) => {
                "build it without; only mcpmux's own interfaces and WASI 0.2 are there".to_owned()
            }
            Self::Digest { found, .. } => {
                format!("if this is the file you want, set `sha256 = \"{found}\"`")
            }
            Self::NotGranted { missing, granted } => {
                let missing = missing.iter().map(|want| want.grant.as_str());
                let all = granted.iter().map(String::as_str).chain(missing);
                format!("if it may, set `{}`", line(all))
            }
            Self::UnknownGrant(_) => "correct this plugin's `grant`".to_owned(),
            Self::Description(_) | Self::SelfTest { .. } => {
                "this is a defect of the plugin; use another version of it".to_owned()
            }
            Self::Mismatch(_) => {
                let versions =
                    Contract::ALL.map(|contract| format!("{PACKAGE}@{}", contract.version()));
                format!("build it against the WIT files of {}", list(versions))
            }
            Self::Config(_) => "correct it in this plugin's `[plugins.config]`".to_owned(),
            Self::Start(_) => {
                "this is a defect of the plugin, or its limits are too low: `[limits]`".to_owned()
            }
            Self::NoCommand { plugin: true } => {
                "it is a plugin: name it in `[[plugins]]`, with `path`".to_owned()
            }
        }
    }
}

/// The line of a configuration that gives these grants.
fn line<'a>(grants: impl Iterator<Item = &'a str>) -> String {
    let grants: Vec<_> = grants.map(|grant| format!("\"{grant}\"")).collect();
    format!("grant = [{}]", grants.join(", "))
}

fn list<T: fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such file"),
            Self::Directory => f.write_str("it is a directory"),
            Self::Link => {
                f.write_str("it is a symbolic link, which could be turned to another file")
            }
            Self::Unreadable(why) => write!(f, "it cannot be read: {why}"),
            Self::NotWasm { .. } => f.write_str("it is not WebAssembly"),
            Self::CoreModule => f.write_str("it is a core WebAssembly module, not a component"),
            Self::Malformed(why) => write!(f, "it is no valid component: {why}"),
            Self::NoHook { exports, .. } if exports.is_empty() => {
                f.write_str("it exports no hook; it exports nothing")
            }
            Self::NoHook { exports, .. } => write!(f, "it exports no hook, only {}", list(exports)),
            Self::UnknownHook(hook) => {
                write!(f, "it exports the hook `{hook}`, which this mcpmux does not know")
            }
            Self::OtherVersion { found } => {
                let versions = Contract::ALL.map(Contract::version).join(" and ");
                write!(
                    f,
                    "it was made for another version: it has {}, but supported are {versions}, one at a time",
                    list(found)
                )
            }
            Self::Import(import) => write!(f, "it wants `{import}`, which it cannot have"),
            Self::NotGranted { missing, .. } => {
                let missing: Vec<_> = missing.iter().map(Want::to_string).collect();
                write!(f, "it needs {}, which it is not granted", missing.join(", "))
            }
            Self::Digest { pinned, found } => {
                write!(f, "the file's SHA-256 is `{found}`, not `{pinned}`")
            }
            Self::UnknownGrant(why) => f.write_str(why),
            Self::Description(why) => write!(f, "what it says of itself is wrong: {why}"),
            Self::SelfTest { hook, why } => {
                write!(f, "its hook `{hook}` fails when it is shown nothing: {why}")
            }
            Self::Mismatch(why) => {
                write!(f, "an interface has another shape than the contract's: {why}")
            }
            Self::Config(why) => f.write_str(why),
            Self::Start(why) => write!(f, "it did not start: {why}"),
            Self::NoCommand { .. } => {
                f.write_str("it is no WASI 0.2 command: it does not export `wasi:cli/run`")
            }
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, refusal) = (self.path.display(), &self.refusal);
        match (&self.plugin, refusal.key()) {
            (None, _) => write!(f, "`{path}`: {refusal}")?,
            (Some(name), "path") => {
                write!(f, "[[plugins]] name = \"{name}\": path: `{path}`: {refusal}")?
            }
            (Some(name), key) => write!(f, "[[plugins]] name = \"{name}\": {key}: {refusal}")?,
        }
        write!(f, "\nhint: {}", refusal.hint())
    }
}

impl std::error::Error for LoadError {}
