//! From a token to the headers that a backend is shown, and until when: what plugins that fetch credentials share. Not a
//! component.

pub mod expiry;
pub mod found;
mod jwt;
pub mod style;

pub use expiry::Lifetime;
pub use found::{Found, Places};
pub use style::Style;
