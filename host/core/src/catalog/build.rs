//! Building a catalog: prefixes, aliases, filters, plugins' edits, collisions; what was odd is `report`'s.

mod report;
mod uris;

use std::collections::HashMap;
use std::sync::Arc;

pub use report::Report;

use super::{Catalog, Definition, Entry, EntryKind, Shelf, ToolEdit};
use crate::config::Naming;
use crate::names::{BackendName, ExposedName, NAME_LIMIT, NAME_WARNING};
use crate::ports::{CatalogHook, Entries, ToolView};

/// One backend's contribution, in the order of the configuration.
#[derive(Debug, Clone)]
pub struct Source {
    /// Whose.
    pub backend: BackendName,
    /// How its entries are named and which are left out.
    pub naming: Naming,
    /// What it listed.
    pub entries: Entries,
}

/// A change a plugin wants in the list it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Leave the tool at this index out.
    Hide(usize),
    /// Change the tool at this index.
    Update(usize, ToolEdit),
}

/// An entry on its way into the catalog.
struct Draft {
    backend: BackendName,
    definition: Definition,
    exposed: String,
}

/// Builds the catalog of these sources, in their order, as the hooks, in theirs, want it. Hooks see tools only.
#[must_use]
pub fn build(sources: &[Source], hooks: &[Arc<dyn CatalogHook>]) -> (Catalog, Vec<Report>) {
    let mut reports = Vec::new();
    let rank: HashMap<_, _> =
        sources.iter().enumerate().map(|(rank, source)| (source.backend.clone(), rank)).collect();
    let mut draft = |kind| draft(sources, kind, &mut reports);
    let (mut tools, prompts) = (draft(EntryKind::Tool), draft(EntryKind::Prompt));
    let (mut resources, mut templates) = (draft(EntryKind::Resource), draft(EntryKind::Template));
    let qualified = uris::qualify(&mut resources, &rank);
    uris::qualify(&mut templates, &rank);
    uris::follow(&mut tools, &qualified);
    for hook in hooks {
        if let Err(why) = apply(hook.as_ref(), &mut tools) {
            reports.push(Report::Plugin { plugin: hook.plugin().to_string(), why });
        }
    }
    let mut collect = |drafts| collect(drafts, &rank, &mut reports);
    let catalog = Catalog {
        tools: collect(tools),
        prompts: collect(prompts),
        resources: collect(resources),
        templates: collect(templates),
        rank,
        qualified,
    };
    (catalog, reports)
}

fn draft(sources: &[Source], kind: EntryKind, reports: &mut Vec<Report>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for source in sources {
        let backend = &source.backend;
        let mut seen = std::collections::HashSet::new();
        for definition in source.entries.of(kind).iter() {
            let definition = match definition {
                Ok(definition) => definition.clone(),
                Err(why) => {
                    let (backend, why) = (backend.clone(), why.clone());
                    reports.push(Report::Odd { kind, backend, why });
                    continue;
                }
            };
            let native = definition.name().clone();
            if !source.naming.includes(native.as_str()) {
                continue;
            }
            if !seen.insert(native.clone()) {
                reports.push(Report::Duplicate { kind, backend: backend.clone(), native });
                continue;
            }
            let exposed = match kind {
                EntryKind::Tool | EntryKind::Prompt => {
                    source.naming.expose(backend, native.as_str())
                }
                EntryKind::Resource | EntryKind::Template => native.as_str().to_owned(),
            };
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
    rank: &HashMap<BackendName, usize>,
    reports: &mut Vec<Report>,
) -> Shelf {
    let mut by_name: HashMap<ExposedName, Arc<Entry>> = HashMap::with_capacity(drafts.len());
    let mut entries = Vec::with_capacity(drafts.len());
    for Draft { backend, definition, exposed } in drafts {
        let (kind, native) = (definition.kind(), definition.name().clone());
        let exposed = match kind {
            EntryKind::Tool => ExposedName::new(&exposed),
            _ => ExposedName::free(&exposed),
        };
        let exposed = match exposed {
            Ok(exposed) => exposed,
            Err(why) => {
                reports.push(Report::BadName { kind, backend, native, why: why.to_string() });
                continue;
            }
        };
        if let Some(kept) = by_name.get(&exposed) {
            let kept = (kept.backend.clone(), kept.native.clone());
            reports.push(Report::Collision { exposed, kept, dropped: (backend, native) });
            continue;
        }
        if kind == EntryKind::Tool {
            debug_assert!(exposed.as_str().len() <= NAME_LIMIT);
            if exposed.as_str().chars().count() > NAME_WARNING {
                let (exposed, backend, native) = (exposed.clone(), backend.clone(), native.clone());
                reports.push(Report::LongName { exposed, backend, native });
            }
        }
        let definition = definition.under(exposed.as_str());
        let entry = Arc::new(Entry { exposed: exposed.clone(), backend, native, definition });
        by_name.insert(exposed, Arc::clone(&entry));
        entries.push(entry);
    }
    let key = |entry: &Arc<Entry>| (rank.get(&entry.backend).copied(), entry.exposed.clone());
    entries.sort_by_cached_key(key);
    Shelf { entries, by_name }
}

#[cfg(test)]
mod tests;
