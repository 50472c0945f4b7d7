//! The component's side: what the `plugin` attribute calls. Not for plugins, and not stable.

mod bindings;
mod convert;

use std::cell::RefCell;

pub use bindings::{catalog, imports, lifecycle};

use crate::catalog::Catalog;
use crate::{Plugin, config};

/// Where the component keeps its plugin; empty until the host starts it.
pub struct Slot<P>(RefCell<Option<P>>);

impl<P> Slot<P> {
    /// A place without a plugin.
    #[must_use]
    pub const fn empty() -> Self {
        Self(RefCell::new(None))
    }
}

/// The component: made by the attribute.
pub trait Component {
    /// Its plugin.
    type Plugin: Plugin;

    /// Visits its slot.
    fn with<R>(visit: impl FnOnce(&Slot<Self::Plugin>) -> R) -> R;
}

impl<C: Component> lifecycle::exports::mcpmux::plugin::lifecycle::Guest for C {
    fn init(config_json: String) -> Result<(), String> {
        let config = config::parse(&config_json).map_err(|error| error.to_string())?;
        let plugin = C::Plugin::new(config).map_err(|error| error.to_string())?;
        C::with(|slot| slot.0.replace(Some(plugin)));
        Ok(())
    }
}

impl<C: Component> catalog::exports::mcpmux::plugin::catalog::Guest for C {
    fn transform(tools: Vec<convert::Tool>) -> Result<Vec<convert::Edit>, String> {
        hook::<C, _>(|plugin| {
            let mut tools = Catalog::new(tools.into_iter().map(convert::tool).collect());
            plugin.catalog(&mut tools)?;
            Ok(tools.edits().into_iter().map(convert::edit).collect())
        })
    }
}

fn hook<C: Component, R>(
    call: impl FnOnce(&mut C::Plugin) -> crate::Result<R>,
) -> Result<R, String> {
    C::with(|slot| {
        let mut slot = slot.0.try_borrow_mut().map_err(|_| "a hook was called within a hook")?;
        let plugin = slot.as_mut().ok_or("a hook was called before `init`")?;
        call(plugin).map_err(|error| error.to_string())
    })
}
