//! The end of a link: happens once, for the first reason given, and everyone can wait for it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use mcpmux_core::fault::Fault;
use tokio_util::sync::CancellationToken;

/// Whether and why a link ended.
#[derive(Debug, Default)]
pub(crate) struct Closing {
    why: OnceLock<Fault>,
    renew: AtomicBool,
    token: CancellationToken,
}

impl Closing {
    /// Ends the link, if it has not ended.
    pub(crate) fn close(&self, why: Fault) {
        // A second reason is a consequence of the first.
        let _ = self.why.set(why);
        self.token.cancel();
    }

    /// Ends the link for want of a new one: the backend is there, only its session is gone.
    pub(crate) fn renew(&self, why: Fault) {
        self.renew.store(true, Ordering::Relaxed);
        self.close(why);
    }

    /// Whether only the session is gone.
    pub(crate) fn wants_renewal(&self) -> bool {
        self.renew.load(Ordering::Relaxed)
    }

    /// Whether it has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Why it ended, if it has.
    pub(crate) fn why(&self) -> Option<&Fault> {
        self.why.get()
    }

    /// Waits for the end.
    pub(crate) async fn closed(&self) {
        self.token.cancelled().await;
    }
}
