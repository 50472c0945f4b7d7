//! What the host does for plugins that are granted it: state, secrets, HTTP, programs. How a component calls it is
//! its WIT version's folder's; the log, the clock and random numbers need nothing of this.

pub mod exec;
pub mod http;
pub mod kv;
pub mod secrets;

use std::fmt;
use std::sync::Arc;

use mcpmux_core::config;
use mcpmux_core::ports::Outbound;

use crate::grants::Grants;
use exec::Exec;
use http::Web;
use kv::{Kv, Store};
use secrets::Secrets;

/// What all plugins of a host share; it outlives each of them.
#[derive(Clone)]
pub struct Shared {
    /// What plugins keep.
    pub store: Arc<Store>,
    /// The way out.
    pub outbound: Arc<dyn Outbound>,
}

/// The services of one plugin. What is not granted is refused by each of them.
#[derive(Debug)]
pub struct Services {
    /// What it may use.
    pub grants: Arc<Grants>,
    /// What it keeps.
    pub kv: Arc<Kv>,
    /// Its secrets.
    pub secrets: Secrets,
    /// Its HTTP requests.
    pub web: Web,
    /// Its programs.
    pub exec: Exec,
}

impl Services {
    /// Those of this plugin.
    ///
    /// # Errors
    /// What is wrong with its grants.
    pub fn new(plugin: &config::Plugin, shared: &Shared) -> Result<Self, String> {
        let grants = Arc::new(Grants::parse(&plugin.grant)?);
        let quota = plugin.limits.kv.unwrap_or(kv::QUOTA);
        Ok(Self {
            kv: shared.store.of(&plugin.name, quota),
            secrets: Secrets::new(&plugin.secrets, &grants),
            web: Web::new(Arc::clone(&grants), Arc::clone(&shared.outbound)),
            exec: Exec::new(Arc::clone(&grants)),
            grants,
        })
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("store", &self.store).finish_non_exhaustive()
    }
}

/// What an operator can do about a grant that is missing.
fn hint(grant: &str) -> String {
    format!("\nhint: if it may, add \"{}\" to its `grant`", grant.escape_debug())
}
