//! Which arguments of a backend's tools it wants mirrored into headers, as its last list said.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::{HeaderMap, HeaderName, HeaderValue};
use mcpmux_core::catalog::{Definition, EntryKind};
use mcpmux_core::json::Raw;
use mcpmux_core::names::BackendName;
use mcpmux_protocol::headers::mirror::{self, Mirrored};
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::warn;

use crate::link::changed::{Changed, Kinds};

/// How long a new list is waited for.
const RELEARN: Duration = Duration::from_secs(10);

/// What is known of one backend, over all its links.
pub(crate) struct Mirrors {
    tools: ArcSwap<HashMap<String, Vec<Mirrored>>>,
    learned: watch::Sender<u64>,
}

impl Default for Mirrors {
    fn default() -> Self {
        Self { tools: ArcSwap::default(), learned: watch::Sender::new(0) }
    }
}

impl Mirrors {
    /// Reads a new list; a tool that wants what cannot be done is replaced by the reason (2026-07-28,
    /// transports/streamable-http, custom headers).
    pub(crate) fn learn(&self, backend: &BackendName, tools: &mut [Result<Definition, String>]) {
        let mut known = HashMap::new();
        for entry in tools {
            let Ok(tool) = entry else { continue };
            let Some(schema) = tool.member("inputSchema") else { continue };
            match mirror::wanted(schema) {
                Ok(wanted) if wanted.is_empty() => {}
                Ok(wanted) => drop(known.insert(tool.name().as_str().to_owned(), wanted)),
                Err(why) => {
                    let name = tool.name().as_str();
                    warn!(%backend, tool = ?name, %why, "a tool is left out: its `x-mcp-header` cannot be served");
                    *entry = Err(format!("tool {name:?}: {why}"));
                }
            }
        }
        self.tools.store(Arc::new(known));
        self.learned.send_modify(|times| *times += 1);
    }

    /// Waits for a newer list, and asks for one.
    pub(crate) async fn relearn(&self, changed: &Changed) {
        let mut learned = self.learned.subscribe();
        changed.doubt(Kinds::one(EntryKind::Tool));
        // Without one, what is known has to do.
        let _ = timeout(RELEARN, learned.changed()).await;
    }

    /// Writes the headers for a call of this tool.
    pub(crate) fn write(&self, tool: &str, arguments: &Raw, headers: &mut HeaderMap) {
        let tools = self.tools.load();
        let Some(wanted) = tools.get(tool) else { return };
        for (name, value) in mirror::headers(wanted, arguments) {
            // Names were checked when they were learned, and the encoding leaves nothing that cannot be sent.
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value))
            {
                headers.insert(name, value);
            }
        }
    }
}
