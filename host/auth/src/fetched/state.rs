//! What is known of a fetched credential: what is held, until when, by whom, and what the plugin is told next.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime};

use mcpmux_core::fault::Fault;
use mcpmux_core::hook::{CredentialsHook, Reason};
use mcpmux_core::ports::Shown;

use super::Time;

/// How long before its end a credential is fetched anew: the last fifth of its time, but at most this.
const AHEAD: Duration = Duration::from_secs(60);

/// The hook of the plugin that is loaded now.
pub(crate) type Hook = Arc<dyn CredentialsHook>;

/// What is known.
#[derive(Default)]
pub(super) struct State {
    /// Who gave the rest; what another plugin said does not count.
    by: Option<Weak<dyn CredentialsHook>>,
    held: Option<Held>,
    pause: Option<(Fault, Instant)>,
    next: Next,
}

struct Held {
    shown: Shown,
    until: Option<Until>,
    /// It was fetched because the one before was refused.
    replaces: bool,
    since: Instant,
}

/// What the plugin is told next.
#[derive(Default)]
enum Next {
    #[default]
    Initial,
    Expired,
    Refused(Option<String>),
}

/// What is found by a look.
pub(super) enum Found {
    /// What can be shown.
    Fresh(Shown),
    /// What can be shown, though not for long.
    Due(Shown),
    /// The plugin could not give any a moment ago.
    Paused(Fault),
    /// The plugin is to be asked.
    Nothing,
}

/// When a credential ends, by both clocks; the earlier one holds.
pub(super) struct Until {
    wall: SystemTime,
    steady: Option<Instant>,
    ahead: Duration,
}

impl Until {
    /// `None`: it has ended.
    pub(super) fn new(wall: SystemTime, now: Time) -> Option<Self> {
        let left = wall.duration_since(now.wall).ok().filter(|left| !left.is_zero())?;
        let steady = now.steady.checked_add(left);
        Some(Self { wall, steady, ahead: AHEAD.min(left / 5) })
    }

    /// Whether so much time from now it has ended.
    fn is_over(&self, now: Time, ahead: Duration) -> bool {
        let wall = now.wall.checked_add(ahead).is_none_or(|then| then >= self.wall);
        wall || self.steady.is_some_and(|end| now.steady + ahead >= end)
    }
}

impl State {
    pub(super) fn look(&mut self, hook: &Hook, now: Time) -> Found {
        self.belong_to(hook);
        let paused = self.pause.as_ref().filter(|(_, until)| now.steady < *until);
        if let Some(held) = &self.held {
            let over = |ahead| held.until.as_ref().is_some_and(|until| until.is_over(now, ahead));
            let ahead = held.until.as_ref().map_or(Duration::ZERO, |until| until.ahead);
            if !over(Duration::ZERO) {
                // If it could not be renewed a moment ago it is not tried again at once.
                let due = over(ahead) && paused.is_none();
                let shown = held.shown.clone();
                return if due { Found::Due(shown) } else { Found::Fresh(shown) };
            }
        }
        paused.map_or(Found::Nothing, |(fault, _)| Found::Paused(fault.clone()))
    }

    /// What is held was refused; `false` if it was fetched a moment ago, for the same reason.
    pub(super) fn refuse(&mut self, challenge: Option<String>, now: Time, rest: Duration) -> bool {
        let again = |held: &Held| held.replaces && now.steady - held.since < rest;
        if self.held.as_ref().is_some_and(again) {
            return false;
        }
        self.held = None;
        self.next = Next::Refused(challenge);
        true
    }

    /// What is held has been of use: should it be refused, another one may be fetched at once.
    pub(super) fn accepted(&mut self, shown: &Shown) {
        if let Some(held) = self.held.as_mut().filter(|held| held.shown == *shown) {
            held.replaces = false;
        }
    }

    /// Why the plugin is asked now.
    pub(super) fn next(&mut self, hook: &Hook) -> (Reason, Option<String>) {
        self.belong_to(hook);
        match &self.next {
            Next::Initial => (Reason::Initial, None),
            Next::Expired => (Reason::Expired, None),
            Next::Refused(challenge) => (Reason::Refused, challenge.clone()),
        }
    }

    /// The plugin gave this.
    pub(super) fn hold(
        &mut self,
        hook: &Hook,
        shown: Shown,
        until: Option<Until>,
        replaces: bool,
        now: Time,
    ) {
        self.belong_to(hook);
        self.held = Some(Held { shown, until, replaces, since: now.steady });
        self.pause = None;
        self.next = Next::Expired;
    }

    /// The plugin gave nothing.
    pub(super) fn pause(&mut self, hook: &Hook, fault: Fault, now: Time, pause: Duration) {
        self.belong_to(hook);
        self.pause = Some((fault, now.steady + pause));
    }

    /// Forgets what another plugin said.
    fn belong_to(&mut self, hook: &Hook) {
        let by = Arc::downgrade(hook);
        if !self.by.as_ref().is_some_and(|before| before.ptr_eq(&by)) {
            *self = Self { by: Some(by), ..Self::default() };
        }
    }
}
