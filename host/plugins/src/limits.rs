//! What one call of a plugin may take, hook by hook; what happens to one that takes more is `live`'s and
//! `limiter`'s.

use std::time::Duration;

use mcpmux_core::config::{Limits, PluginLimits};
use mcpmux_core::hook::HookKind;

/// How many times the time of a hook each part of a plugin's first start may take: a Python interpreter starts in
/// `init`, and a machine that is busy must not look like a defect of the plugin.
const START: u32 = 20;
/// How many times what the first start took each part of a later one may take.
const AGAIN: u32 = 4;
const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// What a plugin is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// To say what it is.
    Describe,
    /// To start, `init`.
    Init,
    /// To see, before it is put to work, that one of its hooks stands being shown nothing.
    Test(HookKind),
    /// One of its hooks.
    Hook(HookKind),
}

impl Step {
    /// Whether it may wait for something; what may not runs to its end on the thread of who calls it.
    pub(crate) const fn may_wait(self) -> bool {
        matches!(self, Self::Hook(HookKind::Observe | HookKind::Credentials))
    }

    /// Its name in messages.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Init => "init",
            Self::Test(hook) | Self::Hook(hook) => hook.as_str(),
        }
    }
}

/// What one call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Its time; of one that may wait, from its beginning to its end, of others what it computes.
    pub(crate) time: Duration,
    /// Bytes that it returns, and that it hands to the host in one call.
    pub(crate) output: usize,
    /// Calls of mcpmux's interfaces; each pointer of a `get-many` counts as one.
    pub(crate) host_calls: u32,
}

/// How a default time is meant.
enum Time {
    /// So many times `limits.plugin_time`.
    Times(u32),
    /// This long.
    Fixed(Duration),
}

/// The defaults. Who changes one changes this table; a plugin's `limits` go before it.
///
/// - Authorizers answer briefly and look at a few fields.
/// - What may put a document in another's place returns as much as the longest message.
/// - A redactor of a large result, or a catalog of thousands, asks for very many values.
const fn default(step: Step) -> (Time, usize, u32) {
    use Time::{Fixed, Times};
    match step {
        Step::Describe | Step::Init | Step::Test(_) => (Times(START), MIB, 1_000),
        Step::Hook(HookKind::Catalog) => (Times(1), 16 * MIB, 200_000),
        Step::Hook(HookKind::Request) => (Times(1), 16 * MIB, 10_000),
        Step::Hook(HookKind::Authorize) => (Times(1), 256 * KIB, 1_000),
        Step::Hook(HookKind::AuthorizeList) => (Times(1), MIB, 1_000),
        Step::Hook(HookKind::Response) => (Times(1), 32 * MIB, 100_000),
        Step::Hook(HookKind::Notify) => (Times(1), 16 * MIB, 10_000),
        Step::Hook(HookKind::Observe) => (Fixed(Duration::from_secs(5)), MIB, 1_000),
        Step::Hook(HookKind::Credentials) => (Fixed(Duration::from_secs(30)), MIB, 1_000),
    }
}

/// The limits of one plugin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    own: PluginLimits,
    time: Duration,
    /// The memory of an instance, in bytes.
    pub(crate) memory: usize,
}

impl Bounds {
    /// A plugin's own limits, and where it has none, the general ones.
    pub(crate) fn new(own: PluginLimits, general: &Limits) -> Self {
        Self {
            own,
            time: own.time.unwrap_or(general.plugin_time),
            memory: own.memory.unwrap_or(general.plugin_memory),
        }
    }

    /// What each part of a start may take once there was a first one, which took this long: a call waits for it.
    pub(crate) fn of_start_after(&self, first: Duration) -> Allowance {
        let start = self.of(Step::Init);
        let time = first.saturating_mul(AGAIN).max(self.time).min(start.time);
        Allowance { time, ..start }
    }

    /// What a call for this may take.
    pub(crate) fn of(&self, step: Step) -> Allowance {
        let (time, output, host_calls) = default(step);
        let time = match time {
            Time::Times(times) => self.time.saturating_mul(times),
            Time::Fixed(time) => self.own.time.unwrap_or(time),
        };
        Allowance {
            time,
            output: self.own.output.unwrap_or(output),
            host_calls: self.own.host_calls.unwrap_or(host_calls),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_start_may_take_as_long_as_a_start_may() {
        let general = Limits { plugin_time: Duration::from_millis(50), ..Limits::default() };
        let bounds = Bounds::new(PluginLimits::default(), &general);
        assert_eq!(bounds.of(Step::Init).time, Duration::from_secs(1));
        for (first, later) in [(0, 50), (12, 50), (100, 400), (900, 1_000)] {
            let allowance = bounds.of_start_after(Duration::from_millis(first));
            assert_eq!(allowance.time, Duration::from_millis(later));
            let time = bounds.of(Step::Init).time;
            assert_eq!(Allowance { time, ..allowance }, bounds.of(Step::Init));
        }
    }

    #[test]
    fn a_plugins_own_limits_go_before_the_general_ones_and_those_before_the_defaults() {
        let general = Limits { plugin_time: Duration::from_millis(7), ..Limits::default() };
        let authorize = Step::Hook(HookKind::Authorize);
        let bounds = Bounds::new(PluginLimits::default(), &general);
        assert_eq!(bounds.of(authorize).time, Duration::from_millis(7));
        for step in [Step::Init, Step::Test(HookKind::Catalog)] {
            assert_eq!(bounds.of(step).time, Duration::from_millis(140));
        }
        assert_eq!(bounds.of(Step::Hook(HookKind::Observe)).time, Duration::from_secs(5));
        assert_eq!(bounds.memory, general.plugin_memory);

        let own = PluginLimits {
            time: Some(Duration::from_secs(1)),
            output: Some(10),
            host_calls: Some(2),
            memory: Some(3),
            kv: None,
        };
        let bounds = Bounds::new(own, &general);
        let (time, output, host_calls) = (Duration::from_secs(1), 10, 2);
        for step in [authorize, Step::Hook(HookKind::Observe)] {
            assert_eq!(bounds.of(step), Allowance { time, output, host_calls });
        }
        assert_eq!(bounds.memory, 3);
    }
}
