//! What one plugin was granted, with the services behind it. Reading grants is `grants`', the services themselves
//! live in `services`.

use mcpmux_core::names::PluginName;

/// The rights of a plugin.
#[derive(Debug)]
pub(crate) struct Rights {
    plugin: PluginName,
    grants: Grants,
}

impl Rights {
    /// These.
    pub(crate) fn new(plugin: &PluginName, grants: Grants) -> Self {
        Self { plugin: plugin.clone(), grants }
    }

    /// None: for an instance that only says what it is.
    pub(crate) fn none(plugin: &PluginName) -> Self {
        Self::new(plugin, Grants::default())
    }

    /// Whose they are.
    pub(crate) const fn plugin(&self) -> &PluginName {
        &self.plugin
    }

    /// Whether a right without particulars is granted.
    pub(crate) fn has(&self, right: &str) -> bool {
        self.grants.has(right)
    }

    /// The error for a service that is not granted. The loader refuses those that ask for one, so this is for
    /// what a plugin does before it is started.
    pub(crate) fn need(&self, right: &str) -> wasmtime::Result<()> {
        if self.has(right) {
            return Ok(());
        }
        wasmtime::bail!("it used `{right}`, which `describe` must not")
    }
}

/// Grants as they are written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grants(Vec<String>);

impl Grants {
    /// Reads them.
    ///
    /// # Errors
    /// Which one does not exist.
    pub(crate) fn parse(written: &[String]) -> Result<Self, String> {
        const ALL: [&str; 5] = ["log", "clock", "random", "catalog", "approvals"];
        match written.iter().find(|grant| !ALL.contains(&grant.as_str())) {
            Some(unknown) => Err(format!("there is no grant `{unknown}`")),
            None => Ok(Self(written.to_vec())),
        }
    }

    /// Whether a want is granted.
    pub(crate) fn covers(&self, want: &str) -> bool {
        self.0.iter().any(|granted| granted == want)
    }

    /// Whether a right without particulars is granted.
    pub(crate) fn has(&self, right: &str) -> bool {
        self.covers(right)
    }
}
