//! The hooks of a plugin of version 0.2, as the rooms of a call know them: one file per hook.

mod authorize;
mod catalog;
mod credentials;
mod notify;
mod observe;
mod request;
mod response;

use std::sync::Arc;

use mcpmux_core::hook::HookKind;

use super::guests::exported;
use crate::limits::Step;
use crate::live::{Live, Stopped};
use crate::plugin::Plugin;
use crate::state::Around;

/// A plugin's hooks; holds the plugin.
pub(crate) struct Hook(pub(crate) Arc<Plugin>);

/// Calls the hooks that have to stand being shown nothing: a plugin that cannot do that is not put to work.
pub(crate) fn self_test(plugin: &Plugin, live: &mut Live) -> Result<(), (HookKind, String)> {
    let failed = |hook| move |stopped: Stopped| (hook, stopped.why);
    let refused = |hook| move |why: String| (hook, why);
    if plugin.exports(HookKind::Catalog) {
        let kind = HookKind::Catalog;
        let definitions = super::host::Definitions::lend();
        let edits = plugin.run_on(live, Step::Test(kind), Around::default(), async |live| {
            let guest = exported(live.guests.v0_2()?.catalog.as_ref())?;
            guest.call_transform(&mut live.store, &[], definitions).await
        });
        let edits = edits.map_err(failed(kind))?.map_err(refused(kind))?;
        catalog::edits(edits, &[]).map_err(refused(kind))?;
    }
    if plugin.exports(HookKind::AuthorizeList) {
        let kind = HookKind::AuthorizeList;
        let client = authorize::nobody();
        let answers = plugin.run_on(live, Step::Test(kind), Around::default(), async |live| {
            let guest = exported(live.guests.v0_2()?.authorize_list.as_ref())?;
            guest.call_check_list(&mut live.store, &client, &[]).await
        });
        let answers = answers.map_err(failed(kind))?.map_err(refused(kind))?;
        authorize::answers(answers, 0).map_err(refused(kind))?;
    }
    Ok(())
}
