//! One tool as a catalog hook sees it: what the host said, and what was changed since.

/// A tool. What is read from it is as it stands now, changes included.
#[derive(Debug, Clone)]
pub struct Tool {
    backend: String,
    name: String,
    exposed: String,
    title: Option<String>,
    description: Option<String>,
    annotations: Annotations,
    edit: ToolEdit,
    hidden: bool,
}

/// Hints a tool gives about itself; they are claims, not facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotations {
    /// A title; older than the tool's own `title`, and shown if that is missing.
    pub title: Option<String>,
    /// Does not change its environment.
    pub read_only: Option<bool>,
    /// May destroy something.
    pub destructive: Option<bool>,
    /// The same call again changes nothing more.
    pub idempotent: Option<bool>,
    /// Deals with the world outside, as a web search does.
    pub open_world: Option<bool>,
}

/// What changes about a tool; `None` leaves a part as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolEdit {
    /// The whole name that clients are to see.
    pub exposed: Option<String>,
    /// The title.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The hints to set.
    pub annotations: Annotations,
}

impl Tool {
    /// A tool of this backend and native name, exposed as `backend__name`.
    pub fn new(backend: impl Into<String>, name: impl Into<String>) -> Self {
        let (backend, name) = (backend.into(), name.into());
        Self {
            exposed: format!("{backend}__{name}"),
            backend,
            name,
            title: None,
            description: None,
            annotations: Annotations::default(),
            edit: ToolEdit::default(),
            hidden: false,
        }
    }

    /// The same tool under another exposed name, as if the host had shown it so.
    #[must_use]
    pub fn with_exposed(mut self, exposed: impl Into<String>) -> Self {
        self.exposed = exposed.into();
        self
    }

    /// The same tool with a title, as if the host had shown it so.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// The same tool with a description, as if the host had shown it so.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The same tool with these hints, as if the host had shown it so.
    #[must_use]
    pub fn with_annotations(mut self, annotations: Annotations) -> Self {
        self.annotations = annotations;
        self
    }

    /// The backend's name in the configuration.
    #[must_use]
    pub fn backend(&self) -> &str {
        &self.backend
    }

    /// The native name: the tool's own on its backend. It never changes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name clients would see.
    #[must_use]
    pub fn exposed(&self) -> &str {
        self.edit.exposed.as_deref().unwrap_or(&self.exposed)
    }

    /// The title to show, if any.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        let own = self.edit.title.as_deref().or(self.title.as_deref());
        own.or(self.annotations.title.as_deref())
    }

    /// The description, if any.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.edit.description.as_deref().or(self.description.as_deref())
    }

    /// The hints.
    #[must_use]
    pub fn annotations(&self) -> Annotations {
        let (new, old) = (&self.edit.annotations, &self.annotations);
        Annotations {
            title: new.title.clone().or_else(|| old.title.clone()),
            read_only: new.read_only.or(old.read_only),
            destructive: new.destructive.or(old.destructive),
            idempotent: new.idempotent.or(old.idempotent),
            open_world: new.open_world.or(old.open_world),
        }
    }

    /// Whether [`Tool::hide`] was called.
    #[must_use]
    pub const fn is_hidden(&self) -> bool {
        self.hidden
    }

    /// Leaves the tool out: clients neither see nor can call it.
    pub const fn hide(&mut self) {
        self.hidden = true;
    }

    /// Gives it another name for clients: the whole of it, prefix included, and 1 to 128 characters of
    /// `[A-Za-z0-9_.-]`. The host leaves a tool out whose name is not, or is taken, and says so.
    pub fn rename(&mut self, exposed: impl Into<String>) {
        self.edit.exposed = Some(exposed.into());
    }

    /// Sets the title; also the one among the hints, if the tool has that.
    pub fn set_title(&mut self, title: impl Into<String>) {
        let title = title.into();
        if self.annotations.title.is_some() {
            self.edit.annotations.title = Some(title.clone());
        }
        self.edit.title = Some(title);
    }

    /// Sets the description.
    pub fn set_description(&mut self, description: impl Into<String>) {
        self.edit.description = Some(description.into());
    }

    /// Sets the hint that it does not change its environment.
    pub const fn set_read_only(&mut self, read_only: bool) {
        self.edit.annotations.read_only = Some(read_only);
    }

    /// Sets the hint that it may destroy something.
    pub const fn set_destructive(&mut self, destructive: bool) {
        self.edit.annotations.destructive = Some(destructive);
    }

    /// Sets the hint that the same call again changes nothing more.
    pub const fn set_idempotent(&mut self, idempotent: bool) {
        self.edit.annotations.idempotent = Some(idempotent);
    }

    /// Sets the hint that it deals with the world outside.
    pub const fn set_open_world(&mut self, open_world: bool) {
        self.edit.annotations.open_world = Some(open_world);
    }

    /// What differs from what the host said, if anything.
    pub(super) fn edit(&self) -> Option<ToolEdit> {
        fn changed<T: Clone + PartialEq>(new: &Option<T>, old: &Option<T>) -> Option<T> {
            new.clone().filter(|new| old.as_ref() != Some(new))
        }
        let (new, old) = (&self.edit.annotations, &self.annotations);
        let edit = ToolEdit {
            exposed: self.edit.exposed.clone().filter(|exposed| *exposed != self.exposed),
            title: changed(&self.edit.title, &self.title),
            description: changed(&self.edit.description, &self.description),
            annotations: Annotations {
                title: changed(&new.title, &old.title),
                read_only: changed(&new.read_only, &old.read_only),
                destructive: changed(&new.destructive, &old.destructive),
                idempotent: changed(&new.idempotent, &old.idempotent),
                open_world: changed(&new.open_world, &old.open_world),
            },
        };
        (edit != ToolEdit::default()).then_some(edit)
    }
}
