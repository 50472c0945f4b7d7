//! The floors of `ARCHITECTURE.md` as a table: who may name whom, and where the heavy dependencies live.

/// One crate of the host.
pub(crate) struct Floor {
    /// The package name.
    pub(crate) name: &'static str,
    /// The crates of ours it may name.
    pub(crate) may_name: &'static [&'static str],
    /// If set, the only crates of others that it may name outside tests.
    pub(crate) only: Option<&'static [&'static str]>,
    /// Families of crates that it must not name, in tests neither.
    pub(crate) never: &'static [&'static str],
}

/// A family of crates (`tokio` also means `tokio-util`) that few may name.
pub(crate) struct Home {
    /// The name all members of the family begin with.
    pub(crate) family: &'static str,
    /// Who may name it.
    pub(crate) crates: &'static [&'static str],
    /// Whether tests of other crates may name it, as a peer to talk to.
    pub(crate) free_in_tests: bool,
}

const BARE: Floor = Floor { name: "", may_name: &[], only: None, never: &[] };

/// The host, bottom up.
pub(crate) const FLOORS: &[Floor] = &[
    Floor {
        name: "mcpmux-core",
        only: Some(&["bytes", "memchr", "serde", "serde_json", "subtle", "thiserror", "zeroize"]),
        never: &["tokio"],
        ..BARE
    },
    Floor {
        name: "mcpmux-config",
        may_name: &["mcpmux-core"],
        only: Some(&["http", "serde", "serde_json", "strsim", "thiserror", "toml"]),
        never: &["tokio"],
    },
    Floor { name: "mcpmux-protocol", may_name: &["mcpmux-core"], never: &["tokio"], ..BARE },
    Floor { name: "mcpmux-program", may_name: &["mcpmux-core"], ..BARE },
    Floor { name: "mcpmux-vault", may_name: &["mcpmux-core", "mcpmux-program"], ..BARE },
    Floor { name: "mcpmux-backends", may_name: &["mcpmux-core", "mcpmux-protocol"], ..BARE },
    Floor { name: "mcpmux-plugins", may_name: &["mcpmux-core", "mcpmux-protocol"], ..BARE },
    Floor { name: "mcpmux-outbound", may_name: &["mcpmux-core"], ..BARE },
    Floor { name: "mcpmux-registry", may_name: &["mcpmux-core"], ..BARE },
    Floor {
        name: "mcpmux-auth",
        may_name: &["mcpmux-core", "mcpmux-program", "mcpmux-protocol"],
        ..BARE
    },
    Floor {
        name: "mcpmux-mux",
        may_name: &["mcpmux-core", "mcpmux-protocol"],
        never: &["wasmtime", "axum", "reqwest", "rmcp", "hyper"],
        ..BARE
    },
    Floor {
        name: "mcpmux-frontends",
        may_name: &["mcpmux-core", "mcpmux-protocol", "mcpmux-mux"],
        ..BARE
    },
    Floor { name: "mcpmux-manage", may_name: &["mcpmux-core", "mcpmux-mux"], ..BARE },
    Floor {
        name: "mcpmux",
        may_name: &[
            "mcpmux-core",
            "mcpmux-config",
            "mcpmux-protocol",
            "mcpmux-backends",
            "mcpmux-plugins",
            "mcpmux-auth",
            "mcpmux-vault",
            "mcpmux-outbound",
            "mcpmux-registry",
            "mcpmux-mux",
            "mcpmux-frontends",
            "mcpmux-manage",
        ],
        ..BARE
    },
    Floor { name: "mcpmux-xtask", ..BARE },
];

/// The dependencies with few homes.
pub(crate) const HOMES: &[Home] = &[
    Home {
        family: "anyhow",
        crates: &["mcpmux", "mcpmux-manage", "mcpmux-xtask"],
        free_in_tests: false,
    },
    Home { family: "axum", crates: &["mcpmux-frontends", "mcpmux-manage"], free_in_tests: false },
    Home {
        family: "clap",
        crates: &["mcpmux", "mcpmux-manage", "mcpmux-xtask"],
        free_in_tests: false,
    },
    Home {
        family: "hyper",
        crates: &["mcpmux-backends", "mcpmux-frontends", "mcpmux-manage", "mcpmux-outbound"],
        // The Rust SDK's servers are served with it.
        free_in_tests: true,
    },
    Home { family: "keyring", crates: &["mcpmux-vault"], free_in_tests: false },
    Home { family: "ratatui", crates: &["mcpmux-manage"], free_in_tests: false },
    Home { family: "rmcp", crates: &["mcpmux-auth"], free_in_tests: true },
    Home { family: "wasmparser", crates: &["mcpmux-plugins"], free_in_tests: false },
    Home { family: "wasmtime", crates: &["mcpmux-plugins"], free_in_tests: false },
];

/// The folders of the only crates of ours that a guest may name: there is no private door.
pub(crate) const FOR_GUESTS: &[&str] = &["sdk", "plugins"];
