//! Pauses after there was no key: whoever was asked is left alone for a while, longer each time.

use std::time::{Duration, Instant};

use mcpmux_core::ports::VaultProblem;

use crate::seal::Salt;

/// The first pause.
const FIRST: Duration = Duration::from_secs(2);
/// The longest where asking costs something: a person is asked, a program is run, a key is derived.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// What was found out last, if it was no key that opens the vault.
#[derive(Debug, Default)]
pub(super) struct Pause(Option<Refused>);

#[derive(Debug)]
struct Refused {
    since: Instant,
    length: Duration,
    /// For which salt it holds; `None`: for all.
    salt: Option<Salt>,
    problem: VaultProblem,
}

impl Pause {
    /// What was found out for this salt, as long as nobody is to be asked again.
    pub(super) fn problem(&self, salt: &Salt, now: Instant) -> Option<VaultProblem> {
        let refused = self.0.as_ref().filter(|refused| refused.is_for(salt))?;
        let is_over = now.saturating_duration_since(refused.since) >= refused.length;
        (!is_over).then(|| refused.problem.clone())
    }

    /// There was no key that opens the vault. Where asking `is_cheap` pauses do not grow.
    pub(super) fn begin(
        &mut self,
        salt: Option<Salt>,
        problem: VaultProblem,
        is_cheap: bool,
        now: Instant,
    ) {
        let longest = if is_cheap { FIRST } else { LONGEST };
        let before = self.0.take().map(|refused| refused.length);
        let length = before.map_or(FIRST, |before| (before * 2).min(longest));
        self.0 = Some(Refused { since: now, length, salt, problem });
    }

    /// The vault of this salt was opened.
    pub(super) fn end(&mut self, salt: &Salt) {
        self.0.take_if(|refused| refused.is_for(salt));
    }
}

impl Refused {
    fn is_for(&self, salt: &Salt) -> bool {
        self.salt.is_none_or(|ours| ours == *salt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After which seconds somebody is asked who is looked for each second, and never opens it.
    fn asked(is_cheap: bool, seconds: u64) -> Vec<u64> {
        let (start, mut pause) = (Instant::now(), Pause::default());
        let asked = (0..seconds).filter(|second| {
            let now = start + Duration::from_secs(*second);
            let asks = pause.problem(&[0; 16], now).is_none();
            if asks {
                pause.begin(Some([0; 16]), VaultProblem::Locked(String::new()), is_cheap, now);
            }
            asks
        });
        asked.collect()
    }

    #[test]
    fn pauses_grow_where_asking_costs_something() {
        assert_eq!(asked(false, 1_200), [0, 2, 6, 14, 30, 62, 126, 254, 510, 810, 1_110]);
        assert_eq!(asked(true, 9), [0, 2, 4, 6, 8]);
    }

    #[test]
    fn a_pause_is_for_its_salt_and_ends_when_the_vault_is_open() {
        let (now, mut pause) = (Instant::now(), Pause::default());
        pause.begin(Some([1; 16]), VaultProblem::Locked(String::new()), false, now);
        assert!(pause.problem(&[1; 16], now).is_some() && pause.problem(&[2; 16], now).is_none());
        pause.end(&[2; 16]);
        assert!(pause.problem(&[1; 16], now).is_some());
        pause.end(&[1; 16]);
        assert!(pause.problem(&[1; 16], now).is_none());
        pause.begin(None, VaultProblem::Locked(String::new()), false, now);
        assert!(pause.problem(&[2; 16], now).is_some());
    }
}
