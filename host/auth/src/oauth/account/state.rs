//! What is known of one backend's login: what is held and until when, what is in the way, and what was tried.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mcpmux_core::config::Secret;
use mcpmux_core::fault::Fault;
use mcpmux_core::ports::Shown;

use super::super::kept::{self, Kept};
use crate::fetched::Time;

/// The most logins that a backend may ask for because it wants more rights, before it takes one of them.
const STEPS: u32 = 3;
/// How often in a row a refresh may be turned down for a reason that is not the login's end, before a person is asked.
const FAILURES: u32 = 3;
/// How long a login counts as one that was just made.
const RECENT: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct State {
    held: Option<Held>,
    /// A person has to act.
    wanted: Option<Fault>,
    pause: Option<(Fault, Instant)>,
    /// The refresh token that was refused: it is not shown again.
    spent: Option<Secret>,
    /// What was given last was of no use: no browser opens by itself any more.
    spurned: bool,
    /// The last login came to nothing, or was undone: nor does one then.
    pub(super) denied: bool,
    /// Where a person can make the login that is waited for.
    pub(super) waiting: Option<String>,
    /// Somebody sees to it that what is adrift comes to rest.
    pub(super) rescued: bool,
    /// Somebody is about to look into the vault.
    pub(super) looking: bool,
    /// Which of the tokens that were held one after the other this is, and which was shown last.
    number: u64,
    shown: u64,
    /// How many logins for more rights there were in a row.
    steps: u32,
    /// How many refreshes in a row were turned down.
    failures: u32,
    /// How many tokens in a row were refused although they had just been had in the place of refused ones.
    useless: u32,
    /// The client that its authorization server does not know any more.
    unknown_client: Option<String>,
}

struct Held {
    kept: Arc<Kept>,
    shown: Shown,
    /// When it ends by the steady clock.
    until: Option<Instant>,
    /// It was refused.
    refused: bool,
    /// The vault could not take it.
    adrift: bool,
    /// A record of this login has rested in the vault.
    rested: bool,
    /// When a person logged in for it, if nothing was refreshed since.
    welcomed: Option<Instant>,
}

/// What is found by a look.
pub(super) enum Found {
    /// What can be shown.
    Fresh(Shown),
    /// What can be shown, though not for long.
    Due(Shown),
    /// What is held has ended; it may be refreshed.
    Over,
    /// Something was in the way a moment ago.
    Paused(Fault),
    /// A person has to act.
    Wanted(Fault),
    /// Nothing is known.
    Nothing,
}

impl Found {
    /// What can be shown, if it is something else than this.
    pub(super) fn other_than(self, shown: &Shown) -> Option<Shown> {
        match self {
            Self::Fresh(new) | Self::Due(new) => Some(new).filter(|new| new != shown),
            _ => None,
        }
    }
}

