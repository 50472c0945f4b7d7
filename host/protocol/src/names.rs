//! The method names and error codes of MCP that mcpmux itself sends, answers or looks for.

/// `initialize`, the legacy handshake.
pub const INITIALIZE: &str = "initialize";
/// `notifications/initialized`, its end.
pub const INITIALIZED: &str = "notifications/initialized";
/// `ping`
pub const PING: &str = "ping";
/// `server/discover`, of the modern era.
pub const DISCOVER: &str = "server/discover";
/// `subscriptions/listen`, of the modern era.
pub const LISTEN: &str = "subscriptions/listen";
/// `logging/setLevel`, of the legacy era
pub const SET_LEVEL: &str = "logging/setLevel";
/// `resources/subscribe`, of the legacy era
pub const SUBSCRIBE: &str = "resources/subscribe";
/// `resources/unsubscribe`, of the legacy era
pub const UNSUBSCRIBE: &str = "resources/unsubscribe";
/// `roots/list`, asked of clients
pub const ROOTS_LIST: &str = "roots/list";
/// `sampling/createMessage`, asked of clients
pub const SAMPLING: &str = "sampling/createMessage";
/// `elicitation/create`, asked of clients
pub const ELICITATION: &str = "elicitation/create";
/// `notifications/cancelled`
pub const CANCELLED: &str = "notifications/cancelled";
/// `notifications/progress`
pub const PROGRESS: &str = "notifications/progress";
/// `notifications/message`, a log message
pub const MESSAGE: &str = "notifications/message";
/// `notifications/tools/list_changed`
pub const TOOLS_CHANGED: &str = "notifications/tools/list_changed";
/// `notifications/prompts/list_changed`
pub const PROMPTS_CHANGED: &str = "notifications/prompts/list_changed";
/// `notifications/resources/list_changed`, also of templates
pub const RESOURCES_CHANGED: &str = "notifications/resources/list_changed";
/// `notifications/resources/updated`
pub const UPDATED: &str = "notifications/resources/updated";
/// `notifications/roots/list_changed`, of legacy clients
pub const ROOTS_CHANGED: &str = "notifications/roots/list_changed";
/// `notifications/subscriptions/acknowledged`
pub const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";

/// Not JSON (JSON-RPC 2.0, section 5.1).
pub const PARSE_ERROR: i64 = -32700;
/// JSON, but no message that is allowed here.
pub const INVALID_REQUEST: i64 = -32600;
/// A method that is not served.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// Parameters of the wrong shape.
pub const INVALID_PARAMS: i64 = -32602;
/// No such resource, in the legacy era (2025-11-25, server/resources, error handling).
pub const RESOURCE_NOT_FOUND: i64 = -32002;
/// A URL has to be visited first (2025-11-25, client/elicitation, URL elicitation required error).
pub const URL_ELICITATION_REQUIRED: i64 = -32042;
/// Something went wrong inside (JSON-RPC 2.0, section 5.1).
pub const INTERNAL_ERROR: i64 = -32603;
/// Headers and body disagree (2026-07-28, transports/streamable-http).
pub const HEADER_MISMATCH: i64 = -32020;
/// The client lacks a capability (2026-07-28).
pub const MISSING_CAPABILITY: i64 = -32021;
/// A revision that is not spoken (2026-07-28).
pub const UNSUPPORTED_VERSION: i64 = -32022;
