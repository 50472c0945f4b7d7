//! What hooks answer about calls: a request's action, a verdict, a reply, a delivery.

use std::time::Duration;

use serde_json::{Value, json};

/// A refusal, as the client reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Short and stable, for programs: `policy.read-only`.
    pub code: String,
    /// For people: what is refused, why, and what to do.
    pub message: String,
}

impl Denial {
    /// A refusal of this code, for this reason.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// What the request hook does with a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Pass it on, with the changes made to its arguments, if any.
    Forward,
    /// Answer it with this result, a JSON object; no backend is asked.
    Answer(Value),
    /// Answer it with an error.
    Refuse(Denial),
    /// Call another tool.
    Reroute {
        /// What clients call it. It has to be one that this client could call itself.
        exposed: String,
        /// Its arguments, a JSON object.
        arguments: Value,
    },
}

impl Action {
    /// Answer with this result, a JSON object.
    pub fn answer(result: impl Into<Value>) -> Self {
        Self::Answer(result.into())
    }

    /// Answer with the result of a tool: one block of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Answer(json!({"content": [{"type": "text", "text": text.into()}]}))
    }

    /// Answer with the result of a tool that failed: one block of text, which the model reads.
    pub fn error_text(text: impl Into<String>) -> Self {
        Self::Answer(json!({"content": [{"type": "text", "text": text.into()}], "isError": true}))
    }

    /// Call another tool, by the name that clients call it.
    pub fn reroute(exposed: impl Into<String>, arguments: impl Into<Value>) -> Self {
        Self::Reroute { exposed: exposed.into(), arguments: arguments.into() }
    }
}

/// What the authorize hook says of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No objection. The call goes ahead if no plugin has one.
    Allow,
    /// No objection, if this is kept to.
    AllowWith(Obligations),
    /// No.
    Deny(Denial),
    /// A person decides. A client that cannot ask one gets a refusal.
    Ask(Question),
}

/// What has to be kept to if a call goes ahead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Obligations {
    /// Values to take out of the result, by JSON Pointer; what is not there needs no taking.
    pub redact: Vec<String>,
    /// The longest result in bytes; a longer one is withheld.
    pub max_bytes: Option<u32>,
    /// The longest time until the answer, in whole milliseconds.
    pub timeout: Option<Duration>,
}

/// What a person is asked; the answers are yes and no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question, as the client shows it.
    pub text: String,
    /// What a yes is remembered under, for this plugin and this client's principal, and how long.
    pub remember: Option<(String, Duration)>,
}

impl Question {
    /// A question that is asked each time.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), remember: None }
    }

    /// A yes counts for this long, for all questions of this key: at most about 49 days.
    #[must_use]
    pub fn remember(mut self, key: impl Into<String>, time: Duration) -> Self {
        self.remember = Some((key.into(), time));
        self
    }
}

impl From<Question> for Verdict {
    fn from(question: Question) -> Self {
        Self::Ask(question)
    }
}

impl From<Denial> for Verdict {
    fn from(denial: Denial) -> Self {
        Self::Deny(denial)
    }
}

impl From<Obligations> for Verdict {
    fn from(obligations: Obligations) -> Self {
        Self::AllowWith(obligations)
    }
}

/// What a document in the response hook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The `result` of the call: content of a tool, contents of a resource, messages of a prompt.
    Success,
    /// The JSON-RPC error the backend answered with: `code`, `message`, `data`.
    Error,
    /// What the backend asks of the client: `method` and `params` (elicitation, sampling, roots).
    Question,
}

/// What the response hook does with an answer, or with a backend's question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Pass it on, with the changes made to it, if any.
    Deliver,
    /// The client gets this error instead; a backend's question is answered with it.
    Withhold(Denial),
}

/// What the notify hook does with a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Pass it on, with the changes made to it, if any.
    Deliver,
    /// Nobody gets it.
    Drop,
}

/// The call is refused: [`Action::Refuse`].
pub fn refuse(code: impl Into<String>, message: impl Into<String>) -> Action {
    Action::Refuse(Denial::new(code, message))
}

/// The call is denied: [`Verdict::Deny`].
pub fn deny(code: impl Into<String>, message: impl Into<String>) -> Verdict {
    Verdict::Deny(Denial::new(code, message))
}

/// A person is asked, each time: [`Verdict::Ask`].
pub fn ask(text: impl Into<String>) -> Verdict {
    Verdict::Ask(Question::new(text))
}

/// The answer is withheld: [`Reply::Withhold`].
pub fn withhold(code: impl Into<String>, message: impl Into<String>) -> Reply {
    Reply::Withhold(Denial::new(code, message))
}
