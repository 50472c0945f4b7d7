//! What an answer in JSON holds: a token or headers, and until when.

use std::time::SystemTime;

use mcpmux_plugin_rules::{Mistakes, Table, pointer};
use mcpmux_sdk::Grant;
use mcpmux_sdk::serde_json::Value;

use crate::expiry::{self, Lifetime};
use crate::style::{self, Style};

/// Where in an answer things are, by JSON Pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    token: Vec<String>,
    headers: Option<String>,
    expires_in: String,
    expires_at: String,
}

/// What an answer held.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    token: Option<String>,
    headers: Vec<(String, String)>,
    until: Option<SystemTime>,
}

impl Default for Places {
    /// As OAuth 2.0 has it (RFC 6749, section 5.1), and for whole headers.
    fn default() -> Self {
        Self {
            token: vec!["/token".to_owned(), "/access_token".to_owned()],
            headers: Some("/headers".to_owned()),
            expires_in: "/expires_in".to_owned(),
            expires_at: "/expires_at".to_owned(),
        }
    }
}

impl Places {
    /// Takes `token`, `expires_in` and `expires_at`; what is not given is where it usually is.
    pub fn read(table: &mut Table, mistakes: &mut Mistakes) -> Self {
        let usual = Self::default();
        let mut take =
            |key| table.checked(key, |at| pointer::check(at).map(|()| at.to_owned()), mistakes);
        let token = take("token");
        let expires_in = take("expires_in").unwrap_or(usual.expires_in);
        let expires_at = take("expires_at").unwrap_or(usual.expires_at);
        let headers = usual.headers.filter(|_| token.is_none());
        Self {
            token: token.map_or(usual.token, |token| vec![token]),
            headers,
            expires_in,
            expires_at,
        }
    }

    /// What is there.
    ///
    /// # Errors
    /// What is missing or of another type, without showing any value.
    pub fn find(&self, answer: &Value, now: SystemTime) -> Result<Found, String> {
        let mut headers = Vec::new();
        if let Some(value) = self.headers.as_ref().and_then(|at| answer.pointer(at)) {
            let object = value.as_object().ok_or("`/headers` is no object")?;
            for (name, value) in object {
                style::name_of(name)?;
                let value =
                    value.as_str().ok_or_else(|| format!("the header `{name}` is no text"))?;
                style::check_value(value)
                    .map_err(|why| format!("the header `{name}` cannot be sent: {why}"))?;
                headers.push((name.clone(), value.to_owned()));
            }
        }
        let token = self.token.iter().find_map(|at| answer.pointer(at).map(|token| (at, token)));
        let token = match token {
            None => None,
            Some((_, Value::String(token))) => Some(token.trim().to_owned()),
            Some((at, _)) => return Err(format!("what is at `{at}` is no text")),
        };
        if token.is_none() && headers.is_empty() {
            let at: Vec<_> = self.token.iter().map(|at| format!("`{at}`")).collect();
            let or = if self.headers.is_some() { ", and no `/headers`" } else { "" };
            return Err(format!("there is no token at {}{or}", at.join(" or ")));
        }
        let given = |at: &str| answer.pointer(at).filter(|value| !value.is_null());
        let within = given(&self.expires_in).map(|value| expiry::seconds(value, now));
        let within =
            within.transpose().map_err(|why| format!("what is at `{}` {why}", self.expires_in))?;
        let at = given(&self.expires_at).map(expiry::time);
        let at = at.transpose().map_err(|why| format!("what is at `{}` {why}", self.expires_at))?;
        Ok(Found { token, headers, until: within.into_iter().chain(at).min() })
    }
}

impl Found {
    /// A token of which nothing else is known.
    #[must_use]
    pub fn token(token: &str) -> Self {
        Self { token: Some(token.to_owned()), headers: Vec::new(), until: None }
    }

    /// What the backend is shown.
    ///
    /// # Errors
    /// Why it cannot be shown, without showing it.
    pub fn grant(
        self,
        style: &Style,
        lifetime: Lifetime,
        now: SystemTime,
    ) -> Result<Grant, String> {
        let until = lifetime.until(self.token.as_deref(), self.until, now)?;
        let token = self.token.map(|token| style.grant(&token)).transpose()?;
        let mut headers = token.map(|grant| grant.headers).unwrap_or_default();
        headers.extend(self.headers);
        Ok(Grant { headers, expires_at: until })
    }
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Found").field("until", &self.until).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use mcpmux_sdk::serde_json::json;

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000)
    }

    #[track_caller]
    fn check_error(answer: Value, why: &str) {
        let error = Places::default().find(&answer, now()).unwrap_err();
        assert!(error.contains(why), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn the_usual_places_are_those_of_oauth() {
        for key in ["token", "access_token"] {
            let found =
                Places::default().find(&json!({key: " t\n", "expires_in": 60}), now()).unwrap();
            assert_eq!(found.token.as_deref(), Some("t"));
            assert_eq!(found.until, Some(now() + Duration::from_secs(60)));
        }
        let answer = json!({"headers": {"x-a": "1"}, "expires_at": 1_060, "expires_in": null});
        let found = Places::default().find(&answer, now()).unwrap();
        assert_eq!(found.headers, [("x-a".to_owned(), "1".to_owned())]);
        assert_eq!(found.until, Some(now() + Duration::from_secs(60)));
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_said_without_values() {
        check_error(
            json!({"a": "secret"}),
            "there is no token at `/token` or `/access_token`, and no `/headers`",
        );
        check_error(json!({"token": ["secret"]}), "what is at `/token` is no text");
        check_error(json!({"headers": "secret"}), "`/headers` is no object");
        check_error(json!({"headers": {"x": 5}}), "the header `x` is no text");
        check_error(
            json!({"headers": {"x": "secret\n"}}),
            "the header `x` cannot be sent: it has several lines",
        );
        check_error(json!({"headers": {"a b": "secret"}}), "`a b` is no name");
        check_error(
            json!({"token": "secret", "expires_in": "secret"}),
            "what is at `/expires_in` is no number",
        );
        check_error(
            json!({"token": "secret", "expires_at": "secret"}),
            "what is at `/expires_at` is no point in time",
        );
    }

    #[test]
    fn other_places_take_the_place_of_the_usual_ones() {
        let mut mistakes = Mistakes::default();
        let config = json!({"token": "/status/token", "expires_at": "/status/until"});
        let mut table = Table::new("json", config, &mut mistakes).unwrap();
        let places = Places::read(&mut table, &mut mistakes);
        let answer = json!({"status": {"token": "t", "until": "1970-01-01T00:30:00Z"}, "headers": {"x": "y"}});
        let found = places.find(&answer, now()).unwrap();
        assert_eq!((found.token.as_deref(), found.headers.len()), (Some("t"), 0));
        assert_eq!(found.until, Some(now() + Duration::from_secs(800)));
        assert!(
            places
                .find(&json!({"token": "t"}), now())
                .unwrap_err()
                .ends_with("no token at `/status/token`")
        );
    }
}
