//! What several hooks are told of: a call, the client behind it, the method, the kind of an entry.

use std::fmt;

/// One call, the same in all hooks that it passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Tells calls apart as long as mcpmux runs.
    pub id: u64,
    /// What is asked.
    pub method: Method,
    /// The backend's name in the configuration; of a tool that a plugin added, the plugin's.
    pub backend: String,
    /// What the backend calls the entry: a name, a URI, or the id of a task.
    pub name: String,
    /// What the client calls it.
    pub exposed: String,
    /// Who asks.
    pub client: Client,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// `clientInfo.name`; empty if it did not say. A claim, not a fact.
    pub name: String,
    /// `clientInfo.version`; empty if it did not say.
    pub version: String,
    /// Which MCP it speaks.
    pub era: Era,
    /// Who it is, where mcpmux has made sure of that.
    pub principal: Option<String>,
    /// The space it came in by; none: the whole catalog.
    pub space: Option<String>,
}

/// Which MCP a client speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Era {
    /// With a handshake: up to 2025-11-25.
    Legacy,
    /// Without: from 2026-07-28.
    #[default]
    Modern,
}

/// What a client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `tools/call`
    ToolsCall,
    /// `prompts/get`
    PromptsGet,
    /// `resources/read`
    ResourcesRead,
    /// `resources/subscribe`, or what a modern client listens to
    Subscribe,
    /// The end of that
    Unsubscribe,
    /// `completion/complete`
    Complete,
    /// `tasks/get`
    TasksGet,
    /// `tasks/result`
    TasksResult,
    /// `tasks/update`
    TasksUpdate,
    /// `tasks/cancel`
    TasksCancel,
}

/// What a client can see in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A tool.
    Tool,
    /// A prompt.
    Prompt,
    /// A resource.
    Resource,
    /// A template of resources.
    Template,
}

impl Call {
    /// A call of this method, for tests: `backend` and native `name`, exposed as `backend__name`.
    pub fn new(method: Method, backend: impl Into<String>, name: impl Into<String>) -> Self {
        let (backend, name) = (backend.into(), name.into());
        let exposed = format!("{backend}__{name}");
        Self { id: 1, method, backend, name, exposed, client: Client::default() }
    }

    /// A call of a tool, for tests.
    pub fn tool(backend: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new(Method::ToolsCall, backend, name)
    }

    /// A prompt that is asked for, for tests.
    pub fn prompt(backend: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new(Method::PromptsGet, backend, name)
    }

    /// A resource that is read, for tests. Its URI is also what clients call it.
    pub fn resource(backend: impl Into<String>, uri: impl Into<String>) -> Self {
        let uri = uri.into();
        Self::new(Method::ResourcesRead, backend, uri.as_str()).with_exposed(uri)
    }

    /// The same call with another id.
    #[must_use]
    pub const fn with_id(mut self, id: u64) -> Self {
        self.id = id;
        self
    }

    /// The same call of another method.
    #[must_use]
    pub const fn with_method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// The same call by another exposed name.
    #[must_use]
    pub fn with_exposed(mut self, exposed: impl Into<String>) -> Self {
        self.exposed = exposed.into();
        self
    }

    /// The same call by another client.
    #[must_use]
    pub fn with_client(mut self, client: Client) -> Self {
        self.client = client;
        self
    }
}

impl Client {
    /// A modern client of this name, nobody in particular, that sees the whole catalog.
    pub fn new(name: impl Into<String>) -> Self {
        let (name, version) = (name.into(), String::new());
        Self { name, version, era: Era::Modern, principal: None, space: None }
    }

    /// The same client of another version.
    #[must_use]
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// The same client of another era.
    #[must_use]
    pub const fn with_era(mut self, era: Era) -> Self {
        self.era = era;
        self
    }

    /// The same client as somebody.
    #[must_use]
    pub fn with_principal(mut self, principal: impl Into<String>) -> Self {
        self.principal = Some(principal.into());
        self
    }

    /// The same client by a space.
    #[must_use]
    pub fn with_space(mut self, space: impl Into<String>) -> Self {
        self.space = Some(space.into());
        self
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new("test")
    }
}

impl Method {
    /// All there are.
    pub const ALL: [Self; 10] = [
        Self::ToolsCall,
        Self::PromptsGet,
        Self::ResourcesRead,
        Self::Subscribe,
        Self::Unsubscribe,
        Self::Complete,
        Self::TasksGet,
        Self::TasksResult,
        Self::TasksUpdate,
        Self::TasksCancel,
    ];

    /// Its name in MCP: `tools/call`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ToolsCall => "tools/call",
            Self::PromptsGet => "prompts/get",
            Self::ResourcesRead => "resources/read",
            Self::Subscribe => "resources/subscribe",
            Self::Unsubscribe => "resources/unsubscribe",
            Self::Complete => "completion/complete",
            Self::TasksGet => "tasks/get",
            Self::TasksResult => "tasks/result",
            Self::TasksUpdate => "tasks/update",
            Self::TasksCancel => "tasks/cancel",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Kind {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Tool, Self::Prompt, Self::Resource, Self::Template];

    /// `tool`, `prompt`, `resource`, `template`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Resource => "resource",
            Self::Template => "template",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
