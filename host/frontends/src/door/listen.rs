//! `subscriptions/listen`: what a modern client hears of beside answers, until it or mcpmux ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use mcpmux_core::call::{Body, Call, Method};
use mcpmux_core::client::Client;
use mcpmux_core::era::Era;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::peer::{Ask, Event, Flight, Peer};
use mcpmux_core::ports::Pending;
use mcpmux_mux::{Generations, Offer, Seat};
use mcpmux_protocol::answer::for_client;
use mcpmux_protocol::names::{
    ACKNOWLEDGED, PROMPTS_CHANGED, RESOURCES_CHANGED, TOOLS_CHANGED, UPDATED,
};
use mcpmux_protocol::{meta, write};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::asks::unanswered;
use super::conversation::changed;
use super::outlet::Outlet;
use super::{Door, Request};

/// What a modern client may ask to hear of (2026-07-28, `SubscriptionFilter`); other members are kinds of news that
/// there are none of here.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
struct Filter {
    #[serde(skip_serializing_if = "is_false")]
    tools_list_changed: bool,
    #[serde(skip_serializing_if = "is_false")]
    prompts_list_changed: bool,
    #[serde(skip_serializing_if = "is_false")]
    resources_list_changed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource_subscriptions: Vec<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Filter {
    fn wants(&self, method: &str) -> bool {
        match method {
            TOOLS_CHANGED => self.tools_list_changed,
            PROMPTS_CHANGED => self.prompts_list_changed,
            RESOURCES_CHANGED => self.resources_list_changed,
            _ => false,
        }
    }

    /// Leaves what is not offered out.
    fn reduce(&mut self, offer: &Offer) {
        let offers = |kind: &str, what: &str| {
            let kind = offer.capabilities.get(kind).and_then(|kind| kind.object().ok());
            kind.is_some_and(|kind| kind.get(what).is_some_and(|raw| raw.as_bytes() == b"true"))
        };
        self.tools_list_changed &= offers("tools", "listChanged");
        self.prompts_list_changed &= offers("prompts", "listChanged");
        self.resources_list_changed &= offers("resources", "listChanged");
        if !offers("resources", "subscribe") {
            self.resource_subscriptions.clear();
        }
    }
}

/// A subscription that is acknowledged.
pub(crate) struct Listening {
    id: Raw,
    filter: Filter,
    changes: watch::Receiver<Generations>,
    known: Generations,
    /// Hears of the resources; leaving it ends that.
    seat: Option<Arc<Seat>>,
    tag: Tag,
}

impl Door {
    /// Opens a subscription; the acknowledgement is the first message of it.
    ///
    /// # Errors
    /// Why there is none; then nothing was sent.
    pub(crate) async fn listen(
        &self,
        request: Request,
        outlet: &Arc<impl Outlet>,
    ) -> Result<Listening, &'static str> {
        let Request { id, mut params, client, .. } = request;
        // It stays for as long as the subscription, and the rest of its message need not.
        let id = Raw::trusted(Bytes::copy_from_slice(id.as_bytes()));
        let filter = params.take("notifications").filter(|raw| raw.as_bytes().starts_with(b"{"));
        let filter = filter.and_then(|filter| filter.read::<Filter>().ok());
        let mut filter = filter.ok_or(
            "`params.notifications` must be an object of booleans and of `resourceSubscriptions`, a list of URIs",
        )?;
        if filter.resource_subscriptions.len() > URIS {
            return Err("`params.notifications.resourceSubscriptions` holds more than 1000 URIs");
        }
        filter.reduce(&self.mux.offer().await);
        let mut changes = self.mux.changes();
        let known = *changes.borrow_and_update();
        let tag = Tag::new(id.clone());
        let mut seat = None;
        let acknowledged = Arc::new(AtomicBool::new(false));
        if !filter.resource_subscriptions.is_empty() {
            let peer = Updates {
                outlet: Arc::clone(outlet),
                tag: tag.clone(),
                acknowledged: Arc::clone(&acknowledged),
            };
            let place = Arc::new(self.mux.join(Arc::new(client.detached()), Arc::new(peer)));
            let wanted = std::mem::take(&mut filter.resource_subscriptions);
            filter.resource_subscriptions = self.subscribe(&client, &place, wanted).await;
            seat = Some(place);
        }
        let mut params = Object::default();
        params.set("notifications", Raw::of(&filter));
        outlet.tell(tag.notification(ACKNOWLEDGED, params));
        acknowledged.store(true, Ordering::Release);
        Ok(Listening { id, filter, changes, known, seat, tag })
    }

