//! A credential that a program prints: a token, or JSON with headers and the time at which they expire.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcpmux_core::config::{Secret, TokenCommand};
use mcpmux_core::hook::{CredentialsHook, Granted, Problem, Query};
use mcpmux_core::ports::Pending;
use serde::Deserialize;

use crate::fetched::Clock;
use crate::{program, time};

/// The program, asked as a plugin is.
pub(crate) struct Printed {
    command: TokenCommand,
    clock: Clock,
}

/// What a program prints that says more than a token.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    headers: BTreeMap<String, String>,
    #[serde(default)]
    expires_at: Option<String>,
}

impl Printed {
    pub(crate) const fn new(command: TokenCommand, clock: Clock) -> Self {
        Self { command, clock }
    }

    async fn run(&self) -> Result<Granted, String> {
        let output = program::output(&self.command.argv).await?;
        read(&output, self.command.ttl, (self.clock)().wall)
    }
}

impl CredentialsHook for Printed {
    fn fetch<'a>(&'a self, _: &'a Query) -> Pending<'a, Result<Granted, Problem>> {
        Box::pin(async move {
            let wrong =
                |why| Problem::NeedsLogin(format!("its credential command is of no use: {why}"));
            self.run().await.map_err(wrong)
        })
    }
}

fn read(output: &str, ttl: Option<Duration>, now: SystemTime) -> Result<Granted, String> {
    if output.trim_start().starts_with('{') {
        // What serde says of an error may quote the text.
        let whole: Whole = serde_json::from_str(output).map_err(
            |_| "it printed JSON that is not `{\"headers\": {..}, \"expires_at\": \"..\"}`",
        )?;
        let expires = match whole.expires_at {
            None => None,
            Some(text) => Some(time::rfc3339(&text).ok_or("its `expires_at` is no RFC 3339 time")?),
        };
        let headers = whole.headers.into_iter();
        return Ok(Granted {
            headers: headers.map(|(name, value)| (name, Secret::new(value))).collect(),
            expires,
        });
    }
    let token = program::one_line(output)?;
    if token.contains(char::is_whitespace) {
        return Err("it printed a space, which no token holds".to_owned());
    }
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let expires = expiry(token).or_else(|| Some(since + ttl?));
    let value = Secret::new(format!("Bearer {token}"));
    Ok(Granted { headers: vec![("authorization".to_owned(), value)], expires })
}

/// When a JWT expires, since 1970 (RFC 7519, section 4.1.4). Its signature is for others to check.
pub(crate) fn expiry(token: &str) -> Option<Duration> {
    #[derive(Deserialize)]
    struct Claims {
        exp: f64,
    }
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    Duration::try_from_secs_f64(claims.exp).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(output: &str, ttl: Option<u64>) -> Result<(String, Option<u64>), String> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let granted = read(output, ttl.map(Duration::from_secs), now)?;
        let headers: Vec<_> = granted
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.reveal()))
            .collect();
        Ok((headers.join("|"), granted.expires.map(|expires| expires.as_secs())))
    }

    fn good(text: &str, expires: Option<u64>) -> Result<(String, Option<u64>), String> {
        Ok((text.to_owned(), expires))
    }

    #[test]
    fn a_token_holds_as_long_as_it_says_or_as_the_configuration_says() {
        assert_eq!(granted("abc\n", None), good("authorization: Bearer abc", None));
        assert_eq!(granted("abc\r\n", Some(60)), good("authorization: Bearer abc", Some(1_060)));
        let jwt = format!("h.{}.s", URL_SAFE_NO_PAD.encode(r#"{"exp":1234,"sub":"x"}"#));
        let whole = format!("authorization: Bearer {jwt}");
        assert_eq!(granted(&jwt, Some(60)), good(&whole, Some(1_234)));
        assert_eq!(granted("a.b.c", Some(60)), good("authorization: Bearer a.b.c", Some(1_060)));
    }

    #[test]
    fn json_says_which_headers_and_until_when() {
        let text = r#"{"headers":{"X-A":"1","authorization":"Basic x"},"expires_at":"1970-01-01T00:20:00Z"}"#;
        assert_eq!(granted(text, None), good("X-A: 1|authorization: Basic x", Some(1_200)));
        assert_eq!(granted("\n{\"headers\":{}}\n", Some(9)), good("", None));
    }

    #[test]
    fn what_is_no_credential_is_refused_and_not_quoted() {
        for wrong in [
            "s3cret\r\nX-Evil: 1",
            "s3cret s3cret",
            "",
            "\n",
            "{\"headers\":{\"a\":\"s3cret\"}",
            "{\"heders\":{\"a\":\"s3cret\"}}",
            "{\"headers\":{},\"expires_at\":\"s3cret\"}",
        ] {
            let why = granted(wrong, None).unwrap_err();
            assert!(!why.contains("s3cret"), "{why}");
        }
    }
}
