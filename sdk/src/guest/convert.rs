//! Between the generated types and the SDK's own.

pub(super) use super::catalog::exports::mcpmux::plugin::catalog::{Edit, Tool};

use super::catalog::exports::mcpmux::plugin::catalog as wit;
use crate::catalog as sdk;

/// A tool as the host showed it.
pub(super) fn tool(tool: Tool) -> sdk::Tool {
    let mut shown = sdk::Tool::new(tool.backend, tool.name)
        .with_exposed(tool.exposed)
        .with_annotations(sdk::Annotations {
            title: tool.annotations.title,
            read_only: tool.annotations.read_only,
            destructive: tool.annotations.destructive,
            idempotent: tool.annotations.idempotent,
            open_world: tool.annotations.open_world,
        });
    if let Some(title) = tool.title {
        shown = shown.with_title(title);
    }
    if let Some(description) = tool.description {
        shown = shown.with_description(description);
    }
    shown
}

/// A change as the host wants it.
pub(super) fn edit(edit: sdk::Edit) -> Edit {
    match edit {
        sdk::Edit::Hide(at) => Edit::Hide(at),
        sdk::Edit::Update(at, edit) => Edit::Update((
            at,
            wit::ToolEdit {
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
            },
        )),
    }
}
