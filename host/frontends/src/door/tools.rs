//! `tools/list` and `tools/call`: from a client's message to the mux and back to its text.

use std::sync::Arc;

use mcpmux_core::call::{Body, Call, Events, Flight, Method};
use mcpmux_core::era::Era;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::json::{Object, Raw};
use mcpmux_protocol::answer::{for_client, own};
use mcpmux_protocol::names::{INVALID_PARAMS, MISSING_CAPABILITY};
use mcpmux_protocol::request::own_info;
use mcpmux_protocol::write;

use super::{Door, Progress, Reply, Request, Tone};

/// How long a client may keep a list without hearing that it changed, in milliseconds; nothing while
/// backends are still starting.
const LIST_TTL: &str = "60000";

impl Door {
    pub(super) async fn call_tool(&self, request: Request, progress: Option<Progress>) -> Reply {
        let Request { id, mut params, meta, client, .. } = request;
        let Some(name) = params.take("name").and_then(|name| Some(name.as_string()?.into_owned()))
        else {
            return invalid(&id, "`params.name` must be a string");
        };
        let era = client.era();
        let events = progress.map(|progress| Arc::new(progress) as Arc<dyn Events>);
        let call = Call { method: Method::ToolsCall, name, params, meta, client };
        match self.mux.call(call, Flight { events }).await {
            Ok(answer) => match for_client(answer, era) {
                Ok(body) => Reply { text: write::response(&id, &body), tone: tone(&body) },
                Err(unfinished) => {
                    let fault = Fault::new(Kind::BackendProtocolError, unfinished.to_string());
                    Reply::answer(write::fault(&id, &fault))
                }
            },
            Err(fault) => Reply::answer(write::fault(&id, &fault)),
        }
    }

    pub(super) async fn list_tools(&self, request: Request) -> Reply {
        let Request { id, params, client, .. } = request;
        let cursor = match params.get("cursor").filter(|cursor| !cursor.is_null()) {
            None => None,
            Some(cursor) => match cursor.as_string() {
                Some(cursor) => Some(cursor.into_owned()),
                None => return invalid(&id, "`params.cursor` must be a string"),
            },
        };
        let page = match self.mux.tools(cursor.as_deref()).await {
            Ok(page) => page,
            Err(error) => return invalid(&id, &error.to_string()),
        };
        let mut result = Object::default();
        result.set("tools", page.tools);
        if let Some(next) = page.next {
            result.set("nextCursor", Raw::string(&next));
        }
        if client.era() == Era::Modern {
            result.set("ttlMs", Raw::literal(if page.settled { LIST_TTL } else { "0" }));
            result.set("cacheScope", Raw::literal("\"public\""));
        }
        Reply::answer(write::result(&id, own(result, client.era(), &own_info())))
    }
}

/// That the client lacks a capability is said by the status too (2026-07-28, `MissingRequiredClientCapabilityError`).
fn tone(body: &Body) -> Tone {
    let Body::Error(error) = body else { return Tone::Answer };
    let code = error.object().ok().and_then(|error| error.get("code")?.read::<i64>().ok());
    if code == Some(MISSING_CAPABILITY) { Tone::BadRequest } else { Tone::Answer }
}

fn invalid(id: &Raw, why: &str) -> Reply {
    Reply::answer(write::error(Some(id), INVALID_PARAMS, why, None))
}
