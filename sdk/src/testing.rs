//! The test kit: runs a plugin natively, as the host would, with services that the test sets.

mod golden;

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::time::SystemTime;

use serde_json::Value;

use crate::doc::{Rewrite, change};
use crate::host::native::{Grants, Mock};
use crate::{
    Action, Call, Catalog, Client, Delivery, Description, Doc, Entry, Error, Grant, Kind, Level,
    ListEntry, Notice, Outcome, Plugin, Problem, Query, Reply, Result, Source, Verdict, config,
    entries, exec, http,
};

pub use golden::golden;

/// A host with one instance of a plugin, and services of its own.
///
/// `Host::<Rename>::new(config_json)?.catalog(tools)?.names()` is what clients would see. The services refuse what the
/// plugin's `describe` does not want: the hook that used it fails, and the error names what to add.
pub struct Host<P> {
    plugin: P,
    mock: Rc<Mock>,
}

/// What the request hook answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Requested {
    /// What is to be done.
    pub action: Action,
    /// The arguments after the hook's changes.
    pub arguments: Value,
}

/// What the response hook answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Responded {
    /// What is to be done.
    pub reply: Reply,
    /// The document after the hook's changes.
    pub document: Value,
}

/// What the notify hook answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Notified {
    /// What is to be done.
    pub delivery: Delivery,
    /// The parameters after the hook's changes.
    pub params: Value,
}

/// What a hook answered that may change a document, and the document after it.
pub(crate) struct Changed<R> {
    pub(crate) answer: R,
    pub(crate) document: Value,
    pub(crate) changed: bool,
}

impl<P: Plugin> Host<P> {
    /// Starts the plugin with a configuration, the `[plugins.config]` table as a JSON object, and with the rights that
    /// it wants.
    ///
    /// # Errors
    /// What the operator would read about the configuration.
    pub fn new(config_json: &str) -> Result<Self> {
        let wants = P::describe().wants.into_iter().map(|want| want.grant);
        Self::start(config_json, Mock::new(Grants::new(wants)))
    }

    /// Starts the plugin with these rights, as they stand in `grant`.
    ///
    /// # Errors
    /// What the operator would read: of a right that the plugin wants and does not get, or of the configuration.
    pub fn granted(config_json: &str, grants: &[&str]) -> Result<Self> {
        let grants = Grants::new(grants.iter().map(|&grant| grant.to_owned()));
        for want in P::describe().wants {
            if !grants.satisfy(&want.grant) {
                let text = format!("wants `{}` ({}), which is not granted", want.grant, want.why);
                return Err(Error::new(text));
            }
        }
        Self::start(config_json, Mock::new(grants))
    }

    fn start(config_json: &str, mock: Mock) -> Result<Self> {
        let mock = Rc::new(mock);
        let plugin = mock.run("init", || P::new(config::parse(config_json)?))??;
        Ok(Self { plugin, mock })
    }

    /// What the plugin says of itself.
    #[must_use]
    pub fn describe() -> Description {
        P::describe().complete(&P::PACKAGE)
    }

    /// The plugin itself.
    pub const fn plugin(&mut self) -> &mut P {
        &mut self.plugin
    }
}

/// The hooks. Each fails as the host would say: by the plugin's own error, a change that cannot be made, or a right
/// that it does not want.
impl<P: Plugin> Host<P> {
    /// Calls the catalog hook; ask the answer for its [`names`](Catalog::names) or [`edits`](Catalog::edits).
    ///
    /// # Errors
    /// The hook failed; the host would then apply none of the edits.
    pub fn catalog(&mut self, entries: Vec<Entry>) -> Result<Catalog> {
        let mut catalog = Catalog::new(entries);
        self.run("catalog", |plugin| plugin.catalog(&mut catalog))??;
        catalog.finish()?;
        Ok(catalog)
    }

    /// Calls the request hook.
    ///
    /// # Errors
    /// The hook failed.
    pub fn request(&mut self, call: &Call, arguments: impl Into<Doc>) -> Result<Requested> {
        let changed = self.change_request(call, arguments.into())?;
        Ok(Requested { action: changed.answer, arguments: changed.document })
    }

    /// Calls the authorize hook.
    ///
    /// # Errors
    /// The hook failed; the host would then refuse the call.
    pub fn authorize(&mut self, call: &Call, arguments: impl Into<Doc>) -> Result<Verdict> {
        let arguments = arguments.into();
        let verdict = self.run("authorize", |plugin| plugin.authorize(call, &arguments))??;
        arguments.finish()?;
        Ok(verdict)
    }

    /// Calls the authorize-list hook.
    ///
    /// # Errors
    /// The hook failed, or gave another number of answers than there are entries.
    pub fn authorize_list(&mut self, client: &Client, entries: &[ListEntry]) -> Result<Vec<bool>> {
        let seen =
            self.run("authorize_list", |plugin| plugin.authorize_list(client, entries))??;
        if seen.len() == entries.len() {
            return Ok(seen);
        }
        Err(Error::new(format!("{} answers for {} entries", seen.len(), entries.len())))
    }

