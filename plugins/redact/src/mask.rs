//! What stands in the place of a finding: its kind, or its kind and a short hash that is always the same for a value.

use crate::kind::Kind;
use crate::rules::Rules;

mod sip;

/// The shortest key of hashes.
pub(crate) const LEAST_KEY: usize = 16;

/// How findings are replaced.
#[derive(Debug, Clone)]
pub(crate) enum Mask {
    /// `[redacted:email]`
    Kind,
    /// `[redacted:email:0f3a9c21]`, by a key.
    Hash(u64, u64),
}

impl Mask {
    /// Hashes by a key. Without the key nobody can find out a value by trying all that there are, as could be done
    /// with numbers of cards and telephones.
    pub(crate) fn hash(key: &str) -> Self {
        Self::Hash(sip::hash(0, 0, key.as_bytes()), sip::hash(1, 1, key.as_bytes()))
    }

    /// What a value is replaced by: letters, digits and signs that JSON does not escape.
    pub(crate) fn replacement(&self, rules: &Rules, kind: Kind, value: &str) -> String {
        let name = rules.name(kind);
        match self {
            Self::Kind => format!("[redacted:{name}]"),
            Self::Hash(first, second) => {
                let hash = sip::hash(*first, *second, value.as_bytes()) >> 32;
                format!("[redacted:{name}:{hash:08x}]")
            }
        }
    }
}
