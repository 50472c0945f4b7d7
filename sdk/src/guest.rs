//! The component's side: what the `plugin` attribute calls. Not for plugins, and not stable.

mod bindings;
mod convert;
pub(crate) mod lent;
mod services;

use std::cell::RefCell;
use std::panic;

use bindings::imports::mcpmux::plugin::types;
pub use bindings::{
    authorize, authorize_list, catalog, credentials, lifecycle, notify, observe, request, response,
};
pub(crate) use services::*;

use crate::{Catalog, Doc, Level, Plugin, Problem, config, log};

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
    fn describe() -> convert::Description {
        say_why_it_panics();
        convert::description(C::Plugin::describe().complete(&C::Plugin::PACKAGE))
    }

    fn init(config_json: String) -> Result<(), String> {
        say_why_it_panics();
        let config = config::parse(&config_json).map_err(text)?;
        let plugin = C::Plugin::new(config).map_err(text)?;
        C::with(|slot| slot.0.replace(Some(plugin)));
        Ok(())
    }
}

impl<C: Component> catalog::exports::mcpmux::plugin::catalog::Guest for C {
    fn transform(
        entries: Vec<convert::Entry>,
        definitions: &types::Definitions,
    ) -> Result<Vec<convert::Edit>, String> {
        lent::DEFINITIONS.set(definitions, || {
            hook::<C, _>(|plugin| {
                let entries = (0..).zip(entries).map(|(at, entry)| convert::entry(at, entry));
                let mut entries = Catalog::new(entries.collect());
                plugin.catalog(&mut entries)?;
                Ok(entries.finish()?.into_iter().map(convert::edit).collect())
            })
        })
    }
}

impl<C: Component> request::exports::mcpmux::plugin::request::Guest for C {
    fn on_request(
        call: types::Call,
        arguments: &types::Document,
    ) -> Result<convert::Action, String> {
        document::<C, _>(arguments, |plugin, mut arguments| {
            let action = plugin.request(&convert::call(call), &mut arguments)?;
            Ok(convert::action(action, arguments.finish()?))
        })
    }
}

impl<C: Component> authorize::exports::mcpmux::plugin::authorize::Guest for C {
    fn check(call: types::Call, arguments: &types::Document) -> Result<convert::Verdict, String> {
        document::<C, _>(arguments, |plugin, arguments| {
            let verdict = plugin.authorize(&convert::call(call), &arguments)?;
            arguments.finish()?;
            Ok(convert::verdict(verdict))
        })
    }
}

impl<C: Component> authorize_list::exports::mcpmux::plugin::authorize_list::Guest for C {
    fn check_list(
        client: types::Client,
        entries: Vec<convert::ListEntry>,
    ) -> Result<Vec<bool>, String> {
        hook::<C, _>(|plugin| {
            let entries: Vec<_> = entries.into_iter().map(convert::list_entry).collect();
            plugin.authorize_list(&convert::client(client), &entries)
        })
    }
}

impl<C: Component> response::exports::mcpmux::plugin::response::Guest for C {
    fn on_response(
        call: types::Call,
        source: convert::Source,
        shown: &types::Document,
    ) -> Result<convert::Reply, String> {
        document::<C, _>(shown, |plugin, mut document| {
            let source = convert::source(source);
            let reply = plugin.response(&convert::call(call), source, &mut document)?;
            Ok(convert::reply(reply, document.finish()?))
        })
    }
}

impl<C: Component> notify::exports::mcpmux::plugin::notify::Guest for C {
    fn on_notification(
        notice: convert::Notice,
        params: &types::Document,
    ) -> Result<convert::Delivery, String> {
        document::<C, _>(params, |plugin, mut params| {
            let delivery = plugin.notify(&convert::notice(notice), &mut params)?;
            Ok(convert::delivery(delivery, params.finish()?))
        })
    }
}

impl<C: Component> observe::exports::mcpmux::plugin::observe::Guest for C {
    fn on_outcome(outcome: convert::Outcome) -> Result<(), String> {
        hook::<C, _>(|plugin| plugin.observe(&convert::outcome(outcome)))
    }
}

impl<C: Component> credentials::exports::mcpmux::plugin::credentials::Guest for C {
    fn fetch(query: convert::Query) -> Result<convert::Grant, convert::Problem> {
        let answer = hook::<C, _>(|plugin| Ok(plugin.credentials(&convert::query(query))));
        match answer.unwrap_or_else(|text| Err(Problem::Permanent(text))) {
            Ok(grant) => Ok(convert::grant(grant)),
            Err(problem) => Err(convert::problem(problem)),
        }
    }
}

/// Runs a hook that is shown a document.
fn document<C: Component, R>(
    document: &types::Document,
    call: impl FnOnce(&mut C::Plugin, Doc) -> crate::Result<R>,
) -> Result<R, String> {
    lent::DOCUMENT.set(document, || hook::<C, _>(|plugin| call(plugin, Doc::shown())))
}

fn hook<C: Component, R>(
    call: impl FnOnce(&mut C::Plugin) -> crate::Result<R>,
) -> Result<R, String> {
    C::with(|slot| {
        let mut slot = slot.0.try_borrow_mut().map_err(|_| "a hook was called within a hook")?;
        let plugin = slot.as_mut().ok_or("a hook was called before `init`")?;
        call(plugin).map_err(text)
    })
}

fn text(error: crate::Error) -> String {
    error.to_string()
}

/// What a panic says goes to the host's log; the host itself only sees that the component stopped.
fn say_why_it_panics() {
    panic::set_hook(Box::new(|why| log(Level::Error, &why.to_string())));
}
