//! The vault: what the key's source needs must be there, and what it does not need must not.

use std::path::Path;

use mcpmux_core::config::{Passphrase, Secret, Vault, VaultKey};
use mcpmux_core::names::is_secret_name;

use crate::mistake::Findings;
use crate::node::Node;
use crate::node::fields::Fields;
use crate::shape::not_kept;

/// The credential's name if none is given.
const CREDENTIAL: &str = "mcpmux-vault";
/// The keys that belong to one source each.
const BELONGS: [(&str, &str); 4] = [
    ("keyfile", "keyfile"),
    ("credential", "systemd-credential"),
    ("passphrase", "passphrase"),
    ("passphrase_command", "passphrase"),
];

/// Builds the vault.
pub(super) fn vault(node: &Node, folder: &Path, found: &mut Findings<'_>) -> Vault {
    let fields = Fields::of(node);
    let kind = fields.text("key").map_or("keychain", |(_, key)| key.full.as_str());
    let is_known = kind == "keychain" || BELONGS.iter().any(|(_, source)| *source == kind);
    for (key, source) in BELONGS {
        if let Some(member) = fields.member(key).filter(|_| is_known && kind != source) {
            found.hinted(
                member.at,
                format!("`{key}` means nothing beside `key = \"{}\"`", kind.escape_debug()),
                format!("write `key = \"{source}\"`, or leave `{key}` out"),
            );
        }
    }
    let path = |key: &str| fields.text(key).map(|(_, text)| folder.join(&text.full));
    let key = match kind {
        "systemd-credential" => VaultKey::SystemdCredential(credential(fields, found)),
        "passphrase" => VaultKey::Passphrase(passphrase(fields, found)),
        "keyfile" => match path("keyfile") {
            Some(path) => VaultKey::Keyfile(path),
            None => {
                if fields.member("keyfile").is_none() {
                    let at = fields.text("key").map_or(node.at, |(at, _)| at);
                    let hint = "add it, such as `keyfile = \"/etc/mcpmux/vault.key\"`";
                    found.hinted(at, "`key = \"keyfile\"` needs `keyfile`", hint);
                }
                VaultKey::default()
            }
        },
        _ => VaultKey::Keychain,
    };
    let vault = Vault { key, path: path("path") };
    if let (VaultKey::Keyfile(keyfile), Some(path)) = (&vault.key, &vault.path)
        && is_used(path, keyfile)
    {
        let at = fields.text("keyfile").map_or(node.at, |(at, _)| at);
        let text = "`keyfile` is a file that the vault itself uses: `path`, or the same with `.lock`, `.new` or `.turns`";
        found.hinted(at, text, "name another file");
    }
    vault
}

/// Whether the vault at this path uses a file itself.
fn is_used(path: &Path, file: &Path) -> bool {
    let beside = |what: &str| path.with_added_extension(what);
    file == path
        || [beside("lock"), beside("new")].contains(&file.to_owned())
        || file.starts_with(beside("turns"))
}

fn credential(fields: Fields<'_>, found: &mut Findings<'_>) -> String {
    let Some((at, name)) = fields.text("credential") else { return CREDENTIAL.to_owned() };
    if !is_secret_name(&name.full) || name.full.starts_with('.') {
        found.hinted(
            at,
            "`credential` cannot be the name of a credential",
            "write the name that the unit gives it, of letters, digits, `_`, `.` and `-`",
        );
    }
    name.full.clone()
}

fn passphrase(fields: Fields<'_>, found: &mut Findings<'_>) -> Passphrase {
    if let Some(member) = fields.member("passphrase") {
        not_kept(&member.node, found);
    }
    let command = fields.list("passphrase_command");
    if let Some((at, _)) = command.first() {
        if fields.member("passphrase").is_some() {
            let hint = "keep one of them";
            found.hinted(*at, "`passphrase_command` contradicts `passphrase`", hint);
        }
        if command.iter().any(|(_, word)| word.full.contains('\0')) {
            found.mistake(*at, "`passphrase_command` holds a zero byte, which no argument can");
        }
        return Passphrase::Command(command.iter().map(|(_, word)| word.full.clone()).collect());
    }
    let Some((at, text)) = fields.text("passphrase") else { return Passphrase::Ask };
    if text.full.is_empty() && text.kept.is_empty() {
        found.mistake(at, "`passphrase` is empty");
    }
    Passphrase::Given(Secret::new(text.full.clone()))
}
