//! The host's services whose types need converting; the others are called where they are documented.

pub(crate) use super::bindings::imports::mcpmux::plugin as wit;
use super::convert;
use crate::host::millis;
use crate::{Kind, entries, exec, http};

pub(crate) fn send(request: http::Request) -> Result<http::Response, http::Error> {
    let answer = wit::http::send(&wit::http::Request {
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: request.body,
        timeout_ms: request.timeout.map(millis),
    });
    match answer {
        Ok(answer) => {
            Ok(http::Response { status: answer.status, headers: answer.headers, body: answer.body })
        }
        Err(wit::http::Error::NotAllowed(why)) => Err(http::Error::NotAllowed(why)),
        Err(wit::http::Error::Timeout) => Err(http::Error::Timeout),
        Err(wit::http::Error::TooLarge) => Err(http::Error::TooLarge),
        Err(wit::http::Error::Network(why)) => Err(http::Error::Network(why)),
    }
}

pub(crate) fn run(argv: &[String], stdin: &[u8]) -> Result<exec::Output, exec::Error> {
    match wit::exec::run(argv, stdin) {
        Ok(output) => {
            Ok(exec::Output { code: output.code, stdout: output.stdout, stderr: output.stderr })
        }
        Err(wit::exec::Error::NotAllowed(why)) => Err(exec::Error::NotAllowed(why)),
        Err(wit::exec::Error::Timeout) => Err(exec::Error::Timeout),
        Err(wit::exec::Error::TooLarge) => Err(exec::Error::TooLarge),
        Err(wit::exec::Error::Failed(why)) => Err(exec::Error::Failed(why)),
    }
}

pub(crate) fn entries() -> Vec<entries::Entry> {
    let entry = |entry: wit::entries::Entry| entries::Entry {
        kind: convert::kind(entry.kind),
        backend: entry.backend,
        name: entry.name,
        exposed: entry.exposed,
        title: entry.title,
        description: entry.description,
        listed: entry.listed,
    };
    wit::entries::all().into_iter().map(entry).collect()
}

pub(crate) fn definition(kind: Kind, exposed: &str) -> Option<String> {
    let kind = match kind {
        Kind::Tool => wit::types::Kind::Tool,
        Kind::Prompt => wit::types::Kind::Prompt,
        Kind::Resource => wit::types::Kind::Resource,
        Kind::Template => wit::types::Kind::Template,
    };
    wit::entries::definition(kind, exposed)
}
