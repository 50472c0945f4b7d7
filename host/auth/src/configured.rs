//! A header of the configuration, such as a bearer token, of which the vault may keep a part.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mcpmux_core::config::{Secret, SecretText};
use mcpmux_core::fault::Fault;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Credential, Pending, Refusal, Shown, Vault, fill};

use crate::{check, faults};

/// The header. What was read once goes on being shown, whatever becomes of the vault, until the backend refuses it.
pub(crate) struct Configured {
    backend: BackendName,
    header: Header,
    vault: Arc<dyn Vault>,
    read: Mutex<Option<Shown>>,
}

/// A header as the configuration has it.
pub(crate) struct Header {
    /// Its name in lower case.
    pub(crate) name: String,
    /// What stands before the value.
    pub(crate) before: &'static str,
    pub(crate) value: SecretText,
}

impl Configured {
    pub(crate) fn new(backend: BackendName, header: Header, vault: Arc<dyn Vault>) -> Self {
        Self { backend, header, vault, read: Mutex::default() }
    }

    /// The header, with the value as it is now.
    async fn fetch(&self) -> Result<Shown, Fault> {
        let Header { name, before, value } = &self.header;
        let value = fill(value, &*self.vault).await;
        let value = value.map_err(|problem| problem.fault(&self.backend))?;
        let value = Secret::new(format!("{before}{}", value.reveal()));
        let shown = check::headers(vec![(name.clone(), value)])
            .map_err(|why| faults::unusable_secret(&self.backend, &why))?;
        *self.lock() = Some(shown.clone());
        Ok(shown)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Shown>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Credential for Configured {
    fn headers(&self) -> Pending<'_, Result<Shown, Fault>> {
        let read = self.lock().clone();
        Box::pin(async move {
            match read {
                Some(shown) => Ok(shown),
                None => self.fetch().await,
            }
        })
    }

    fn refused(&self, refusal: Refusal) -> Pending<'_, Result<Option<Shown>, Fault>> {
        Box::pin(async move {
            if self.header.value.known().is_some() {
                return Ok(None);
            }
            // Somebody may have put another one into the vault.
            let now = self.fetch().await?;
            Ok(Some(now).filter(|now| *now != refusal.shown))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use mcpmux_core::config::SecretPart;
    use mcpmux_core::fault::Kind;

    use super::*;
    use crate::memory::Memory;

    fn token(vault: &Arc<Memory>) -> Configured {
        let backend = BackendName::new("b").unwrap();
        let known = SecretPart::Known(Secret::new("v1.".to_owned()));
        let value = SecretText::new(vec![known, SecretPart::Kept("t".to_owned())]);
        let header = Header { name: "authorization".to_owned(), before: "Bearer ", value };
        Configured::new(backend, header, Arc::clone(vault) as _)
    }

    fn shown(token: &str) -> Shown {
        vec![("authorization".to_owned(), Secret::new(format!("Bearer {token}")))]
    }

    fn refusal(shown: &Shown) -> Refusal {
        Refusal { shown: shown.clone(), challenge: None, patient: true }
    }

    #[tokio::test]
    async fn a_token_of_the_vault_is_read_when_it_is_needed_and_then_kept() {
        let vault = Arc::<Memory>::default();
        let token = token(&vault);
        vault.is_locked.store(true, Ordering::SeqCst);
        let fault = token.headers().await.unwrap_err();
        assert_eq!(fault.kind, Kind::AuthRequired);
        assert!(fault.public.contains("the vault is locked"), "{fault}");
        vault.is_locked.store(false, Ordering::SeqCst);
        let fault = token.headers().await.unwrap_err();
        assert!(fault.public.contains("hint: mcpmux secret set t"), "{fault}");
        vault.put("t", "1");
        assert_eq!(token.headers().await, Ok(shown("v1.1")));
        vault.is_locked.store(true, Ordering::SeqCst);
        assert_eq!(token.headers().await, Ok(shown("v1.1")), "a locked vault takes nothing back");
    }

    #[tokio::test]
    async fn a_refused_token_is_read_anew() {
        let vault = Arc::<Memory>::default();
        vault.put("t", "1");
        let token = token(&vault);
        let first = token.headers().await.unwrap();
        assert_eq!(token.refused(refusal(&first)).await, Ok(None));
        vault.put("t", "2");
        assert_eq!(token.refused(refusal(&first)).await, Ok(Some(shown("v1.2"))));
        assert_eq!(token.headers().await, Ok(shown("v1.2")));
    }

    #[tokio::test]
    async fn a_token_that_cannot_be_sent_is_a_fault_without_it() {
        let vault = Arc::<Memory>::default();
        vault.put("t", "s3cret\r\nX-Evil: 1");
        let fault = token(&vault).headers().await.unwrap_err();
        assert_eq!(fault.kind, Kind::AuthRequired);
        assert!(!fault.to_string().contains("s3cret"), "{fault}");
    }
}
