//! What a plugin may use, as `[[plugins]].grant` says it. Whether a component wants more is judged by `world`.

mod exec;
mod http;

use std::fmt;

use exec::Words;
use http::Site;

/// The grants that are a name and nothing more; `log` is free, and may be written.
const PLAIN: [&str; 6] = ["clock", "random", "kv", "catalog", "approvals", FREE];
/// The grants with something after a colon, and what that is.
const WITH: [(&str, &str); 3] = [
    ("secrets", "the name of a secret: `secrets:NAME`"),
    ("http", "a host: `http:HOST`, `http:HOST:PORT`, or without TLS `http:http://HOST:PORT`"),
    ("exec", "a program and its arguments: `exec:PROGRAM WORD *`, where `*` is any one word"),
];
/// What needs no grant.
const FREE: &str = "log";

/// The grants of one plugin.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Grants {
    plain: Vec<&'static str>,
    secrets: Vec<String>,
    sites: Vec<Site>,
    programs: Vec<Words>,
}

/// How far an HTTP grant goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To public addresses.
    Public,
    /// To this very address, or this machine: the grant names an IP address, or `localhost`.
    Near,
}

/// One grant, taken apart.
enum Grant {
    Plain(&'static str),
    Secret(String),
    Site(Site),
    Program(Words),
}

impl Grants {
    /// Reads the grants as they are written in the configuration.
    ///
    /// # Errors
    /// What is wrong with the first that is none, and what to write instead.
    pub fn parse(grants: &[String]) -> Result<Self, String> {
        let mut this = Self::default();
        for text in grants {
            match parse(text)? {
                Grant::Plain(name) => this.plain.push(name),
                Grant::Secret(name) => this.secrets.push(name),
                Grant::Site(site) => this.sites.push(site),
                Grant::Program(words) => this.programs.push(words),
            }
        }
        Ok(this)
    }

    /// Whether the interface of this name may be used at all: `kv`, or `http` if any host is granted.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        match name {
            FREE => true,
            "secrets" => !self.secrets.is_empty(),
            "http" => !self.sites.is_empty(),
            "exec" => !self.programs.is_empty(),
            _ => self.plain.contains(&name),
        }
    }

    /// Whether these grants give what a plugin wants: a bare name by any grant of it, anything more by a grant that
    /// allows as much. What is no grant is never covered.
    #[must_use]
    pub fn covers(&self, want: &str) -> bool {
        if WITH.iter().any(|(name, _)| *name == want) {
            return self.has(want);
        }
        match parse(want) {
            Ok(Grant::Plain(name)) => self.has(name),
            Ok(Grant::Secret(name)) => self.secret(&name),
            Ok(Grant::Site(want)) => self.sites.iter().any(|site| site.covers(&want)),
            Ok(Grant::Program(want)) => self.programs.iter().any(|words| words.covers(&want)),
            Err(_) => false,
        }
    }

    /// Whether the secret of this name may be read.
    #[must_use]
    pub fn secret(&self, name: &str) -> bool {
        self.secrets.iter().any(|granted| granted == name)
    }

    /// The names of the secrets that may be read.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(String::as_str)
    }

    /// Whether, and how far, this host may be asked; `host` as a parsed URL has it: in lower case, IPv6 in brackets.
    #[must_use]
    pub fn http(&self, scheme: &str, host: &str, port: u16) -> Option<Reach> {
        self.sites.iter().filter_map(|site| site.reach(scheme, host, port)).max_by_key(|reach| {
            // Two grants can name the same address; the further one holds.
            *reach == Reach::Near
        })
    }

    /// Whether this program may be run with these arguments.
    #[must_use]
    pub fn exec(&self, argv: &[String]) -> bool {
        self.programs.iter().any(|words| words.matches(argv))
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secrets = self.secrets.iter().map(|name| format!("secrets:{name}"));
        let sites = self.sites.iter().map(|site| format!("http:{site}"));
        let programs = self.programs.iter().map(|words| format!("exec:{words}"));
        let plain = self.plain.iter().map(|name| (*name).to_owned());
        f.debug_list().entries(plain.chain(secrets).chain(sites).chain(programs)).finish()
    }
}

fn parse(text: &str) -> Result<Grant, String> {
    let (name, rest) = match text.split_once(':') {
        Some((name, rest)) => (name, Some(rest)),
        None => (text, None),
    };
    if let Some(name) = PLAIN.into_iter().find(|plain| *plain == name) {
        return match rest {
            None => Ok(Grant::Plain(name)),
            Some(_) => Err(format!("nothing may follow `{name}`: write `{name}`")),
        };
    }
    let Some((_, form)) = WITH.into_iter().find(|(with, _)| *with == name) else {
        return Err(unknown(name));
    };
    let Some(rest) = rest.filter(|rest| !rest.trim().is_empty()) else {
        return Err(format!("`{name}` must be followed by {form}"));
    };
    let shown = text.escape_debug();
    match name {
        "http" => Site::parse(rest).map(Grant::Site),
        "exec" => Words::parse(rest).map(Grant::Program),
        _ if rest.chars().any(|c| c.is_whitespace() || c.is_control()) => {
            Err("the name of a secret holds no spaces".to_owned())
        }
        _ => Ok(Grant::Secret(rest.to_owned())),
    }
    .map_err(|why| format!("`{shown}`: {why}"))
}

fn unknown(name: &str) -> String {
    let shown = name.escape_debug();
    let names = || PLAIN.into_iter().filter(|name| *name != FREE).chain(WITH.map(|(name, _)| name));
    match nearest(name, names()) {
        Some(near) => match WITH.iter().find(|(with, _)| *with == near) {
            Some((_, form)) => format!("there is no grant `{shown}`; did you mean {form}?"),
            None => format!("there is no grant `{shown}`; did you mean `{near}`?"),
        },
        None => {
            let all: Vec<_> = names().map(|name| format!("`{name}`")).collect();
            format!("there is no grant `{shown}`; there are {}", all.join(", "))
        }
    }
}

/// The name that was probably meant.
fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.trim().to_lowercase();
    // What is longer than any name is not a misspelt one, and comparing costs the product of the lengths.
    if word.len() > 32 {
        return None;
    }
    names
        .map(|name| (strsim::damerau_levenshtein(&word, name), name))
        .filter(|(distance, name)| *distance <= (name.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests;
