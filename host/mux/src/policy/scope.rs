//! What a plugin may read beside a call: the catalog as the call's client sees it, and what people have allowed.

use std::sync::Arc;

use mcpmux_core::catalog::EntryKind;
use mcpmux_core::client::Client;
use mcpmux_core::hook::{Scope, Seen};
use mcpmux_core::json::Raw;
use mcpmux_core::names::PluginName;

use super::Approvals;
use crate::view::Shared;

/// The view of now, and the approvals.
pub(super) struct Beside {
    shared: Arc<Shared>,
    approvals: Arc<Approvals>,
}

impl Beside {
    pub(super) const fn new(shared: Arc<Shared>, approvals: Arc<Approvals>) -> Self {
        Self { shared, approvals }
    }
}

impl Scope for Beside {
    fn entries(&self, client: &Client) -> Arc<Vec<Seen>> {
        let view = self.shared.view();
        view.sights.seen(&view, client)
    }

    fn definition(&self, client: &Client, kind: EntryKind, exposed: &str) -> Option<Raw> {
        self.shared.view().definition(client, kind, exposed)
    }

    fn remembered(&self, plugin: &PluginName, key: &str) -> bool {
        self.approvals.remembers(plugin, key)
    }

    fn forget(&self, plugin: &PluginName, key: &str) {
        self.approvals.forget(plugin, key);
    }
}
