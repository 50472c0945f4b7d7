//! What is expected of every cell: each feature works, but for the exceptions that are listed here with their reasons.

use super::cells::{Era, Sdk, Way};

/// The features, in the order in which clients try them.
pub(super) const FEATURES: &[&str] = &[
    "tools",
    "pagination",
    "resources",
    "templates",
    "read",
    "prompts",
    "completion",
    "progress",
    "logging",
    "subscription",
    "elicitation_form",
    "elicitation_url",
    "sampling",
    "roots",
    "changed_tools",
    "changed_prompts",
    "changed_resources",
    "ping",
    // The last: for a while a message that names no call could be of the one that was given up.
    "cancellation",
];

/// One end of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct End {
    pub(super) sdk: Sdk,
    pub(super) era: Era,
    pub(super) way: Way,
}

/// The ends to which an exception applies; what is `None` may be anything.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    pub(super) sdk: Option<Sdk>,
    pub(super) era: Option<Era>,
    pub(super) way: Option<Way>,
}

/// Any end.
const ANY: Ends = Ends { sdk: None, era: None, way: None };

impl Ends {
    fn hold(self, end: End) -> bool {
        self.sdk.is_none_or(|sdk| sdk == end.sdk)
            && self.era.is_none_or(|era| era == end.era)
            && self.way.is_none_or(|way| way == end.way)
    }
}

/// A feature that cannot work between some ends.
pub(super) struct Exception {
    pub(super) feature: &'static str,
    pub(super) client: Ends,
    pub(super) server: Ends,
    /// Whether it does not work without mcpmux in between either.
    pub(super) direct: bool,
    pub(super) why: &'static str,
}

/// All that does not work.
pub(super) static EXCEPTIONS: &[Exception] = &[Exception {
    feature: "ping",
    client: Ends { era: Some(Era::Modern), ..ANY },
    server: ANY,
    direct: true,
    why: "the modern era has no `ping`",
}];

/// Why a feature does not work between these ends, if it does not.
pub(super) fn exception(
    feature: &str,
    client: End,
    server: End,
    direct: bool,
) -> Option<&'static Exception> {
    EXCEPTIONS.iter().find(|exception| {
        exception.feature == feature
            && exception.client.hold(client)
            && exception.server.hold(server)
            && (exception.direct || !direct)
    })
}
