//! One endpoint: for which backends it is, what it is asked, and what is made of its answer.

use std::time::Duration;

use mcpmux_plugin_rules::{Glob, Mistakes, Table, units};
use mcpmux_plugin_token::{Found, Lifetime, Places, Style, style};
use mcpmux_sdk::serde_json::{self, Map, Value};
use mcpmux_sdk::{Grant, Problem, Query, clock, http};

use crate::answer::refusal;
use crate::body::{Body, texts};
use crate::oauth::Oauth;
use crate::template::{Filling, Template};

/// What is done for some backends.
#[derive(Debug)]
pub(crate) struct Backend {
    backend: Glob,
    url: Template,
    /// The URL as it is written, without its query: it is shown to operators.
    shown: String,
    asked: Asked,
    timeout: Option<Duration>,
    is_text: bool,
    places: Places,
    style: Style,
    lifetime: Lifetime,
}

/// What an endpoint is asked.
#[derive(Debug)]
enum Asked {
    Plain { method: String, headers: Vec<(String, Template)>, body: Body },
    Oauth(Oauth),
}

impl Backend {
    /// Reads a table of `backends`.
    pub(crate) fn read(mut table: Table, mistakes: &mut Mistakes) -> Option<Self> {
        let before = mistakes.count();
        let pattern = |text: &str| match text {
            "" => Err("must not be empty; `*` is any backend".to_owned()),
            text => Ok(Glob::new(text)),
        };
        let backend = table.checked("backend", pattern, mistakes).unwrap_or_else(|| Glob::new("*"));
        let at = table.at("oauth");
        let oauth = table.take::<Value>("oauth", mistakes);
        let (asked, url) = match oauth {
            Some(value) => {
                for key in ["url", "method", "headers", "json", "form"] {
                    if table.has(key) {
                        mistakes.add(&table.at(key), "is what `oauth` makes; give one of them");
                        let _misplaced: Option<Value> = table.take(key, mistakes);
                    }
                }
                let oauth =
                    Table::new(&at, value, mistakes).and_then(|table| Oauth::read(table, mistakes));
                let at = format!("{at}.token_url");
                let (oauth, url) = oauth.unzip();
                (oauth.map(Asked::Oauth), url.and_then(|text| endpoint(&at, &text, mistakes)))
            }
            None => {
                if !table.has("url") {
                    mistakes.add(table.place(), "missing key `url`, the endpoint; or `oauth`");
                }
                let at = table.at("url");
                let url = table.take::<String>("url", mistakes);
                (plain(&mut table, mistakes), url.and_then(|url| endpoint(&at, &url, mistakes)))
            }
        };
        let format = |text: &str| match text {
            "json" => Ok(false),
            "text" => Ok(true),
            _ => Err(format!("`{text}` is neither `json` nor `text`")),
        };
        let is_text = table.checked("format", format, mistakes).unwrap_or_default();
        for key in ["token", "expires_in", "expires_at"] {
            if is_text && table.has(key) {
                mistakes.add(&table.at(key), "has no effect with `format = \"text\"`");
            }
        }
        let places = Places::read(&mut table, mistakes);
        let style = Style::read(&mut table, mistakes);
        let lifetime = Lifetime { most: table.checked("ttl", time, mistakes) };
        let timeout = table.checked("timeout", time, mistakes);
        table.end(mistakes);
        if mistakes.count() > before {
            return None;
        }
        let (url, shown) = url?;
        Some(Self { backend, url, shown, asked: asked?, timeout, is_text, places, style, lifetime })
    }

    /// Whether it is for the backend of this name.
    pub(crate) fn is_for(&self, backend: &str) -> bool {
        self.backend.matches(backend)
    }

    /// Asks the endpoint.
    pub(crate) fn fetch(&self, query: &Query) -> Result<Grant, Problem> {
        let url = &self.shown;
        let mut filling = Filling::new(query);
        let mut request = self.request(&mut filling)?;
        request.timeout = self.timeout;
        let response = http::send(request).map_err(|error| match error {
            http::Error::NotAllowed(why) => {
                Problem::Permanent(format!("`{url}` may not be asked: {}", filling.mask(&why)))
            }
            http::Error::Timeout => Problem::Temporary(format!("`{url}` took too long to answer")),
            http::Error::TooLarge => {
                Problem::Permanent(format!("`{url}` answered with more than a token can be"))
            }
            http::Error::Network(why) => {
                Problem::Temporary(format!("`{url}` cannot be asked: {}", filling.mask(&why)))
            }
        })?;
        if !response.is_success() {
            return Err(refusal(url, &response, |text| filling.mask(text)));
        }
        self.grant(&response).map_err(|why| {
            Problem::Temporary(format!("the answer of `{url}` cannot be used: {why}"))
        })
    }