impl State {
    pub(super) fn look(&self, now: Time) -> Found {
        let paused = self.pause.as_ref().filter(|(_, until)| now.steady < *until);
        if let Some(held) = self.held.as_ref().filter(|held| !held.refused) {
            if !held.is_over(now, Duration::ZERO) {
                let due = held.is_over(now, held.ahead())
                    && self.can_refresh(&held.kept)
                    && paused.is_none();
                let shown = held.shown.clone();
                return if due { Found::Due(shown) } else { Found::Fresh(shown) };
            }
            // What is wanted beside it may be more rights; it is good without them.
            if paused.is_none() && (self.wanted.is_none() || self.can_refresh(&held.kept)) {
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
    pub(super) fn held(&self) -> Option<&Arc<Kept>> {
        self.held.as_ref().map(|held| &held.kept)
    }

    /// Whether what is held may go on being used, if need be after a refresh.
    pub(super) fn is_good(&self, now: Time) -> bool {
        self.held.as_ref().is_some_and(|held| {
            !held.refused && (!held.is_over(now, Duration::ZERO) || self.can_refresh(&held.kept))
        })
    }

    /// Whether its refresh token may still be good.
    pub(super) fn can_refresh(&self, kept: &Kept) -> bool {
        kept.refresh.is_some() && kept.refresh != self.spent
    }

    /// What is found, for who shows it: it is no news any more.
    pub(super) fn hand_out(&mut self, now: Time) -> Found {
        self.shown = self.number;
        self.look(now)
    }

    /// Whether there is something that has not been shown yet, or can be had.
    pub(super) fn has_news(&self, now: Time) -> bool {
        match self.look(now) {
            Found::Fresh(_) | Found::Due(_) => self.shown != self.number,
            Found::Over => true,
            _ => false,
        }
    }

    /// Whether a browser may open by itself.
    pub(super) const fn may_ask(&self) -> bool {
        !self.spurned && !self.denied
    }

    /// Takes what rests in the vault; whether it is something new that may be shown.
    pub(super) fn adopt(&mut self, kept: Kept, now: Time) -> bool {
        let known = |held: &Held| *held.kept == kept || held.kept.since > kept.since;
        if self.held.as_ref().is_some_and(known) {
            return false;
        }
        let over = kept.until.and_then(kept::time).is_some_and(|until| until <= now.wall);
        if over && !self.can_refresh(&kept) {
            return false;
        }
        // Another process may have refreshed the same login.
        let another = self.held().is_none_or(|held| held.made != kept.made);
        if another {
            (self.spurned, self.denied, self.useless) = (false, false, 0);
        }
        self.put(kept, now);
        self.rests();
        true
    }

    /// Holds what was just given.
    pub(super) fn put(&mut self, kept: Kept, now: Time) {
        let left = kept
            .until
            .and_then(kept::time)
            .map(|until| until.duration_since(now.wall).unwrap_or_default());
        let until = left.and_then(|left| now.steady.checked_add(left));
        let rested =
            self.held.as_ref().is_some_and(|held| held.rested && held.kept.made == kept.made);
        let (shown, kept) = (kept.shown(), Arc::new(kept));
        let (refused, adrift, welcomed) = (false, false, None);
        self.held = Some(Held { kept, shown, until, refused, adrift, rested, welcomed });
        self.number += 1;
        (self.wanted, self.pause, self.failures) = (None, None, 0);
        self.unknown_client = None;
    }

    /// A person has logged in.
    pub(super) fn welcome(&mut self, kept: Kept, now: Time) {
        self.put(kept, now);
        if let Some(held) = &mut self.held {
            held.welcomed = Some(now.steady);
        }
        (self.spurned, self.denied, self.useless) = (false, false, 0);
    }

    /// What is held was refused. If a person has just logged in for it, another login would be in vain too.
    pub(super) fn refused(&mut self, shown: &Shown, now: Time) {
        let recent = |since: Instant| now.steady.saturating_duration_since(since) < RECENT;
        if let Some(held) = self.held.as_mut().filter(|held| held.shown == *shown) {
            held.refused = true;
            self.spurned |= held.welcomed.is_some_and(recent) && held.kept.refresh.is_none();
        }
    }

    /// What is held was taken in the place of what was refused.
    pub(super) fn accepted(&mut self, shown: &Shown) {
        if self.held.as_ref().is_some_and(|held| held.shown == *shown) {
            (self.useless, self.steps, self.spurned) = (0, 0, false);
        }
    }

    /// What is held was refused too; nothing else is tried for a while, which doubles each time.
    pub(super) fn is_useless(&mut self, shown: &Shown, fault: Fault, now: Time, pause: Duration) {
        if let Some(held) = self.held.as_mut().filter(|held| held.shown == *shown) {
            held.refused = true;
            self.spurned = true;
            let pause = pause * (1 << self.useless.min(4));
            self.useless += 1;
            self.pause(fault, now, pause);
        }
    }

    /// The server does not take this refresh token any more.
    pub(super) fn spend(&mut self, refresh: Option<Secret>) {
        self.spent = refresh;
    }

    /// A refresh was turned down; whether that has been so several times by now.
    pub(super) fn fail(&mut self) -> bool {
        self.failures += 1;
        self.failures >= FAILURES
    }

    /// The authorization server does not know this client any more.
    pub(super) fn forget_client(&mut self, id: &str) {
        self.unknown_client = Some(id.to_owned());
    }

    /// Whether the authorization server knows this client, as far as was seen.
    pub(super) fn knows_client(&self, id: &str) -> bool {
        self.unknown_client.as_deref() != Some(id)
    }

    /// The vault could not take what is held.
    pub(super) fn set_adrift(&mut self) {
        if let Some(held) = &mut self.held {
            held.adrift = true;
        }
    }

    /// The vault has what is held.
    pub(super) fn rests(&mut self) {
        if let Some(held) = &mut self.held {
            (held.adrift, held.rested) = (false, true);
        }
    }

    /// Whether the login has rested in the vault: if it is not there now, somebody has taken it away.
    pub(super) fn has_rested(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.rested)
    }

    /// What is held, if it rests nowhere.
    pub(super) fn adrift(&self) -> Option<&Arc<Kept>> {
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
    pub(super) const fn may_step(&self) -> bool {
        self.steps < STEPS
    }

    /// A login for more rights was asked for.
    pub(super) const fn step(&mut self) {
        self.steps += 1;
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
