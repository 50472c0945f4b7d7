//! What a legacy client has been asked and not answered yet: ids and progress tokens of its own session.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mcpmux_core::call::Body;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::peer::{Ask, Report};
use mcpmux_protocol::names::{CANCELLED, INTERNAL_ERROR};
use mcpmux_protocol::{meta, write};
use serde_json::json;
use tokio::sync::oneshot;

/// Before the number in an id of ours: a string, since clients count.
const PREFIX: &str = "mcpmux-";

/// The questions under way in one session.
pub(crate) struct Asks {
    held: Mutex<Held>,
    limit: usize,
}

#[derive(Default)]
struct Held {
    open: HashMap<u64, Open>,
    last: u64,
    /// Whether the session takes no more questions.
    ended: bool,
}

struct Open {
    answer: oneshot::Sender<Body>,
    /// The progress token as the client knows it.
    token: Option<Raw>,
    report: Option<Report>,
}

/// A question that may be sent now.
pub(crate) struct Asked {
    pub(crate) number: u64,
    /// The request, written.
    pub(crate) message: Vec<u8>,
    /// Fails when the session ends.
    pub(crate) answer: oneshot::Receiver<Body>,
}

impl Asks {
    /// Takes at most `limit` questions at once.
    pub(crate) fn new(limit: usize) -> Self {
        Self { held: Mutex::default(), limit }
    }

    /// Gives a question its id. The progress token in it stays, unless another question of the session has the same.
    ///
    /// # Errors
    /// The answer, if the client cannot be asked.
    pub(crate) fn open(&self, ask: Ask) -> Result<Asked, Body> {
        let mut held = self.lock();
        if held.ended {
            return Err(unanswered("the client's session has ended"));
        }
        if held.open.len() >= self.limit {
            return Err(unanswered(
                "the client has too many questions to answer; see `limits.asks`",
            ));
        }
        held.last += 1;
        let number = held.last;
        let mut params = ask.params;
        let mut token = ask.report.as_ref().and(params.as_ref()).and_then(token_of);
        if token.is_some() && held.open.values().any(|open| open.token == token) {
            let own = id(number);
            params = params.map(|params| with_token(&params, &own));
            token = Some(own);
        }
        let (answer, answered) = oneshot::channel();
        held.open.insert(number, Open { answer, token, report: ask.report });
        drop(held);
        let message = request(&id(number), &ask.method, params.as_ref());
        Ok(Asked { number, message, answer: answered })
    }

    /// The client answered. What answers no open question is late or made up, and goes nowhere.
    pub(crate) fn answered(&self, id: &Raw, body: Body) {
        let open = number(id).and_then(|number| self.lock().open.remove(&number));
        match open {
            // Whoever asked may have lost interest just now.
            Some(open) => drop(open.answer.send(body)),
            None => tracing::debug!("an answer to nothing was ignored"),
        }
    }

    /// The client reported progress.
    pub(crate) fn progressed(&self, params: Object) {
        let Some(token) = params.get(meta::PROGRESS_TOKEN) else { return };
        let held = self.lock();
        let open = held.open.values().find(|open| open.token.as_ref() == Some(token));
        let report = open.and_then(|open| open.report.clone());
        drop(held);
        if let Some(report) = report {
            report(params);
        }
    }

    /// Takes a question back; the notification that says so, unless it was answered.
    pub(crate) fn withdraw(&self, number: u64) -> Option<Vec<u8>> {
        self.lock().open.remove(&number)?;
        let mut params = Object::default();
        params.set("requestId", id(number));
        Some(write::notification(CANCELLED, Some(&params.to_raw())))
    }

    /// Whether the client is asked anything.
    pub(crate) fn is_open(&self) -> bool {
        !self.lock().open.is_empty()
    }

