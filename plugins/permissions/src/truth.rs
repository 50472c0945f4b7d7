//! Yes, no, and what a test cannot judge.

/// What a test says of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    No,
    /// The test was made for other values than this one; what the backend makes of it nobody knows.
    Unknown,
    Yes,
}

impl Truth {
    /// The opposite; what cannot be judged stays so.
    pub(crate) const fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }

    /// Whether all are so.
    pub(crate) fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Yes;
        for truth in truths {
            match truth {
                Self::No => return Self::No,
                Self::Unknown => all = Self::Unknown,
                Self::Yes => {}
            }
        }
        all
    }

    /// Whether one is so.
    pub(crate) fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        Self::all(truths.into_iter().map(Self::not)).not()
    }
}

impl From<bool> for Truth {
    fn from(so: bool) -> Self {
        if so { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, No, Unknown, Yes};

    #[test]
    fn one_no_is_enough_for_all_and_one_yes_for_any() {
        assert_eq!(Truth::all([Yes, Unknown, No]), No);
        assert_eq!(Truth::all([Yes, Unknown]), Unknown);
        assert_eq!(Truth::all([Yes]), Yes);
        assert_eq!(Truth::all([]), Yes);
        assert_eq!(Truth::any([No, Unknown, Yes]), Yes);
        assert_eq!(Truth::any([No, Unknown]), Unknown);
        assert_eq!(Truth::any([]), No);
    }
}
