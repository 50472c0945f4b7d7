//! Between the generated types and the SDK's own, of hooks beside the route of a call: lists, notifications, outcomes,
//! credentials.

use std::time::SystemTime;

use super::{call, kind};
use crate::guest::bindings as hooks;
use crate::{self as sdk};

pub(in crate::guest) use hooks::authorize_list::exports::mcpmux::plugin::authorize_list::Entry as ListEntry;
pub(in crate::guest) use hooks::credentials::exports::mcpmux::plugin::credentials::{
    Grant, Problem, Query,
};
pub(in crate::guest) use hooks::notify::exports::mcpmux::plugin::notify::Notice;
pub(in crate::guest) use hooks::observe::exports::mcpmux::plugin::observe::Outcome;

use hooks::credentials::exports::mcpmux::plugin::credentials::Reason;
use hooks::observe::exports::mcpmux::plugin::observe::{Decision, Status};

pub(in crate::guest) fn list_entry(entry: ListEntry) -> sdk::ListEntry {
    sdk::ListEntry {
        kind: kind(entry.kind),
        backend: entry.backend,
        name: entry.name,
        exposed: entry.exposed,
        read_only: entry.read_only,
        destructive: entry.destructive,
    }
}

pub(in crate::guest) fn notice(notice: Notice) -> sdk::Notice {
    sdk::Notice { backend: notice.backend, method: notice.method, call: notice.call }
}

pub(in crate::guest) fn outcome(outcome: Outcome) -> sdk::Outcome {
    sdk::Outcome {
        call: call(outcome.call),
        status: match outcome.status {
            Status::Success => sdk::Status::Success,
            Status::ToolError => sdk::Status::ToolError,
            Status::Error => sdk::Status::Error,
            Status::Refused => sdk::Status::Refused,
            Status::Cancelled => sdk::Status::Cancelled,
        },
        code: outcome.code,
        sent: outcome.sent,
        received: outcome.received,
        micros: outcome.micros,
        decisions: outcome.decisions.into_iter().map(decision).collect(),
    }
}

fn decision(decision: Decision) -> sdk::Decision {
    sdk::Decision {
        plugin: decision.plugin,
        version: decision.version,
        hook: decision.hook,
        verdict: decision.verdict,
        micros: decision.micros,
        shadow: decision.shadow,
    }
}

pub(in crate::guest) fn query(query: Query) -> sdk::Query {
    sdk::Query {
        backend: query.backend,
        url: query.url,
        why: match query.why {
            Reason::Initial => sdk::Reason::Initial,
            Reason::Expired => sdk::Reason::Expired,
            Reason::Refused => sdk::Reason::Refused,
        },
        challenge: query.challenge,
    }
}

pub(in crate::guest) fn grant(grant: sdk::Grant) -> Grant {
    let millis = |time: SystemTime| {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    };
    Grant { headers: grant.headers, expires_at: grant.expires_at.map(millis) }
}

pub(in crate::guest) fn problem(problem: sdk::Problem) -> Problem {
    match problem {
        sdk::Problem::NeedsLogin(text) => Problem::NeedsLogin(text),
        sdk::Problem::Temporary(text) => Problem::Temporary(text),
        sdk::Problem::Permanent(text) => Problem::Permanent(text),
    }
}
