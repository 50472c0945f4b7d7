//! Building a catalog: prefixes, aliases, filters, plugins' edits, collisions; with a report of what was odd.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::{Catalog, Definition, Entry, ToolEdit};
use crate::config::Naming;
use crate::names::{BackendName, ExposedName, NAME_LIMIT, NAME_WARNING, NativeName};
use crate::ports::{CatalogHook, ToolView};

/// One backend's contribution, in the order of the configuration.
#[derive(Debug, Clone)]
pub struct Source {
    /// Whose.
    pub backend: BackendName,
    /// How its entries are named and which are left out.
    pub naming: Naming,
    /// Its tools; `Err` holds why one cannot be offered.
    pub tools: Arc<Vec<Result<Definition, String>>>,
}

/// A change a plugin wants in the list it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Leave the tool at this index out.
    Hide(usize),
    /// Change the tool at this index.
    Update(usize, ToolEdit),
}

/// Something an operator should know about a catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A backend's entry that is not even an object with a name.
    Odd {
        /// Whose.
        backend: BackendName,
        /// What is wrong with it.
        why: String,
    },
    /// A backend listed two tools of one name; the first counts.
    Duplicate {
        /// Whose.
        backend: BackendName,
        /// The name it used twice.
        native: NativeName,
    },
    /// Two backends' entries got the same exposed name; the earlier backend's counts.
    Collision {
        /// The name.
        exposed: ExposedName,
        /// Whose entry has it.
        kept: (BackendName, NativeName),
        /// Whose entry is left out.
        dropped: (BackendName, NativeName),
    },
    /// A name that clients cannot use; the entry is left out.
    BadName {
        /// Whose entry.
        backend: BackendName,
        /// Its own name.
        native: NativeName,
        /// What is wrong with the exposed one.
        why: String,
    },
    /// A name that several model providers refuse.
    LongName {
        /// The name.
        exposed: ExposedName,
        /// Whose entry.
        backend: BackendName,
        /// Its own name.
        native: NativeName,
    },
    /// A plugin's catalog hook failed or answered nonsense; none of its edits were applied, so the catalog shows
    /// what the plugin may have wanted to hide, and is not to be used.
    Plugin {
        /// Which.
        plugin: String,
        /// What went wrong.
        why: String,
    },
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Odd { backend, why } => write!(f, "a tool of `{backend}` is left out: {why}"),
            Self::Duplicate { backend, native } => {
                write!(f, "`{backend}` lists the tool `{native}` twice; the first one counts")
            }
            Self::Collision { exposed, kept, dropped } => write!(
                f,
                "`{}` of `{}` and `{}` of `{}` are both to be `{exposed}`; the first one counts\n\
                 hint: give the other a name of its own: [backends.{}] alias = {{ \"{}\" = \"...\" }}",
                kept.1, kept.0, dropped.1, dropped.0, dropped.0, dropped.1
            ),
            Self::BadName { backend, native, why } => write!(
                f,
                "the tool `{native}` of `{backend}` is left out: {why}\n\
                 hint: [backends.{backend}] alias = {{ \"{native}\" = \"...\" }}"
            ),
            Self::LongName { exposed, backend, native } => write!(
                f,
                "`{exposed}` has {} characters; several model providers refuse names over {NAME_WARNING}\n\
                 hint: [backends.{backend}] alias = {{ \"{native}\" = \"...\" }}",
                exposed.as_str().chars().count()
            ),
            Self::Plugin { plugin, why } => {
                write!(
                    f,
                    "the catalog hook of plugin `{plugin}` failed: {why}\n\
                     hint: the list of before stays until it works; if there was none, no tool is offered"
                )
            }
        }
    }
}

/// An entry on its way into the catalog.
struct Draft {
    backend: BackendName,
    definition: Definition,
    exposed: String,
}

/// Builds the catalog of these sources, in their order, as the hooks, in theirs, want it.
#[must_use]
pub fn build(sources: &[Source], hooks: &[Arc<dyn CatalogHook>]) -> (Catalog, Vec<Report>) {
    let mut reports = Vec::new();
    let mut drafts = draft(sources, &mut reports);
    for hook in hooks {
        if let Err(why) = apply(hook.as_ref(), &mut drafts) {
            reports.push(Report::Plugin { plugin: hook.plugin().to_string(), why });
        }
    }
    let rank: HashMap<_, _> =
        sources.iter().enumerate().map(|(rank, source)| (source.backend.clone(), rank)).collect();
    (collect(drafts, rank, &mut reports), reports)
}

