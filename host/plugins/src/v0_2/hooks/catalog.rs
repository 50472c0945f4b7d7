//! The catalog hook.

use mcpmux_core::hook::{CatalogHook, EntryEdit, EntryView, HookKind, ListEdit, VirtualTool};
use mcpmux_core::names::PluginName;

use super::Hook;
use crate::state::Around;
use crate::v0_2::bindings::exports::mcpmux::plugin::catalog as wit;
use crate::v0_2::guests::exported;
use crate::v0_2::host::Definitions;
use crate::v0_2::{check, convert};

impl CatalogHook for Hook {
    fn plugin(&self) -> PluginName {
        self.0.name().clone()
    }

    fn transform(&self, entries: &[EntryView<'_>]) -> Result<Vec<ListEdit>, String> {
        let shown: Vec<_> = entries.iter().map(entry).collect();
        let around = Around::definitions(entries.iter().map(|view| view.definition));
        self.0.call(
            HookKind::Catalog,
            around,
            async |live| {
                let guest = exported(live.guests.v0_2()?.catalog.as_ref())?;
                guest.call_transform(&mut live.store, &shown, Definitions::lend()).await
            },
            |list| edits(list, entries),
        )
    }
}

fn entry(view: &EntryView<'_>) -> wit::Entry {
    let definition = view.definition;
    wit::Entry {
        kind: convert::kind(definition.kind()),
        backend: view.backend.as_str().to_owned(),
        name: definition.name().as_str().to_owned(),
        exposed: view.exposed.to_owned(),
        title: definition.text("title"),
        description: definition.text("description"),
        annotations: convert::annotations(definition.annotations()),
    }
}

/// The edits, each of an entry that was shown. Whether a name can be had, and a patch be made, is seen when the
/// catalog is built.
pub(super) fn edits(
    edits: Vec<wit::Edit>,
    entries: &[EntryView<'_>],
) -> Result<Vec<ListEdit>, String> {
    let shown = |at: u32| {
        let count = entries.len();
        let at = at as usize;
        let view = entries.get(at);
        view.map(|view| (at, view))
            .ok_or_else(|| format!("it edits entry {at} of {count}, counted from 0"))
    };
    let mut work = 0_usize;
    let mut edit = |edit| {
        Ok(match edit {
            wit::Edit::Hide(at) => ListEdit::Hide(shown(at)?.0),
            wit::Edit::Unlist(at) => ListEdit::Unlist(shown(at)?.0),
            wit::Edit::Update((at, edit)) => {
                let (at, view) = shown(at)?;
                let edit = update(edit)?;
                work = work.saturating_add(cost(&edit, view));
                check::work(work)?;
                ListEdit::Update(at, edit)
            }
            wit::Edit::Add(tool) => {
                let what = format!("the definition of its tool `{}`", tool.name.escape_debug());
                let definition = check::object(&what, tool.definition_json)?;
                ListEdit::Add(VirtualTool { name: tool.name, definition })
            }
        })
    };
    edits.into_iter().map(&mut edit).collect()
}

fn update(edit: wit::EntryEdit) -> Result<EntryEdit, String> {
    let wit::EntryEdit { exposed, title, description, annotations, patches } = edit;
    let annotations = convert::annotations_back(annotations);
    let patches = check::patches(patches)?;
    Ok(EntryEdit { exposed, title, description, annotations, patches })
}

/// The bytes that the patches of an edit go over.
fn cost(edit: &EntryEdit, view: &EntryView<'_>) -> usize {
    if edit.patches.is_empty() {
        return 0;
    }
    edit.patches.len().saturating_mul(view.definition.under(view.exposed).as_bytes().len())
}
