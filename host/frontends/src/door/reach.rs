//! How a legacy client is reached: what it is told and asked, for one call or for its whole session.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use mcpmux_core::call::Body;
use mcpmux_core::client::{Client, undeclared};
use mcpmux_core::json::Raw;
use mcpmux_core::level::Level;
use mcpmux_core::peer::{Ask, Event, Flight, Peer};
use mcpmux_core::ports::Pending;
use tokio_util::sync::CancellationToken;

use super::asks::{Asks, unanswered};
use super::outlet::{Loudness, Outlet, written};

/// How long a question that belongs to no call waits for a client that has just come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);

/// What every way to the client of one session needs.
pub(crate) struct Reach {
    pub(crate) client: Arc<Client>,
    pub(crate) asks: Asks,
    /// Cancelled once the client has said that it is initialized; before that it is asked nothing.
    pub(crate) greeted: CancellationToken,
    /// The place of the level in [`Level::ALL`], from 1 on; 0: the client has set none.
    level: AtomicU8,
}

impl Reach {
    pub(crate) fn new(client: Arc<Client>, asks: usize) -> Self {
        Self {
            client,
            asks: Asks::new(asks),
            greeted: CancellationToken::new(),
            level: AtomicU8::new(0),
        }
    }

    pub(crate) fn set_level(&self, level: Level) {
        let place = Level::ALL.iter().position(|other| *other == level);
        let place = place.and_then(|place| u8::try_from(place + 1).ok());
        self.level.store(place.unwrap_or(0), Ordering::Relaxed);
    }

    /// The level that the client has set.
    pub(crate) fn level(&self) -> Option<Level> {
        let place = usize::from(self.level.load(Ordering::Relaxed));
        Level::ALL.get(place.checked_sub(1)?).copied()
    }

    fn written(&self, event: Event, token: Option<&Raw>) -> Option<Vec<u8>> {
        let loudness = self.level().map_or(Loudness::All, Loudness::From);
        written(event, &self.client, token, loudness)
    }

    /// Asks over a way and waits for the answer; dropped, it takes the question back.
    async fn ask(&self, ask: Ask, outlet: &dyn Outlet) -> Body {
        let asked = match self.asks.open(ask) {
            Ok(asked) => asked,
            Err(answer) => return answer,
        };
        let mut open = Question { asks: &self.asks, number: asked.number, outlet: Some(outlet) };
        let mut answer = asked.answer;
        let posed = tokio::select! {
            biased;
            posed = outlet.pose(asked.message) => posed,
            // The client cannot answer what it has not got: the session ends.
            _ = &mut answer => Err(ENDED),
        };
        if let Err(why) = posed {
            open.outlet = None;
            return unanswered(why);
        }
        answer.await.unwrap_or_else(|_| unanswered(ENDED))
    }
}

const ENDED: &str = "the client's session ended before it answered";

/// Takes a question back when it is dropped unanswered.
struct Question<'a> {
    asks: &'a Asks,
    number: u64,
    /// Where to say so, if the client has got the question.
    outlet: Option<&'a dyn Outlet>,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        if let (Some(message), Some(outlet)) = (self.asks.withdraw(self.number), self.outlet) {
            outlet.retract(message);
        }
    }
}

/// The client of a session beside a call: on the call's own way.
pub(crate) struct CallPeer<O> {
    own: Weak<Self>,
    reach: Arc<Reach>,
    /// The token that the client wants its progress with.
    token: Option<Raw>,
    outlet: O,
}

impl<O: Outlet> CallPeer<O> {
    pub(crate) fn new(reach: Arc<Reach>, token: Option<Raw>, outlet: O) -> Arc<Self> {
        Arc::new_cyclic(|own| Self { own: own.clone(), reach, token, outlet })
    }

    /// The flight of the call.
    pub(crate) fn flight(self: Arc<Self>) -> Flight {
        Flight { progress: self.token.is_some(), peer: Some(self) }
    }
}

impl<O> AsRef<O> for CallPeer<O> {
    fn as_ref(&self) -> &O {
        &self.outlet
    }
}

impl<O: Outlet> Peer for CallPeer<O> {
    fn event(&self, event: Event) {
        if let Some(message) = self.reach.written(event, self.token.as_ref()) {
            self.outlet.tell(message);
        }
    }