fn draft(sources: &[Source], reports: &mut Vec<Report>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for source in sources {
        let backend = &source.backend;
        let mut seen = std::collections::HashSet::new();
        for definition in source.tools.iter() {
            let definition = match definition {
                Ok(definition) => definition.clone(),
                Err(why) => {
                    reports.push(Report::Odd { backend: backend.clone(), why: why.clone() });
                    continue;
                }
            };
            let native = definition.name().clone();
            if !source.naming.includes(native.as_str()) {
                continue;
            }
            if !seen.insert(native.clone()) {
                reports.push(Report::Duplicate { backend: backend.clone(), native });
                continue;
            }
            let exposed = source.naming.expose(backend, native.as_str());
            drafts.push(Draft { backend: backend.clone(), definition, exposed });
        }
    }
    drafts
}

/// Shows a hook the list as the hooks before it left it, and applies its edits: all, or none.
fn apply(hook: &dyn CatalogHook, drafts: &mut Vec<Draft>) -> Result<(), String> {
    let views: Vec<ToolView<'_>> = drafts
        .iter()
        .map(|draft| ToolView {
            backend: &draft.backend,
            definition: &draft.definition,
            exposed: &draft.exposed,
        })
        .collect();
    let edits = hook.transform(&views)?;
    let count = drafts.len();
    let outside =
        |edit: &Edit| matches!(edit, Edit::Hide(at) | Edit::Update(at, _) if *at >= count);
    if let Some(edit) = edits.iter().find(|edit| outside(edit)) {
        return Err(format!("{edit:?} names a tool beyond the {count} it was shown"));
    }
    let mut hidden = vec![false; count];
    for edit in edits {
        match edit {
            Edit::Hide(at) => {
                if let Some(flag) = hidden.get_mut(at) {
                    *flag = true;
                }
            }
            Edit::Update(at, edit) => {
                if let Some(draft) = drafts.get_mut(at) {
                    draft.definition.edit(&edit);
                    if let Some(name) = edit.name {
                        draft.exposed = name;
                    }
                }
            }
        }
    }
    let mut flags = hidden.into_iter();
    drafts.retain(|_| !flags.next().unwrap_or(false));
    Ok(())
}

/// Decides names: bad ones out, collisions to the earlier backend, long ones reported.
fn collect(
    drafts: Vec<Draft>,
    rank: HashMap<BackendName, usize>,
    reports: &mut Vec<Report>,
) -> Catalog {
    let mut by_name: HashMap<ExposedName, Arc<Entry>> = HashMap::with_capacity(drafts.len());
    let mut tools = Vec::with_capacity(drafts.len());
    for Draft { backend, definition, exposed } in drafts {
        let native = definition.name().clone();
        let exposed = match ExposedName::new(&exposed) {
            Ok(exposed) => exposed,
            Err(why) => {
                reports.push(Report::BadName { backend, native, why: why.to_string() });
                continue;
            }
        };
        if let Some(kept) = by_name.get(&exposed) {
            let kept = (kept.backend.clone(), kept.native.clone());
            reports.push(Report::Collision { exposed, kept, dropped: (backend, native) });
            continue;
        }
        debug_assert!(exposed.as_str().len() <= NAME_LIMIT);
        if exposed.as_str().chars().count() > NAME_WARNING {
            let (exposed, backend, native) = (exposed.clone(), backend.clone(), native.clone());
            reports.push(Report::LongName { exposed, backend, native });
        }
        let definition = definition.under(exposed.as_str());
        let entry = Arc::new(Entry { exposed: exposed.clone(), backend, native, definition });
        by_name.insert(exposed, Arc::clone(&entry));
        tools.push(entry);
    }
    let key = |entry: &Arc<Entry>| (rank.get(&entry.backend).copied(), entry.exposed.clone());
    tools.sort_by_cached_key(key);
    Catalog { tools, by_name, rank }
}

#[cfg(test)]
mod tests;
