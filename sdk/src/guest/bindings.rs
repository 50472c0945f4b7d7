//! What `wit-bindgen` generates from `wit/`: one module per world. Nothing else lives here.

/// The host's services.
pub mod imports {
    wit_bindgen::generate!({ world: "imports", path: "../wit/v0.1" });
}

/// Start-up.
pub mod lifecycle {
    wit_bindgen::generate!({ world: "hook-lifecycle", path: "../wit/v0.1", pub_export_macro: true });
}

/// The catalog hook.
pub mod catalog {
    wit_bindgen::generate!({ world: "hook-catalog", path: "../wit/v0.1", pub_export_macro: true });
}
