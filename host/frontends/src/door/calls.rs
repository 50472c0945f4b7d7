//! Requests that go to a backend: from a client's message to the mux, and back to its text.

use mcpmux_core::call::{Body, Call, Method, NamedBy, Outcome};
use mcpmux_core::client::Client;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::json::Raw;
use mcpmux_core::peer::Flight;
use mcpmux_protocol::answer::for_client;
use mcpmux_protocol::names::MISSING_CAPABILITY;
use mcpmux_protocol::write;

use super::{Door, Reply, Request, Tone, invalid};

impl Door {
    pub(super) async fn call(&self, method: Method, request: Request, flight: Flight) -> Reply {
        let (id, era) = (request.id.clone(), request.client.era());
        match call(method, request) {
            Ok(call) => reply(&id, method, era, self.mux.call(call, flight).await),
            Err(why) => invalid(&id, &why),
        }
    }
}

/// The tasks extension of the modern era.
pub(super) const TASKS: &str = "io.modelcontextprotocol/tasks";

/// What a client lacks that has to declare it before it uses a method: an extension (2026-07-28, basic/extensions).
pub(super) fn undeclared(client: &Client, method: Method) -> bool {
    let declares = || {
        let extensions = client.capabilities.object().ok()?.take("extensions")?;
        extensions.object().ok()?.take(TASKS)
    };
    method.named_by() == NamedBy::Task && client.era() == Era::Modern && declares().is_none()
}

/// The answer to a client that did not declare the tasks extension.
pub(super) fn refuse_undeclared(id: &Raw) -> Reply {
    let needed = serde_json::json!({ "requiredCapabilities": { "extensions": { TASKS: {} } } });
    let why = format!("the client does not declare the extension `{TASKS}`");
    let text = write::error(Some(id), MISSING_CAPABILITY, &why, Some(&needed));
    Reply { text, tone: Tone::BadRequest }
}

/// Whether the revision of this client has the method.
pub(crate) fn has(client: &Client, method: Method) -> bool {
    match method {
        Method::ToolsCall | Method::PromptsGet | Method::ResourcesRead | Method::Complete => true,
        Method::Subscribe | Method::Unsubscribe => client.era() == Era::Legacy,
        Method::TasksGet | Method::TasksCancel => client.revision >= Revision::V2025_11_25,
        Method::TasksResult => client.revision == Revision::V2025_11_25,
        Method::TasksUpdate => client.era() == Era::Modern,
    }
}

/// A request as a call.
///
/// # Errors
/// If nothing names what it is about.
pub(super) fn call(method: Method, request: Request) -> Result<Call, String> {
    let Request { mut params, meta, client, level, .. } = request;
    let text = |raw: &Raw| Some(raw.as_string()?.into_owned());
    let named_by = method.named_by();
    let key = named_by.key();
    let name = match named_by {
        NamedBy::Reference => {
            let reference = params.get(key).and_then(|reference| reference.object().ok());
            let reference = reference.ok_or("`params.ref` must be an object")?;
            let name = reference.get("uri").or_else(|| reference.get("name")).and_then(text);
            name.ok_or("`params.ref` must have a `name` or a `uri`, a string")?
        }
        _ => params
            .take(key)
            .as_ref()
            .and_then(text)
            .ok_or_else(|| format!("`params.{key}` must be a string"))?,
    };
    Ok(Call { method, name, params, meta, level, client })
}

/// An outcome as the client reads it.
pub(super) fn reply(id: &Raw, method: Method, era: Era, outcome: Outcome) -> Reply {
    match outcome.map(|answer| for_client(answer, method, era)) {
        Ok(Ok(body)) => Reply { text: write::response(id, &body), tone: tone(&body) },
        Ok(Err(unfinished)) => {
            let fault = Fault::new(Kind::BackendProtocolError, unfinished.to_string());
            Reply::answer(write::fault(id, &fault, era))
        }
        Err(fault) => Reply::answer(write::fault(id, &fault, era)),
    }
}

/// That the client lacks a capability is said by the status too (2026-07-28, `MissingRequiredClientCapabilityError`).
fn tone(body: &Body) -> Tone {
    let Body::Error(error) = body else { return Tone::Answer };
    let code = error.object().ok().and_then(|error| error.get("code")?.read::<i64>().ok());
    if code == Some(MISSING_CAPABILITY) { Tone::BadRequest } else { Tone::Answer }
}
