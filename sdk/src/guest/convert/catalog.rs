//! Between the generated types of the catalog hook and the SDK's own.

pub(in crate::guest) use wit::{Edit, Entry};

use super::{kind, patch};
use crate::catalog as sdk;
use crate::guest::bindings::catalog::exports::mcpmux::plugin::catalog as wit;

/// The entry at this place in the host's list.
pub(in crate::guest) fn entry(at: u32, entry: Entry) -> sdk::Entry {
    let hints = entry.annotations;
    let mut shown = sdk::Entry::new(entry.backend, entry.name)
        .at(at)
        .with_kind(kind(entry.kind))
        .with_exposed(entry.exposed)
        .with_annotations(sdk::Annotations {
            title: hints.title,
            read_only: hints.read_only,
            destructive: hints.destructive,
            idempotent: hints.idempotent,
            open_world: hints.open_world,
        });
    if let Some(title) = entry.title {
        shown = shown.with_title(title);
    }
    if let Some(description) = entry.description {
        shown = shown.with_description(description);
    }
    shown
}

/// A change as the host wants it.
pub(in crate::guest) fn edit(edit: sdk::Edit) -> Edit {
    match edit {
        sdk::Edit::Hide(at) => Edit::Hide(at),
        sdk::Edit::Unlist(at) => Edit::Unlist(at),
        sdk::Edit::Add(tool) => Edit::Add(wit::VirtualTool {
            name: tool.name().to_owned(),
            definition_json: tool.definition().to_string(),
        }),
        sdk::Edit::Update(at, edit) => Edit::Update((
            at,
            wit::EntryEdit {
                exposed: edit.exposed,
                title: edit.title,
                description: edit.description,
                annotations: wit::Annotations {
                    title: edit.annotations.title,
                    read_only: edit.annotations.read_only,
                    destructive: edit.annotations.destructive,
                    idempotent: edit.annotations.idempotent,
                    open_world: edit.annotations.open_world,
                },
                patches: edit.patches.into_iter().map(patch).collect(),
            },
        )),
    }
}
