//! What a plugin says of itself, and its start.

use super::bindings::exports::mcpmux::plugin::lifecycle as wit;
use crate::description::{Description, Want, line};
use crate::live::Live;

/// Rights that a plugin may want; there are not as many.
const WANTS: usize = 100;

/// Asks an instance what it is; nothing if it does not say.
pub(crate) async fn describe(live: &mut Live) -> wasmtime::Result<Option<Description>> {
    let Some(guest) = &live.guests.v0_2()?.lifecycle else { return Ok(None) };
    let wit::Description { id, version, summary, config_schema, wants } =
        guest.call_describe(&mut live.store).await?;
    let want = |want: wit::Want| Want { grant: line(&want.grant), why: line(&want.why) };
    Ok(Some(Description {
        id: line(&id),
        version: line(&version),
        summary: line(&summary),
        config_schema,
        wants: wants.into_iter().take(WANTS).map(want).collect(),
    }))
}

/// Starts an instance; the inner error is its own, about the configuration.
pub(crate) async fn init(live: &mut Live, config: &str) -> wasmtime::Result<Result<(), String>> {
    match &live.guests.v0_2()?.lifecycle {
        Some(guest) => guest.call_init(&mut live.store, config).await,
        None => Ok(Ok(())),
    }
}
