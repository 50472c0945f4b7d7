//! Building a catalog: prefixes, aliases, filters, collisions; plugins' edits are `edits`', what was odd is `report`'s.

mod edits;
mod report;
mod uris;

use std::collections::HashMap;
use std::sync::Arc;

pub use report::Report;

use super::hidden::Hidden;
use super::{Catalog, Definition, Entry, EntryKind, Shelf};
use crate::config::Naming;
use crate::hook::Hooks;
use crate::names::{BackendName, ExposedName, NAME_LIMIT, NAME_WARNING, PluginName};
use crate::ports::Entries;

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

/// An entry on its way into the catalog.
struct Draft {
    backend: BackendName,
    definition: Definition,
    exposed: String,
    listed: bool,
    /// The plugin that added it.
    plugin: Option<PluginName>,
}

type Rank = HashMap<BackendName, usize>;

/// Builds the catalog of these sources, in their order, as the catalog hooks of the plugins, in theirs, want it.
#[must_use]
pub fn build(sources: &[Source], plugins: &[Arc<Hooks>]) -> (Catalog, Vec<Report>) {
    let mut reports = Vec::new();
    let mut rank: Rank =
        sources.iter().enumerate().map(|(rank, source)| (source.backend.clone(), rank)).collect();
    let mut draft = |kind| draft(sources, kind, &mut reports);
    let (mut tools, prompts) = (draft(EntryKind::Tool), draft(EntryKind::Prompt));
    let (mut resources, mut templates) = (draft(EntryKind::Resource), draft(EntryKind::Template));
    let qualified = uris::qualify(&mut resources, &rank);
    uris::qualify(&mut templates, &rank);
    uris::follow(&mut tools, &qualified);
    let mut drafts = tools;
    drafts.extend(prompts.into_iter().chain(resources).chain(templates));
    let hidden = edits::of_all(plugins, &mut drafts, &mut reports);
    // The tools of plugins come after those of backends.
    for plugin in drafts.iter().filter_map(|draft| draft.plugin.as_ref().and(Some(&draft.backend)))
    {
        let last = rank.len();
        rank.entry(plugin.clone()).or_insert(last);
    }
    let mut shelf = |kind| {
        let (of_kind, rest) = std::mem::take(&mut drafts)
            .into_iter()
            .partition(|draft| draft.definition.kind() == kind);
        drafts = rest;
        collect(of_kind, &rank, &mut reports)
    };
    let (tools, prompts) = (shelf(EntryKind::Tool), shelf(EntryKind::Prompt));
    let (resources, templates) = (shelf(EntryKind::Resource), shelf(EntryKind::Template));
    let withheld = Vec::new();
    let catalog =
        Catalog { tools, prompts, resources, templates, rank, qualified, hidden, withheld };
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
            let backend = backend.clone();
            drafts.push(Draft { backend, definition, exposed, listed: true, plugin: None });
        }
    }
    drafts
}

/// Decides names: bad ones out, collisions to the earlier backend, long ones reported.
fn collect(drafts: Vec<Draft>, rank: &Rank, reports: &mut Vec<Report>) -> Shelf {
    let mut by_name: HashMap<ExposedName, Arc<Entry>> = HashMap::with_capacity(drafts.len());
    let mut entries = Vec::with_capacity(drafts.len());
    for Draft { backend, definition, exposed, listed, plugin } in drafts {
        let (kind, native) = (definition.kind(), definition.name().clone());
        let exposed = match kind {
            EntryKind::Tool => ExposedName::new(&exposed),
            _ => ExposedName::free(&exposed),
        };
        let exposed = match exposed {
            Ok(exposed) => exposed,
            Err(why) => {
                let (why, added) = (why.to_string(), plugin.is_some());
                reports.push(Report::BadName { kind, backend, native, why, added });
                continue;
            }
        };
        if let Some(kept) = by_name.get(&exposed) {
            let kept = (kept.backend.clone(), kept.native.clone());
            let (dropped, added) = ((backend, native), plugin.is_some());
            reports.push(Report::Collision { exposed, kept, dropped, added });
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
        let entry = Entry { exposed: exposed.clone(), backend, native, definition, listed, plugin };
        let entry = Arc::new(entry);
        by_name.insert(exposed, Arc::clone(&entry));
        entries.push(entry);
    }
    let key = |entry: &Arc<Entry>| (rank.get(&entry.backend).copied(), entry.exposed.clone());
    entries.sort_by_cached_key(key);
    let (entries, unlisted) = entries.into_iter().partition(|entry| entry.listed);
    Shelf { entries, unlisted, by_name }
}

#[cfg(test)]
mod tests;
