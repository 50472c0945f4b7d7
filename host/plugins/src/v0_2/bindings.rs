//! Generated from `wit/v0.2/plugin.wit`; nothing else is here.
#![allow(missing_docs, unreachable_pub, reason = "generated")]

wasmtime::component::bindgen!({
    path: "../../wit/v0.2",
    world: "everything",
    imports: {
        "mcpmux:plugin/http.send": async | trappable,
        "mcpmux:plugin/exec.run": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: {
        "mcpmux:plugin/types.document": crate::v0_2::host::Document,
        "mcpmux:plugin/types.definitions": crate::v0_2::host::Definitions,
    },
});
