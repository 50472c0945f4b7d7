//! What clients see: the immutable catalog of entries by exposed name, and what it is built from.

pub mod build;
pub mod definition;
mod hidden;
pub mod page;

use std::collections::HashMap;
use std::sync::Arc;

pub use build::{Report, Source, build};
pub use definition::{Annotations, Definition, EntryKind};
use hidden::Hidden;

use crate::config::Match;
use crate::json::Raw;
use crate::names::{BackendName, ExposedName, NativeName, PluginName};
use crate::uri;

/// One entry as clients see it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name in the catalog.
    pub exposed: ExposedName,
    /// Whose it is.
    pub backend: BackendName,
    /// Its name there.
    pub native: NativeName,
    /// The definition to list: the backend's own, but for the name and what plugins changed.
    pub definition: Raw,
    /// Whether it stands in the lists.
    pub listed: bool,
    /// The plugin that added it and answers calls to it; `backend` then is the plugin's name.
    pub plugin: Option<PluginName>,
}

/// All entries of one kind, by exposed name and in order.
#[derive(Debug, Default)]
pub struct Shelf {
    entries: Vec<Arc<Entry>>,
    unlisted: Vec<Arc<Entry>>,
    by_name: HashMap<ExposedName, Arc<Entry>>,
}

/// All entries, in order: backends as configured, within one by exposed name.
#[derive(Debug, Default)]
pub struct Catalog {
    tools: Shelf,
    prompts: Shelf,
    resources: Shelf,
    templates: Shelf,
    rank: HashMap<BackendName, usize>,
    /// The URIs of resources that clients see otherwise than their backend says them.
    qualified: HashMap<BackendName, HashMap<NativeName, ExposedName>>,
    /// The resources that plugins hide, which their URIs must not lead to.
    hidden: HashMap<BackendName, Hidden>,
    /// What plugins are asked about that have not had their say yet: nothing of that is here.
    withheld: Vec<Match>,
}

/// Which lists differ between two catalogs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changed {
    /// That of the tools.
    pub tools: bool,
    /// That of the prompts.
    pub prompts: bool,
    /// That of the resources, or of the templates.
    pub resources: bool,
}

impl Changed {
    /// Whether any does.
    #[must_use]
    pub const fn any(self) -> bool {
        self.tools || self.prompts || self.resources
    }

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            tools: self.tools || other.tools,
            prompts: self.prompts || other.prompts,
            resources: self.resources || other.resources,
        }
    }
}

impl Shelf {
    /// The entry of this exposed name.
    #[must_use]
    pub fn get(&self, exposed: &str) -> Option<&Arc<Entry>> {
        self.by_name.get(exposed)
    }

    /// Those that are listed, in order.
    #[must_use]
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// All that can be called: those that are listed, in order, then the others.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter().chain(&self.unlisted)
    }

    /// The same without what these cover.
    fn without(&self, withheld: &[Match]) -> Self {
        let stays = |entry: &Entry| {
            let native = entry.native.as_str();
            !withheld.iter().any(|matches| matches.entry(&entry.backend, native))
        };
        let list = |entries: &[Arc<Entry>]| {
            entries.iter().filter(|entry| stays(entry)).cloned().collect::<Vec<_>>()
        };
        let named = self.by_name.iter().filter(|(_, entry)| stays(entry));
        Self {
            entries: list(&self.entries),
            unlisted: list(&self.unlisted),
            by_name: named.map(|(name, entry)| (name.clone(), Arc::clone(entry))).collect(),
        }
    }

    /// Whether clients of `other` would see exactly what clients of this one see.
    fn same(&self, other: &Self) -> bool {
        let same = |(a, b): (&Arc<Entry>, &Arc<Entry>)| {
            a.exposed == b.exposed && a.definition == b.definition
        };
        self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(same)
    }
}

impl Catalog {
    /// The entries of one kind.
    #[must_use]
    pub const fn shelf(&self, kind: EntryKind) -> &Shelf {
        match kind {
            EntryKind::Tool => &self.tools,
            EntryKind::Prompt => &self.prompts,
            EntryKind::Resource => &self.resources,
            EntryKind::Template => &self.templates,
        }
    }

