//! One backend: its name, and how long it may take.

use mcpmux_core::config::{Backend, Patience};
use mcpmux_core::names::BackendName;

use super::{Around, naming, transport, why};
use crate::mistake::Findings;
use crate::node::Member;
use crate::node::fields::Fields;

/// Builds a backend, if its name and its transport are there.
pub(super) fn backend(
    member: &Member,
    around: &Around<'_>,
    found: &mut Findings<'_>,
) -> Option<Backend> {
    let fields = Fields::of(&member.node);
    let transport = transport::transport(fields, around, found);
    let patience = patience(fields, found);
    let name = BackendName::new(&member.key).map_err(|error| {
        let name = member.key.escape_debug();
        found.mistake(
            member.at,
            format!("`{name}` cannot be the name of a backend: {}", why(&error)),
        );
    });
    let name = name.ok()?;
    let naming = naming::naming(&name, member.at, fields, found);
    Some(Backend { name, transport: transport?, naming, patience })
}

fn patience(fields: Fields<'_>, found: &mut Findings<'_>) -> Patience {
    let default = Patience::default();
    let patience = Patience {
        init: fields.duration("init_timeout").unwrap_or(default.init),
        call: fields.duration("call_timeout").unwrap_or(default.call),
        call_max: fields.duration("call_timeout_max").unwrap_or(default.call_max),
        in_flight: fields.count("in_flight").unwrap_or(default.in_flight),
    };
    let unreadable = |key: &str| fields.member(key).is_some() && fields.duration(key).is_none();
    if patience.call > patience.call_max
        && !unreadable("call_timeout")
        && !unreadable("call_timeout_max")
    {
        let place = fields.text("call_timeout").or_else(|| fields.text("call_timeout_max"));
        let at = place.map_or(0, |(at, _)| at);
        found.hinted(
            at,
            "`call_timeout` is longer than `call_timeout_max`, which ends a call whatever its progress",
            "set both; they are `60s` and `10m` where nothing is said",
        );
    }
    patience
}
