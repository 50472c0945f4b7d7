//! What a legacy backend asks of its client while it works: who is asked, and how long.
//!
//! A question that comes on the stream of one call is for that call's client. Where one stream carries everything,
//! the question names no call, and must not reach another client's user. The calls that were under way when it came
//! then decide:
//! - none: the floor above is asked, for no call needs the answer;
//! - one, or several of one session: the client of that call or session is asked;
//! - those of several clients: those count that do not wait for their own client's answer to an earlier question. If
//!   that still leaves several clients, the question waits until all but one client's were answered. After [`UNCLEAR`]
//!   the backend reads an error that says why it got none. A call that was given up a moment ago counts, since the
//!   question may be its.
//!
//! A question about a task (`_meta["io.modelcontextprotocol/related-task"]`, 2025-11-25) is for the client of a call
//! about that task, or for the floor above, which knows whose task it is. A progress token is no hint: it is the
//! backend's own.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mcpmux_core::call::Body;
use mcpmux_core::era::Era;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::peer::{Ask, Report};
use mcpmux_core::ports::Pending as Future;
use mcpmux_protocol::names::{
    INTERNAL_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, PING, PROGRESS, ROOTS_LIST,
};
use mcpmux_protocol::{meta, write};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::AbortOnDropHandle;

use super::hearing::Voice;
use super::underway::{Owner, Underway};

/// Questions that may wait at once on one link.
const WAITING: usize = 64;
/// How long a person has to answer.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long a question waits, at most, for it to become clear whose it is; half of what its call may be silent, so
/// that the backend reads why before the call is given up.
const UNCLEAR: Duration = Duration::from_secs(30);
/// How often it is looked whether time has made it clear.
const LOOK: Duration = Duration::from_millis(100);
/// Reports of progress that may wait to be sent; more are dropped.
const REPORTS: usize = 16;
/// Which task a message belongs to (2025-11-25, basic/utilities/tasks).
const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";

/// The questions of one link that wait for an answer, by the backend's id.
#[derive(Default)]
pub(crate) struct Asks(Mutex<HashMap<Vec<u8>, AbortOnDropHandle<()>>>);

impl Asks {
    /// The backend takes a question back.
    pub(crate) fn take_back(&self, id: &Raw) {
        let question = self.lock().remove(id.as_bytes());
        drop(question);
    }

