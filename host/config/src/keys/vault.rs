//! The keys of `[vault]`, for [`mcpmux_core::config::Vault`].

use super::{Key, Kind, Table};

pub(crate) static VAULT: Table = Table {
    keys: &[
        Key::new(
            "key",
            Kind::Word(&["keychain", "systemd-credential", "passphrase", "keyfile"]),
            "key = \"keychain\"",
            "Where the key comes from that opens the vault: the operating system's `keychain`; a `systemd-credential` of \
             the unit; a `passphrase`; or a `keyfile`, which protects backups of the vault and not this account. Only \
             this one is tried.",
        )
        .or("\"keychain\""),
        Key::new(
            "path",
            Kind::Path,
            "path = \"vault.mcv\"",
            "The vault's file. It and its folder are made with modes 0600 and 0700; a file that others can read is refused.",
        )
        .means("`mcpmux/vault.mcv` in `$XDG_STATE_HOME`, or in `~/.local/state`"),
        Key::new(
            "keyfile",
            Kind::Path,
            "keyfile = \"/etc/mcpmux/vault.key\"",
            "The file with the key, for `key = \"keyfile\"`: 32 bytes, or those in Base64, and mode 0600. For a new vault \
             it is made if it is not there.",
        ),
        Key::new(
            "credential",
            Kind::Text,
            "credential = \"mcpmux-vault\"",
            "The credential's name, for `key = \"systemd-credential\"`: 32 bytes, or those in Base64 \
             (`LoadCredentialEncrypted=` in the unit).",
        )
        .means("`mcpmux-vault`"),
        Key::new(
            "passphrase",
            Kind::Secret,
            "passphrase = \"${MCPMUX_PASSPHRASE}\"",
            "The passphrase, for `key = \"passphrase\"`. It is never shown.",
        )
        .means("what `passphrase_command` prints, or else the person at the terminal says"),
        Key::new(
            "passphrase_command",
            Kind::List(1),
            "passphrase_command = [\"pass\", \"show\", \"mcpmux\"]",
            "A program that prints the passphrase within 10 s, run without a shell. Of the environment it gets `HOME`, \
             `LOGNAME`, `PATH`, `SHELL`, `TERM`, `USER`, `LANG` and `TMPDIR`, and what leads to the person's session: \
             `DBUS_SESSION_BUS_ADDRESS`, `DISPLAY`, `GNUPGHOME`, `SSH_AUTH_SOCK`, `WAYLAND_DISPLAY`, `XAUTHORITY`, \
             `XDG_CONFIG_HOME` and `XDG_RUNTIME_DIR`.",
        ),
    ],
    one_of: &[],
};
