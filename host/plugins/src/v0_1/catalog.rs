//! The catalog hook of version 0.1, which knew tools and nothing else: it is shown the tools, and its edits are
//! those of the whole list.

use std::sync::Arc;

use mcpmux_core::catalog::{Annotations, EntryKind};
use mcpmux_core::hook::{CatalogHook, EntryEdit, EntryView, HookKind, ListEdit};
use mcpmux_core::names::PluginName;

use super::bindings::exports::mcpmux::plugin::catalog as wit;
use crate::plugin::Plugin;
use crate::state::Around;

/// The hook; holds its plugin.
pub(crate) struct Catalog(pub(crate) Arc<Plugin>);

impl CatalogHook for Catalog {
    fn plugin(&self) -> PluginName {
        self.0.name().clone()
    }

    fn transform(&self, entries: &[EntryView<'_>]) -> Result<Vec<ListEdit>, String> {
        let is_tool =
            |(_, view): &(usize, &EntryView<'_>)| matches!(view.definition.kind(), EntryKind::Tool);
        let tools = || entries.iter().enumerate().filter(is_tool);
        let shown: Vec<_> = tools().map(|(_, view)| tool(view)).collect();
        let places: Vec<_> = tools().map(|(at, _)| at).collect();
        self.0.call(
            HookKind::Catalog,
            Around::default(),
            async |live| match &live.guests.v0_1()?.catalog {
                Some(guest) => guest.call_transform(&mut live.store, &shown).await,
                None => wasmtime::bail!("it exports no catalog hook"),
            },
            |edits| edits.into_iter().map(|one| edit(one, &places)).collect(),
        )
    }
}

fn tool(view: &EntryView<'_>) -> wit::Tool {
    wit::Tool {
        backend: view.backend.to_string(),
        name: view.definition.name().as_str().to_owned(),
        exposed: view.exposed.to_owned(),
        title: view.definition.text("title"),
        description: view.definition.text("description"),
        annotations: annotations(view.definition.annotations()),
    }
}

fn annotations(hints: Annotations) -> wit::Annotations {
    let Annotations { title, read_only, destructive, idempotent, open_world } = hints;
    wit::Annotations { title, read_only, destructive, idempotent, open_world }
}

/// An edit of the tool at an index, as one of the entry at its place in the whole list.
fn edit(edit: wit::Edit, places: &[usize]) -> Result<ListEdit, String> {
    let place = |at: u32| {
        let missing = || format!("it edits tool {at} of {}, counted from 0", places.len());
        places.get(at as usize).copied().ok_or_else(missing)
    };
    Ok(match edit {
        wit::Edit::Hide(at) => ListEdit::Hide(place(at)?),
        wit::Edit::Update((at, edit)) => {
            let wit::Annotations { title, read_only, destructive, idempotent, open_world } =
                edit.annotations;
            let annotations = Annotations { title, read_only, destructive, idempotent, open_world };
            let (title, description) = (edit.title, edit.description);
            let edit = EntryEdit {
                exposed: edit.exposed,
                title,
                description,
                annotations,
                patches: Vec::new(),
            };
            ListEdit::Update(place(at)?, edit)
        }
    })
}
