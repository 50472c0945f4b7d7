//! What an operator sees: the backends, their states and counts; no payloads, no secrets.

use mcpmux_core::catalog::EntryKind;
use mcpmux_core::era::Revision;
use serde::Serialize;

use crate::view::View;

/// mcpmux at one moment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Status {
    /// The backends, in the order of the configuration.
    pub backends: Vec<BackendStatus>,
    /// The plugins' names, in their order.
    pub plugins: Vec<String>,
    /// How many tools clients see.
    pub tools: usize,
    /// What is odd about the catalog, with hints.
    pub warnings: Vec<String>,
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
}

fn as_text<S: serde::Serializer>(revision: &Revision, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(revision.as_str())
}

pub(crate) fn of(view: &View) -> Status {
    Status {
        backends: view.status.clone(),
        plugins: view.plugins.clone(),
        tools: view.catalog.shelf(EntryKind::Tool).entries().len(),
        warnings: view.warnings.clone(),
    }
}