    /// The same without what these cover, which plugins are asked about that had no say in this catalog: what they would
    /// hide is not known. What has a URI and may be theirs is reached on no way.
    #[must_use]
    pub fn without(&self, withheld: Vec<Match>) -> Self {
        let shelf = |kind| self.shelf(kind).without(&withheld);
        let (tools, prompts) = (shelf(EntryKind::Tool), shelf(EntryKind::Prompt));
        let (resources, templates) = (shelf(EntryKind::Resource), shelf(EntryKind::Template));
        Self {
            tools,
            prompts,
            resources,
            templates,
            rank: self.rank.clone(),
            qualified: self.qualified.clone(),
            hidden: self.hidden.clone(),
            withheld,
        }
    }

    /// What it is without.
    #[must_use]
    pub fn withheld(&self) -> &[Match] {
        &self.withheld
    }

    /// Which lists clients of `other` would see differently.
    #[must_use]
    pub fn changed(&self, other: &Self) -> Changed {
        Changed {
            tools: !self.tools.same(&other.tools),
            prompts: !self.prompts.same(&other.prompts),
            resources: !self.resources.same(&other.resources)
                || !self.templates.same(&other.templates),
        }
    }

    /// Whether the two hold the same, listed or not.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        let same = |(a, b): (&Arc<Entry>, &Arc<Entry>)| {
            (&a.exposed, &a.backend, &a.native) == (&b.exposed, &b.backend, &b.native)
                && a.definition == b.definition
        };
        self.withheld == other.withheld
            && EntryKind::ALL.into_iter().all(|kind| {
                let (one, other) = (self.shelf(kind), other.shelf(kind));
                one.same(other)
                    && one.unlisted.len() == other.unlisted.len()
                    && one.all().zip(other.all()).all(same)
            })
    }

    /// How many entries of a kind a backend has in the catalog.
    #[must_use]
    pub fn count(&self, kind: EntryKind, backend: &BackendName) -> usize {
        self.shelf(kind).entries.iter().filter(|entry| entry.backend == *backend).count()
    }

    /// The backend of a URI that is listed or fits a listed template, and the URI there. What is listed counts
    /// before what is qualified, and templates count in their order.
    #[must_use]
    pub fn resource(&self, exposed: &str) -> Option<(BackendName, NativeName)> {
        if let Some(entry) = self.resources.get(exposed) {
            return Some((entry.backend.clone(), entry.native.clone()));
        }
        if let Some((backend, native)) = uri::unqualify(exposed)
            && self.rank.contains_key(&backend)
        {
            return Some((backend, NativeName::new(&native)));
        }
        let fits = |entry: &&Arc<Entry>| uri::matches(entry.exposed.as_str(), exposed);
        let template = self.templates.all().find(fits)?;
        Some((template.backend.clone(), NativeName::new(exposed)))
    }

    /// How clients see a listed resource of a backend, if not by the URI that the backend gives it.
    #[must_use]
    pub fn qualified(&self, backend: &BackendName, native: &str) -> Option<&ExposedName> {
        self.qualified.get(backend)?.get(native)
    }

    /// Whether a plugin hides what this URI of a backend, or the text of this template, leads to: it is not to be
    /// reached on any way. So is what may be such as a plugin has not had its say on.
    #[must_use]
    pub fn hides(&self, backend: &BackendName, native: &str) -> bool {
        let withheld = |matches: &Match| {
            matches.entry(backend, native)
                || (matches.backend(backend) && !self.offers(backend, native))
        };
        if self.withheld.iter().any(withheld) {
            return true;
        }
        let Some(hidden) = self.hidden.get(backend) else { return false };
        hidden.names(native) || (hidden.covers(native) && !self.offers(backend, native))
    }

    /// The entry of a backend's resource, if there is one.
    #[must_use]
    pub fn listed_uri(&self, backend: &BackendName, native: &str) -> Option<&Arc<Entry>> {
        let exposed = self.qualified(backend, native).map_or(native, ExposedName::as_str);
        self.resources.get(exposed).filter(|entry| entry.backend == *backend)
    }

    /// Whether a resource of a backend is among the entries, or fits a template that is.
    fn offers(&self, backend: &BackendName, native: &str) -> bool {
        self.listed_uri(backend, native).is_some()
            || self.templates.all().any(|template| {
                template.backend == *backend && uri::matches(template.native.as_str(), native)
            })
    }

    /// Whether this is one of the backends.
    #[must_use]
    pub fn knows(&self, backend: &BackendName) -> bool {
        self.rank.contains_key(backend)
    }
}
