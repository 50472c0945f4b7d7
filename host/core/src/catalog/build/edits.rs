//! What plugins' catalog hooks change on the way into the catalog: each sees what those before it left, and of its edits
//! all are made, or none.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::{Draft, Hidden, Report};
use crate::catalog::{Definition, EntryKind};
use crate::config::Mode;
use crate::hook::{CatalogHook, EntryEdit, EntryView, HookKind, Hooks, ListEdit};
use crate::names::{BackendName, PluginName};

/// Lets all plugins edit; returns what they hide.
pub(super) fn of_all(
    plugins: &[Arc<Hooks>],
    drafts: &mut Vec<Draft>,
    reports: &mut Vec<Report>,
) -> HashMap<BackendName, Hidden> {
    let mut hidden: HashMap<BackendName, Hidden> = HashMap::new();
    for plugin in plugins.iter().filter(|plugin| plugin.mode != Mode::Off) {
        let Some(hook) = &plugin.catalog else { continue };
        let shadow = plugin.mode == Mode::Shadow;
        let (name, open) = (&plugin.name, shadow || plugin.on_error.is_open(HookKind::Catalog));
        match edits(hook.as_ref(), plugin, drafts) {
            Ok(edits) if shadow => {
                reports.push(Report::Shadow { plugin: name.clone(), edits: edits.counts() });
            }
            Ok(edits) => {
                for draft in edits.apply(drafts) {
                    let (kind, native) = (draft.definition.kind(), draft.definition.name());
                    hidden.entry(draft.backend.clone()).or_default().add(kind, native.clone());
                }
            }
            Err(why) => reports.push(Report::Plugin { plugin: name.clone(), why, open }),
        }
    }
    hidden
}

/// Edits that can be made.
#[derive(Default)]
struct Edits {
    hidden: HashSet<usize>,
    unlisted: HashSet<usize>,
    /// Definitions and exposed names as they are to be.
    updated: BTreeMap<usize, (Definition, String)>,
    added: Vec<Draft>,
}

/// Shows a hook the entries that it is asked about, and checks what it wants.
fn edits(hook: &dyn CatalogHook, plugin: &Hooks, drafts: &[Draft]) -> Result<Edits, String> {
    let asked =
        |draft: &Draft| plugin.matches.entry(&draft.backend, draft.definition.name().as_str());
    let shown: Vec<usize> =
        drafts.iter().enumerate().filter(|(_, draft)| asked(draft)).map(|(at, _)| at).collect();
    let views: Vec<EntryView<'_>> = shown
        .iter()
        .filter_map(|at| drafts.get(*at))
        .map(|Draft { backend, definition, exposed, .. }| EntryView {
            backend,
            definition,
            exposed,
        })
        .collect();
    let mut edits = Edits::default();
    for edit in hook.transform(&views)? {
        let find = |index: usize| {
            let count = shown.len();
            let beyond = || format!("an edit names the entry {index}, and it was shown {count}");
            shown.get(index).copied().ok_or_else(beyond)
        };
        match edit {
            ListEdit::Hide(index) => {
                edits.hidden.insert(find(index)?);
            }
            ListEdit::Unlist(index) => {
                edits.unlisted.insert(find(index)?);
            }
            ListEdit::Update(index, edit) => edits.update(find(index)?, &edit, drafts)?,
            ListEdit::Add(tool) => {
                let definition = Definition::of_tool(&tool.name, &tool.definition)
                    .map_err(|why| format!("the definition of the tool `{}`: {why}", tool.name))?;
                let (backend, plugin) = (pseudo(&plugin.name)?, Some(plugin.name.clone()));
                let exposed = tool.name;
                edits.added.push(Draft { backend, definition, exposed, listed: true, plugin });
            }
        }
    }
    Ok(edits)
}

/// What stands in the place of a backend.
fn pseudo(plugin: &PluginName) -> Result<BackendName, String> {
    BackendName::new(plugin.as_str()).map_err(|why| why.to_string())
}

impl Edits {
    fn update(&mut self, at: usize, edit: &EntryEdit, drafts: &[Draft]) -> Result<(), String> {
        let before = self.updated.remove(&at).or_else(|| {
            let draft = drafts.get(at)?;
            Some((draft.definition.clone(), draft.exposed.clone()))
        });
        let Some((mut definition, mut exposed)) = before else { return Ok(()) };
        let (kind, native) = (definition.kind(), definition.name().clone());
        definition
            .edit(edit)
            .map_err(|why| format!("the {} `{native}` cannot be changed: {why}", kind.noun()))?;
        if let Some(wanted) = &edit.exposed {
            let fixed = matches!(kind, EntryKind::Resource | EntryKind::Template);
            if fixed && *wanted != exposed {
                return Err(format!("the URI of the {} `{native}` cannot be changed", kind.noun()));
            }
            exposed.clone_from(wanted);
        }
        self.updated.insert(at, (definition, exposed));
        Ok(())
    }

    fn counts(&self) -> [usize; 4] {
        [self.hidden.len(), self.unlisted.len(), self.updated.len(), self.added.len()]
    }

    /// Makes them, and returns what is hidden.
    fn apply(self, drafts: &mut Vec<Draft>) -> Vec<Draft> {
        for (at, (definition, exposed)) in self.updated {
            if let Some(draft) = drafts.get_mut(at) {
                (draft.definition, draft.exposed) = (definition, exposed);
            }
        }
        let (mut kept, mut hidden) = (Vec::with_capacity(drafts.len()), Vec::new());
        for (at, mut draft) in std::mem::take(drafts).into_iter().enumerate() {
            draft.listed &= !self.unlisted.contains(&at);
            if self.hidden.contains(&at) { hidden.push(draft) } else { kept.push(draft) }
        }
        kept.extend(self.added);
        *drafts = kept;
        hidden
    }
}
