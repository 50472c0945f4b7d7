//! The kinds of findings: their names, their groups, and sets of them.

/// What was found. The lower one says more about a value, and names it where two overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind(u8);

/// The built-in kinds by name, the most telling first; the last [`PERSONAL`] are personal data.
const NAMES: [&str; 19] = [
    "private-key",
    "aws-key",
    "google-key",
    "github-token",
    "gitlab-token",
    "slack-token",
    "stripe-key",
    "anthropic-key",
    "openai-key",
    "vendor-token",
    "jwt",
    "url-password",
    "authorization",
    "secret",
    "card",
    "iban",
    "ssn",
    "email",
    "phone",
];
const PERSONAL: usize = 5;

/// How many patterns of one's own there can be.
pub(crate) const MOST_OWN: usize = 64;

impl Kind {
    pub(crate) const PRIVATE_KEY: Self = Self(0);
    pub(crate) const AWS: Self = Self(1);
    pub(crate) const GOOGLE: Self = Self(2);
    pub(crate) const GITHUB: Self = Self(3);
    pub(crate) const GITLAB: Self = Self(4);
    pub(crate) const SLACK: Self = Self(5);
    pub(crate) const STRIPE: Self = Self(6);
    pub(crate) const ANTHROPIC: Self = Self(7);
    pub(crate) const OPENAI: Self = Self(8);
    pub(crate) const VENDOR: Self = Self(9);
    pub(crate) const JWT: Self = Self(10);
    pub(crate) const URL_PASSWORD: Self = Self(11);
    pub(crate) const AUTHORIZATION: Self = Self(12);
    pub(crate) const SECRET: Self = Self(13);
    pub(crate) const CARD: Self = Self(14);
    pub(crate) const IBAN: Self = Self(15);
    pub(crate) const SSN: Self = Self(16);
    pub(crate) const EMAIL: Self = Self(17);
    pub(crate) const PHONE: Self = Self(18);

    /// The kind of the pattern `index` of one's own.
    pub(crate) fn own(index: usize) -> Self {
        Self(u8::try_from(NAMES.len().saturating_add(index)).unwrap_or(u8::MAX))
    }

    /// Which pattern of one's own, if it is one.
    pub(crate) fn as_own(self) -> Option<usize> {
        usize::from(self.0).checked_sub(NAMES.len())
    }

    /// The name of a built-in kind.
    pub(crate) fn name(self) -> Option<&'static str> {
        NAMES.get(usize::from(self.0)).copied()
    }

    /// Whether only what stands beside the value gave it away, so that it may stand elsewhere unnoticed.
    pub(crate) fn is_by_context(self) -> bool {
        matches!(self, Self::URL_PASSWORD | Self::AUTHORIZATION | Self::SECRET)
    }
}

/// A set of built-in kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds(u32);

impl Kinds {
    /// Secrets, cards, bank accounts and social security numbers.
    pub(crate) fn usual() -> Self {
        Self::all().without(Self::of(Kind::EMAIL)).without(Self::of(Kind::PHONE))
    }

    pub(crate) const fn none() -> Self {
        Self(0)
    }

    fn all() -> Self {
        Self((1 << NAMES.len()) - 1)
    }

    fn of(kind: Kind) -> Self {
        Self(1 << kind.0)
    }

    /// What a name stands for: one kind, `secrets`, `personal` or `all`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let secrets = Self((1 << (NAMES.len() - PERSONAL)) - 1);
        match name {
            "all" => Some(Self::all()),
            "secrets" => Some(secrets),
            "personal" => Some(Self::all().without(secrets)),
            _ => NAMES.iter().position(|known| *known == name).map(|index| Self(1 << index)),
        }
    }

    /// All names that [`named`](Self::named) knows.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        ["all", "secrets", "personal"].into_iter().chain(NAMES)
    }

    pub(crate) fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    pub(crate) fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    pub(crate) fn has(self, kind: Kind) -> bool {
        self.0.checked_shr(u32::from(kind.0)).is_some_and(|bits| bits & 1 == 1)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}