    fn request(&self, filling: &mut Filling<'_>) -> Result<http::Request, Problem> {
        let url = self.url.fill(filling)?;
        match &self.asked {
            Asked::Oauth(oauth) => {
                oauth.put(http::Request::post(url).header("accept", "application/json"), filling)
            }
            Asked::Plain { method, headers, body } => {
                let mut request = http::Request::new(method.as_str(), url);
                for (name, template) in headers {
                    let value = template.fill(filling)?;
                    style::check_value(&value).map_err(|why| {
                        Problem::Permanent(format!("`headers.{name}` cannot be sent: {why}"))
                    })?;
                    request = request.header(name.as_str(), value);
                }
                if !self.is_text
                    && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept"))
                {
                    request = request.header("accept", "application/json");
                }
                body.put(request, filling)
            }
        }
    }

    fn grant(&self, response: &http::Response) -> Result<Grant, String> {
        let now = clock::now();
        let found = if self.is_text {
            let text = std::str::from_utf8(&response.body)
                .map_err(|_| "it is no text (UTF-8)".to_owned())?;
            Found::token(text.trim())
        } else {
            // Not the error's own text: it can show a part of what was read.
            let value: Value = serde_json::from_slice(&response.body).map_err(|error| {
                format!("it is no JSON (line {}, column {})", error.line(), error.column())
            })?;
            self.places.find(&value, now)?
        };
        found.grant(&self.style, self.lifetime, now)
    }
}

fn plain(table: &mut Table, mistakes: &mut Mistakes) -> Option<Asked> {
    let method = |text: &str| {
        let fits = (1..=20).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_uppercase());
        if fits {
            Ok(text.to_owned())
        } else {
            Err(format!("`{text}` is no method; write `GET` or `POST`"))
        }
    };
    let method = table.checked("method", method, mistakes);
    let at = table.at("headers");
    let headers = table.take::<Map<String, Value>>("headers", mistakes).unwrap_or_default();
    for name in headers.keys() {
        mistakes.keep(&format!("{at}.{name}"), style::name_of(name));
    }
    let headers = texts(&at, headers, mistakes);
    let body = Body::read(table, mistakes);
    let usual = if matches!(body, Body::Nothing) { "GET" } else { "POST" };
    if method.as_deref() == Some("GET") && !matches!(body, Body::Nothing) {
        mistakes
            .add(&table.at("method"), "`GET` sends no body; leave the key out, or write `POST`");
    }
    let method = method.unwrap_or_else(|| usual.to_owned());
    Some(Asked::Plain { method, headers, body })
}

/// The URL of an endpoint, and what of it is shown.
fn endpoint(at: &str, url: &str, mistakes: &mut Mistakes) -> Option<(Template, String)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let before = mistakes.count();
    if host.is_empty() || url.contains(char::is_whitespace) {
        mistakes.add(at, format_args!("`{url}` is no URL; it begins with `https://` and a host"));
    } else if host.contains('@') {
        mistakes.add(at, "holds a user's name or password; send them in `headers`, from `secrets`");
    } else if host.contains('{') {
        mistakes.add(at, "names no host but a placeholder; the host has to be known to be granted");
    }
    let template = mistakes.keep(at, Template::new(url))?;
    if template.is_secret() {
        mistakes.add(
            at,
            "holds a secret, which others would log; send it in `headers`, `json` or `form`",
        );
    }
    if template.holds_url() {
        mistakes.add(at, "holds `{url}`, which cannot stand in a URL; send it in `json` or `form`");
    }
    let shown = url.split(['?', '#']).next().unwrap_or_default().to_owned();
    (mistakes.count() == before).then_some((template, shown))
}

fn time(text: &str) -> Result<Duration, String> {
    match units::duration(text)? {
        time if time.is_zero() => Err("is no time".to_owned()),
        time => Ok(time),
    }
}
