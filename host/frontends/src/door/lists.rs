//! The four lists, a page at a time.

use mcpmux_core::catalog::EntryKind;
use mcpmux_core::era::Era;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::ports::Caching;
use mcpmux_protocol::answer::own;
use mcpmux_protocol::request::own_info;
use mcpmux_protocol::write;

use super::{Door, Reply, Request, invalid, unserved};

/// How long a client may keep a list without hearing that it changed, in milliseconds, if its backends say no less.
const TTL: u64 = 60_000;

/// Says how long a result may be kept: not while backends are still starting, and not longer than any of them says.
/// Others may see it only if all backends say so, and if no plugin decides who sees what.
pub(super) fn kept(result: &mut Object, caching: Caching, settled: bool, longest: u64) {
    let ttl = if settled { caching.ttl.unwrap_or(longest).min(longest) } else { 0 };
    result.set("ttlMs", Raw::of(&ttl));
    let scope = if caching.public { "\"public\"" } else { "\"private\"" };
    result.set("cacheScope", Raw::literal(scope));
}

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
        let page = match self.mux.list(client, kind, cursor.as_deref()).await {
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
            kept(&mut result, page.caching, page.settled, TTL);
        }
        Reply::answer(write::result(id, own(result, client.era(), &own_info())))
    }
}
