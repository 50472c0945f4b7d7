//! A login that the vault could not take: written again and again until it rests there, and once more at the end.

use std::time::Duration;

use super::super::kept;
use super::Account;

/// Pauses between two tries, from and to.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

impl Account {
    /// What is held rests nowhere: sees to it in the background.
    pub(super) fn set_adrift(&self) {
        let known = self.lock().adrift().is_some();
        self.lock().set_adrift(true);
        if known {
            return;
        }
        let (this, ending) = (self.this.clone(), self.ending.clone());
        self.deps.tasks.tracker.spawn(async move {
            let mut pause = PAUSE.0;
            loop {
                let last = tokio::select! {
                    () = tokio::time::sleep(pause) => false,
                    () = ending.cancelled() => true,
                };
                let Some(this) = this.upgrade() else { return };
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
        let Some(held) = self.lock().adrift().cloned() else { return true };
        let (backend, vault) = (&self.about.backend, &*self.deps.vault);
        let record = held.record(backend);
        let Ok(_among_processes) = vault.turn(&record).await else { return false };
        match kept::read(vault, &record).await {
            // Somebody else has logged in.
            Ok(Some(other)) if other.since > held.since => {
                self.lock().adopt(other, (self.deps.clock)());
                return true;
            }
            Ok(_) => {}
            Err(_) => return false,
        }
        if kept::write(vault, backend, &held).await.is_err() {
            return false;
        }
        self.lock().set_adrift(false);
        tracing::info!(%backend, "the login rests in the vault now");
        true
    }
}
