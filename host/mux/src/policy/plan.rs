//! Which plugins a call meets: decided for each entry when the catalog is built, so that a call only takes its plan.
//!
//! A call keeps its plan to its end: what is swapped meanwhile is another plan's.

use std::collections::HashMap;
use std::sync::Arc;

use mcpmux_core::call::Target;
use mcpmux_core::catalog::{Catalog, Entry, EntryKind};
use mcpmux_core::client::Client;
use mcpmux_core::config::Mode;
use mcpmux_core::hook::{HookKind, Hooks};
use mcpmux_core::names::{BackendName, ExposedName, NativeName};
use mcpmux_core::uri;

use super::observers::Observer;

/// A plugin where calls pass it.
pub(crate) struct Post {
    pub(crate) hooks: Arc<Hooks>,
    /// Its queue, if it observes.
    pub(crate) observer: Option<Observer>,
}

impl Post {
    /// Whether what it says is only recorded.
    pub(crate) fn is_shadow(&self) -> bool {
        self.hooks.mode == Mode::Shadow
    }

    /// Whether a failure of this hook passes it over.
    pub(super) fn passes_over(&self, kind: HookKind) -> bool {
        self.is_shadow() || self.hooks.on_error.is_open(kind)
    }

    /// Tells this plugin, and this version of it, from all others.
    pub(super) fn id(&self) -> String {
        format!("{}@{}", self.hooks.name, self.hooks.sha256)
    }

    fn acts_on_calls(&self) -> bool {
        let hooks = &self.hooks;
        let acts = hooks.request.is_some()
            || hooks.authorize.is_some()
            || hooks.response.is_some()
            || hooks.notify.is_some()
            || hooks.observe.is_some();
        acts && hooks.mode != Mode::Off
    }

    fn judges_lists(&self) -> bool {
        self.hooks.authorize_list.is_some() && self.hooks.mode != Mode::Off
    }
}

/// The plugins that a call meets, in order. There is no empty one.
pub(crate) struct Plan {
    posts: Vec<Arc<Post>>,
    /// Whether it depends on the client whom it meets.
    by_client: bool,
    /// Whose tool it is; that plugin is asked whoever calls.
    owner: Option<usize>,
}

impl Plan {
    fn new(posts: Vec<Arc<Post>>, owner: Option<usize>) -> Option<Arc<Self>> {
        if posts.is_empty() {
            return None;
        }
        let by_client = posts.iter().any(|post| !post.hooks.matches.clients.is_empty());
        Some(Arc::new(Self { posts, by_client, owner }))
    }

    pub(crate) fn posts(&self) -> impl Iterator<Item = &Arc<Post>> {
        self.posts.iter()
    }

    /// Whether it depends on the client.
    pub(crate) const fn is_by_client(&self) -> bool {
        self.by_client
    }

    /// What of it holds for this client.
    pub(crate) fn of_client(self: Arc<Self>, client: &Client) -> Option<Arc<Self>> {
        if !self.by_client {
            return Some(self);
        }
        let name = super::said(client, "name");
        let meets = |(at, post): &(usize, &Arc<Post>)| {
            self.owner == Some(*at) || post.hooks.matches.client(&name)
        };
        let posts = self.posts.iter().enumerate().filter(meets);
        Self::new(posts.map(|(_, post)| Arc::clone(post)).collect(), None)
    }
}

/// The plans for everything in a view.
#[derive(Default)]
pub(crate) struct Plans {
    backends: HashMap<BackendName, OfBackend>,
    /// Those of the tools that plugins added.
    added: HashMap<ExposedName, Arc<Plan>>,
    /// The plugins that judge lists.
    lists: Vec<Arc<Post>>,
}

/// The plans of one backend that some plugin is asked about.
struct OfBackend {
    posts: Vec<Arc<Post>>,
    /// That of what no entry stands for: of tasks, and of what is said outside of calls.
    whole: Option<Arc<Plan>>,
    /// Those of tools and prompts.
    named: HashMap<NativeName, Option<Arc<Plan>>>,
    /// Those of resources and templates.
    uris: HashMap<NativeName, Option<Arc<Plan>>>,
    /// Whether a URI that is not listed may have a plan other than the whole.
    by_uri: bool,
    /// Templates that a plugin is asked about by their text, and so about what comes out of them.
    through: Vec<(NativeName, usize)>,
}

