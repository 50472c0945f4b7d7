//! SHA-256 digests: of manifests, layers and files.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// What registries put before the hexadecimal digits.
const PREFIX: &str = "sha256:";

/// The SHA-256 of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// From `sha256:` and 64 hexadecimal digits; `None` if it is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_hex(text.strip_prefix(PREFIX)?)
    }

    /// From 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn from_hex(hex: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let digits = hex.as_bytes().as_chunks::<2>();
        if digits.0.len() != bytes.len() || !digits.1.is_empty() {
            return None;
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(digits.0) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(bytes))
    }

    /// The 64 digits, as the configuration's `sha256` has them.
    #[must_use]
    pub fn hex(&self) -> String {
        use fmt::Write as _;
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            // Writing to a string does not fail.
            let _written = write!(text, "{byte:02x}");
        }
        text
    }
}

impl From<Sha256> for Digest {
    fn from(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }
}

impl fmt::Display for Digest {
    /// As registries write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.hex())
    }
}

const fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_it_is_written() {
        let digest = Digest::of(b"");
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest.hex(), hex);
        assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
        assert_eq!(Digest::from_hex(hex), Some(digest));
    }

    #[test]
    fn anything_else_is_no_digest() {
        for text in ["", "sha256:", "sha256:00", "sha512:e3b0", &"0".repeat(63), &"G".repeat(64)] {
            assert_eq!(Digest::parse(text), None, "{text}");
            assert_eq!(Digest::from_hex(text), None, "{text}");
        }
    }
}
