//! What the modern era puts into `params._meta`: the client's revision, capabilities and name.

use mcpmux_core::client::Client;
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::level::Level;

/// The revision of a request.
pub const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// The client's name and version.
pub const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
/// The client's capabilities.
pub const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// The log level a request asks for.
pub const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
/// The server's name and version, in results.
pub const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// Which subscription a notification belongs to.
pub const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";
/// The token of progress, in both eras.
pub const PROGRESS_TOKEN: &str = "progressToken";

/// Why a request's `_meta` cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetaError {
    /// A required key is missing or has another type (answered with -32602).
    #[error("`params._meta` needs `{0}`")]
    Missing(&'static str),
    /// A revision that is not spoken without a handshake (answered with -32022).
    #[error("protocol version `{0}` is not supported")]
    Unsupported(String),
}

/// Splits `_meta` off `params`; absent counts as empty.
///
/// # Errors
/// If `_meta` is there and is no object.
pub fn split(params: &mut Object) -> serde_json::Result<Object> {
    params.take("_meta").map_or_else(|| Ok(Object::default()), |meta| meta.object())
}

/// The revision that a request's `_meta` names; `None` in legacy messages.
#[must_use]
pub fn version(meta: &Object) -> Option<String> {
    Some(meta.get(VERSION)?.as_string()?.into_owned())
}

/// Takes the client's keys out of a modern request's `_meta`.
///
/// # Errors
/// If one that is required is missing, or the revision is not spoken.
pub fn take_client(meta: &mut Object) -> Result<Client, MetaError> {
    let version = meta.take(VERSION).ok_or(MetaError::Missing(VERSION))?;
    let version = version.as_string().ok_or(MetaError::Missing(VERSION))?;
    let revision = Revision::parse(&version)
        .filter(|revision| revision.era() == Era::Modern)
        .ok_or_else(|| MetaError::Unsupported(version.into_owned()))?;
    let capabilities = meta.take(CAPABILITIES).ok_or(MetaError::Missing(CAPABILITIES))?;
    if capabilities.as_bytes().first() != Some(&b'{') {
        return Err(MetaError::Missing(CAPABILITIES));
    }
    let info = meta.take(CLIENT_INFO);
    Ok(Client { revision, info, capabilities, session: None })
}

/// Takes the log level that a modern request asks for out of its `_meta`.
///
/// # Errors
/// If it is none of the levels.
pub fn take_level(meta: &mut Object) -> Result<Option<Level>, MetaError> {
    let Some(level) = meta.take(LOG_LEVEL) else { return Ok(None) };
    let level = level.as_string().and_then(|level| Level::parse(&level));
    level.map(Some).ok_or(MetaError::Missing(LOG_LEVEL))
}

/// Takes the modern keys out of a legacy request's `_meta`: there they mean nothing, and a modern backend must
/// not take them for ours.
pub fn strip(meta: &mut Object) {
    if !meta.is_empty() {
        meta.retain(|member| {
            ![VERSION, CLIENT_INFO, CAPABILITIES, LOG_LEVEL].contains(&member.key.as_str())
        });
    }
}

/// Puts the keys of a modern request into `_meta`.
pub fn put_client(meta: &mut Object, revision: Revision, info: &Raw, capabilities: &Raw) {
    meta.set(VERSION, Raw::string(revision.as_str()));
    meta.set(CLIENT_INFO, info.clone());
    meta.set(CAPABILITIES, capabilities.clone());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(meta: &'static str, expected: Result<(), MetaError>) {
        let mut meta = Raw::literal(meta).object().unwrap();
        assert_eq!(take_client(&mut meta).map(|_| ()), expected);
    }

    #[test]
    fn required_keys_are_required() {
        let version = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28""#;
        check("{}", Err(MetaError::Missing(VERSION)));
        check(r#"{"io.modelcontextprotocol/protocolVersion":7}"#, Err(MetaError::Missing(VERSION)));
        check(
            Box::leak(format!("{{{version}}}").into_boxed_str()),
            Err(MetaError::Missing(CAPABILITIES)),
        );
        let whole = format!(r#"{{{version},"io.modelcontextprotocol/clientCapabilities":{{}}}}"#);
        check(Box::leak(whole.into_boxed_str()), Ok(()));
        check(
            r#"{"io.modelcontextprotocol/protocolVersion":"2025-11-25"}"#,
            Err(MetaError::Unsupported("2025-11-25".into())),
        );
    }
}
