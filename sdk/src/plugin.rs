//! The trait that a plugin implements: its configuration and its hooks.

use serde::de::DeserializeOwned;

use crate::description::Package;
use crate::{
    Action, Call, Catalog, Client, Delivery, Description, Doc, Grant, ListEntry, Notice, Outcome,
    Problem, Query, Reply, Result, Source, Verdict,
};

/// A plugin of mcpmux. Write the hooks you need and put [`#[plugin]`](crate::plugin) on the block.
///
/// The host keeps several instances of a plugin and drops them when it likes, so what an instance
/// remembers from call to call must be a shortcut at most; what has to last goes into [`kv`](crate::kv).
///
/// A hook that returns an error, panics or takes too long has not decided: the plugin's `on_error` setting
/// then decides, and for [`authorize`](Self::authorize) and [`authorize_list`](Self::authorize_list) the
/// answer is always no.
#[expect(unused_variables, reason = "the default of a hook needs nothing, but its names are read")]
pub trait Plugin: Sized {
    /// The `[plugins.config]` table; [`NoConfig`](crate::NoConfig) if there is nothing to configure. Put
    /// `#[serde(deny_unknown_fields)]` on it, so that a misspelt key is found.
    type Config: DeserializeOwned;

    /// What Cargo knows of the plugin; the attribute fills it in.
    #[doc(hidden)]
    const PACKAGE: Package = Package { name: "", version: "", description: "" };

    /// What the plugin is, how it is configured, and which rights it wants. Called on an instance of its own
    /// that has no rights and no configuration.
    #[must_use]
    fn describe() -> Description {
        Description::default()
    }

    /// Starts an instance.
    ///
    /// # Errors
    /// What is wrong with the configuration. The operator reads it: name the key, what is wrong with it,
    /// and what to write instead.
    fn new(config: Self::Config) -> Result<Self>;

    /// Hook: renames, hides, changes or adds tools, prompts, resources and templates. Called when a backend's
    /// list or the plugins change, never per call. It must depend on nothing but the entries and the
    /// configuration.
    ///
    /// # Errors
    /// Then none of the changes is made, and the operator reads the message.
    fn catalog(&mut self, entries: &mut Catalog) -> Result<()> {
        Ok(())
    }

    /// Hook: changes, answers or refuses what a client asks, before anybody judges it.
    ///
    /// `arguments` are the `arguments` of tools and prompts; of a completion `ref`, `argument` and `context`;
    /// otherwise the parameters but for what names the entry, often an empty object.
    ///
    /// # Errors
    /// Why it could not say; `on_error` then decides.
    fn request(&mut self, call: &Call, arguments: &mut Doc) -> Result<Action> {
        Ok(Action::Forward)
    }

    /// Hook: permission policy for use. Asked after all filters, on the very bytes that would be sent.
    ///
    /// # Errors
    /// Why it could not say; the call is then refused.
    fn authorize(&mut self, call: &Call, arguments: &Doc) -> Result<Verdict> {
        Ok(Verdict::Allow)
    }

    /// Hook: permission policy for lists; one answer for each entry, in order: whether this client may see
    /// it. What is left out of a client's lists it cannot call either. The answers are kept as long as the
    /// catalog and the client stay the same.
    ///
    /// # Errors
    /// Why it could not say; the client then sees none of them.
    fn authorize_list(&mut self, client: &Client, entries: &[ListEntry]) -> Result<Vec<bool>> {
        Ok(vec![true; entries.len()])
    }

    /// Hook: changes or withholds what comes back, and what a backend asks meanwhile.
    ///
    /// # Errors
    /// Why it could not say; `on_error` then decides.
    fn response(&mut self, call: &Call, source: Source, document: &mut Doc) -> Result<Reply> {
        Ok(Reply::Deliver)
    }

    /// Hook: changes or drops what a backend says without being asked. `params` are the notification's; an
    /// empty object if it has none.
    ///
    /// # Errors
    /// Why it could not say; `on_error` then decides.
    fn notify(&mut self, notice: &Notice, params: &mut Doc) -> Result<Delivery> {
        Ok(Delivery::Deliver)
    }

    /// Hook: sees how calls ended, after the answer has been sent, in order, by one instance; what comes
    /// faster than it is taken is dropped and counted. It may wait: [`http`](crate::http) can be used here.
    ///
    /// # Errors
    /// Why it could not take it; for the log.
    fn observe(&mut self, outcome: &Outcome) -> Result<()> {
        Ok(())
    }

    /// Hook: where a backend's credential comes from. It may wait: [`http`](crate::http) and
    /// [`exec`](crate::exec) can be used here.
    ///
    /// # Errors
    /// Why there is none: a person must act, it may work later, or it will not work as it is configured.
    fn credentials(&mut self, query: &Query) -> Result<Grant, Problem> {
        Err(Problem::Permanent("the plugin has no credentials".to_owned()))
    }
}
