//! What is looked for: the rules, their groups and names, and sets of them.

/// One thing that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    Tags,
    Bidi,
    ZeroWidth,
    Variation,
    Terminal,
    Override,
    Conceal,
    Role,
    Steer,
    Exfiltrate,
    Phrase,
    Image,
    Link,
    Html,
}

/// Rules that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// Characters that are not seen.
    Hidden,
    /// Words that speak to the model in place of the user.
    Injection,
    /// Markup that carries something out or elsewhere.
    Markup,
}

impl Rule {
    pub(crate) const ALL: [Self; 14] = [
        Self::Tags,
        Self::Bidi,
        Self::ZeroWidth,
        Self::Variation,
        Self::Terminal,
        Self::Override,
        Self::Conceal,
        Self::Role,
        Self::Steer,
        Self::Exfiltrate,
        Self::Phrase,
        Self::Image,
        Self::Link,
        Self::Html,
    ];

    /// Its key within its group.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::Bidi => "bidi",
            Self::ZeroWidth => "zero_width",
            Self::Variation => "variation",
            Self::Terminal => "terminal",
            Self::Override => "override",
            Self::Conceal => "conceal",
            Self::Role => "role",
            Self::Steer => "steer",
            Self::Exfiltrate => "exfiltrate",
            Self::Phrase => "phrase",
            Self::Image => "image",
            Self::Link => "link",
            Self::Html => "html",
        }
    }

    pub(crate) const fn group(self) -> Group {
        match self {
            Self::Tags | Self::Bidi | Self::ZeroWidth | Self::Variation | Self::Terminal => {
                Group::Hidden
            }
            Self::Override
            | Self::Conceal
            | Self::Role
            | Self::Steer
            | Self::Exfiltrate
            | Self::Phrase => Group::Injection,
            Self::Image | Self::Link | Self::Html => Group::Markup,
        }
    }

    /// Its name in messages: `injection.override`.
    pub(crate) fn name(self) -> String {
        format!("{}.{}", self.group().key(), self.key())
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl Group {
    pub(crate) const ALL: [Self; 3] = [Self::Hidden, Self::Injection, Self::Markup];

    /// Its key in the configuration.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Hidden => "hidden",
            Self::Injection => "injection",
            Self::Markup => "markup",
        }
    }

    /// The rules in it.
    pub(crate) fn rules(self) -> impl Iterator<Item = Rule> {
        Rule::ALL.into_iter().filter(move |rule| rule.group() == self)
    }
}

/// A set of rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rules(u16);

impl Rules {
    pub(crate) fn all() -> Self {
        Rule::ALL.into_iter().collect()
    }

    pub(crate) const fn with(self, rule: Rule) -> Self {
        Self(self.0 | rule.bit())
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn has(self, rule: Rule) -> bool {
        self.0 & rule.bit() != 0
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Rule> {
        Rule::ALL.into_iter().filter(move |rule| self.has(*rule))
    }

    /// Their names: `hidden.tags, injection.override`.
    pub(crate) fn names(self) -> String {
        self.iter().map(Rule::name).collect::<Vec<_>>().join(", ")
    }
}

impl FromIterator<Rule> for Rules {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        rules.into_iter().fold(Self::default(), Self::with)
    }
}
