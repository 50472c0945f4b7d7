//! One entry's definition as its backend wrote it, read just far enough to rename and edit it.

use crate::hook::EntryEdit;
use crate::json::pointer::patch;
use crate::json::{Object, Raw};
use crate::names::NativeName;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    /// Something to call.
    Tool,
    /// Something to fill in and say.
    Prompt,
    /// Something to read.
    Resource,
    /// A pattern of URIs that can be read.
    Template,
}

impl EntryKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Tool, Self::Prompt, Self::Resource, Self::Template];

    /// The member of a definition that identifies it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Tool | Self::Prompt => "name",
            Self::Resource => "uri",
            Self::Template => "uriTemplate",
        }
    }

    /// The member of a list's result that holds the definitions.
    #[must_use]
    pub const fn list_key(self) -> &'static str {
        match self {
            Self::Tool => "tools",
            Self::Prompt => "prompts",
            Self::Resource => "resources",
            Self::Template => "resourceTemplates",
        }
    }

    /// The method that lists it.
    #[must_use]
    pub const fn list_method(self) -> &'static str {
        match self {
            Self::Tool => "tools/list",
            Self::Prompt => "prompts/list",
            Self::Resource => "resources/list",
            Self::Template => "resources/templates/list",
        }
    }

    /// The capability of a server that has it.
    #[must_use]
    pub const fn capability(self) -> &'static str {
        match self {
            Self::Tool => "tools",
            Self::Prompt => "prompts",
            Self::Resource | Self::Template => "resources",
        }
    }

    /// What it is called in messages.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Resource => "resource",
            Self::Template => "resource template",
        }
    }
}

/// A definition whose unknown members stay as they are.
#[derive(Debug, Clone)]
pub struct Definition {
    kind: EntryKind,
    name: NativeName,
    object: Object,
}

/// The annotations that policy looks at (2025-03-26, `ToolAnnotations`); wrong-typed ones count as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotations {
    /// `title`
    pub title: Option<String>,
    /// `readOnlyHint`
    pub read_only: Option<bool>,
    /// `destructiveHint`
    pub destructive: Option<bool>,
    /// `idempotentHint`
    pub idempotent: Option<bool>,
    /// `openWorldHint`
    pub open_world: Option<bool>,
}

impl Definition {
    /// A tool that no backend has, under this name; it may be a name that no tool can have.
    ///
    /// # Errors
    /// If what defines it is no object.
    pub fn of_tool(name: &str, definition: &Raw) -> Result<Self, String> {
        let mut object = definition.object().map_err(|error| error.to_string())?;
        object.set(EntryKind::Tool.key(), Raw::string(name));
        Ok(Self { kind: EntryKind::Tool, name: NativeName::new(name), object })
    }

    /// Reads one element of a list.
    ///
    /// # Errors
    /// Why this one element cannot be offered: no object, or nothing to call it by. Other defects are passed on.
    pub fn read(kind: EntryKind, raw: &Raw) -> Result<Self, String> {
        let object = raw.object().map_err(|error| error.to_string())?;
        let key = kind.key();
        let name = object.get(key).ok_or_else(|| format!("it has no `{key}`"))?;
        let name = name.as_string().ok_or_else(|| format!("its `{key}` is not a string"))?;
        if name.is_empty() {
            return Err(format!("its `{key}` is empty"));
        }
        Ok(Self { kind, name: NativeName::new(&name), object })
    }

    /// What it defines.
    #[must_use]
    pub const fn kind(&self) -> EntryKind {
        self.kind
    }

    /// The name as the backend says it.
    #[must_use]
    pub const fn name(&self) -> &NativeName {
        &self.name
    }

