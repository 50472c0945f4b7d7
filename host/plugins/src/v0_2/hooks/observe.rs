//! The observe hook.

use mcpmux_core::hook::{HookKind, ObserveHook, Record};
use mcpmux_core::ports::Pending;

use super::Hook;
use crate::state::Around;
use crate::v0_2::convert;
use crate::v0_2::guests::exported;

impl ObserveHook for Hook {
    fn on_outcome<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<(), String>> {
        let outcome = convert::outcome(record);
        Box::pin(self.0.call_in_turn(HookKind::Observe, Around::default(), move |live| {
            Box::pin(async move {
                let guest = exported(live.guests.v0_2()?.observe.as_ref())?;
                guest.call_on_outcome(&mut live.store, &outcome).await
            })
        }))
    }
}
