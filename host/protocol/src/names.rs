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
/// `tools/list`
pub const TOOLS_LIST: &str = "tools/list";
/// `tools/call`
pub const TOOLS_CALL: &str = "tools/call";
/// `notifications/cancelled`
pub const CANCELLED: &str = "notifications/cancelled";
/// `notifications/progress`
pub const PROGRESS: &str = "notifications/progress";
/// `notifications/tools/list_changed`
pub const TOOLS_CHANGED: &str = "notifications/tools/list_changed";
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
/// Headers and body disagree (2026-07-28, transports/streamable-http).
pub const HEADER_MISMATCH: i64 = -32020;
/// The client lacks a capability (2026-07-28).
pub const MISSING_CAPABILITY: i64 = -32021;
/// A revision that is not spoken (2026-07-28).
pub const UNSUPPORTED_VERSION: i64 = -32022;