    /// Ends all questions, and takes no more.
    pub(crate) fn end(&self) {
        let mut held = self.lock();
        held.ended = true;
        held.open.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to a question that cannot reach a client.
pub(crate) fn unanswered(why: &str) -> Body {
    error(INTERNAL_ERROR, why)
}

fn error(code: i64, message: &str) -> Body {
    Body::Error(Raw::of(&json!({ "code": code, "message": message })))
}

fn id(number: u64) -> Raw {
    Raw::string(&format!("{PREFIX}{number}"))
}

fn number(id: &Raw) -> Option<u64> {
    id.as_string()?.strip_prefix(PREFIX)?.parse().ok()
}

fn token_of(params: &Raw) -> Option<Raw> {
    params.object().ok()?.get("_meta")?.object().ok()?.take(meta::PROGRESS_TOKEN)
}

fn with_token(params: &Raw, token: &Raw) -> Raw {
    let Ok(mut object) = params.object() else { return params.clone() };
    let mut inner = object.get("_meta").and_then(|inner| inner.object().ok()).unwrap_or_default();
    inner.set(meta::PROGRESS_TOKEN, token.clone());
    object.set("_meta", inner.to_raw());
    object.to_raw()
}

fn request(id: &Raw, method: &str, params: Option<&Raw>) -> Vec<u8> {
    let mut object = Object::default();
    object.set("jsonrpc", Raw::literal("\"2.0\""));
    object.set("id", id.clone());
    object.set("method", Raw::string(method));
    if let Some(params) = params {
        object.set("params", params.clone());
    }
    let mut text = Vec::with_capacity(object.len_hint());
    object.write(&mut text);
    text
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn ask(params: &'static str, report: Option<Report>) -> Ask {
        Ask { method: "x".to_owned(), params: Some(Raw::literal(params)), report }
    }

    fn text(asked: &Asked) -> &str {
        std::str::from_utf8(&asked.message).unwrap()
    }

    #[test]
    fn an_answer_reaches_its_own_question_and_no_other() {
        let asks = Asks::new(8);
        let (mut first, mut second) =
            (asks.open(ask("{}", None)).unwrap(), asks.open(ask("{ }", None)).unwrap());
        assert_eq!(text(&first), r#"{"jsonrpc":"2.0","id":"mcpmux-1","method":"x","params":{}}"#);
        assert_eq!(text(&second), r#"{"jsonrpc":"2.0","id":"mcpmux-2","method":"x","params":{ }}"#);
        for wrong in ["1", "\"1\"", "\"mcpmux-3\"", "\"mcpmux-\"", "null"] {
            asks.answered(&Raw::literal(wrong), Body::Result(Raw::literal("0")));
        }
        asks.answered(&Raw::literal("\"mcpmux-2\""), Body::Result(Raw::literal("2")));
        let Ok(Body::Result(result)) = second.answer.try_recv() else { panic!("no answer") };
        assert_eq!(result.as_bytes(), b"2");
        assert!(first.answer.try_recv().is_err());
        assert!(asks.withdraw(2).is_none(), "it was answered");
        let withdrawn = String::from_utf8(asks.withdraw(1).unwrap()).unwrap();
        assert!(withdrawn.ends_with(r#""params":{"requestId":"mcpmux-1"}}"#), "{withdrawn}");
    }

    #[test]
    fn progress_tokens_that_collide_are_told_apart() {
        let asks = Asks::new(8);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let report = |who: &'static str| -> Option<Report> {
            let heard = Arc::clone(&heard);
            Some(Arc::new(move |params: Object| heard.lock().unwrap().push((who, params.to_raw()))))
        };
        let params = r#"{"a":1.0,"_meta":{"progressToken":1,"v":2}}"#;
        let first = asks.open(ask(params, report("first"))).unwrap();
        let second = asks.open(ask(params, report("second"))).unwrap();
        assert!(text(&first).contains(params), "{}", text(&first));
        let rewritten = r#"{"a":1.0,"_meta":{"progressToken":"mcpmux-2","v":2}}"#;
        assert!(text(&second).contains(rewritten), "{}", text(&second));
        let beat = |text: &'static str| asks.progressed(Raw::literal(text).object().unwrap());
        beat(r#"{"progressToken":"mcpmux-2","progress":1}"#);
        beat(r#"{"progressToken":1,"progress":2}"#);
        beat(r#"{"progressToken":"1","progress":3}"#);
        let heard: Vec<&str> = heard.lock().unwrap().iter().map(|(who, _)| *who).collect();
        assert_eq!(heard, ["second", "first"]);
    }

    #[test]
    fn there_is_a_bound_and_an_end() {
        let asks = Asks::new(1);
        let mut open = asks.open(ask("{}", None)).unwrap();
        assert!(matches!(asks.open(ask("{}", None)), Err(Body::Error(_))));
        asks.end();
        assert!(open.answer.try_recv().is_err());
        assert!(matches!(asks.open(ask("{}", None)), Err(Body::Error(_))));
    }
}
