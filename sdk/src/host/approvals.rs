//! What people have allowed when this plugin's `authorize` asked. Needs the grant `approvals`.

#[cfg(target_family = "wasm")]
use super::wit::approvals as wit;

/// Whether a yes under this key is remembered for whoever makes the call under way.
#[must_use]
pub fn remembered(key: &str) -> bool {
    #[cfg(target_family = "wasm")]
    return wit::remembered(key);
    #[cfg(not(target_family = "wasm"))]
    return super::native::current().remembered(key);
}

/// Forgets it.
pub fn forget(key: &str) {
    #[cfg(target_family = "wasm")]
    wit::forget(key);
    #[cfg(not(target_family = "wasm"))]
    super::native::current().forget(key);
}