    /// Subscribes to resources, all at once; returns those that could be, in their order.
    async fn subscribe(
        &self,
        client: &Arc<Client>,
        seat: &Arc<Seat>,
        wanted: Vec<String>,
    ) -> Vec<String> {
        let mut asked = JoinSet::new();
        for (place, uri) in wanted.into_iter().enumerate() {
            let (seat, client) = (Arc::clone(seat), Arc::clone(client));
            asked.spawn(async move {
                let (method, name) = (Method::Subscribe, uri.clone());
                let (params, meta) = (Object::default(), Object::default());
                let call = Call { method, name, params, meta, level: None, client };
                let answer = seat.subscribe(call, Flight::default()).await.ok()?;
                let body = for_client(answer, method, Era::Modern).ok()?;
                matches!(body, Body::Result(_)).then_some((place, uri))
            });
        }
        let mut granted = Vec::new();
        let all = async {
            while let Some(answered) = asked.join_next().await {
                granted.extend(answered.ok().flatten());
            }
        };
        // A backend that takes longer is not subscribed to; the client reads that in the acknowledgement.
        let _late = tokio::time::timeout(self.limits.list_wait, all).await;
        granted.sort_unstable();
        granted.into_iter().map(|(_, uri)| uri).collect()
    }

    /// Room for one more subscription.
    pub(crate) fn room(&self) -> Result<tokio::sync::SemaphorePermit<'_>, &'static str> {
        self.listens
            .try_acquire()
            .map_err(|_| "too many subscriptions are open; see `limits.listens`")
    }
}

/// URIs in one subscription.
const URIS: usize = 1_000;

impl Listening {
    /// Tells the client what it wants to hear, until `ended` is cancelled; then the result of the request.
    pub(crate) async fn run(mut self, outlet: &impl Outlet, ended: &CancellationToken) -> Vec<u8> {
        loop {
            tokio::select! {
                () = ended.cancelled() => break,
                changed = self.changes.changed() => if changed.is_err() { break },
            }
            let now = *self.changes.borrow_and_update();
            for method in changed(self.known, now).filter(|method| self.filter.wants(method)) {
                outlet.tell(self.tag.notification(method, Object::default()));
            }
            self.known = now;
        }
        drop(self.seat.take());
        let mut result = Object::default();
        result.set("resultType", Raw::literal("\"complete\""));
        result.set("_meta", self.tag.0);
        write::result(&self.id, result.to_raw())
    }
}

/// `_meta` with the subscription's id, which is the request's.
#[derive(Clone)]
struct Tag(Raw);

impl Tag {
    fn new(id: Raw) -> Self {
        let mut inner = Object::default();
        inner.set(meta::SUBSCRIPTION, id);
        Self(inner.to_raw())
    }

    fn notification(&self, method: &str, mut params: Object) -> Vec<u8> {
        let known = params.get("_meta").and_then(|inner| inner.object().ok());
        let inner = match (known, self.0.object()) {
            (Some(mut known), Ok(own)) => {
                own.iter().for_each(|member| known.set(member.key.as_str(), member.value.clone()));
                known.to_raw()
            }
            _ => self.0.clone(),
        };
        params.set("_meta", inner);
        write::notification(method, Some(&params.to_raw()))
    }
}

/// Hears of the resources that a subscription is about.
struct Updates<O> {
    outlet: Arc<O>,
    tag: Tag,
    /// What comes before the acknowledgement is not told: it has to be the first.
    acknowledged: Arc<AtomicBool>,
}

impl<O: Outlet> Peer for Updates<O> {
    fn event(&self, event: Event) {
        if let Event::Updated(params) = event
            && self.acknowledged.load(Ordering::Acquire)
        {
            self.outlet.tell(self.tag.notification(UPDATED, params));
        }
    }

    fn ask(&self, _: Ask) -> Pending<'static, Body> {
        Box::pin(std::future::ready(unanswered("a client without a session cannot be asked")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_acknowledged_is_what_is_offered() {
        let filter = r#"{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":false,"resourceSubscriptions":["a:b"],"x":1}"#;
        let check = |capabilities: &'static str, expected: &str| {
            let mut filter: Filter = serde_json::from_str(filter).unwrap();
            let capabilities = Raw::literal(capabilities).object().unwrap();
            filter.reduce(&Offer { capabilities, ..Offer::default() });
            assert_eq!(serde_json::to_string(&filter).unwrap(), expected);
        };
        check("{}", "{}");
        check(
            r#"{"tools":{"listChanged":true},"prompts":{"listChanged":false},"resources":{"subscribe":true}}"#,
            r#"{"toolsListChanged":true,"resourceSubscriptions":["a:b"]}"#,
        );
    }

    #[test]
    fn a_message_keeps_its_own_meta_beside_the_subscription() {
        let tag = Tag::new(Raw::literal("\"s\""));
        let params = Raw::literal(r#"{"uri":"a:b","_meta":{"v":1.0}}"#).object().unwrap();
        let text = String::from_utf8(tag.notification(UPDATED, params)).unwrap();
        let expected =
            r#"{"uri":"a:b","_meta":{"v":1.0,"io.modelcontextprotocol/subscriptionId":"s"}}"#;
        assert!(text.contains(expected), "{text}");
    }
}
