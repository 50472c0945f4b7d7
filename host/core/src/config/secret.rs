//! Values that must not be shown, and texts of which the vault keeps a part.

use std::fmt;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

/// A value that must not be shown: it prints as `****`, is compared in a time that tells nothing but its length, and is
/// wiped from memory when it is dropped. It cannot be serialized.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Hides a value.
    #[must_use]
    pub const fn new(value: String) -> Self {
        Self(value)
    }

    /// The value, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

/// A text that must not be shown, and of which some parts may rest in the vault.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Vec<SecretPart>);

/// A part of a [`SecretText`].
#[derive(Clone, PartialEq, Eq)]
pub enum SecretPart {
    /// It is known.
    Known(Secret),
    /// It is the secret of this name in the vault.
    Kept(String),
}

use SecretPart::{Kept, Known};

impl SecretText {
    /// A text of these parts.
    #[must_use]
    pub const fn new(parts: Vec<SecretPart>) -> Self {
        Self(parts)
    }

    /// The secrets of the vault that it needs, by name.
    pub fn kept(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Known(_) => None,
            Kept(name) => Some(name.as_str()),
        })
    }

    /// The whole text, if the vault keeps nothing of it.
    #[must_use]
    pub fn known(&self) -> Option<&Secret> {
        match self.0.as_slice() {
            [Known(secret)] => Some(secret),
            _ => None,
        }
    }

    /// The whole text, with what the vault keeps given by `secret`.
    ///
    /// # Errors
    /// The first of `secret`.
    pub fn fill<E>(&self, mut secret: impl FnMut(&str) -> Result<Secret, E>) -> Result<Secret, E> {
        let mut whole = Secret::new(String::new());
        for part in &self.0 {
            let kept;
            let part = match part {
                Known(known) => known,
                Kept(name) => {
                    kept = secret(name)?;
                    &kept
                }
            };
            // Growing would leave pieces behind in memory.
            let mut longer = String::with_capacity(whole.0.len() + part.0.len());
            longer.push_str(&whole.0);
            longer.push_str(&part.0);
            whole = Secret::new(longer);
        }
        Ok(whole)
    }
}

impl From<Secret> for SecretText {
    fn from(secret: Secret) -> Self {
        Self(vec![Known(secret)])
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Known(secret) => fmt::Debug::fmt(secret, f),
            Kept(name) => write!(f, "${{secret:{name}}}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> SecretText {
        let known = |text: &str| Known(Secret::new(text.to_owned()));
        let kept = |name: &str| Kept(name.to_owned());
        SecretText::new(vec![known("Bearer "), kept("a"), known("."), kept("b")])
    }

    #[test]
    fn what_the_vault_keeps_is_put_in() {
        let fill = |name: &str| Ok::<_, ()>(Secret::new(format!("<{name}>")));
        assert_eq!(text().fill(fill).unwrap().reveal(), "Bearer <a>.<b>");
        assert_eq!(SecretText::new(Vec::new()).fill(fill).unwrap().reveal(), "");
        assert_eq!(text().kept().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_missing_secret_is_an_error() {
        let fill = |name: &str| match name {
            "a" => Ok(Secret::new(String::new())),
            other => Err(other.to_owned()),
        };
        assert_eq!(text().fill(fill), Err("b".to_owned()));
    }

    #[test]
    fn nothing_is_shown() {
        assert_eq!(format!("{:?}", text()), "****${secret:a}****${secret:b}");
        assert_ne!(Secret::new("a".into()), Secret::new("b".into()));
    }
}
