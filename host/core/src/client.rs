//! Who is asking: what a client said of itself, in its session or in the request.

use std::sync::Arc;

use bytes::Bytes;

use crate::call::Body;
use crate::era::{Era, Revision};
use crate::json::{Object, Raw};

/// A client as one request shows it. In a session it is the same for all requests; without one, every
/// request carries its own.
#[derive(Debug, Clone)]
pub struct Client {
    /// The revision spoken with it.
    pub revision: Revision,
    /// `clientInfo`, where it said so.
    pub info: Option<Raw>,
    /// `clientCapabilities`, an object.
    pub capabilities: Raw,
    /// The session, for legacy clients.
    pub session: Option<Arc<str>>,
}

impl Client {
    /// The era spoken with it.
    #[must_use]
    pub const fn era(&self) -> Era {
        self.revision.era()
    }

    /// The same in memory of its own, for whoever keeps it longer than the message that it was cut out of: a part of a
    /// message keeps the whole of it.
    #[must_use]
    pub fn detached(&self) -> Self {
        let own = |raw: &Raw| Raw::trusted(Bytes::copy_from_slice(raw.as_bytes()));
        let (info, capabilities) = (self.info.as_ref().map(own), own(&self.capabilities));
        Self { revision: self.revision, info, capabilities, session: self.session.clone() }
    }

    /// Whether it can show a person a URL (2025-11-25, client/elicitation).
    #[must_use]
    pub fn shows_urls(&self) -> bool {
        self.lacks("elicitation/create", Some(&Raw::literal(r#"{"mode":"url"}"#))).is_none()
    }

    /// The capability that this client would need to be asked this, if it lacks it. A method that no revision
    /// knows belongs to an extension, and nobody can tell what it needs.
    #[must_use]
    pub fn lacks(&self, method: &str, params: Option<&Raw>) -> Option<&'static str> {
        let params = || params.and_then(|params| params.object().ok()).unwrap_or_default();
        let has = |path: &[&str]| {
            let mut at = self.capabilities.clone();
            for key in path {
                match at.object().ok().and_then(|mut object| object.take(key)) {
                    Some(inner) => at = inner,
                    None => return false,
                }
            }
            true
        };
        let needed: &[&str] = match method {
            "roots/list" => &["roots"],
            "sampling/createMessage" if names_tools(&params()) => &["sampling", "tools"],
            "sampling/createMessage" => &["sampling"],
            "elicitation/create" if is_by_url(&params()) => &["elicitation", "url"],
            // Until there was a second mode, nobody said which one; an empty object still means the form.
            "elicitation/create" if has(&["elicitation", "url"]) => &["elicitation", "form"],
            "elicitation/create" => &["elicitation"],
            _ => return None,
        };
        let lacking = match needed {
            ["roots"] => "roots",
            ["sampling", "tools"] => "sampling.tools",
            ["sampling"] => "sampling",
            ["elicitation", "url"] => "elicitation.url",
            ["elicitation", "form"] => "elicitation.form",
            _ => "elicitation",
        };
        (!has(needed)).then_some(lacking)
    }
}

/// The error for a question that a client did not say it can answer, in the words of the modern era, for many a
/// backend passes it on as its own answer to the call (2026-07-28, `MissingRequiredClientCapabilityError`). A
/// capability within another is written with a dot.
#[must_use]
pub fn undeclared(capability: &str) -> Body {
    let mut needed = Object::default();
    for part in capability.rsplit('.') {
        let inner = std::mem::take(&mut needed);
        needed.set(part, inner.to_raw());
    }
    let mut data = Object::default();
    data.set("requiredCapabilities", needed.to_raw());
    let mut error = Object::default();
    error.set("code", Raw::literal("-32021"));
    let why = format!("the client does not declare the capability `{capability}`");
    error.set("message", Raw::string(&why));
    error.set("data", data.to_raw());
    Body::Error(error.to_raw())
}

fn names_tools(params: &Object) -> bool {
    params.get("tools").is_some() || params.get("toolChoice").is_some()
}

fn is_by_url(params: &Object) -> bool {
    params.get("mode").and_then(Raw::as_string).as_deref() == Some("url")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(capabilities: &'static str, method: &str, params: &'static str, lacks: Option<&str>) {
        let capabilities = Raw::literal(capabilities);
        let client =
            Client { revision: Revision::NEWEST_LEGACY, info: None, capabilities, session: None };
        assert_eq!(client.lacks(method, Some(&Raw::literal(params))), lacks);
    }

    #[test]
    fn a_client_is_asked_only_what_it_declared() {
        let (ask, url) = ("elicitation/create", r#"{"mode":"url"}"#);
        check("{}", ask, "{}", Some("elicitation"));
        check(r#"{"elicitation":{}}"#, ask, "{}", None);
        check(r#"{"elicitation":{}}"#, ask, url, Some("elicitation.url"));
        check(r#"{"elicitation":{"url":{}}}"#, ask, url, None);
        check(r#"{"elicitation":{"url":{}}}"#, ask, "{}", Some("elicitation.form"));
        check(r#"{"elicitation":{"form":{},"url":{}}}"#, ask, "{}", None);
        check("{}", "roots/list", "{}", Some("roots"));
        check(r#"{"sampling":{}}"#, "sampling/createMessage", "{}", None);
        check(
            r#"{"sampling":{}}"#,
            "sampling/createMessage",
            r#"{"tools":[]}"#,
            Some("sampling.tools"),
        );
        check("{}", "vendor/x", "{}", None);
    }

    #[test]
    fn a_detached_client_keeps_nothing_of_the_message_that_brought_it() {
        let text = r#"{"info":{"name":"n"},"capabilities":{"roots":{}},"large":"..."}"#;
        let message = Raw::parse(text.to_owned().into()).unwrap();
        let mut parts = message.object().unwrap();
        let (info, capabilities) = (parts.take("info"), parts.take("capabilities").unwrap());
        let revision = Revision::NEWEST_LEGACY;
        let client = Client { revision, info, capabilities, session: None };
        let own = client.detached();
        assert_eq!((&own.info, &own.capabilities), (&client.info, &client.capabilities));
        drop((parts, client));
        assert!(message.bytes().is_unique());
    }
}
