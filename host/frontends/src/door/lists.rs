//! The four lists, a page at a time.

use mcpmux_core::catalog::EntryKind;
use mcpmux_core::era::Era;
use mcpmux_core::json::{Object, Raw};
use mcpmux_protocol::answer::own;
use mcpmux_protocol::request::own_info;
use mcpmux_protocol::write;

use super::{Door, Reply, Request, invalid, unserved};

/// How long a client may keep a list without hearing that it changed, in milliseconds; nothing while
/// backends are still starting.
const TTL: &str = "60000";

/// Who may share what mcpmux itself answers: nothing in it depends on who asks. Once a client's identity decides
/// what it sees, this becomes `"private"` for all pages of a list.
pub(super) const SCOPE: Raw = Raw::literal("\"public\"");

/// The list that a method asks for.
pub(super) fn kind(method: &str) -> Option<EntryKind> {
    EntryKind::ALL.into_iter().find(|kind| kind.list_method() == method)
}

impl Door {
    pub(super) async fn list(&self, kind: EntryKind, request: &Request) -> Reply {
        let Request { id, params, client, .. } = request;
        let cursor = match params.get("cursor").filter(|cursor| !cursor.is_null()) {
            None => None,
            Some(cursor) => match cursor.as_string() {
                Some(cursor) => Some(cursor),
                None => return invalid(id, "`params.cursor` must be a string"),
            },
        };
        let page = match self.mux.list(kind, cursor.as_deref()).await {
            Ok(page) => page,
            Err(error) => return invalid(id, &error.to_string()),
        };
        let empty = page.entries.as_bytes() == b"[]";
        if empty && self.mux.offer().await.capabilities.get(kind.capability()).is_none() {
            // No backend has any, and what is not offered is not served.
            return unserved(id, &request.method);
        }
        let mut result = Object::default();
        result.set(kind.list_key(), page.entries);
        if let Some(next) = page.next {
            result.set("nextCursor", Raw::string(&next));
        }
        if client.era() == Era::Modern {
            result.set("ttlMs", Raw::literal(if page.settled { TTL } else { "0" }));
            result.set("cacheScope", SCOPE);
        }
        Reply::answer(write::result(id, own(result, client.era(), &own_info())))
    }
}
