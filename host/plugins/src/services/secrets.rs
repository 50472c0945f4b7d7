//! The secrets of one plugin: those of its configuration that it is granted, and no others.

use std::collections::BTreeMap;

use mcpmux_core::config::Secret;

use super::hint;
use crate::grants::Grants;

/// The secrets that a plugin may read.
#[derive(Debug)]
pub struct Secrets(BTreeMap<String, Option<Secret>>);

impl Secrets {
    /// Those of `configured` that are granted.
    #[must_use]
    pub fn new(configured: &BTreeMap<String, Secret>, grants: &Grants) -> Self {
        let granted = grants.secrets().map(|name| (name.to_owned(), configured.get(name).cloned()));
        Self(granted.collect())
    }

    /// The secret of this name; `None`: the configuration has none.
    ///
    /// # Errors
    /// If it is not granted, whether it is there or not.
    pub fn get(&self, name: &str) -> Result<Option<String>, String> {
        match self.0.get(name) {
            Some(secret) => Ok(secret.as_ref().map(|secret| secret.reveal().to_owned())),
            None => {
                let shown: String = name.chars().take(64).collect();
                let hint = hint(&format!("secrets:{shown}"));
                Err(format!("the secret `{}` is not granted{hint}", shown.escape_debug()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_granted_secret_is_read() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let all = BTreeMap::from([("A".into(), secret("a")), ("B".into(), secret("b"))]);
        let grants = Grants::parse(&["secrets:A".into(), "secrets:C".into()]).unwrap();
        let secrets = Secrets::new(&all, &grants);
        assert_eq!(secrets.get("A"), Ok(Some("a".into())));
        assert_eq!(secrets.get("C"), Ok(None));
        let refused =
            "the secret `B` is not granted\nhint: if it may, add \"secrets:B\" to its `grant`";
        assert_eq!(secrets.get("B"), Err(refused.into()));
        assert_eq!(
            secrets.get("D").unwrap_err(),
            refused.replace("`B`", "`D`").replace(":B", ":D"),
            "what is not granted looks the same whether it is there or not"
        );
        assert_eq!(format!("{secrets:?}"), r#"Secrets({"A": Some(****), "C": None})"#);
    }
}
