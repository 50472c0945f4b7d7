//! Plugins and sandboxed backends as the floors above see them, with guests made on the spot.

mod call;
mod guests;
mod load;
mod sandbox;