    /// A question has its answer, which its task still brings to the backend.
    fn answered(&self, id: &Raw) {
        let question = self.lock().remove(id.as_bytes());
        let _task = question.map(AbortOnDropHandle::detach);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, AbortOnDropHandle<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The backend asks something; `of`: on the stream of this call.
pub(crate) fn asked<V: Voice>(
    voice: &Arc<V>,
    of: Option<&Arc<Underway>>,
    id: Raw,
    method: String,
    params: Option<Raw>,
) {
    let hearing = voice.hearing();
    if method == PING {
        return say(voice, write::result(&id, Raw::literal("{}")));
    }
    let refuse = |code, why| say(voice, write::error(Some(&id), code, why, None));
    if hearing.revision().era() == Era::Modern {
        return refuse(METHOD_NOT_FOUND, "this revision has no requests to clients");
    }
    if method == ROOTS_LIST {
        hearing.asked_for_roots();
    }
    let mut asks = hearing.asks.lock();
    if asks.len() >= WAITING {
        return refuse(INTERNAL_ERROR, "too many questions wait for an answer already");
    }
    if asks.contains_key(id.as_bytes()) {
        return refuse(INVALID_REQUEST, "a question with this id waits for an answer already");
    }
    let question = Question {
        candidates: match of {
            Some(call) => vec![Arc::clone(call)],
            None => hearing.pending.calls(),
        },
        id: id.clone(),
        method,
        params,
    };
    let task = hearing.runtime.spawn(question.run(Arc::clone(voice)));
    asks.insert(id.as_bytes().to_vec(), AbortOnDropHandle::new(task));
}

/// Sends a message without waiting for it.
fn say<V: Voice>(voice: &Arc<V>, message: Vec<u8>) {
    let sender = Arc::clone(voice);
    voice.hearing().runtime.spawn(async move { sender.say(message).await });
}

/// A question and the calls that it may belong to.
struct Question {
    candidates: Vec<Arc<Underway>>,
    id: Raw,
    method: String,
    params: Option<Raw>,
}

/// Who is asked.
enum Addressee {
    Client(Arc<Underway>),
    Above,
    Nobody(&'static str),
}

impl Question {
    async fn run(self, voice: Arc<impl Voice>) {
        let hearing = voice.hearing();
        let answered = async {
            let body = self.answer(&*voice).await;
            // Once the backend has read the answer it may ask again under the same id.
            hearing.asks.answered(&self.id);
            voice.say(write::response(&self.id, &body)).await;
        };
        tokio::select! {
            // With the link, the backend is gone, and with this task the question to the client.
            () = hearing.closing.closed() => hearing.asks.take_back(&self.id),
            () = answered => {}
        }
    }

    async fn answer(&self, voice: &impl Voice) -> Body {
        let (reports, token) = (mpsc::channel(REPORTS), self.token());
        let ask = Ask {
            method: self.method.clone(),
            params: self.params.clone(),
            report: token.is_some().then(|| reporter(reports.0)),
        };
        let mut reports = reports.1;
        let asking = async {
            match self.addressee(voice).await {
                Addressee::Client(call) => put(&call, ask).await,
                Addressee::Above => {
                    let hearing = voice.hearing();
                    in_time(hearing.events.asked(&hearing.name, ask)).await
                }
                Addressee::Nobody(why) => failed(why),
            }
        };
        let mut asking = pin!(asking);
        loop {
            tokio::select! {
                biased;
                Some(params) = reports.recv() => self.pass_on(voice, params, token.as_ref()).await,
                body = asking.as_mut() => {
                    // What was reported last comes before the answer.
                    while let Ok(params) = reports.try_recv() {
                        self.pass_on(voice, params, token.as_ref()).await;
                    }
                    return body;
                }
            }
        }
    }

    /// A report of progress, with the backend's own token.
    async fn pass_on(&self, voice: &impl Voice, mut params: Object, token: Option<&Raw>) {
        if let Some(token) = token {
            params.set(meta::PROGRESS_TOKEN, token.clone());
        }
        voice.say(write::notification(PROGRESS, Some(&params.to_raw()))).await;
    }

    async fn addressee(&self, voice: &impl Voice) -> Addressee {
        let mut candidates = self.candidates.clone();
        let silence = candidates.iter().map(|call| call.patience / 2).min();
        let until = Instant::now() + silence.unwrap_or(UNCLEAR).min(UNCLEAR);
        if let Some(task) = self.task() {
            candidates.retain(|call| call.is_about(&task));
        }
        let mut left = pin!(voice.hearing().pending.left.notified());
        loop {
            left.as_mut().enable();
            match Owner::among(&candidates) {
                Owner::Nobody => return Addressee::Above,
                Owner::Call(call) if call.peer.is_some() => return Addressee::Client(call),
                Owner::Call(_) => return Addressee::Above,
                Owner::Gone => return Addressee::Nobody("the call was cancelled"),
                Owner::Unclear => {}
            }
            // What time alone makes clear is looked at now and then.
            let look = (Instant::now() + LOOK).min(until);
            if timeout_at(look, left.as_mut()).await.is_err() && look == until {
                return Addressee::Nobody(
                    "calls of several clients are under way, and mcpmux cannot tell which client is meant",
                );
            }
            left.set(voice.hearing().pending.left.notified());
        }
    }

    fn own_meta(&self) -> Option<Object> {
        self.params.as_ref()?.object().ok()?.get("_meta")?.object().ok()
    }

    /// The token under which the backend wants progress.
    fn token(&self) -> Option<Raw> {
        self.own_meta()?.take(meta::PROGRESS_TOKEN)
    }

    fn task(&self) -> Option<String> {
        let related = self.own_meta()?.take(RELATED_TASK)?.object().ok()?;
        Some(related.get("taskId")?.as_string()?.into_owned())
    }
}

/// Asks the client of a call, for as long as the call lasts; its clocks stand meanwhile.
async fn put(call: &Underway, ask: Ask) -> Body {
    let Some(peer) = &call.peer else {
        return failed("nobody is there to be asked");
    };
    let _asking = call.pulse.asking();
    tokio::select! {
        body = in_time(peer.ask(ask)) => body,
        () = call.over() => failed("the call is over"),
    }
}

async fn in_time(answer: Future<'static, Body>) -> Body {
    let late = |_| failed("the client did not answer in time");
    timeout(PATIENCE, answer).await.unwrap_or_else(late)
}

fn reporter(reports: mpsc::Sender<Object>) -> Report {
    // What the backend cannot take at once is dropped: progress is news, and the next one is newer.
    Arc::new(move |params| drop(reports.try_send(params)))
}

fn failed(why: &str) -> Body {
    let mut error = Object::default();
    error.set("code", Raw::of(&INTERNAL_ERROR));
    error.set("message", Raw::string(why));
    Body::Error(error.to_raw())
}
