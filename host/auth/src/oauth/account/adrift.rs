//! A login that the vault could not take: written again and again until it rests there, and once more at the end.

use std::time::Duration;

use super::super::kept;
use super::Account;

/// Pauses between two tries, from and to.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

impl Account {
    /// What is held rests nowhere: sees to it in the background.
    pub(super) fn set_adrift(&self) {
        self.lock().set_adrift();
        // It is not let go of before it rests.
        let Some(this) = self.this.upgrade() else { return };
        if std::mem::replace(&mut self.lock().rescued, true) {
            return;
        }
        self.deps.tasks.tracker.spawn(async move {
            let mut pause = PAUSE.0;
            loop {
                let last = tokio::select! {
                    () = tokio::time::sleep(pause) => false,
                    () = this.ending.cancelled() => true,
                };
                if this.rests().await || last {
                    return;
                }
                pause = (pause * 2).min(PAUSE.1);
            }
        });
    }

    /// Writes what is held if it is adrift; whether nothing is any more.
    async fn rests(&self) -> bool {
        let _turn = self.turn.lock().await;
        let Some(held) = self.lock().adrift().cloned() else {
            self.lock().rescued = false;
            return true;
        };
        let (backend, vault) = (&self.about.backend, &*self.deps.vault);
        let record = held.record(backend);
        let Ok(_among_processes) = vault.turn(&record).await else { return false };
        match kept::read(vault, &record).await {
            // Somebody else has logged in.
            Ok(Some(other)) if other.since > held.since => {
                let mut state = self.lock();
                state.rescued = false;
                state.adopt(other, (self.deps.clock)());
                return true;
            }
            Ok(None) if self.lock().has_rested() => {
                self.lock().rescued = false;
                self.logged_out();
                return true;
            }
            Ok(_) => {}
            Err(_) => return false,
        }
        if kept::write(vault, backend, &held).await.is_err() {
            return false;
        }
        let mut state = self.lock();
        state.rescued = false;
        state.rests();
        tracing::info!(%backend, "the login rests in the vault now");
        true
    }
}
