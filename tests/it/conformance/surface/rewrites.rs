//! What mcpmux changes in what a client gets; `host/docs/differences.md` says of each why.

use super::{Pair, Revision};

/// A difference that is meant.
#[derive(Debug)]
pub(in crate::conformance) struct Rewrite {
    /// The first column of its row in the docs.
    pub(super) named: &'static str,
    who: Who,
    /// What is asked begins so, for one of them.
    asked: &'static [&'static str],
    /// Where it differs; `*` at the end stands for all below.
    at: &'static [&'static str],
}

/// Who sees a difference.
#[derive(Debug, Clone, Copy)]
pub(in crate::conformance) enum Who {
    Everyone,
    ModernClients,
    LegacyClients,
    /// Modern clients of legacy backends.
    BridgedModernClients,
}

impl Rewrite {
    pub(in crate::conformance) const fn new(
        named: &'static str,
        who: Who,
        asked: &'static [&'static str],
        at: &'static [&'static str],
    ) -> Self {
        Self { named, who, asked, at }
    }

    /// Whether it explains a difference.
    pub(super) fn covers(&self, pair: Pair, asked: &str, at: &str) -> bool {
        let (modern, bridged) = (pair.client == Revision::Modern, pair.client != pair.backend);
        let who = match self.who {
            Who::Everyone => true,
            Who::ModernClients => modern,
            Who::LegacyClients => !modern,
            Who::BridgedModernClients => bridged && modern,
        };
        let fits = |pattern: &&str| {
            pattern.strip_suffix('*').map_or(at == *pattern, |start| at.starts_with(start))
        };
        who && self.asked.iter().any(|start| asked.starts_with(start)) && self.at.iter().any(fits)
    }
}

const LISTS: &[&str] =
    &["prompts/list", "resources/list", "resources/templates/list", "tools/list"];
const SERVER: &str = "answer.result._meta.io.modelcontextprotocol/serverInfo*";

/// All of them.
pub(super) const REWRITES: [Rewrite; 13] = [
    Rewrite::new(
        "`serverInfo`",
        Who::LegacyClients,
        &["initialize"],
        &["answer.result.serverInfo*"],
    ),
    Rewrite::new("`serverInfo`", Who::ModernClients, &["server/discover"], &[SERVER]),
    Rewrite::new("`serverInfo`", Who::ModernClients, LISTS, &[SERVER]),
    Rewrite::new(
        "`serverInfo`",
        Who::BridgedModernClients,
        &["completion/", "prompts/get", "resources/read", "tools/call"],
        &["answer.result._meta", SERVER],
    ),
    Rewrite::new(
        "`instructions`",
        Who::Everyone,
        &["initialize", "server/discover"],
        &["answer.result.instructions"],
    ),
    Rewrite::new(
        "`capabilities`",
        Who::LegacyClients,
        &["initialize"],
        &["answer.result.capabilities.resources.listChanged"],
    ),
    Rewrite::new(
        "`supportedVersions`",
        Who::ModernClients,
        &["server/discover"],
        &["answer.result.supportedVersions"],
    ),
    Rewrite::new(
        "`ttlMs`",
        Who::BridgedModernClients,
        &["resources/read"],
        &["answer.result.ttlMs"],
    ),
    Rewrite::new(
        "`requestState`",
        Who::ModernClients,
        &["tools/call"],
        &["answer.result.requestState"],
    ),
    Rewrite::new(
        "keys of `inputRequests`",
        Who::BridgedModernClients,
        &["tools/call"],
        &["answer.result.inputRequests.*"],
    ),
    Rewrite::new(
        "unknown methods",
        Who::Everyone,
        &["no/such_method"],
        &["answer.error.data", "answer.error.message"],
    ),
    Rewrite::new(
        "HTTP status of errors",
        Who::ModernClients,
        &[
            "tools/call no_such_tool",
            "prompts/get no_such_prompt",
            "resources/read test://no-such-resource",
        ],
        &["status"],
    ),
    Rewrite::new(
        "what the client cannot do",
        Who::LegacyClients,
        &["tools/call test_missing_capability"],
        &["answer.error*"],
    ),
];