    /// A member that is a string.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<String> {
        Some(self.object.get(key)?.as_string()?.into_owned())
    }

    /// A member as it was written.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&Raw> {
        self.object.get(key)
    }

    /// The annotations policy looks at.
    #[must_use]
    pub fn annotations(&self) -> Annotations {
        let Some(Ok(object)) = self.object.get("annotations").map(Raw::object) else {
            return Annotations::default();
        };
        let hint = |key: &str| object.get(key).and_then(|raw| raw.read::<bool>().ok());
        Annotations {
            title: object.get("title").and_then(|raw| Some(raw.as_string()?.into_owned())),
            read_only: hint("readOnlyHint"),
            destructive: hint("destructiveHint"),
            idempotent: hint("idempotentHint"),
            open_world: hint("openWorldHint"),
        }
    }

    /// The definition under the name that clients see.
    #[must_use]
    pub fn under(&self, exposed: &str) -> Raw {
        if exposed == self.name.as_str() {
            return self.object.to_raw();
        }
        let mut object = self.object.clone();
        object.set(self.kind.key(), Raw::string(exposed));
        object.to_raw()
    }

    /// Puts other values in the place of members; for what has to follow a changed URI.
    pub fn set(&mut self, key: &str, value: Raw) {
        self.object.set(key, value);
    }

    /// Makes a plugin's changes, all or none; the exposed name is the catalog's affair.
    ///
    /// # Errors
    /// Which patch cannot be made, or would change what names the entry.
    pub fn edit(&mut self, edit: &EntryEdit) -> Result<(), String> {
        let mut edited = self.clone();
        edited.describe(edit);
        if !edit.patches.is_empty() {
            let patched = patch(&edited.object.to_raw(), &edit.patches);
            let patched = patched.map_err(|error| error.to_string())?;
            let key = self.kind.key();
            edited.object = patched.object().map_err(|error| error.to_string())?;
            if edited.object.get(key) != self.object.get(key) {
                return Err(format!("a patch would change `{key}`, which names the entry"));
            }
        }
        *self = edited;
        Ok(())
    }

    fn describe(&mut self, edit: &EntryEdit) {
        for (key, text) in [("title", &edit.title), ("description", &edit.description)] {
            if let Some(text) = text {
                self.object.set(key, Raw::string(text));
            }
        }
        let wanted = &edit.annotations;
        if *wanted == Annotations::default() {
            return;
        }
        let known = self.object.get("annotations").and_then(|raw| raw.object().ok());
        let mut annotations = known.unwrap_or_default();
        if let Some(title) = &wanted.title {
            annotations.set("title", Raw::string(title));
        }
        for (key, hint) in [
            ("readOnlyHint", wanted.read_only),
            ("destructiveHint", wanted.destructive),
            ("idempotentHint", wanted.idempotent),
            ("openWorldHint", wanted.open_world),
        ] {
            if let Some(hint) = hint {
                annotations.set(key, Raw::literal(if hint { "true" } else { "false" }));
            }
        }
        self.object.set("annotations", annotations.to_raw());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::pointer::{Patch, Pointer};

    const ODD: &str = r#"{"vendor":{"n":1e400},"name":"a","annotations":{"readOnlyHint":"yes","x":1},"outputSchema":true}"#;

    #[test]
    fn what_we_do_not_know_stays_as_it_is() {
        let definition = Definition::read(EntryKind::Tool, &Raw::literal(ODD)).unwrap();
        assert_eq!(definition.annotations(), Annotations::default());
        assert_eq!(
            definition.under("b__a").as_bytes(),
            ODD.replace(r#""name":"a""#, r#""name":"b__a""#).as_bytes()
        );
    }

    #[test]
    fn an_edit_touches_only_what_it_names() {
        let mut definition = Definition::read(EntryKind::Tool, &Raw::literal(ODD)).unwrap();
        let annotations = Annotations { read_only: Some(true), ..Annotations::default() };
        definition.edit(&EntryEdit { annotations, ..EntryEdit::default() }).unwrap();
        assert_eq!(
            definition.under("a").as_bytes(),
            ODD.replace(r#""readOnlyHint":"yes""#, r#""readOnlyHint":true"#).as_bytes()
        );
    }

    #[test]
    fn patches_are_made_after_the_rest_all_or_none_and_leave_the_name() {
        let mut definition = Definition::read(EntryKind::Tool, &Raw::literal(ODD)).unwrap();
        let set = |at: &str, value| Patch::Set(Pointer::parse(at).unwrap(), Raw::literal(value));
        let edit =
            |patches| EntryEdit { title: Some("t".to_owned()), patches, ..EntryEdit::default() };
        for wrong in ["/name", "/nowhere/x"] {
            let failed = definition.edit(&edit(vec![set("/title", "1"), set(wrong, "1")]));
            assert!(failed.unwrap_err().contains(wrong.trim_start_matches('/')));
        }
        assert_eq!(definition.under("a").as_bytes(), ODD.as_bytes());
        definition.edit(&edit(vec![set("/title", "1"), set("/name", "\"a\"")])).unwrap();
        let expected = ODD.replace("true}", r#"true,"title":1}"#);
        assert_eq!(definition.under("a").as_bytes(), expected.as_bytes());
    }

    #[test]
    fn an_entry_without_a_name_is_refused_alone() {
        for odd in [r#"{"title":"x"}"#, "[]", r#"{"name":3}"#, r#"{"name":""}"#] {
            assert!(Definition::read(EntryKind::Tool, &Raw::literal(odd)).is_err(), "{odd}");
        }
    }
}
