//! Resource URIs that two backends claim: the earlier one's stays as it is, the later one's is qualified.

use std::collections::{HashMap, HashSet};

use super::Draft;
use crate::json::{Object, Raw};
use crate::names::{BackendName, ExposedName, NativeName};
use crate::uri;

/// How clients see the resources that they do not see by their backend's URI.
pub(super) type Qualified = HashMap<BackendName, HashMap<NativeName, ExposedName>>;

/// Qualifies each URI, or template, that an earlier backend has, or that looks like what a backend's is qualified to:
/// no backend may pass its own off as another's.
pub(super) fn qualify(drafts: &mut [Draft], rank: &HashMap<BackendName, usize>) -> Qualified {
    let mut taken: HashSet<String> = HashSet::with_capacity(drafts.len());
    let mut qualified = Qualified::new();
    for draft in drafts {
        let qualifies = uri::unqualify(&draft.exposed);
        let posing = qualifies.is_some_and(|(backend, _)| rank.contains_key(&backend));
        if !posing && taken.insert(draft.exposed.clone()) {
            continue;
        }
        draft.exposed = uri::qualify(&draft.backend, draft.definition.name().as_str());
        if let Ok(exposed) = ExposedName::free(&draft.exposed) {
            let native = draft.definition.name().clone();
            qualified.entry(draft.backend.clone()).or_default().insert(native, exposed);
        }
    }
    qualified
}

/// Lets the links of tools to their user interfaces (MCP Apps, `_meta.ui.resourceUri`, and the older
/// `_meta["ui/resourceUri"]`) follow the qualified URIs.
pub(super) fn follow(tools: &mut [Draft], qualified: &Qualified) {
    for draft in tools {
        let Some(known) = qualified.get(&draft.backend) else { continue };
        let Some(Ok(mut meta)) = draft.definition.member("_meta").map(Raw::object) else {
            continue;
        };
        let mut changed = relink(&mut meta, "ui/resourceUri", known);
        if let Some(Ok(mut ui)) = meta.get("ui").map(Raw::object)
            && relink(&mut ui, "resourceUri", known)
        {
            meta.set("ui", ui.to_raw());
            changed = true;
        }
        if changed {
            draft.definition.set("_meta", meta.to_raw());
        }
    }
}

fn relink(object: &mut Object, key: &str, known: &HashMap<NativeName, ExposedName>) -> bool {
    let Some(link) = object.get(key).and_then(Raw::as_string) else {
        return false;
    };
    let Some(exposed) = known.get(link.as_ref()) else {
        return false;
    };
    let exposed = Raw::string(exposed.as_str());
    object.set(key, exposed);
    true
}
