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
    /// ```
    /// use mcpmux_sdk::{Catalog, Entry, VirtualTool};
    /// # use mcpmux_sdk::{NoConfig, Plugin, Result, plugin, serde_json::json, testing::Host};
    /// # struct Mine;
    /// # #[plugin]
    /// # impl Plugin for Mine {
    /// #     type Config = NoConfig;
    /// #     fn new(NoConfig {}: NoConfig) -> Result<Self> { Ok(Self) }
    /// fn catalog(&mut self, entries: &mut Catalog) -> Result<()> {
    ///     for tool in entries.tools_mut() {
    ///         if tool.annotations().destructive == Some(true) {
    ///             tool.hide();
    ///         } else if tool.definition::<bool>("/inputSchema/additionalProperties")?.is_none() {
    ///             tool.set("/inputSchema/additionalProperties", false);
    ///         }
    ///     }
    ///     entries.add(VirtualTool::new("motd").description("The message of the day"));
    ///     Ok(())
    /// }
    /// # }
    ///
    /// let mut host = Host::<Mine>::new("{}")?;
    /// let catalog = host.catalog(vec![Entry::new("files", "read"), Entry::prompt("git", "review")])?;
    /// assert_eq!(catalog.names(), ["files__read", "git__review", "motd"]);
    /// # Ok::<(), mcpmux_sdk::Error>(())
    /// ```
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
    /// ```
    /// use mcpmux_sdk::{Action, Call, Doc};
    /// # use mcpmux_sdk::{NoConfig, Plugin, Result, plugin, serde_json::json, testing::Host};
    /// # struct Mine;
    /// # #[plugin]
    /// # impl Plugin for Mine {
    /// #     type Config = NoConfig;
    /// #     fn new(NoConfig {}: NoConfig) -> Result<Self> { Ok(Self) }
    /// fn request(&mut self, call: &Call, arguments: &mut Doc) -> Result<Action> {
    ///     if call.name == "motd" {
    ///         return Ok(Action::text("Mind the gap."));
    ///     }
    ///     if arguments.get::<u32>("/limit")?.is_none_or(|limit| limit > 100) {
    ///         arguments.set("/limit", 100);
    ///     }
    ///     Ok(Action::Forward)
    /// }
    /// # }
    ///
    /// let mut host = Host::<Mine>::new("{}")?;
    /// let asked = host.request(&Call::tool("files", "search"), json!({"limit": 500}))?;
    /// assert_eq!(asked.arguments, json!({"limit": 100}));
    /// # Ok::<(), mcpmux_sdk::Error>(())
    /// ```
    ///
    /// # Errors
    /// Why it could not say; `on_error` then decides.
    fn request(&mut self, call: &Call, arguments: &mut Doc) -> Result<Action> {
        Ok(Action::Forward)
    }

    /// Hook: permission policy for use. Asked after all filters, on the very bytes that would be sent.
    ///
    /// ```
    /// use mcpmux_sdk::{Call, Doc, Verdict, ask, deny};
    /// # use mcpmux_sdk::{NoConfig, Plugin, Result, plugin, serde_json::json, testing::Host};
    /// # struct Mine;
    /// # #[plugin]
    /// # impl Plugin for Mine {
    /// #     type Config = NoConfig;
    /// #     fn new(NoConfig {}: NoConfig) -> Result<Self> { Ok(Self) }
    /// fn authorize(&mut self, call: &Call, arguments: &Doc) -> Result<Verdict> {
    ///     Ok(match arguments.str("/path") {
    ///         Some(path) if path.contains("..") => deny("policy.path", format!("{path} leads elsewhere")),
    ///         _ if call.name.starts_with("delete") => ask(format!("May {} run?", call.exposed)),
    ///         _ => Verdict::Allow,
    ///     })
    /// }
    /// # }
    ///
    /// let mut host = Host::<Mine>::new("{}")?;
    /// let verdict = host.authorize(&Call::tool("files", "read"), json!({"path": "../x"}))?;
    /// assert_eq!(verdict, deny("policy.path", "../x leads elsewhere"));
    /// # Ok::<(), mcpmux_sdk::Error>(())
    /// ```
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
    /// ```
    /// use mcpmux_sdk::{Client, ListEntry};
    /// # use mcpmux_sdk::{NoConfig, Plugin, Result, plugin, serde_json::json, testing::Host};
    /// # struct Mine;
    /// # #[plugin]
    /// # impl Plugin for Mine {
    /// #     type Config = NoConfig;
    /// #     fn new(NoConfig {}: NoConfig) -> Result<Self> { Ok(Self) }
    /// fn authorize_list(&mut self, client: &Client, entries: &[ListEntry]) -> Result<Vec<bool>> {
    ///     let trusted = client.principal.is_some();
    ///     Ok(entries.iter().map(|entry| trusted || entry.read_only == Some(true)).collect())
    /// }
    /// # }
    ///
    /// let mut host = Host::<Mine>::new("{}")?;
    /// let list = [ListEntry::tool("files", "write")];
    /// assert_eq!(host.authorize_list(&Client::new("agent"), &list)?, [false]);
    /// assert_eq!(host.authorize_list(&Client::new("agent").with_principal("ann"), &list)?, [true]);
    /// # Ok::<(), mcpmux_sdk::Error>(())
    /// ```
    ///
    /// # Errors
    /// Why it could not say; the client then sees none of them.
    fn authorize_list(&mut self, client: &Client, entries: &[ListEntry]) -> Result<Vec<bool>> {
        Ok(vec![true; entries.len()])
    }

    /// Hook: changes or withholds what comes back, and what a backend asks meanwhile.
    ///
    /// ```
    /// use mcpmux_sdk::{Call, Doc, Reply, Source, withhold};
    /// # use mcpmux_sdk::{NoConfig, Plugin, Result, plugin, serde_json::json, testing::Host};
    /// # struct Mine;
    /// # #[plugin]
    /// # impl Plugin for Mine {
    /// #     type Config = NoConfig;
    /// #     fn new(NoConfig {}: NoConfig) -> Result<Self> { Ok(Self) }
    /// fn response(&mut self, _call: &Call, source: Source, document: &mut Doc) -> Result<Reply> {
    ///     if source == Source::Success && document.size() > 1 << 20 {
    ///         return Ok(withhold("policy.size", "the result is longer than 1 MiB"));
    ///     }
    ///     if document.str("/structuredContent/token").is_some() {
    ///         document.set("/structuredContent/token", "****");
    ///     }
    ///     Ok(Reply::Deliver)
    /// }
    /// # }
    ///
    /// let mut host = Host::<Mine>::new("{}")?;
    /// let result = json!({"content": [], "structuredContent": {"token": "abc"}});
    /// let answered = host.response(&Call::tool("vault", "read"), Source::Success, result)?;
    /// assert_eq!(answered.document["structuredContent"]["token"], "****");
    /// # Ok::<(), mcpmux_sdk::Error>(())
    /// ```
    ///
    /// # Errors
    /// Why it could not say; `on_error` then decides.
    fn response(&mut self, call: &Call, source: Source, document: &mut Doc) -> Result<Reply> {
        Ok(Reply::Deliver)
    }

    /// Hook: changes or drops what a backend says without being asked. `params` are the notification's; an
    /// empty object if it has none.
    ///
    /// ```
    /// use mcpmux_sdk::{Delivery, Doc, Notice};
    /// # use mcpmux_sdk::{NoConfig, Plugin, Result, plugin, serde_json::json, testing::Host};
    /// # struct Mine;
    /// # #[plugin]
    /// # impl Plugin for Mine {
    /// #     type Config = NoConfig;
    /// #     fn new(NoConfig {}: NoConfig) -> Result<Self> { Ok(Self) }
    /// fn notify(&mut self, _notice: &Notice, params: &mut Doc) -> Result<Delivery> {
    ///     let debug = params.str("/level").as_deref() == Some("debug");
    ///     Ok(if debug { Delivery::Drop } else { Delivery::Deliver })
    /// }
    /// # }
    ///
    /// let mut host = Host::<Mine>::new("{}")?;
    /// let notice = Notice::new("files", "notifications/message");
    /// assert_eq!(host.notify(&notice, json!({"level": "debug", "data": 1}))?.delivery, Delivery::Drop);
    /// # Ok::<(), mcpmux_sdk::Error>(())
    /// ```
    ///
    /// # Errors
    /// Why it could not say; `on_error` then decides.
    fn notify(&mut self, notice: &Notice, params: &mut Doc) -> Result<Delivery> {
        Ok(Delivery::Deliver)
    }

    /// Hook: sees how calls ended, after the answer has been sent, in order, by one instance; what comes
    /// faster than it is taken is dropped and counted. It may wait: [`http`](crate::http) can be used here.
    ///
    /// ```
    /// use mcpmux_sdk::{Call, Description, Outcome, Status, kv};
    /// # use mcpmux_sdk::{NoConfig, Plugin, Result, plugin, serde_json::json, testing::Host};
    /// # struct Mine;
    /// # #[plugin]
    /// # impl Plugin for Mine {
    /// #     type Config = NoConfig;
    /// #     fn new(NoConfig {}: NoConfig) -> Result<Self> { Ok(Self) }
    /// fn describe() -> Description {
    ///     Description::new("counts calls").wants("kv", "holds the counts")
    /// }
    ///
    /// fn observe(&mut self, outcome: &Outcome) -> Result<()> {
    ///     kv::increment(&format!("calls of {}", outcome.call.exposed), 1, None)?;
    ///     Ok(())
    /// }
    /// # }
    ///
    /// let mut host = Host::<Mine>::new("{}")?;
    /// host.observe(&Outcome::new(Call::tool("files", "read"), Status::Success))?;
    /// assert_eq!(host.kv()["calls of files__read"], "1");
    /// # Ok::<(), mcpmux_sdk::Error>(())
    /// ```
    ///
    /// # Errors
    /// Why it could not take it; for the log.
    fn observe(&mut self, outcome: &Outcome) -> Result<()> {
        Ok(())
    }

    /// Hook: where a backend's credential comes from. It may wait: [`http`](crate::http) and
    /// [`exec`](crate::exec) can be used here.
    ///
    /// ```
    /// use mcpmux_sdk::{Description, Grant, Problem, Query, http, secrets};
    /// # use mcpmux_sdk::{NoConfig, Plugin, Result, plugin, serde_json::json, testing::Host};
    /// # struct Mine;
    /// # #[plugin]
    /// # impl Plugin for Mine {
    /// #     type Config = NoConfig;
    /// #     fn new(NoConfig {}: NoConfig) -> Result<Self> { Ok(Self) }
    /// fn describe() -> Description {
    ///     Description::new("gets a token from example.com")
    ///         .wants("secrets:KEY", "is what the token is given for")
    ///         .wants("http:auth.example.com", "gives the token")
    /// }
    ///
    /// fn credentials(&mut self, _query: &Query) -> Result<Grant, Problem> {
    ///     let Some(key) = secrets::get("KEY")? else {
    ///         return Err(Problem::NeedsLogin("set the secret KEY".to_owned()));
    ///     };
    ///     let request = http::Request::post("https://auth.example.com/token").form(&[("key", key.as_str())]);
    ///     let answer = http::send(request)?;
    ///     Ok(Grant::bearer(answer.text()?))
    /// }
    /// # }
    ///
    /// let mut host = Host::<Mine>::new("{}")?;
    /// host.secret("KEY", "k");
    /// host.on_http(|_| Ok(http::Response::new(200, "t0ken")));
    /// let query = Query::new("files", "https://files.example.com/mcp");
    /// assert_eq!(host.credentials(&query).ok(), Some(Grant::bearer("t0ken")));
    /// # Ok::<(), mcpmux_sdk::Error>(())
    /// ```
    ///
    /// # Errors
    /// Why there is none: a person must act, it may work later, or it will not work as it is configured.
    fn credentials(&mut self, query: &Query) -> Result<Grant, Problem> {
        Err(Problem::Permanent("the plugin has no credentials".to_owned()))
    }
}
