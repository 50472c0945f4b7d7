//! What an operator sees: the backends, their states and counts; no payloads, no secrets.

use mcpmux_core::catalog::EntryKind;
use mcpmux_core::era::Revision;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::hook::{HookKind, PluginHealth};
use serde::Serialize;

use crate::policy::{Observer, Post};
use crate::view::View;

/// mcpmux at one moment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Status {
    /// The backends, in the order of the configuration.
    pub backends: Vec<BackendStatus>,
    /// The plugins, in their order.
    pub plugins: Vec<PluginStatus>,
    /// How many tools clients see.
    pub tools: usize,
    /// What is odd about the catalog, with hints.
    pub warnings: Vec<String>,
}

/// One plugin.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct PluginStatus {
    /// Its name in the configuration.
    pub name: String,
    /// Its version, as it says.
    pub version: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Whether what it decides is followed: `enforce`, `shadow` or `off`.
    pub mode: &'static str,
    /// Its hooks, as in `wit/`.
    pub hooks: Vec<&'static str>,
    /// How it does.
    pub health: PluginHealth,
}

/// One backend.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct BackendStatus {
    /// Its name.
    pub name: String,
    /// How many of its tools clients see.
    pub tools: usize,
    /// What it is doing.
    #[serde(flatten)]
    pub state: BackendState,
}

/// What a backend is doing.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum BackendState {
    /// Being started or connected to.
    Connecting,
    /// Answering.
    Ready {
        /// The revision spoken with it.
        #[serde(serialize_with = "as_text")]
        revision: Revision,
    },
    /// Not there, and tried again.
    Down {
        /// Why.
        why: String,
    },
    /// Not there before somebody has logged in.
    #[serde(rename = "needs_auth")]
    NeedsAuth {
        /// What to do.
        why: String,
    },
}

impl BackendState {
    /// That of a backend that is not there for this reason.
    pub(crate) fn without(fault: &Fault) -> Self {
        let why = fault.to_string();
        if fault.kind == Kind::AuthRequired { Self::NeedsAuth { why } } else { Self::Down { why } }
    }

    /// Why it is not there, if it is not.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Connecting | Self::Ready { .. } => None,
            Self::Down { why } | Self::NeedsAuth { why } => Some(why),
        }
    }
}

fn as_text<S: serde::Serializer>(revision: &Revision, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(revision.as_str())
}

pub(crate) fn of(view: &View) -> Status {
    Status {
        backends: view.status.clone(),
        plugins: view.posts.iter().map(|post| plugin(post)).collect(),
        tools: view.catalog.shelf(EntryKind::Tool).entries().len(),
        warnings: view.warnings.clone(),
    }
}

fn plugin(post: &Post) -> PluginStatus {
    let hooks = &post.hooks;
    let mut health = hooks.health.health();
    health.dropped += post.observer.as_ref().map_or(0, Observer::dropped);
    PluginStatus {
        name: hooks.name.to_string(),
        version: hooks.version.clone(),
        sha256: hooks.sha256.clone(),
        mode: hooks.mode.as_str(),
        hooks: hooks.kinds().into_iter().map(HookKind::as_str).collect(),
        health,
    }
}
