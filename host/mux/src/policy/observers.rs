//! Who hears how calls ended: one bounded queue and one task a plugin; calls never wait for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mcpmux_core::config::Mode;
use mcpmux_core::hook::{Hooks, Record};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::plan::Post;

/// Outcomes that wait for one plugin.
pub(crate) const QUEUE: usize = 1024;

/// How long plugins may go on hearing after everything else has ended.
const FLUSH: Duration = Duration::from_secs(2);

/// The way to a plugin that observes. Its task ends when the last call that may tell it has ended.
pub(crate) struct Observer {
    queue: mpsc::Sender<Arc<Record>>,
    dropped: AtomicU64,
}

impl Observer {
    /// Tells it, unless it has too much to hear already.
    pub(crate) fn tell(&self, record: &Arc<Record>, hooks: &Hooks) {
        if self.queue.try_send(Arc::clone(record)).is_err()
            && self.dropped.fetch_add(1, Ordering::Relaxed) == 0
        {
            let plugin = &hooks.name;
            tracing::warn!(%plugin, "the plugin hears outcomes more slowly than calls end; some are dropped");
        }
    }

    /// How many it was not told of.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// The tasks of all of them.
#[derive(Default)]
pub(crate) struct Observers(TaskTracker);

impl Observers {
    /// A post for this plugin; it hears outcomes from now on if it wants to.
    pub(crate) fn post(&self, hooks: &Arc<Hooks>) -> Arc<Post> {
        let hook = hooks.observe.clone().filter(|_| hooks.mode != Mode::Off);
        let observer = hook.map(|hook| {
            let (queue, mut records) = mpsc::channel::<Arc<Record>>(QUEUE);
            let plugin = hooks.name.clone();
            self.0.spawn(async move {
                while let Some(record) = records.recv().await {
                    if let Err(why) = hook.on_outcome(&record).await {
                        let why = super::harmless(&why);
                        tracing::warn!(%plugin, "the plugin could not take an outcome: {why}");
                    }
                }
            });
            Observer { queue, dropped: AtomicU64::new(0) }
        });
        Arc::new(Post { hooks: Arc::clone(hooks), observer })
    }

    /// Waits for a moment until everything was heard.
    pub(crate) async fn flush(&self) {
        self.0.close();
        if tokio::time::timeout(FLUSH, self.0.wait()).await.is_err() {
            tracing::warn!("some plugins did not hear all outcomes in time");
        }
    }
}
