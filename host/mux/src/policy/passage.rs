//! One call's way past the plugins of its plan: what is decided on it, and the record of its end.

use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use mcpmux_core::call::{Answer, Body, Call, Outcome, Routed};
use mcpmux_core::era::Era;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::hook::{Decision, HookKind, Obligations, Question, Record, Status, Subject};
use mcpmux_core::json::Raw;
use mcpmux_core::names::PluginName;
use mcpmux_core::ports::Audit;

use super::Approvals;
use super::plan::{Plan, Post};
use crate::Mux;

/// Decisions that are kept of one call; what is said during a long one could be without end.
const DECISIONS: usize = 256;

/// What the hooks of a call share, for as long as anyone may ask them about it.
pub(crate) struct Escort {
    pub(super) plan: Option<Arc<Plan>>,
    pub(super) subject: Subject,
    pub(super) approvals: Arc<Approvals>,
    /// What is to be kept to; set when the call is permitted.
    obligations: OnceLock<Obligations>,
    decisions: Mutex<Vec<Decision>>,
    /// The plugins whose questions people have answered with yes, by [`Post::id`].
    approved: Mutex<Vec<String>>,
    /// The plugins whose questions people have been asked during this call.
    asked: Mutex<Vec<PluginName>>,
}

impl Escort {
    pub(super) fn new(
        plan: Option<Arc<Plan>>,
        subject: Subject,
        approvals: Arc<Approvals>,
        approved: Vec<String>,
    ) -> Self {
        Self {
            plan,
            subject,
            approvals,
            obligations: OnceLock::new(),
            decisions: Mutex::default(),
            approved: Mutex::new(approved),
            asked: Mutex::default(),
        }
    }

    /// The plugins that the call meets.
    pub(super) fn posts(&self) -> impl Iterator<Item = &Arc<Post>> {
        self.plan.iter().flat_map(|plan| plan.posts())
    }

    /// Notes what a plugin decided.
    pub(super) fn decided(
        &self,
        post: &Post,
        hook: HookKind,
        verdict: &'static str,
        detail: Option<String>,
        took: Duration,
    ) {
        let mut decisions = lock(&self.decisions);
        if decisions.len() < DECISIONS {
            let (plugin, version) = (post.hooks.name.clone(), post.hooks.version.clone());
            let shadow = post.is_shadow();
            decisions.push(Decision { plugin, version, hook, verdict, detail, took, shadow });
        }
    }

    pub(super) fn approve(&self, post: String) {
        lock(&self.approved).push(post);
    }

    pub(super) fn is_approved(&self, post: &Post) -> bool {
        let approved = lock(&self.approved);
        !approved.is_empty() && approved.contains(&post.id())
    }

    /// People are asked these questions.
    pub(super) fn ask(&self, questions: &[(PluginName, Question)]) {
        lock(&self.asked).extend(questions.iter().map(|(plugin, _)| plugin.clone()));
    }

    /// Whether people have been asked a question of this plugin.
    pub(super) fn asks(&self, plugin: &PluginName) -> bool {
        lock(&self.asked).contains(plugin)
    }

    /// What the permission asks for.
    pub(super) fn oblige(&self, obligations: Obligations) {
        // A call that is made again is kept to what it was permitted with first.
        let _ = self.obligations.set(obligations);
    }

    pub(super) fn obligations(&self) -> Option<&Obligations> {
        self.obligations.get()
    }
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A call that plugins, or whoever keeps an audit, hear of. Dropping it says that the call was cancelled.
pub(crate) struct Passage {
    escort: Arc<Escort>,
    /// What is judged: see `document`.
    arguments: Raw,
    /// The call as its client made it, if it is another one now.
    original: Option<Box<Call>>,
    /// Plugins that observe what it was at first, before it was sent elsewhere.
    before: Vec<Arc<Post>>,
    audit: Option<Arc<dyn Audit>>,
    started: Instant,
    ended: bool,
}

impl Passage {
    /// Of a call that begins; `approved` are the plugins whose questions were answered when it was made before.
    pub(crate) fn new(
        mux: &Mux,
        routed: &Routed,
        plan: Option<Arc<Plan>>,
        approved: Vec<String>,
    ) -> Self {
        let Routed { call, to } = routed;
        let subject = Subject {
            id: mux.policy.number(),
            method: call.method,
            to: to.clone(),
            exposed: call.name.clone(),
            client: Arc::clone(&call.client),
            scope: Arc::clone(&mux.policy.scope),
        };
        let approvals = Arc::clone(&mux.policy.approvals);
        let escort = Escort::new(plan, subject, approvals, approved);
        Self {
            escort: Arc::new(escort),
            arguments: super::filter::document(call),
            original: None,
            before: Vec::new(),
            audit: mux.audit.clone(),
            started: Instant::now(),
            ended: false,
        }
    }

    pub(crate) const fn escort(&self) -> &Arc<Escort> {
        &self.escort
    }

    pub(super) const fn arguments(&self) -> &Raw {
        &self.arguments
    }

    /// The call as its client made it, and will make it again if it is to come back.
    pub(crate) fn original<'a>(&'a self, now: &'a Call) -> &'a Call {
        self.original.as_deref().unwrap_or(now)
    }

    /// The plugins whose questions people have answered with yes.
    pub(crate) fn approved(&self) -> Vec<String> {
        lock(&self.escort.approved).clone()
    }

