//! The hooks that a component exports: looked up once per component, loaded once per instance.

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::bindings::exports::mcpmux::plugin as exports;
use crate::state::State;

macro_rules! hooks {
    ($($name:literal $hook:ident),* $(,)?) => {
        /// What a component exports.
        #[derive(Default)]
        pub(crate) struct Indices {
            $($hook: Option<exports::$hook::GuestIndices>,)*
        }

        /// What an instance exports.
        pub(crate) struct Guests {
            $(pub(super) $hook: Option<exports::$hook::Guest>,)*
        }

        impl Indices {
            /// Looks these hooks up; the error is about a missing function or another type.
            pub(crate) fn new(pre: &InstancePre<State>, hooks: &[&str]) -> wasmtime::Result<Self> {
                let mut found = Self::default();
                $(if hooks.contains(&$name) {
                    found.$hook = Some(exports::$hook::GuestIndices::new(pre)?);
                })*
                Ok(found)
            }

            /// Those of an instance.
            pub(crate) fn load(
                &self,
                store: &mut Store<State>,
                instance: &Instance,
            ) -> wasmtime::Result<Guests> {
                Ok(Guests {
                    $($hook: match &self.$hook {
                        Some(found) => Some(found.load(&mut *store, instance)?),
                        None => None,
                    },)*
                })
            }
        }
    };
}

hooks! {
    "lifecycle" lifecycle,
    "catalog" catalog,
    "request" request,
    "authorize" authorize,
    "authorize-list" authorize_list,
    "response" response,
    "notify" notify,
    "observe" observe,
    "credentials" credentials,
}

/// The hook that is to be called; the rooms above call none that a plugin does not have.
pub(super) fn exported<T>(hook: Option<&T>) -> wasmtime::Result<&T> {
    match hook {
        Some(hook) => Ok(hook),
        None => wasmtime::bail!("it does not export this hook"),
    }
}