    /// Calls the response hook.
    ///
    /// # Errors
    /// The hook failed.
    pub fn response(
        &mut self,
        call: &Call,
        source: Source,
        document: impl Into<Doc>,
    ) -> Result<Responded> {
        let changed = self.change_response(call, source, document.into())?;
        Ok(Responded { reply: changed.answer, document: changed.document })
    }

    /// Calls the notify hook.
    ///
    /// # Errors
    /// The hook failed.
    pub fn notify(&mut self, notice: &Notice, params: impl Into<Doc>) -> Result<Notified> {
        let changed = self.change_notice(notice, params.into())?;
        Ok(Notified { delivery: changed.answer, params: changed.document })
    }

    /// Calls the observe hook.
    ///
    /// # Errors
    /// The hook failed.
    pub fn observe(&mut self, outcome: &Outcome) -> Result<()> {
        self.run("observe", |plugin| plugin.observe(outcome))?
    }

    /// Calls the credentials hook.
    ///
    /// # Errors
    /// Why there is no credential.
    pub fn credentials(&mut self, query: &Query) -> Result<Grant, Problem> {
        self.run("credentials", |plugin| plugin.credentials(query))?
    }

    fn run<R>(&mut self, hook: &'static str, call: impl FnOnce(&mut P) -> R) -> Result<R> {
        let plugin = &mut self.plugin;
        self.mock.run(hook, || call(plugin))
    }

    pub(crate) fn change_request(
        &mut self,
        call: &Call,
        arguments: Doc,
    ) -> Result<Changed<Action>> {
        self.change("request", arguments, |plugin, doc| plugin.request(call, doc))
    }

    pub(crate) fn change_response(
        &mut self,
        call: &Call,
        source: Source,
        document: Doc,
    ) -> Result<Changed<Reply>> {
        self.change("response", document, |plugin, doc| plugin.response(call, source, doc))
    }

    pub(crate) fn change_notice(
        &mut self,
        notice: &Notice,
        params: Doc,
    ) -> Result<Changed<Delivery>> {
        self.change("notify", params, |plugin, doc| plugin.notify(notice, doc))
    }

    /// Calls a hook that may change a document, and makes the changes.
    fn change<R>(
        &mut self,
        hook: &'static str,
        mut document: Doc,
        call: impl FnOnce(&mut P, &mut Doc) -> Result<R>,
    ) -> Result<Changed<R>> {
        let before = document.value()?;
        let answer = self.run(hook, |plugin| call(plugin, &mut document))??;
        let rewrite = document.finish()?;
        let changed = rewrite.is_some();
        let document = match rewrite {
            None => before,
            Some(Rewrite::Replace(text)) => serde_json::from_str(&text)?,
            Some(Rewrite::Patch(changes)) => change::apply_all(&before.to_string(), &changes)?,
        };
        Ok(Changed { answer, document, changed })
    }
}

/// The services.
impl<P> Host<P> {
    /// Stops the clock at this time; until then it is the machine's.
    pub fn set_time(&mut self, time: SystemTime) {
        self.mock.time.set(Some(time));
    }

    /// Sets a secret.
    pub fn secret(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.mock.secrets.borrow_mut().insert(name.into(), value.into());
    }

    /// Answers the plugin's HTTP requests.
    pub fn on_http(
        &mut self,
        answer: impl Fn(&http::Request) -> Result<http::Response, http::Error> + 'static,
    ) {
        self.mock.on_http.replace(Some(Box::new(answer)));
    }

    /// Answers for the programs that the plugin runs.
    pub fn on_exec(
        &mut self,
        answer: impl Fn(&[String], &[u8]) -> Result<exec::Output, exec::Error> + 'static,
    ) {
        self.mock.on_exec.replace(Some(Box::new(answer)));
    }

    /// Sets what the client of the calls may see; definitions are made up of what is known.
    pub fn entries(&mut self, entries: Vec<entries::Entry>) {
        self.mock.entries.replace(entries);
    }

    /// Sets the definition of an entry by its exposed name.
    pub fn definition(&mut self, kind: Kind, exposed: impl Into<String>, definition: &Value) {
        let definition = (kind, exposed.into(), definition.to_string());
        self.mock.definitions.borrow_mut().insert(0, definition);
    }

    /// Puts a value into the plugin's key-value store, for good.
    pub fn keep(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.mock.keep(key.into(), value.into());
    }

    /// Remembers a yes under this key.
    pub fn approve(&mut self, key: impl Into<String>) {
        self.mock.approvals.borrow_mut().push(key.into());
    }

    /// The plugin's key-value store as it is now.
    #[must_use]
    pub fn kv(&self) -> BTreeMap<String, String> {
        self.mock.kv()
    }

    /// What the plugin logged since the last call.
    pub fn take_log(&mut self) -> Vec<(Level, String)> {
        self.mock.take_log()
    }
}

impl<P> fmt::Debug for Host<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}
