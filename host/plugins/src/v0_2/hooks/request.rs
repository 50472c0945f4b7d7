//! The request hook.

use mcpmux_core::call::Method;
use mcpmux_core::hook::{HookKind, RequestAction, RequestHook, Subject};
use mcpmux_core::json::Raw;

use super::Hook;
use crate::state::Around;
use crate::v0_2::bindings::exports::mcpmux::plugin::request as wit;
use crate::v0_2::guests::exported;
use crate::v0_2::host::Document;
use crate::v0_2::{check, convert};

impl RequestHook for Hook {
    fn on_request(&self, subject: &Subject, arguments: &Raw) -> Result<RequestAction, String> {
        let call = convert::call(subject);
        let around = Around::call(subject, arguments);
        self.0.call(
            HookKind::Request,
            around,
            async |live| {
                let guest = exported(live.guests.v0_2()?.request.as_ref())?;
                guest.call_on_request(&mut live.store, &call, Document::lend()).await
            },
            |action| checked(action, subject.method, arguments),
        )
    }
}

fn checked(action: wit::Action, method: Method, arguments: &Raw) -> Result<RequestAction, String> {
    Ok(match action {
        wit::Action::Forward => RequestAction::Forward,
        wit::Action::Change(rewrite) => RequestAction::Change(check::rewrite(arguments, rewrite)?),
        wit::Action::Answer(text) => RequestAction::Answer(check::object("its answer", text)?),
        wit::Action::Refuse(denial) => RequestAction::Refuse(check::denial(denial)),
        wit::Action::Reroute(_) if method != Method::ToolsCall => {
            return Err(format!("it reroutes `{}`, but only tools can be", method.as_str()));
        }
        wit::Action::Reroute(route) if route.exposed.is_empty() => {
            return Err("it reroutes to a tool without a name".to_owned());
        }
        wit::Action::Reroute(route) => {
            let arguments = check::object("the arguments of its route", route.arguments_json)?;
            RequestAction::Reroute { exposed: route.exposed, arguments }
        }
    })
}
