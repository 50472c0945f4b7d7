//! Generated from `wit/v0.1/plugin.wit`; nothing else is here.
#![allow(missing_docs, unreachable_pub, reason = "generated")]

wasmtime::component::bindgen!({
    path: "../../wit/v0.1",
    world: "everything",
    imports: { default: trappable },
    exports: { default: async },
});
