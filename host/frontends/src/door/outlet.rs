//! Where messages to a client go, and which of a backend's events a client is told in which words.

use std::sync::Arc;

use mcpmux_core::client::Client;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::level::Level;
use mcpmux_core::peer::Event;
use mcpmux_core::ports::Pending;
use mcpmux_protocol::{meta, names, write};

/// A way to a client, for what is said beside answers.
pub(crate) trait Outlet: Send + Sync + 'static {
    /// Takes a notification. It never blocks: one that the client does not take in time is dropped.
    fn tell(&self, message: Vec<u8>);

    /// Takes a notification that a request is taken back, which goes after the request if it can.
    fn retract(&self, message: Vec<u8>) {
        self.tell(message);
    }

    /// Takes a request, once there is room and a way for it. The error says why there is none.
    fn pose(&self, message: Vec<u8>) -> Pending<'_, Result<(), &'static str>>;
}

impl<O: Outlet> Outlet for Arc<O> {
    fn tell(&self, message: Vec<u8>) {
        O::tell(self, message);
    }

    fn retract(&self, message: Vec<u8>) {
        O::retract(self, message);
    }

    fn pose(&self, message: Vec<u8>) -> Pending<'_, Result<(), &'static str>> {
        O::pose(self, message)
    }
}

/// Which log messages a client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loudness {
    /// None: a modern request has to ask for them.
    Silent,
    /// All: a legacy client that has not said gets what the server thinks fit (2025-11-25, server/utilities/logging).
    All,
    /// Those of this level and above.
    From(Level),
}

impl Loudness {
    /// That of a modern request.
    pub(crate) fn of_request(level: Option<Level>) -> Self {
        level.map_or(Self::Silent, Self::From)
    }

    fn passes(self, params: &Object) -> bool {
        let said = || params.get("level").and_then(|level| Level::parse(&level.as_string()?));
        match self {
            Self::Silent => false,
            Self::All => true,
            // A level that no revision knows is better read than lost.
            Self::From(level) => said().is_none_or(|said| said >= level),
        }
    }
}

/// An event as the client reads it; `None` if it does not want it or cannot know it. `token` is the client's own,
/// if it wants progress.
pub(crate) fn written(
    event: Event,
    client: &Client,
    token: Option<&Raw>,
    loudness: Loudness,
) -> Option<Vec<u8>> {
    match event {
        Event::Progress(mut params) => {
            params.set(meta::PROGRESS_TOKEN, token?.clone());
            Some(write::notification(names::PROGRESS, Some(&params.to_raw())))
        }
        Event::Message(params) => loudness
            .passes(&params)
            .then(|| write::notification(names::MESSAGE, Some(&params.to_raw()))),
        Event::Updated(params) if client.era() == Era::Legacy => {
            Some(write::notification(names::UPDATED, Some(&params.to_raw())))
        }
        Event::Other { method, params } if knows(client.revision, &method) => {
            Some(write::notification(&method, params.as_ref()))
        }
        Event::Updated(_) | Event::Other { .. } => None,
    }
}

/// Whether a client of this revision can know a notification that mcpmux itself does not. In the modern era there
/// is a closed set, and all else comes by subscription (2026-07-28, basic/utilities/subscriptions).
fn knows(revision: Revision, method: &str) -> bool {
    match method {
        "notifications/elicitation/complete" | "notifications/tasks/status" => {
            revision == Revision::V2025_11_25
        }
        _ => revision.era() == Era::Legacy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(event: Event, revision: Revision, loudness: Loudness, expected: Option<&str>) {
        let capabilities = Raw::literal("{}");
        let client = Client { revision, info: None, capabilities, session: None };
        let text = written(event, &client, Some(&Raw::literal("\"t\"")), loudness);
        let text = text.map(|text| String::from_utf8(text).unwrap());
        let expected = expected.map(|rest| format!(r#"{{"jsonrpc":"2.0","method":{rest}}}"#));
        assert_eq!(text, expected, "{revision} {loudness:?}");
    }

    #[test]
    fn log_messages_are_told_to_whom_asked_for_them() {
        let event = |text: &'static str| Event::Message(Raw::literal(text).object().unwrap());
        let info = r#"{"level":"info","data":1.0}"#;
        let told = Some(r#""notifications/message","params":{"level":"info","data":1.0}"#);
        for (loudness, expected) in [
            (Loudness::Silent, None),
            (Loudness::All, told),
            (Loudness::From(Level::Debug), told),
            (Loudness::From(Level::Info), told),
            (Loudness::From(Level::Notice), None),
        ] {
            check(event(info), Revision::V2026_07_28, loudness, expected);
        }
        let odd = Some(r#""notifications/message","params":{"level":7}"#);
        check(event(r#"{"level":7}"#), Revision::V2025_03_26, Loudness::From(Level::Error), odd);
    }

    #[test]
    fn progress_gets_the_clients_token() {
        let params = Raw::literal(r#"{"progressToken":9,"progress":0.50}"#).object().unwrap();
        let told =
            Some(r#""notifications/progress","params":{"progressToken":"t","progress":0.50}"#);
        check(Event::Progress(params), Revision::V2026_07_28, Loudness::Silent, told);
    }

    #[test]
    fn what_a_revision_does_not_know_is_not_told() {
        let event = |method: &str| Event::Other { method: method.to_owned(), params: None };
        let complete = "notifications/elicitation/complete";
        let told = Some(r#""notifications/elicitation/complete""#);
        check(event(complete), Revision::V2025_11_25, Loudness::All, told);
        check(event(complete), Revision::V2025_06_18, Loudness::All, None);
        check(event(complete), Revision::V2026_07_28, Loudness::All, None);
        check(event("vendor/x"), Revision::V2024_11_05, Loudness::All, Some(r#""vendor/x""#));
        check(event("vendor/x"), Revision::V2026_07_28, Loudness::All, None);
    }
}
