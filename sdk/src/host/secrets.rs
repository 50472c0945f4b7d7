//! Secrets from the plugin's `secrets` table in the configuration. Each needs the grant `secrets:NAME`.

use crate::{Error, Result};

/// The secret of this name; `None`: there is no such secret.
///
/// # Errors
/// If it is not granted.
pub fn get(name: &str) -> Result<Option<String>> {
    #[cfg(target_family = "wasm")]
    return super::wit::secrets::get(name).map_err(Error::new);
    #[cfg(not(target_family = "wasm"))]
    return super::native::current().secret(name).map_err(Error::new);
}
