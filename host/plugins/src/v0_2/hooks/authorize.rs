//! The authorize and authorize-list hooks.

use std::time::Duration;

use mcpmux_core::client::Client;
use mcpmux_core::hook::{
    AuthorizeHook, AuthorizeListHook, HookKind, Obligations, Question, Seen, Subject, Verdict,
};
use mcpmux_core::json::Raw;

use super::Hook;
use crate::state::Around;
use crate::v0_2::bindings::exports::mcpmux::plugin::authorize as wit;
use crate::v0_2::bindings::mcpmux::plugin::types;
use crate::v0_2::guests::exported;
use crate::v0_2::host::Document;
use crate::v0_2::{check, convert};

/// Characters of a question that are asked.
const QUESTION: usize = 2_000;
/// Bytes of the key under which an approval is remembered.
const KEY: usize = 256;

impl AuthorizeHook for Hook {
    fn check(&self, subject: &Subject, arguments: &Raw) -> Result<Verdict, String> {
        let call = convert::call(subject);
        let around = Around::call(subject, arguments);
        self.0.call(
            HookKind::Authorize,
            around,
            async |live| {
                let guest = exported(live.guests.v0_2()?.authorize.as_ref())?;
                guest.call_check(&mut live.store, &call, Document::lend()).await
            },
            verdict,
        )
    }
}

impl AuthorizeListHook for Hook {
    fn check_list(&self, client: &Client, entries: &[Seen]) -> Result<Vec<bool>, String> {
        let client = convert::client(client);
        let list: Vec<_> = entries.iter().map(convert::seen).collect();
        self.0.call(
            HookKind::AuthorizeList,
            Around::default(),
            async |live| {
                let guest = exported(live.guests.v0_2()?.authorize_list.as_ref())?;
                guest.call_check_list(&mut live.store, &client, &list).await
            },
            |list| answers(list, entries.len()),
        )
    }
}

fn verdict(verdict: wit::Verdict) -> Result<Verdict, String> {
    Ok(match verdict {
        wit::Verdict::Allow => Verdict::Allow,
        wit::Verdict::AllowWith(obligations) => Verdict::AllowWith(obliged(&obligations)?),
        wit::Verdict::Deny(denial) => Verdict::Deny(check::denial(denial)),
        wit::Verdict::Ask(question) => Verdict::Ask(asked(question)?),
    })
}

fn obliged(wanted: &wit::Obligations) -> Result<Obligations, String> {
    let pointers = wanted.redact.iter().map(|at| check::pointer(at));
    Ok(Obligations {
        redact: pointers.collect::<Result<_, _>>()?,
        max_bytes: wanted.max_bytes.map(|bytes| bytes as usize),
        timeout: wanted.timeout_ms.map(|time| Duration::from_millis(time.into())),
    })
}

fn asked(question: wit::Question) -> Result<Question, String> {
    let text = check::clean(&question.text, QUESTION);
    if text.trim().is_empty() {
        return Err("it asks a question without words".to_owned());
    }
    if let Some(key) = question.key.as_ref().filter(|key| key.is_empty() || key.len() > KEY) {
        let length = key.len();
        return Err(format!(
            "it wants a yes remembered under a key of {length} bytes; it has to have 1 to {KEY}"
        ));
    }
    let time = Duration::from_millis(question.remember_ms.into());
    Ok(Question { text, remember: question.key.map(|key| (key, time)) })
}

/// One answer for each entry, or none counts.
pub(super) fn answers(answers: Vec<bool>, entries: usize) -> Result<Vec<bool>, String> {
    if answers.len() == entries {
        return Ok(answers);
    }
    Err(format!("it gave {} answers for {entries} entries", answers.len()))
}

/// The client of the self-test, who is shown nothing.
pub(super) fn nobody() -> types::Client {
    types::Client {
        name: String::new(),
        version: String::new(),
        era: types::Era::Modern,
        principal: None,
        space: None,
    }
}
