//! References: `HOST/REPOSITORY:TAG` or `HOST/REPOSITORY@sha256:..`, parsed once.

use std::fmt;
use std::net::IpAddr;

use oci_client::Reference;

use crate::digest::Digest;
use crate::error::Error;

/// Where a component is, or is to be, stored. The host is always named, and so is the tag or the digest: what is not
/// written would be decided by somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source(Reference);

impl Source {
    /// Reads a reference. `oci://` before it is allowed, as other tools write it.
    ///
    /// # Errors
    /// If it names no host, or neither tag nor digest, or is none at all.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |why: String| Error::Reference { reference: text.to_owned(), why };
        let bare = text.strip_prefix("oci://").unwrap_or(text);
        let named = bare.split_once('/').is_some_and(|(host, _)| {
            host == "localhost" || host.contains(['.', ':']) && !host.contains('@')
        });
        if !named {
            return Err(wrong("it names no registry".to_owned()));
        }
        let repository = bare.split('@').next().and_then(|named| named.split_once('/'));
        if repository.is_some_and(|(_, rest)| rest.split(':').next().is_some_and(has_capitals)) {
            return Err(wrong("repositories are written in lower case".to_owned()));
        }
        match bare.split_once('@') {
            Some((_, digest)) if Digest::parse(digest).is_none() => {
                return Err(wrong(
                    "its digest is no `sha256:` with 64 lower-case digits".to_owned(),
                ));
            }
            None if !ends_with_tag(bare) => {
                return Err(wrong("it names neither a tag nor a digest".to_owned()));
            }
            _ => {}
        }
        let reference: Reference = bare.parse().map_err(|error| wrong(format!("{error}")))?;
        Ok(Self(reference))
    }

    /// The registry: a host, often with a port.
    #[must_use]
    pub fn registry(&self) -> &str {
        self.0.registry()
    }

    /// The repository: everything between host and tag.
    #[must_use]
    pub fn repository(&self) -> &str {
        self.0.repository()
    }

    /// The last part of the repository's name; what a file is called that nobody named.
    #[must_use]
    pub fn name(&self) -> &str {
        self.repository().rsplit('/').next().unwrap_or_default()
    }

    /// The tag; beside a digest it is only a remark.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.0.tag()
    }

    /// The digest of the manifest, where it is named.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        self.0.digest().and_then(Digest::parse)
    }

    /// The same repository, with this digest instead of a tag.
    #[must_use]
    pub fn pinned(&self, digest: Digest) -> Self {
        Self(Reference::with_digest(
            self.registry().to_owned(),
            self.repository().to_owned(),
            digest.to_string(),
        ))
    }

    /// Whether the registry is on this machine, and so may be spoken to without TLS.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let registry = self.registry();
        let host = match registry.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => registry.split(':').next().unwrap_or_default(),
        };
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    pub(crate) const fn reference(&self) -> &Reference {
        &self.0
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry(), self.repository())?;
        match (self.tag(), self.0.digest()) {
            (tag, Some(digest)) => {
                tag.map_or(Ok(()), |tag| write!(f, ":{tag}"))?;
                write!(f, "@{digest}")
            }
            (Some(tag), None) => write!(f, ":{tag}"),
            (None, None) => Ok(()),
        }
    }
}

fn has_capitals(name: &str) -> bool {
    name.contains(|letter: char| letter.is_ascii_uppercase())
}

/// Whether a tag is written: the parser puts `latest` where there is none.
fn ends_with_tag(reference: &str) -> bool {
    reference.rsplit('/').next().is_some_and(|last| last.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(&str, &str, bool), &str>) {
        let found = Source::parse(text);
        match (&found, expected) {
            (Ok(source), Ok((registry, repository, loopback))) => {
                assert_eq!((source.registry(), source.repository()), (registry, repository));
                assert_eq!(source.is_loopback(), loopback);
                assert_eq!(source.to_string(), text.trim_start_matches("oci://"));
            }
            (Err(error), Err(expected)) => {
                assert!(error.to_string().contains(expected), "{error}");
            }
            _ => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn a_reference_names_host_repository_and_version() {
        check("ghcr.io/you/guard:1.2.0", Ok(("ghcr.io", "you/guard", false)));
        check("oci://ghcr.io/you/guard:1.2.0", Ok(("ghcr.io", "you/guard", false)));
        check("localhost:5000/guard:1", Ok(("localhost:5000", "guard", true)));
        check("127.0.0.1:5000/guard:1", Ok(("127.0.0.1:5000", "guard", true)));
        let pinned = format!("ghcr.io/you/guard@{}", Digest::of(b""));
        check(&pinned, Ok(("ghcr.io", "you/guard", false)));
        let both = format!("ghcr.io/you/guard:1@{}", Digest::of(b""));
        check(&both, Ok(("ghcr.io", "you/guard", false)));
        assert_eq!(
            Source::parse("ghcr.io/you/guard:1").unwrap().pinned(Digest::of(b"")).to_string(),
            pinned
        );
    }

    #[test]
    fn what_is_not_written_is_not_guessed() {
        check("guard:1", Err("it names no registry"));
        check("you/guard:1", Err("it names no registry"));
        check("ghcr.io/you/guard", Err("neither a tag nor a digest"));
        check("localhost:5000/guard", Err("neither a tag nor a digest"));
        check("ghcr.io/you/Guard:1", Err("lower case"));
        check("ghcr.io/you/guard@sha256:12", Err("digest"));
        check("https://ghcr.io/you/guard:1", Err("`https://ghcr.io/you/guard:1` is no reference"));
    }
}
