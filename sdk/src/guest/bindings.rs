//! What `wit-bindgen` generates from `wit/`: one module per world, all with the types of `imports`. Nothing else lives here.

/// The host's services, and what several hooks speak of.
pub(super) mod imports {
    wit_bindgen::generate!({ world: "imports", path: "../wit/v0.2" });
}

/// Start-up.
pub mod lifecycle {
    wit_bindgen::generate!({ world: "hook-lifecycle", path: "../wit/v0.2", pub_export_macro: true });
}

/// The credentials hook.
pub mod credentials {
    wit_bindgen::generate!({ world: "hook-credentials", path: "../wit/v0.2", pub_export_macro: true });
}

/// Hooks that speak of calls, with the types that they share.
macro_rules! hooks {
    ($($(#[$about:meta])* $module:ident: $world:literal;)*) => {$(
        $(#[$about])*
        pub mod $module {
            wit_bindgen::generate!({
                world: $world,
                path: "../wit/v0.2",
                pub_export_macro: true,
                with: {
                    "mcpmux:plugin/types@0.2.0": crate::guest::bindings::imports::mcpmux::plugin::types,
                },
            });
        }
    )*};
}

hooks! {
    /// The catalog hook.
    catalog: "hook-catalog";
    /// The request hook.
    request: "hook-request";
    /// The authorize hook.
    authorize: "hook-authorize";
    /// The authorize-list hook.
    authorize_list: "hook-authorize-list";
    /// The response hook.
    response: "hook-response";
    /// The notify hook.
    notify: "hook-notify";
    /// The observe hook.
    observe: "hook-observe";
}
