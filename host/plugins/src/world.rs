//! What a plugin or a sandboxed backend may import, by name; which of it needs a grant; which exports are
//! hooks. Types are checked by the linker, whether the grants are there by `wants`.

use crate::examine::Examined;
use crate::refusal::Refusal;

/// The package of the contract.
pub(crate) const PACKAGE: &str = "mcpmux:plugin";

/// A version of the contract that is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contract {
    /// The first, with start-up and catalog.
    V0_1,
    /// All hooks.
    V0_2,
}

impl Contract {
    /// All, the newest last.
    pub(crate) const ALL: [Self; 2] = [Self::V0_1, Self::V0_2];
    /// What plugins are to be built against.
    pub(crate) const NEWEST: Self = Self::V0_2;

    /// Its version.
    pub(crate) const fn version(self) -> &'static str {
        match self {
            Self::V0_1 => "0.1.0",
            Self::V0_2 => "0.2.0",
        }
    }

    /// The hooks: interfaces a plugin may export.
    pub(crate) const fn hooks(self) -> &'static [&'static str] {
        match self {
            Self::V0_1 => &["lifecycle", "catalog"],
            Self::V0_2 => &[
                "lifecycle",
                "catalog",
                "request",
                "authorize",
                "authorize-list",
                "response",
                "notify",
                "observe",
                "credentials",
            ],
        }
    }

    /// The interfaces a plugin may import, each with the grant it needs.
    const fn imports(self) -> &'static [(&'static str, Option<&'static str>)] {
        match self {
            Self::V0_1 => &[("log", None), ("clock", Some("clock")), ("random", Some("random"))],
            Self::V0_2 => &[
                ("types", None),
                ("log", None),
                ("clock", Some("clock")),
                ("random", Some("random")),
                ("kv", Some("kv")),
                ("secrets", Some("secrets")),
                ("http", Some("http")),
                ("exec", Some("exec")),
                ("entries", Some("catalog")),
                ("approvals", Some("approvals")),
            ],
        }
    }

    fn of(version: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|contract| contract.version() == version)
    }
}

/// The WASI packages whose interfaces a plugin may import: what a program with a standard library has.
/// They are linked to an empty context.
const WASI: [&str; 5] = ["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:io", "wasi:random"];

/// `package/interface@version`, taken apart.
struct Interface<'a> {
    package: &'a str,
    name: &'a str,
    version: &'a str,
}

fn interface(full: &str) -> Option<Interface<'_>> {
    let (package, rest) = full.split_once('/')?;
    let (name, version) = rest.split_once('@').unwrap_or((rest, ""));
    Some(Interface { package, name, version })
}

/// Our interfaces among these names, whatever their version.
fn ours(names: &[String]) -> impl Iterator<Item = Interface<'_>> {
    names.iter().filter_map(|name| interface(name)).filter(|interface| interface.package == PACKAGE)
}

fn is_wasi(full: &str, packages: &[&str]) -> bool {
    interface(full).is_some_and(|interface| {
        packages.contains(&interface.package) && interface.version.starts_with("0.2.")
    })
}

/// The hooks this component exports, in the contract's order.
pub(crate) fn hooks(examined: &Examined) -> Vec<&'static str> {
    let exports = |hook: &str| ours(&examined.exports).any(|found| found.name == hook);
    Contract::NEWEST.hooks().iter().copied().filter(|hook| exports(hook)).collect()
}

/// The grants that this component's imports need, in the contract's order.
pub(crate) fn wanted(examined: &Examined) -> Vec<&'static str> {
    let imports = |name: &str| ours(&examined.imports).any(|found| found.name == name);
    let needed = Contract::NEWEST.imports().iter().filter(|(name, _)| imports(name));
    needed.filter_map(|(_, grant)| *grant).collect()
}

/// The versions of the contract it was made for; more than one is odd.
pub(crate) fn versions(examined: &Examined) -> Vec<String> {
    let mut versions: Vec<_> = ours(&examined.exports)
        .chain(ours(&examined.imports))
        .map(|found| found.version.to_owned())
        .collect();
    versions.sort_unstable();
    versions.dedup();
    versions
}

/// Whether it is a WASI command, and so a backend.
pub(crate) fn is_command(examined: &Examined) -> bool {
    examined.exports.iter().any(|name| name.starts_with("wasi:cli/run@0.2."))
}

/// The version of the contract that a plugin is made for, if what it exports and imports is of that version and
/// there to be had.
pub(crate) fn check_plugin(examined: &Examined) -> Result<Contract, Refusal> {
    let versions: Vec<_> =
        ours(&examined.exports).map(|found| Contract::of(found.version)).collect();
    let contract = versions.first().copied().flatten().unwrap_or(Contract::NEWEST);
    let found = other_version(examined, contract);
    if !found.is_empty() {
        return Err(Refusal::OtherVersion { found });
    }
    let unknown = ours(&examined.exports).find(|found| !contract.hooks().contains(&found.name));
    if let Some(unknown) = unknown {
        return Err(Refusal::UnknownHook(unknown.name.to_owned()));
    }
    if hooks(examined).is_empty() {
        let exports = examined.exports.clone();
        return Err(Refusal::NoHook { command: is_command(examined), exports });
    }
    match examined.imports.iter().find(|import| !plugin_may_import(import, contract)) {
        Some(import) => Err(Refusal::Import(import.clone())),
        None => Ok(contract),
    }
}

/// Whether a sandboxed backend can be linked.
pub(crate) fn check_command(examined: &Examined) -> Result<(), Refusal> {
    if !is_command(examined) {
        return Err(Refusal::NoCommand { plugin: !hooks(examined).is_empty() });
    }
    let may = |import: &String| is_wasi(import, &WASI) || is_wasi(import, &["wasi:sockets"]);
    match examined.imports.iter().find(|import| !may(import)) {
        Some(import) => Err(Refusal::Import(import.clone())),
        None => Ok(()),
    }
}

/// Our interfaces that are not of this version.
fn other_version(examined: &Examined, contract: Contract) -> Vec<String> {
    let other = |name: &&String| {
        interface(name)
            .is_some_and(|found| found.package == PACKAGE && found.version != contract.version())
    };
    examined.exports.iter().chain(&examined.imports).filter(other).cloned().collect()
}

fn plugin_may_import(full: &str, contract: Contract) -> bool {
    let known = |name: &str| contract.imports().iter().any(|(import, _)| *import == name);
    is_wasi(full, &WASI)
        || interface(full).is_some_and(|found| found.package == PACKAGE && known(found.name))
}
