//! The notify hook.

use mcpmux_core::hook::{HookKind, Notice, NotifyAction, NotifyHook};
use mcpmux_core::json::Raw;

use super::Hook;
use crate::state::Around;
use crate::v0_2::bindings::exports::mcpmux::plugin::notify as wit;
use crate::v0_2::check;
use crate::v0_2::guests::exported;
use crate::v0_2::host::Document;

impl NotifyHook for Hook {
    fn on_notification(&self, notice: &Notice, params: &Raw) -> Result<NotifyAction, String> {
        let told = wit::Notice {
            backend: notice.backend.as_str().to_owned(),
            method: notice.method.clone(),
            call: notice.call,
        };
        self.0.call(
            HookKind::Notify,
            Around::document(params),
            async |live| {
                let guest = exported(live.guests.v0_2()?.notify.as_ref())?;
                guest.call_on_notification(&mut live.store, &told, Document::lend()).await
            },
            |action| {
                Ok(match action {
                    wit::Action::Deliver => NotifyAction::Deliver,
                    wit::Action::Drop => NotifyAction::Drop,
                    wit::Action::Change(rewrite) => {
                        NotifyAction::Change(check::rewrite(params, rewrite)?)
                    }
                })
            },
        )
    }
}
