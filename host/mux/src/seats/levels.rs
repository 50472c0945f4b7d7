//! The log level of a modern call at a legacy backend, which knows one level at a time, for as long as the call takes.

use std::sync::Arc;

use mcpmux_core::level::Level;
use mcpmux_core::names::BackendName;

use super::Seats;

/// A level that is wanted until this is dropped.
pub(crate) struct Raised {
    seats: Arc<Seats>,
    backend: BackendName,
    level: Level,
}

impl Raised {
    /// Wants a level of a backend.
    pub(crate) fn new(seats: &Arc<Seats>, backend: &BackendName, level: Level) -> Self {
        let first = seats.table().raise(backend, level);
        if first {
            seats.want(backend);
        }
        Self { seats: Arc::clone(seats), backend: backend.clone(), level }
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        let last = self.seats.table().lower(&self.backend, self.level);
        if last {
            self.seats.want(&self.backend);
        }
    }
}
