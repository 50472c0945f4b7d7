//! Which scopes are asked for (MCP 2026-07-28, basic/authorization, scope selection).

use std::collections::BTreeSet;

/// What there is to choose from.
pub(crate) struct Offer<'a> {
    /// Those of the configuration.
    pub(crate) configured: &'a [String],
    /// What the backend's challenge says.
    pub(crate) challenged: Option<&'a str>,
    /// What the protected resource's metadata lists.
    pub(crate) supported: Option<&'a [String]>,
    /// What was asked for before, if more is wanted now.
    pub(crate) before: &'a [String],
    /// What a person names beside all that.
    pub(crate) named: &'a [String],
    /// Whether the authorization server gives refresh tokens for `offline_access`.
    pub(crate) offline: bool,
}

/// The scopes to ask for, each once, in a fixed order; empty: none are named.
pub(crate) fn choose(offer: &Offer<'_>) -> Vec<String> {
    let challenged = offer.challenged.map(split).unwrap_or_default();
    let mut chosen: Vec<String> = if !offer.configured.is_empty() {
        offer.configured.to_vec()
    } else if challenged.is_empty() && offer.before.is_empty() {
        offer.supported.unwrap_or_default().to_vec()
    } else {
        challenged.clone()
    };
    if !offer.before.is_empty() {
        chosen = union(offer.before, &chosen);
        chosen = union(&chosen, &challenged);
    }
    chosen = union(&chosen, offer.named);
    if offer.offline {
        chosen = union(&chosen, &["offline_access".to_owned()]);
    }
    chosen
}

/// The words of a scope.
pub(crate) fn split(scope: &str) -> Vec<String> {
    scope.split_ascii_whitespace().map(str::to_owned).collect()
}

/// Both, each once, in the order in which they are met.
pub(crate) fn union(first: &[String], second: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    first.iter().chain(second).filter(|scope| seen.insert(scope.as_str())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        configured: &str,
        challenged: Option<&str>,
        supported: &str,
        before: &str,
        offline: bool,
    ) -> String {
        named(configured, challenged, supported, before, "", offline)
    }

    fn named(
        configured: &str,
        challenged: Option<&str>,
        supported: &str,
        before: &str,
        named: &str,
        offline: bool,
    ) -> String {
        let supported = split(supported);
        let supported = Some(supported.as_slice()).filter(|supported| !supported.is_empty());
        let (configured, before, named) = (&split(configured), &split(before), &split(named));
        choose(&Offer { configured, challenged, supported, before, named, offline }).join(" ")
    }

    #[test]
    fn what_a_person_names_is_always_added() {
        assert_eq!(named("c", Some("d"), "e", "", "p", false), "c p");
        assert_eq!(named("", Some("d"), "e", "", "p d", false), "d p");
        assert_eq!(named("", None, "e", "", "p", true), "e p offline_access");
        assert_eq!(named("", None, "e", "r", "p", false), "r p");
        assert_eq!(named("", None, "", "", "p", false), "p");
    }

    #[test]
    fn the_configuration_goes_before_the_challenge_and_that_before_the_metadata() {
        assert_eq!(check("c", Some("d"), "e", "", false), "c");
        assert_eq!(check("", Some("d d2 d"), "e", "", false), "d d2");
        assert_eq!(check("", None, "e f", "", false), "e f");
        assert_eq!(check("", None, "", "", false), "");
        assert_eq!(check("", Some(""), "e", "", true), "e offline_access");
    }

    #[test]
    fn more_is_what_was_there_and_what_is_wanted() {
        assert_eq!(check("", Some("w"), "x", "r", false), "r w");
        assert_eq!(check("c", Some("w r"), "x", "r", false), "r c w");
    }
}