    fn ask(&self, ask: Ask) -> Pending<'static, Body> {
        if let Some(lacking) = self.reach.client.lacks(&ask.method, ask.params.as_ref()) {
            return Box::pin(std::future::ready(undeclared(lacking)));
        }
        let own = self.own.upgrade();
        Box::pin(async move {
            match own {
                Some(own) => own.reach.ask(ask, &own.outlet).await,
                None => unanswered("the call is over"),
            }
        })
    }
}

/// The client of a session beside all calls.
pub(crate) struct SessionPeer<O> {
    pub(crate) reach: Arc<Reach>,
    pub(crate) outlet: Arc<O>,
}

impl<O: Outlet> Peer for SessionPeer<O> {
    fn event(&self, event: Event) {
        if let Some(message) = self.reach.written(event, None) {
            self.outlet.tell(message);
        }
    }

    fn ask(&self, ask: Ask) -> Pending<'static, Body> {
        if let Some(lacking) = self.reach.client.lacks(&ask.method, ask.params.as_ref()) {
            return Box::pin(std::future::ready(undeclared(lacking)));
        }
        let (reach, outlet) = (Arc::clone(&self.reach), Arc::clone(&self.outlet));
        Box::pin(async move {
            if tokio::time::timeout(PATIENCE, reach.greeted.cancelled()).await.is_err() {
                return unanswered("the client has not sent `notifications/initialized`");
            }
            reach.ask(ask, &*outlet).await
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use mcpmux_core::era::Revision;

    use super::*;

    /// Keeps what the client was sent.
    #[derive(Default)]
    struct Page(Mutex<Vec<String>>);

    impl Outlet for Page {
        fn tell(&self, message: Vec<u8>) {
            self.0.lock().unwrap().push(String::from_utf8(message).unwrap());
        }
        fn pose(&self, message: Vec<u8>) -> Pending<'_, Result<(), &'static str>> {
            self.tell(message);
            Box::pin(std::future::ready(Ok(())))
        }
    }

    fn peer(page: &Arc<Page>) -> (Arc<Reach>, Arc<CallPeer<Arc<Page>>>) {
        let capabilities = Raw::literal(r#"{"roots":{}}"#);
        let revision = Revision::NEWEST_LEGACY;
        let client = Client { revision, info: None, capabilities, session: None };
        let reach = Arc::new(Reach::new(Arc::new(client), 4));
        (Arc::clone(&reach), CallPeer::new(reach, None, Arc::clone(page)))
    }

    fn ask(method: &str) -> Ask {
        Ask { method: method.to_owned(), params: None, report: None }
    }

    #[track_caller]
    fn refused(body: &Body, text: &str) {
        let Body::Error(error) = body else { panic!("it was answered") };
        let error = std::str::from_utf8(error.as_bytes()).unwrap();
        assert!(error.contains(text), "{error}");
    }

    #[tokio::test]
    async fn a_client_is_asked_what_it_declares_and_its_answer_comes_back() {
        let page = Arc::default();
        let (reach, peer) = peer(&page);
        refused(&peer.ask(ask("elicitation/create")).await, "-32021");
        assert!(page.0.lock().unwrap().is_empty());
        let answer = async {
            let id = Raw::literal("\"mcpmux-1\"");
            while page.0.lock().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
            reach.asks.answered(&id, Body::Result(Raw::literal("[1]")));
        };
        let (body, ()) = tokio::join!(peer.ask(ask("roots/list")), answer);
        assert!(matches!(body, Body::Result(result) if result.as_bytes() == b"[1]"));
        assert_eq!(page.0.lock().unwrap().len(), 1, "nothing is withdrawn");
    }

    #[tokio::test]
    async fn a_question_that_is_dropped_is_taken_back() {
        let page = Arc::default();
        let (reach, peer) = peer(&page);
        tokio::select! {
            biased;
            _ = peer.ask(ask("roots/list")) => panic!("nobody answered"),
            () = tokio::task::yield_now() => {}
        }
        let sent = page.0.lock().unwrap().clone();
        assert_eq!(sent.len(), 2, "{sent:?}");
        assert!(sent[1].contains("notifications/cancelled"), "{sent:?}");
        reach.asks.end();
        refused(&peer.ask(ask("roots/list")).await, "session has ended");
    }
}
