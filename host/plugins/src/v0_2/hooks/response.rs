//! The response hook.

use mcpmux_core::hook::{HookKind, ResponseAction, ResponseHook, Rewrite, Source, Subject};
use mcpmux_core::json::Raw;

use super::Hook;
use crate::state::Around;
use crate::v0_2::bindings::exports::mcpmux::plugin::response as wit;
use crate::v0_2::guests::exported;
use crate::v0_2::host::Document;
use crate::v0_2::{check, convert};

impl ResponseHook for Hook {
    fn on_response(
        &self,
        subject: &Subject,
        source: Source,
        document: &Raw,
    ) -> Result<ResponseAction, String> {
        let call = convert::call(subject);
        let around = Around::call(subject, document);
        let from = match source {
            Source::Success => wit::Source::Success,
            Source::Error => wit::Source::Error,
            Source::Question => wit::Source::Question,
        };
        self.0.call(
            HookKind::Response,
            around,
            async |live| {
                let guest = exported(live.guests.v0_2()?.response.as_ref())?;
                guest.call_on_response(&mut live.store, &call, from, Document::lend()).await
            },
            |action| checked(action, source, document),
        )
    }
}

fn checked(action: wit::Action, source: Source, document: &Raw) -> Result<ResponseAction, String> {
    Ok(match action {
        wit::Action::Deliver => ResponseAction::Deliver,
        wit::Action::Withhold(denial) => ResponseAction::Withhold(check::denial(denial)),
        wit::Action::Change(rewrite) => {
            let changed = check::rewrite(document, rewrite)?;
            if let Rewrite::Replace(changed) = &changed {
                is_still(source, document, changed)?;
            }
            ResponseAction::Change(changed)
        }
    })
}

/// Whether a changed document still is what it was: an error with its code and message, the same question.
fn is_still(source: Source, before: &Raw, after: &Raw) -> Result<(), String> {
    let after = check::members("the changed document", after)?;
    match source {
        Source::Success => Ok(()),
        Source::Error => {
            let code = after.get("code").is_some_and(|code| code.read::<i64>().is_ok());
            let message = after.get("message").and_then(Raw::as_string).is_some();
            if code && message {
                return Ok(());
            }
            Err("the changed error lacks a whole `code` or a text as `message`".to_owned())
        }
        Source::Question => {
            let before = check::members("the question", before)?;
            let method = |members: &mcpmux_core::json::Object| {
                Some(members.get("method")?.as_string()?.into_owned())
            };
            if method(&before) == method(&after) {
                return Ok(());
            }
            Err("the changed question has another `method`".to_owned())
        }
    }
}
