//! Which rights a plugin under test has: those that it wants, or those that the test grants.

/// Rights, as they are written in `grant`.
#[derive(Debug, Clone)]
pub(crate) struct Grants {
    /// `None`: everything.
    rights: Option<Vec<String>>,
}

impl Grants {
    pub(crate) const fn everything() -> Self {
        Self { rights: None }
    }

    pub(crate) fn new(rights: impl IntoIterator<Item = String>) -> Self {
        Self { rights: Some(rights.into_iter().collect()) }
    }

    /// Whether a right is among them, or one that stands for it: `http` for each host.
    pub(crate) fn allow(&self, right: &str) -> bool {
        let Some(rights) = &self.rights else { return true };
        rights.iter().any(|granted| match (split(granted), split(right)) {
            ((kind, None), (wanted, _)) => kind == wanted,
            ((kind, Some(granted)), (wanted, Some(asked))) if kind == wanted => {
                if kind == "exec" {
                    exec_allows(granted, asked)
                } else {
                    granted.eq_ignore_ascii_case(asked)
                }
            }
            _ => false,
        })
    }

    /// Whether a want is satisfied: by the right itself, or if it names a kind only, by any of the kind.
    pub(crate) fn satisfy(&self, want: &str) -> bool {
        let any = |rights: &Vec<String>| rights.iter().any(|granted| split(granted).0 == want);
        self.allow(want) || self.rights.as_ref().is_some_and(any)
    }

    /// The grant that a URL needs.
    pub(crate) fn for_url(url: &str) -> Result<String, String> {
        let wrong = || format!("`{url}` is no URL of http or https");
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let host = rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty());
        let host = host.ok_or_else(wrong)?;
        match scheme {
            "https" => Ok(format!("http:{}", host.strip_suffix(":443").unwrap_or(host))),
            "http" => Ok(format!("http:http://{host}")),
            _ => Err(wrong()),
        }
    }

    /// What a plugin did wrong that used this right.
    pub(crate) fn missing(right: &str) -> String {
        format!(
            "`{right}` is not granted\nhint: in `describe` say `.wants({right:?}, \"what for\")`, and in the configuration `grant = [{right:?}]`"
        )
    }
}

fn split(right: &str) -> (&str, Option<&str>) {
    right.split_once(':').map_or((right, None), |(kind, detail)| (kind, Some(detail)))
}

/// Words of which `*` stands for one.
fn exec_allows(granted: &str, asked: &str) -> bool {
    let (granted, asked) = (granted.split(' '), asked.split(' '));
    granted.clone().count() == asked.clone().count()
        && granted.zip(asked).all(|(granted, asked)| granted == "*" || granted == asked)
}
