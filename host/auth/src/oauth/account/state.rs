//! What is known of one backend's login: what is held and until when, what is in the way, and what was tried.

use std::time::{Duration, Instant};

use mcpmux_core::fault::Fault;
use mcpmux_core::ports::Shown;

use super::super::kept::{self, Kept};
use crate::fetched::Time;

/// The most logins that a backend may ask for in a row because it wants more rights.
const STEPS: u32 = 2;

#[derive(Default)]
pub(super) struct State {
    held: Option<Held>,
    /// A person has to act.
    wanted: Option<Fault>,
    pause: Option<(Fault, Instant)>,
    /// The refresh token that was refused: it is not shown again.
    spent: Option<String>,
    /// What was had since by refreshing or by a login was refused at once: no browser opens by itself any more.
    pub(super) spurned: bool,
    /// A login is waited for.
    pub(super) waiting: bool,
    /// How many logins for more rights there were.
    steps: u32,
}

struct Held {
    kept: Kept,
    /// When it was taken, and when it ends by the steady clock.
    since: Instant,
    until: Option<Instant>,
    /// It is there because the one before was refused.
    replaces: bool,
    /// It was refused.
    refused: bool,
    /// The vault could not take it.
    adrift: bool,
}

/// What is found by a look.
pub(super) enum Found {
    /// What can be shown.
    Fresh(Kept),
    /// What can be shown, though not for long.
    Due(Kept),
    /// What is held has ended; it can be refreshed.
    Over,
    /// Something was in the way a moment ago.
    Paused(Fault),
    /// A person has to act.
    Wanted(Fault),
    /// Nothing is known.
    Nothing,
}

impl State {
    pub(super) fn look(&self, now: Time) -> Found {
        let paused = self.pause.as_ref().filter(|(_, until)| now.steady < *until);
        if let Some(held) = self.held.as_ref().filter(|held| !held.refused) {
            if !held.is_over(now, Duration::ZERO) {
                let due = held.is_over(now, held.ahead())
                    && self.can_refresh(&held.kept)
                    && paused.is_none();
                let kept = held.kept.clone();
                return if due { Found::Due(kept) } else { Found::Fresh(kept) };
            }
            if paused.is_none() && self.wanted.is_none() {
                return Found::Over;
            }
        }
        match (paused, &self.wanted) {
            (Some((fault, _)), _) => Found::Paused(fault.clone()),
            (None, Some(fault)) => Found::Wanted(fault.clone()),
            (None, None) => Found::Nothing,
        }
    }

    /// What is held, however it is.
    pub(super) fn held(&self) -> Option<&Kept> {
        self.held.as_ref().map(|held| &held.kept)
    }

    /// Whether its refresh token may still be good.
    pub(super) fn can_refresh(&self, kept: &Kept) -> bool {
        kept.refresh.is_some() && kept.refresh != self.spent
    }

    /// Takes what rests in the vault or was just given; whether it is something new that may be shown.
    pub(super) fn take(&mut self, kept: Kept, now: Time) -> bool {
        let known = |held: &Held| held.kept.access == kept.access || held.kept.since > kept.since;
        if self.held.as_ref().is_some_and(known) {
            return false;
        }
        let left = kept
            .until
            .and_then(kept::time)
            .map(|until| until.duration_since(now.wall).unwrap_or_default());
        if left == Some(Duration::ZERO) && !self.can_refresh(&kept) {
            return false;
        }
        let replaces = self.held.as_ref().is_some_and(|held| held.refused);
        let until = left.and_then(|left| now.steady.checked_add(left));
        self.held =
            Some(Held { kept, since: now.steady, until, replaces, refused: false, adrift: false });
        (self.wanted, self.pause, self.spurned) = (None, None, false);
        true
    }

    /// What is held was refused; `false` if it is there for that very reason since a moment.
    pub(super) fn refused(&mut self, now: Time, rest: Duration) -> bool {
        let Some(held) = &mut self.held else { return true };
        let again = held.replaces && now.steady.saturating_duration_since(held.since) < rest;
        held.refused = true;
        self.spurned |= again;
        !again
    }

    /// What is held has been of use: should it be refused, it may be refreshed at once.
    pub(super) fn accepted(&mut self, shown: &Shown) {
        if let Some(held) = self.held.as_mut().filter(|held| held.kept.shown() == *shown) {
            held.replaces = false;
        }
    }

    /// The server does not take this refresh token any more.
    pub(super) fn spend(&mut self, refresh: Option<String>) {
        self.spent = refresh;
    }

    /// The vault could not take what is held.
    pub(super) fn set_adrift(&mut self) {
        if let Some(held) = &mut self.held {
            held.adrift = true;
        }
    }

    /// What is held, if it rests nowhere.
    pub(super) fn adrift(&self) -> Option<&Kept> {
        self.held.as_ref().filter(|held| held.adrift).map(|held| &held.kept)
    }

    /// Nothing more is expected of what is held.
    pub(super) fn give_up(&mut self) {
        if let Some(held) = &mut self.held {
            held.refused = true;
        }
    }

    /// A person has to act.
    pub(super) fn want(&mut self, fault: Fault) {
        self.wanted = Some(fault);
    }

    /// Nobody is to be asked again for a while.
    pub(super) fn pause(&mut self, fault: Fault, now: Time, pause: Duration) {
        self.pause = Some((fault, now.steady + pause));
    }

    /// Whether one more login for more rights may be asked for.
    pub(super) fn step(&mut self) -> bool {
        self.steps += 1;
        self.steps <= STEPS
    }
}

impl Held {
    /// Whether so much time from now it has ended, by either clock.
    fn is_over(&self, now: Time, ahead: Duration) -> bool {
        let wall = self.kept.until.and_then(kept::time);
        let over =
            wall.is_some_and(|until| now.wall.checked_add(ahead).is_none_or(|then| then >= until));
        over || self.until.is_some_and(|until| now.steady + ahead >= until)
    }

    /// How long before its end it is refreshed: the last fifth of its life.
    fn ahead(&self) -> Duration {
        let life = self.kept.until.map_or(0, |until| until.saturating_sub(self.kept.since));
        Duration::from_millis(life / 5)
    }
}
