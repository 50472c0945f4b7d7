//! Tokens of authorization servers (OAuth 2.1 as MCP 2026-07-28 has it in basic/authorization): found, logged in to, kept,
//! refreshed and given back. Which decisions are whose: `host/adr/0008-own-oauth-flow.md`.

pub(crate) mod account;
mod assertion;
mod browser;
mod callback;
mod client;
mod discovery;
mod hidden;
pub(crate) mod kept;
pub(crate) mod login;
pub(crate) mod machine;
mod proof;
mod reach;
pub(crate) mod revoke;
mod scopes;
#[cfg(test)]
mod sites;
mod token;
mod web;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcpmux_core::config::OAuth;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Outbound, Vault};
use ring::rand::{SecureRandom, SystemRandom};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::fetched::Clock;
use web::Web;

pub use browser::open as open_browser;
pub(crate) use mcpmux_core::challenge;
pub use proof::check_key;
pub(crate) use web::Trouble;

/// Shows a person where to log in. Must not block.
pub trait Prompt: Send + Sync {
    /// A login at this URL is waited for; `open`: a browser is to be opened too.
    fn login(&self, backend: &BackendName, url: &str, open: bool);

    /// What was pasted is of no use; says why.
    fn odd(&self, why: &str);
}

/// What everything here needs.
#[derive(Clone)]
pub(crate) struct Deps {
    pub(crate) outbound: Arc<dyn Outbound>,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) prompt: Arc<dyn Prompt>,
    pub(crate) clock: Clock,
    pub(crate) tasks: Tasks,
}

/// What goes on beside those who wait for it.
#[derive(Clone, Default)]
pub(crate) struct Tasks {
    /// What is to be done to its end: a refresh token counts once, and its successor must not be lost.
    pub(crate) tracker: TaskTracker,
    /// Once cancelled, nobody is waited for any more.
    pub(crate) ending: CancellationToken,
}

/// One backend that tokens are for.
#[derive(Clone)]
pub(crate) struct About {
    pub(crate) backend: BackendName,
    pub(crate) url: String,
    pub(crate) config: OAuth,
}

impl About {
    pub(crate) fn web(&self, deps: &Deps) -> Web {
        Web::new(Arc::clone(&deps.outbound), &self.url, &self.config)
    }
}

/// 256 random bits, as 43 characters that a URL can hold.
fn random() -> Result<String, &'static str> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| "there is no randomness")?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
