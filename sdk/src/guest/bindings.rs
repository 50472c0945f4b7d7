//! What `wit-bindgen` generates from `wit/`: one module per world. Nothing else lives here.

/// The host's services.
pub mod imports {
    wit_bindgen::generate!({ world: "imports", path: "../wit" });
}

/// Start-up.
pub mod lifecycle {
    wit_bindgen::generate!({ world: "hook-lifecycle", path: "../wit", pub_export_macro: true });
}

/// The catalog hook.
pub mod catalog {
    wit_bindgen::generate!({ world: "hook-catalog", path: "../wit", pub_export_macro: true });
}
