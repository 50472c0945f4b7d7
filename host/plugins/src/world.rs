//! What a plugin or a sandboxed backend may import, by name; which of it needs a grant; which exports are
//! hooks. Types are checked by the linker.

use crate::examine::Examined;
use crate::refusal::Refusal;

/// The package of the contract.
pub(crate) const PACKAGE: &str = "mcpmux:plugin";
/// Its version that is supported.
pub(crate) const VERSION: &str = "0.1.0";
/// The hooks: interfaces a plugin may export.
pub(crate) const HOOKS: [&str; 2] = ["lifecycle", "catalog"];
/// What needs a grant of its name.
pub(crate) const GRANTS: [&str; 2] = ["clock", "random"];
/// What every plugin may use.
const FREE: [&str; 1] = ["log"];
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
    HOOKS.into_iter().filter(|hook| exports(hook)).collect()
}

/// The grants this component cannot do without, in the contract's order.
pub(crate) fn wanted(examined: &Examined) -> Vec<&'static str> {
    let imports = |grant: &str| ours(&examined.imports).any(|found| found.name == grant);
    GRANTS.into_iter().filter(|grant| imports(grant)).collect()
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

/// Whether a plugin with these grants can be linked.
pub(crate) fn check_plugin(examined: &Examined, granted: &[String]) -> Result<(), Refusal> {
    if let Some(unknown) = granted.iter().find(|grant| !is_grant(grant)) {
        let rest = granted.iter().filter(|grant| is_grant(grant)).cloned().collect();
        return Err(Refusal::UnknownGrant { grant: unknown.clone(), rest });
    }
    let other = |names: &[String]| -> Vec<String> {
        names.iter().filter(|name| is_other_version(name)).cloned().collect()
    };
    let found = [other(&examined.exports), other(&examined.imports)].concat();
    if !found.is_empty() {
        return Err(Refusal::OtherVersion { found });
    }
    if let Some(unknown) = ours(&examined.exports).find(|found| !HOOKS.contains(&found.name)) {
        return Err(Refusal::UnknownHook(unknown.name.to_owned()));
    }
    if hooks(examined).is_empty() {
        let exports = examined.exports.clone();
        return Err(Refusal::NoHook { command: is_command(examined), exports });
    }
    if let Some(import) = examined.imports.iter().find(|import| !plugin_may_import(import)) {
        return Err(Refusal::Import(import.clone()));
    }
    let missing: Vec<_> = wanted(examined)
        .into_iter()
        .filter(|grant| !granted.iter().any(|given| given == grant))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Refusal::NotGranted { missing, granted: granted.to_vec() })
}

/// What an operator should know about grants that are all in order.
pub(crate) fn remarks(examined: &Examined, granted: &[String]) -> Vec<String> {
    let wanted = wanted(examined);
    let idle = granted.iter().filter(|grant| !wanted.contains(&grant.as_str()));
    idle.map(|grant| match grant.as_str() {
        grant if FREE.contains(&grant) => format!("`{grant}` needs no grant; remove it"),
        grant => format!("it has the grant `{grant}` but never asks for it; remove it"),
    })
    .collect()
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

fn is_grant(name: &str) -> bool {
    GRANTS.contains(&name) || FREE.contains(&name)
}

fn is_other_version(full: &str) -> bool {
    interface(full).is_some_and(|found| found.package == PACKAGE && found.version != VERSION)
}

fn plugin_may_import(full: &str) -> bool {
    let known = |name: &str| FREE.contains(&name) || GRANTS.contains(&name);
    is_wasi(full, &WASI)
        || interface(full).is_some_and(|found| found.package == PACKAGE && known(found.name))
}
