//! A bearer token of the configuration (RFC 6750, section 2.1), of which the vault may keep a part.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mcpmux_core::config::{Secret, SecretText};
use mcpmux_core::fault::Fault;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Credential, Pending, Shown, Vault, fill};

use crate::{check, faults};

/// The token. What was read once goes on being shown, whatever becomes of the vault, until the backend refuses it.
pub(crate) struct Bearer {
    backend: BackendName,
    token: SecretText,
    vault: Arc<dyn Vault>,
    read: Mutex<Option<Shown>>,
}

impl Bearer {
    pub(crate) fn new(backend: BackendName, token: SecretText, vault: Arc<dyn Vault>) -> Self {
        Self { backend, token, vault, read: Mutex::default() }
    }

    /// The header, with the token as it is now.
    async fn fetch(&self) -> Result<Shown, Fault> {
        let token = fill(&self.token, &*self.vault).await;
        let token = token.map_err(|problem| problem.fault(&self.backend))?;
        let value = Secret::new(format!("Bearer {}", token.reveal()));
        let shown = check::headers(vec![("authorization".to_owned(), value)])
            .map_err(|why| faults::unusable_secret(&self.backend, &why))?;
        *self.lock() = Some(shown.clone());
        Ok(shown)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Shown>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Credential for Bearer {
    fn headers(&self) -> Pending<'_, Result<Shown, Fault>> {
        let read = self.lock().clone();
        Box::pin(async move {
            match read {
                Some(shown) => Ok(shown),
                None => self.fetch().await,
            }
        })
    }

    fn refused(
        &self,
        shown: Shown,
        _challenge: Option<String>,
    ) -> Pending<'_, Result<Option<Shown>, Fault>> {
        Box::pin(async move {
            if self.token.known().is_some() {
                return Ok(None);
            }
            // Somebody may have put another one into the vault.
            let now = self.fetch().await?;
            Ok(Some(now).filter(|now| *now != shown))
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use mcpmux_core::config::SecretPart;
    use mcpmux_core::fault::Kind;
    use mcpmux_core::ports::{Record, Turn, VaultProblem};

    use super::*;

    /// A vault that others write; locked if it holds nothing.
    #[derive(Default)]
    pub(crate) struct Kept(Mutex<BTreeMap<String, &'static str>>);

    impl Kept {
        fn put(&self, name: &str, value: &'static str) {
            self.0.lock().unwrap().insert(name.to_owned(), value);
        }
    }

    impl Vault for Kept {
        fn read<'a>(
            &'a self,
            record: &'a Record,
        ) -> Pending<'a, Result<Option<Secret>, VaultProblem>> {
            let Record::Named(name) = record else { unreachable!("only names are read") };
            let all = self.0.lock().unwrap();
            let found = all.get(name).map(|value| Secret::new((*value).to_owned()));
            let locked = || Err(VaultProblem::Locked("the vault is locked".to_owned()));
            let answer = if all.is_empty() { locked() } else { Ok(found) };
            Box::pin(async move { answer })
        }

        fn write<'a>(&'a self, _: &'a Record, _: Secret) -> Pending<'a, Result<(), VaultProblem>> {
            unreachable!("nothing is written")
        }

        fn remove<'a>(&'a self, _: &'a Record) -> Pending<'a, Result<bool, VaultProblem>> {
            unreachable!("nothing is removed")
        }

        fn records(&self) -> Pending<'_, Result<Vec<Record>, VaultProblem>> {
            unreachable!("nothing is listed")
        }

        fn turn<'a>(&'a self, _: &'a Record) -> Pending<'a, Result<Turn, VaultProblem>> {
            unreachable!("nobody takes turns")
        }
    }

    fn token(vault: &Arc<Kept>) -> Bearer {
        let backend = BackendName::new("b").unwrap();
        let known = SecretPart::Known(Secret::new("v1.".to_owned()));
        let token = SecretText::new(vec![known, SecretPart::Kept("t".to_owned())]);
        Bearer::new(backend, token, Arc::clone(vault) as _)
    }

    fn shown(token: &str) -> Shown {
        vec![("authorization".to_owned(), Secret::new(format!("Bearer {token}")))]
    }

    #[tokio::test]
    async fn a_token_of_the_vault_is_read_when_it_is_needed_and_then_kept() {
        let vault = Arc::<Kept>::default();
        let token = token(&vault);
        let fault = token.headers().await.unwrap_err();
        assert_eq!(fault.kind, Kind::AuthRequired);
        assert!(fault.public.contains("the vault is locked"), "{fault}");
        vault.put("other", "x");
        let fault = token.headers().await.unwrap_err();
        assert!(fault.public.contains("hint: mcpmux secret set t"), "{fault}");
        vault.put("t", "1");
        assert_eq!(token.headers().await, Ok(shown("v1.1")));
        vault.0.lock().unwrap().clear();
        assert_eq!(token.headers().await, Ok(shown("v1.1")), "a locked vault takes nothing back");
    }

    #[tokio::test]
    async fn a_refused_token_is_read_anew() {
        let vault = Arc::<Kept>::default();
        vault.put("t", "1");
        let token = token(&vault);
        let first = token.headers().await.unwrap();
        assert_eq!(token.refused(first.clone(), None).await, Ok(None));
        vault.put("t", "2");
        assert_eq!(token.refused(first, None).await, Ok(Some(shown("v1.2"))));
        assert_eq!(token.headers().await, Ok(shown("v1.2")));
    }

    #[tokio::test]
    async fn a_token_that_cannot_be_sent_is_a_fault_without_it() {
        let vault = Arc::<Kept>::default();
        vault.put("t", "s3cret\r\nX-Evil: 1");
        let fault = token(&vault).headers().await.unwrap_err();
        assert_eq!(fault.kind, Kind::AuthRequired);
        assert!(!fault.to_string().contains("s3cret"), "{fault}");
    }
}
