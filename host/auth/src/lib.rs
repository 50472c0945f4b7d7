//! Credentials that mcpmux shows to backends: for now those that stand in the configuration.

use std::sync::Arc;

use mcpmux_core::config::{Auth, Secret};
use mcpmux_core::fault::Fault;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Credential, CredentialSource, Pending};

/// The credentials that the configuration holds itself.
#[derive(Debug, Default)]
pub struct Configured;

impl CredentialSource for Configured {
    fn credential(&self, _backend: &BackendName, auth: &Auth) -> Option<Arc<dyn Credential>> {
        match auth {
            Auth::None | Auth::Plugin(_) => None,
            Auth::Bearer(token) => Some(Arc::new(Bearer(token.clone()))),
        }
    }
}

/// A fixed bearer token (RFC 6750, section 2.1).
struct Bearer(Secret);

impl Credential for Bearer {
    fn headers(&self) -> Pending<'_, Result<Vec<(String, Secret)>, Fault>> {
        let value = Secret::new(format!("Bearer {}", self.0.reveal()));
        Box::pin(async move { Ok(vec![("authorization".to_owned(), value)]) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_token_is_shown_and_none_is_not_made_up() {
        let backend = BackendName::new("b").unwrap();
        assert!(Configured.credential(&backend, &Auth::None).is_none());
        let auth = Auth::Bearer(Secret::new("t0p".into()));
        let credential = Configured.credential(&backend, &auth).unwrap();
        let mut headers = credential.headers();
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let std::task::Poll::Ready(Ok(headers)) = headers.as_mut().poll(&mut context) else {
            panic!("a configured token needs no waiting")
        };
        assert_eq!(headers, [("authorization".to_owned(), Secret::new("Bearer t0p".into()))]);
        assert_eq!(format!("{headers:?}"), r#"[("authorization", ****)]"#);
    }
}