impl Plans {
    pub(crate) fn new<'a>(
        posts: &[Arc<Post>],
        catalog: &Catalog,
        backends: impl Iterator<Item = &'a BackendName>,
    ) -> Self {
        let lists = posts.iter().filter(|post| post.judges_lists()).cloned().collect();
        let posts: Vec<Arc<Post>> =
            posts.iter().filter(|post| post.acts_on_calls()).cloned().collect();
        let mut plans = Self { lists, ..Self::default() };
        if posts.is_empty() {
            return plans;
        }
        let entries =
            |kinds: [EntryKind; 2]| kinds.into_iter().flat_map(|kind| catalog.shelf(kind).all());
        for backend in backends {
            let posts: Vec<_> =
                posts.iter().filter(|post| post.hooks.matches.backend(backend)).cloned().collect();
            if !posts.is_empty() {
                plans.backends.insert(backend.clone(), OfBackend::new(posts));
            }
        }
        for template in catalog.shelf(EntryKind::Template).all() {
            if let Some(of_backend) = plans.backends.get_mut(&template.backend) {
                of_backend.lead_through(template);
            }
        }
        let mut known = Interned::default();
        for entry in entries([EntryKind::Tool, EntryKind::Prompt]) {
            if entry.plugin.is_some() {
                if let Some(plan) = of_added(&posts, entry) {
                    plans.added.insert(entry.exposed.clone(), plan);
                }
            } else if let Some(of_backend) = plans.backends.get_mut(&entry.backend) {
                let plan = known.plan(of_backend, &entry.backend, &entry.native);
                of_backend.named.insert(entry.native.clone(), plan);
            }
        }
        for entry in entries([EntryKind::Resource, EntryKind::Template]) {
            if let Some(of_backend) = plans.backends.get_mut(&entry.backend) {
                let plan = known.plan(of_backend, &entry.backend, &entry.native);
                of_backend.uris.insert(entry.native.clone(), plan);
            }
        }
        plans
    }

    /// That of a tool or a prompt of a backend.
    pub(crate) fn named(&self, to: &Target) -> Option<Arc<Plan>> {
        self.backends.get(&to.backend)?.named.get(&to.native)?.clone()
    }

    /// That of a tool that a plugin added.
    pub(crate) fn added(&self, exposed: &str) -> Option<Arc<Plan>> {
        self.added.get(exposed).cloned()
    }

    /// That of a resource or a template, listed or not.
    pub(crate) fn uri(&self, backend: &BackendName, native: &str) -> Option<Arc<Plan>> {
        let of_backend = self.backends.get(backend)?;
        if let Some(plan) = of_backend.uris.get(native) {
            return plan.clone();
        }
        if !of_backend.by_uri {
            return of_backend.whole.clone();
        }
        let meets = of_backend.meets(backend, native);
        let posts = meets.into_iter().filter_map(|at| of_backend.posts.get(at).cloned());
        Plan::new(posts.collect(), None)
    }

    /// That of anything else of a backend: which entry a task comes from is not known, so all are asked.
    pub(crate) fn whole(&self, backend: &BackendName) -> Option<Arc<Plan>> {
        self.backends.get(backend)?.whole.clone()
    }

    /// The plugins that judge lists.
    pub(crate) fn lists(&self) -> &[Arc<Post>] {
        &self.lists
    }

    /// Whether a list may differ from client to client.
    pub(crate) fn tell_clients_apart(&self) -> bool {
        self.lists.iter().any(|post| !post.is_shadow())
    }

    /// Whether the same plugins judge lists.
    pub(crate) fn judge_lists_as(&self, other: &Self) -> bool {
        self.lists.len() == other.lists.len()
            && self.lists.iter().zip(&other.lists).all(|(one, other)| Arc::ptr_eq(one, other))
    }
}

impl OfBackend {
    fn new(posts: Vec<Arc<Post>>) -> Self {
        let by_uri = posts.iter().any(|post| !post.hooks.matches.entries.is_empty());
        let whole = Plan::new(posts.clone(), None);
        let (named, uris) = (HashMap::new(), HashMap::new());
        Self { posts, whole, named, uris, by_uri, through: Vec::new() }
    }

    fn lead_through(&mut self, template: &Entry) {
        for (at, post) in self.posts.iter().enumerate() {
            let matches = &post.hooks.matches;
            if !matches.entries.is_empty()
                && matches.entry(&template.backend, template.native.as_str())
            {
                self.through.push((template.native.clone(), at));
            }
        }
    }

    /// The plugins that are asked about this.
    fn meets(&self, backend: &BackendName, native: &str) -> Vec<usize> {
        let through = |at: usize| {
            let mut templates = self.through.iter().filter(|(_, post)| *post == at);
            templates.any(|(template, _)| uri::matches(template.as_str(), native))
        };
        let posts = self.posts.iter().enumerate();
        posts
            .filter(|(at, post)| post.hooks.matches.entry(backend, native) || through(*at))
            .map(|(at, _)| at)
            .collect()
    }
}

/// The plans that are there already: most entries have the same.
#[derive(Default)]
struct Interned(HashMap<(BackendName, Vec<usize>), Arc<Plan>>);

impl Interned {
    fn plan(
        &mut self,
        of_backend: &OfBackend,
        backend: &BackendName,
        native: &NativeName,
    ) -> Option<Arc<Plan>> {
        let key = (backend.clone(), of_backend.meets(backend, native.as_str()));
        if let Some(plan) = self.0.get(&key) {
            return Some(Arc::clone(plan));
        }
        let posts = key.1.iter().filter_map(|at| of_backend.posts.get(*at).cloned());
        let plan = Plan::new(posts.collect(), None)?;
        self.0.insert(key, Arc::clone(&plan));
        Some(plan)
    }
}

/// The plan of a tool that a plugin added: that plugin is always in it.
fn of_added(posts: &[Arc<Post>], entry: &Entry) -> Option<Arc<Plan>> {
    let owns = |post: &Arc<Post>| Some(&post.hooks.name) == entry.plugin.as_ref();
    let meets = |post: &&Arc<Post>| {
        owns(post) || post.hooks.matches.entry(&entry.backend, entry.native.as_str())
    };
    let posts: Vec<_> = posts.iter().filter(meets).cloned().collect();
    let owner = posts.iter().position(owns);
    Plan::new(posts, owner)
}
