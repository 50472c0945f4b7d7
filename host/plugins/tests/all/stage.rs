//! A loaded plugin and the calls that meet it: what the tests of hooks share.

use std::sync::{Arc, Mutex};

use mcpmux_core::call::{Method, Target};
use mcpmux_core::catalog::EntryKind;
use mcpmux_core::client::Client;
use mcpmux_core::config::{Limits, Plugin as Section};
use mcpmux_core::era::Revision;
use mcpmux_core::hook::{Hooks, Scope, Seen, Subject};
use mcpmux_core::json::Raw;
use mcpmux_core::names::{BackendName, ExposedName, NativeName, PluginName};
use mcpmux_plugins::{Engine, LoadError, Plugin};

use crate::guests::modern::Guest;
use crate::guests::{Dir, configured, shared};

/// Loads a guest with changes to its section of the configuration.
pub(crate) fn try_load(
    guest: &Guest,
    change: impl FnOnce(&mut Section),
) -> Result<Arc<Plugin>, LoadError> {
    let dir = Dir::new();
    let mut section = configured(dir.file("guest.wasm", guest.build()), &[], "{}");
    change(&mut section);
    // Tests share two cores: what is meant to end in time must not be taken for what is not.
    let limits = Limits { plugin_time: std::time::Duration::from_millis(500), ..Limits::default() };
    Plugin::load(&Engine::new(None).unwrap(), &section, &limits, &shared()).map(Arc::new)
}

/// Loads a guest that can be loaded.
pub(crate) fn load(guest: &Guest) -> Arc<Plugin> {
    try_load(guest, |_| {}).unwrap_or_else(|error| panic!("{error}"))
}

/// The hooks of a guest that can be loaded.
pub(crate) fn hooks(guest: &Guest) -> Arc<Hooks> {
    load(guest).hooks()
}

pub(crate) fn client() -> Arc<Client> {
    Arc::new(Client {
        revision: Revision::NEWEST_LEGACY,
        info: Some(Raw::literal(r#"{"name":"test","version":"1"}"#)),
        capabilities: Raw::literal("{}"),
        session: None,
    })
}

/// A call of a tool with this native name.
pub(crate) fn call(name: &str) -> Subject {
    about(name, Arc::new(Nothing))
}

/// A call that can see this beside itself.
pub(crate) fn about(name: &str, scope: Arc<dyn Scope>) -> Subject {
    Subject {
        id: 7,
        method: Method::ToolsCall,
        to: Target { backend: BackendName::new("files").unwrap(), native: NativeName::new(name) },
        exposed: format!("files__{name}"),
        client: client(),
        scope,
    }
}

/// Arguments.
pub(crate) fn arguments() -> Raw {
    Raw::literal(r#"{"path":"/etc","n":1.50}"#)
}

pub(crate) fn seen(name: &str) -> Seen {
    Seen {
        kind: EntryKind::Tool,
        backend: BackendName::new("files").unwrap(),
        native: NativeName::new(name),
        exposed: ExposedName::new(&format!("files__{name}")).unwrap(),
        title: None,
        description: Some("reads".to_owned()),
        read_only: Some(true),
        destructive: None,
        listed: true,
    }
}

/// Nothing beside the call.
pub(crate) struct Nothing;

impl Scope for Nothing {
    fn entries(&self, _: &Client) -> Arc<Vec<Seen>> {
        Arc::default()
    }

    fn definition(&self, _: &Client, _: EntryKind, _: &str) -> Option<Raw> {
        None
    }

    fn remembered(&self, _: &PluginName, _: &str) -> bool {
        false
    }

    fn forget(&self, _: &PluginName, _: &str) {}
}

/// A catalog of two tools, and one approval.
#[derive(Default)]
pub(crate) struct Something {
    pub(crate) forgotten: Mutex<Vec<String>>,
}

impl Scope for Something {
    fn entries(&self, _: &Client) -> Arc<Vec<Seen>> {
        Arc::new(vec![seen("read"), seen("write")])
    }

    fn definition(&self, _: &Client, _: EntryKind, exposed: &str) -> Option<Raw> {
        (exposed == "files__read").then_some(Raw::literal(r#"{"name":"files__read"}"#))
    }

    fn remembered(&self, plugin: &PluginName, key: &str) -> bool {
        plugin.as_str() == "guest" && key == "files__read"
    }

    fn forget(&self, plugin: &PluginName, key: &str) {
        self.forgotten.lock().unwrap().push(format!("{plugin} {key}"));
    }
}
