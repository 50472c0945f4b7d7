//! One tool's definition as its backend wrote it, read just far enough to rename and edit it.

use crate::json::{Object, Raw};
use crate::names::NativeName;

/// A definition whose unknown members stay as they are.
#[derive(Debug, Clone)]
pub struct Definition {
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

/// What a plugin changes about a tool; `None` leaves a part as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolEdit {
    /// The whole exposed name.
    pub name: Option<String>,
    /// `title`
    pub title: Option<String>,
    /// `description`
    pub description: Option<String>,
    /// Annotations to set; the others stay.
    pub annotations: Annotations,
}

impl Definition {
    /// Reads one element of a `tools/list` result.
    ///
    /// # Errors
    /// Why this one element cannot be offered: no object, or no name. Other defects are passed on.
    pub fn read(raw: &Raw) -> Result<Self, String> {
        let object = raw.object().map_err(|error| error.to_string())?;
        let name = object.get("name").ok_or("it has no name")?;
        let name = name.as_string().ok_or("its name is not a string")?;
        if name.is_empty() {
            return Err("its name is empty".to_owned());
        }
        Ok(Self { name: NativeName::new(&name), object })
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
        object.set("name", Raw::string(exposed));
        object.to_raw()
    }

    /// Changes title, description and annotations; the name is the catalog's affair.
    pub fn edit(&mut self, edit: &ToolEdit) {
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

    const ODD: &str = r#"{"vendor":{"n":1e400},"name":"a","annotations":{"readOnlyHint":"yes","x":1},"outputSchema":true}"#;

    #[test]
    fn what_we_do_not_know_stays_as_it_is() {
        let definition = Definition::read(&Raw::literal(ODD)).unwrap();
        assert_eq!(definition.annotations(), Annotations::default());
        assert_eq!(
            definition.under("b__a").as_bytes(),
            ODD.replace(r#""name":"a""#, r#""name":"b__a""#).as_bytes()
        );
    }

    #[test]
    fn an_edit_touches_only_what_it_names() {
        let mut definition = Definition::read(&Raw::literal(ODD)).unwrap();
        let annotations = Annotations { read_only: Some(true), ..Annotations::default() };
        definition.edit(&ToolEdit { annotations, ..ToolEdit::default() });
        assert_eq!(
            definition.under("a").as_bytes(),
            ODD.replace(r#""readOnlyHint":"yes""#, r#""readOnlyHint":true"#).as_bytes()
        );
    }

    #[test]
    fn an_entry_without_a_name_is_refused_alone() {
        for odd in [r#"{"title":"x"}"#, "[]", r#"{"name":3}"#, r#"{"name":""}"#] {
            assert!(Definition::read(&Raw::literal(odd)).is_err(), "{odd}");
        }
    }
}