    /// The call is about to become another one.
    pub(super) fn keep(&mut self, call: &Call) {
        if self.original.is_none() {
            self.original = Some(Box::new(call.clone()));
        }
    }

    /// The call was changed.
    pub(super) fn changed(&mut self, arguments: Raw) {
        self.arguments = arguments;
    }

    /// The call goes elsewhere; what was decided stays known.
    pub(super) fn rerouted(&mut self, routed: &Routed, plan: Option<Arc<Plan>>) {
        let old = &self.escort;
        self.before = old.posts().filter(|post| post.observer.is_some()).cloned().collect();
        let subject = Subject {
            to: routed.to.clone(),
            exposed: routed.call.name.clone(),
            ..old.subject.clone()
        };
        let decisions = std::mem::take(&mut *lock(&old.decisions));
        let escort = Escort::new(plan, subject, Arc::clone(&old.approvals), self.approved());
        *lock(&escort.decisions) = decisions;
        self.escort = Arc::new(escort);
        self.arguments = super::filter::document(&routed.call);
    }

    /// The call has ended.
    pub(crate) fn end(mut self, outcome: &Outcome) {
        let era = self.escort.subject.client.era();
        let (status, code, received) = told(outcome, era);
        self.finish(status, code, received);
        if let Err(fault) = outcome {
            let Subject { to, method, .. } = &self.escort.subject;
            if status == Status::Refused {
                let (method, why) = (method.as_str(), super::harmless(fault));
                tracing::info!(backend = %to.backend, entry = %to.native, method, "call refused: {why}");
            }
        }
    }

    /// The call went nowhere.
    pub(crate) fn refuse(mut self, fault: &Fault) {
        let code = fault.kind.code_in(self.escort.subject.client.era());
        self.finish(Status::Refused, Some(code), 0);
    }

    fn finish(&mut self, status: Status, code: Option<i64>, received: usize) {
        self.ended = true;
        let decisions = std::mem::take(&mut *lock(&self.escort.decisions));
        let took = self.started.elapsed();
        self.trace(status, &decisions, took);
        let new = |post: &&Arc<Post>| !self.escort.posts().any(|known| Arc::ptr_eq(known, post));
        let before: Vec<_> = self.before.iter().filter(new).collect();
        let watchers = || before.iter().copied().chain(self.escort.posts());
        if self.audit.is_none() && !watchers().any(|post| post.observer.is_some()) {
            return;
        }
        let mut subject = self.escort.subject.clone();
        if subject.client.session.is_none() {
            // Each message of its brings it anew, and a record that waits for who reads it need not keep them.
            subject.client = Arc::new(subject.client.detached());
        }
        let record = Arc::new(Record {
            subject,
            status,
            code,
            sent: self.arguments.as_bytes().len() as u64,
            received: received as u64,
            took,
            decisions,
        });
        if let Some(audit) = &self.audit {
            audit.record(&record, &self.arguments);
        }
        for post in watchers() {
            if let Some(observer) = &post.observer {
                observer.tell(&record, &post.hooks);
            }
        }
    }

    /// One event a call.
    fn trace(&self, status: Status, decisions: &[Decision], took: Duration) {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let mut said = String::new();
        for Decision { plugin, version, hook, verdict, took, shadow, .. } in decisions {
            let (hook, micros) = (hook.as_str(), took.as_micros());
            let shadow = if *shadow { " (shadow)" } else { "" };
            // Writing to a string cannot fail.
            let _infallible =
                write!(said, "{plugin}@{version} {hook}: {verdict}{shadow} {micros}us; ");
        }
        let Subject { id, method, to, .. } = &self.escort.subject;
        let (method, micros) =
            (method.as_str(), u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        tracing::debug!(call = id, backend = %to.backend, method, entry = %to.native, micros, decisions = said.trim_end_matches("; "), "call ended: {}", status.as_str());
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        if !self.ended {
            self.finish(Status::Cancelled, None, 0);
        }
    }
}

/// The outcome of a call that has ended, once that is on record.
pub(crate) fn ended(passage: Option<Passage>, outcome: Outcome) -> Outcome {
    if let Some(passage) = passage {
        passage.end(&outcome);
    }
    outcome
}

/// What a record says of an outcome: its status, the code of the error, the bytes of the answer.
fn told(outcome: &Outcome, era: Era) -> (Status, Option<i64>, usize) {
    match outcome {
        Ok(Answer { body: Body::Result(result), .. }) => {
            let status = if is_error(result) { Status::ToolError } else { Status::Success };
            (status, None, result.as_bytes().len())
        }
        Ok(Answer { body: Body::Error(error), .. }) => {
            let code = error.object().ok().and_then(|error| error.get("code")?.read().ok());
            (Status::Error, code, error.as_bytes().len())
        }
        Err(fault) => {
            let refused = matches!(
                fault.kind,
                Kind::PolicyDenied | Kind::PolicyWithheld | Kind::PluginFailed
            );
            let status = if refused { Status::Refused } else { Status::Error };
            (status, Some(fault.kind.code_in(era)), 0)
        }
    }
}

/// Whether a tool's result says that it is an error.
fn is_error(result: &Raw) -> bool {
    super::may_hold(result, "isError")
        && result.object().is_ok_and(|object| {
            object.get("isError").is_some_and(|flag| flag.as_bytes() == b"true")
        })
}
