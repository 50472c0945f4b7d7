//! The catalog hook of a plugin of version 0.1, as the catalog's builder calls it.

use std::sync::Arc;

use mcpmux_core::catalog::{self, Edit, ToolEdit};
use mcpmux_core::names::PluginName;
use mcpmux_core::ports::{CatalogHook, ToolView};

use super::bindings::exports::mcpmux::plugin::catalog as wit;
use crate::plugin::Plugin;

/// The hook; holds its plugin.
pub(crate) struct Catalog(pub(crate) Arc<Plugin>);

impl CatalogHook for Catalog {
    fn plugin(&self) -> PluginName {
        self.0.name().clone()
    }

    fn transform(&self, tools: &[ToolView<'_>]) -> Result<Vec<Edit>, String> {
        let tools: Vec<_> = tools.iter().map(tool).collect();
        let edits = self.0.call(async |live| match live.catalog.clone() {
            Some(guest) => guest.call_transform(&mut live.store, &tools).await,
            None => wasmtime::bail!("it exports no catalog hook"),
        })?;
        Ok(edits?.into_iter().map(edit).collect())
    }
}

fn tool(view: &ToolView<'_>) -> wit::Tool {
    wit::Tool {
        backend: view.backend.to_string(),
        name: view.definition.name().as_str().to_owned(),
        exposed: view.exposed.to_owned(),
        title: view.definition.text("title"),
        description: view.definition.text("description"),
        annotations: annotations(view.definition.annotations()),
    }
}

fn annotations(hints: catalog::Annotations) -> wit::Annotations {
    wit::Annotations {
        title: hints.title,
        read_only: hints.read_only,
        destructive: hints.destructive,
        idempotent: hints.idempotent,
        open_world: hints.open_world,
    }
}

fn edit(edit: wit::Edit) -> Edit {
    match edit {
        wit::Edit::Hide(at) => Edit::Hide(at as usize),
        wit::Edit::Update((at, edit)) => {
            let hints = edit.annotations;
            let annotations = catalog::Annotations {
                title: hints.title,
                read_only: hints.read_only,
                destructive: hints.destructive,
                idempotent: hints.idempotent,
                open_world: hints.open_world,
            };
            let (title, description) = (edit.title, edit.description);
            Edit::Update(
                at as usize,
                ToolEdit { name: edit.exposed, title, description, annotations },
            )
        }
    }
}
