//! The signals by which mcpmux is told to stop.

use tokio::signal::unix::{SignalKind, signal};

use crate::failure::Failure;

/// Waits until the process is interrupted, told to terminate, or loses its terminal.
pub(crate) async fn told_to_stop() -> Result<(), Failure> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}
