//! The key, and what it seals: XChaCha20-Poly1305 with a random nonce, bound to what the text is about.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use mcpmux_core::config::Secret;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const KEY: usize = 32;
const NONCE: usize = 24;
/// Memory in KiB and passes of Argon2id: the second choice of RFC 9106, section 4, on one lane. They are part of the
/// format.
const MEMORY: u32 = 64 << 10;
const PASSES: u32 = 3;

/// What makes the keys of two vaults with the same passphrase different.
pub(crate) type Salt = [u8; 16];

/// The key of a vault. It is wiped from memory when it is dropped, and prints nowhere.
#[derive(Clone)]
pub(crate) struct Key(Zeroizing<[u8; KEY]>);

impl Key {
    /// A new one.
    pub(crate) fn random() -> Result<Self, String> {
        let mut key = Zeroizing::new([0; KEY]);
        random(&mut *key)?;
        Ok(Self(key))
    }

    /// 32 bytes as they are, or in Base64 with or without padding and a line end.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() == KEY {
            return Self::exact(bytes);
        }
        let text = bytes.trim_ascii();
        let text = text.strip_suffix(b"=").unwrap_or(text);
        let decoded = Zeroizing::new(STANDARD_NO_PAD.decode(text).ok()?);
        Self::exact(&decoded)
    }

    fn exact(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; KEY]);
        if bytes.len() != KEY {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    /// In Base64.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD_NO_PAD.encode(*self.0))
    }

    /// The key that a passphrase stands for (Argon2id, RFC 9106).
    pub(crate) fn stretch(passphrase: &Secret, salt: &Salt) -> Result<Self, String> {
        let failed = |error: argon2::Error| format!("cannot derive a key from it: {error}");
        let params = argon2::Params::new(MEMORY, PASSES, 1, Some(KEY)).map_err(failed)?;
        let argon =
            argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let mut key = Zeroizing::new([0; KEY]);
        let passphrase = passphrase.reveal().as_bytes();
        argon.hash_password_into(passphrase, salt, &mut *key).map_err(failed)?;
        Ok(Self(key))
    }

    /// Tells keys apart, and nothing else of them.
    pub(crate) fn id(&self) -> String {
        let digest =
            Sha256::new().chain_update(b"mcpmux vault key\0").chain_update(*self.0).finalize();
        URL_SAFE_NO_PAD.encode(digest.get(..8).unwrap_or_default())
    }

    /// Seals a text that is about this; in Base64.
    pub(crate) fn seal(&self, about: &[u8], text: &[u8]) -> Result<String, String> {
        let mut nonce = [0; NONCE];
        random(&mut nonce)?;
        let payload = Payload { msg: text, aad: about };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| "it is too long to be sealed".to_owned())?;
        Ok(STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// The text, if exactly this was sealed with this key about just that.
    pub(crate) fn open(&self, about: &[u8], sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = STANDARD_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad: about };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

/// Fills with random bytes of the system.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), String> {
    getrandom::fill(bytes).map_err(|error| format!("the system gives no random bytes: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_opened_only_as_it_was() {
        let (key, other) = (Key::random().unwrap(), Key::random().unwrap());
        let sealed = key.seal(b"about", b"text").unwrap();
        assert_eq!(key.open(b"about", &sealed).unwrap().as_slice(), b"text");
        assert!(key.open(b"other", &sealed).is_none());
        assert!(other.open(b"about", &sealed).is_none());
        assert_ne!(sealed, key.seal(b"about", b"text").unwrap(), "nonces differ");
        assert!(key.open(b"about", "").is_none() && key.open(b"about", "AAAA").is_none());
    }

    #[test]
    fn keys_are_read_in_either_form() {
        let key = Key::random().unwrap();
        let text = key.text();
        for form in [text.to_string(), format!("{}=", *text), format!("{}=\n", *text)] {
            assert_eq!(Key::read(form.as_bytes()).unwrap().id(), key.id());
        }
        assert_eq!(Key::read(&*key.0).unwrap().id(), key.id());
        for wrong in [&b""[..], b"short", &[0; 33], b"AAAA"] {
            assert!(Key::read(wrong).is_none());
        }
    }

    #[test]
    fn a_passphrase_stands_for_one_key_a_salt() {
        let key =
            |text: &str, salt| Key::stretch(&Secret::new(text.into()), &[salt; 16]).unwrap().id();
        assert_eq!(key("a", 1), key("a", 1));
        assert_ne!(key("a", 1), key("a", 2));
        assert_ne!(key("a", 1), key("b", 1));
    }
}
