//! Telling clients that the catalog changed: legacy notifications, and `subscriptions/listen`.

use mcpmux_core::json::{Object, Raw};
use mcpmux_protocol::{meta, names, write};
use serde::Deserialize;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{Door, Request};

/// What a modern client may ask to hear of (2026-07-28, `SubscriptionFilter`); other members are kinds of
/// news that there are none of here.
#[derive(Debug, Deserialize)]
struct Filter {
    #[serde(default, rename = "toolsListChanged")]
    tools: bool,
}

impl Door {
    /// What changes from now on.
    pub(crate) fn changes(&self) -> Changes {
        let mut changes = self.mux.changes();
        changes.mark_unchanged();
        changes
    }

    /// Tells a legacy session of changes until the receiver is gone or `ended` is cancelled.
    pub(crate) async fn notify(
        &self,
        changes: Changes,
        messages: mpsc::Sender<Vec<u8>>,
        ended: &CancellationToken,
    ) {
        tell(changes, &messages, &write::notification(names::TOOLS_CHANGED, None), ended).await;
    }

    /// Serves `subscriptions/listen`: the acknowledgement, then news, until the receiver is gone; when `ended`
    /// is cancelled, the result.
    ///
    /// # Errors
    /// What is wrong with the parameters, before anything was sent.
    pub(crate) async fn listen(
        &self,
        request: &Request,
        messages: mpsc::Sender<Vec<u8>>,
        ended: &CancellationToken,
    ) -> Result<(), &'static str> {
        let filter = request.params.get("notifications").and_then(|filter| filter.object().ok());
        let filter = filter.and_then(|filter| filter.to_raw().read::<Filter>().ok());
        let filter = filter.ok_or("`params.notifications` must be an object of booleans")?;
        let mut inner = Object::default();
        inner.set(meta::SUBSCRIPTION, request.id.clone());
        let inner = inner.to_raw();
        let mut params = Object::default();
        params.set("_meta", inner.clone());
        let changed = write::notification(names::TOOLS_CHANGED, Some(&params.to_raw()));
        let granted = if filter.tools { r#"{"toolsListChanged":true}"# } else { "{}" };
        params.set("notifications", Raw::literal(granted));
        let changes = self.changes();
        let acknowledged = write::notification(names::ACKNOWLEDGED, Some(&params.to_raw()));
        if messages.send(acknowledged).await.is_err() {
            return Ok(());
        }
        if filter.tools {
            tell(changes, &messages, &changed, ended).await;
        } else {
            tokio::select! {
                () = ended.cancelled() => {}
                () = messages.closed() => {}
            }
        }
        let mut result = Object::default();
        result.set("resultType", Raw::literal("\"complete\""));
        result.set("_meta", inner);
        let _gone = messages.send(write::result(&request.id, result.to_raw())).await;
        Ok(())
    }
}

/// The number of the catalog that clients see; it is read when it changes.
pub(crate) type Changes = watch::Receiver<u64>;

async fn tell(
    mut changes: Changes,
    messages: &mpsc::Sender<Vec<u8>>,
    message: &[u8],
    ended: &CancellationToken,
) {
    loop {
        tokio::select! {
            () = ended.cancelled() => return,
            () = messages.closed() => return,
            changed = changes.changed() => {
                if changed.is_err() || messages.send(message.to_vec()).await.is_err() {
                    return;
                }
            }
        }
    }
}
