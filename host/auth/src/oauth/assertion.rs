//! The signed assertion by which a client proves to be itself (RFC 7523, section 2.2): ES256 and RS256.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::json;
use zeroize::Zeroizing;

use super::{kept, random};

/// What it is called in a request.
pub(crate) const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// For how many seconds it holds.
const LIFE: u64 = 300;

/// Signs an assertion.
pub(crate) fn sign(
    key: &Key,
    client: &str,
    issuer: &str,
    now: SystemTime,
) -> Result<String, String> {
    let now = kept::stamp(now) / 1_000;
    let header = json!({ "alg": key.algorithm(), "typ": "JWT" });
    let claims = json!({
        "iss": client, "sub": client, "aud": issuer, "iat": now, "exp": now + LIFE, "jti": random().map_err(str::to_owned)?,
    });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&header), part(&claims));
    let signature = key.sign(text.as_bytes()).ok_or("`client_key` cannot sign")?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// A private key.
pub(crate) enum Key {
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Key {
    /// That of a PEM text; errors do not quote it, and no copy of it stays in memory but in the key.
    pub(crate) fn read(pem: &str) -> Result<Self, String> {
        let unreadable = || {
            "`client_key` holds no private key in PKCS #8: `-----BEGIN PRIVATE KEY-----`".to_owned()
        };
        let inside = pem
            .split_once("-----BEGIN PRIVATE KEY-----")
            .and_then(|(_, rest)| rest.split_once("-----END PRIVATE KEY-----"));
        let (inside, _) = inside.ok_or_else(unreadable)?;
        let mut text = Zeroizing::new(String::with_capacity(inside.len()));
        inside.split_ascii_whitespace().for_each(|part| text.push_str(part));
        let der = STANDARD.decode(text.as_bytes()).map_err(|_| unreadable())?;
        let der = Zeroizing::new(der);
        let random = SystemRandom::new();
        match EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &random) {
            Ok(key) => Ok(Self::P256(key)),
            Err(_) => Ok(Self::Rsa(RsaKeyPair::from_pkcs8(&der).map_err(
                |_| "`client_key` is neither a P-256 nor an RSA key of 2048 bits or more",
            )?)),
        }
    }

    const fn algorithm(&self) -> &'static str {
        match self {
            Self::P256(_) => "ES256",
            Self::Rsa(_) => "RS256",
        }
    }

    fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        let source = &SystemRandom::new();
        match self {
            Self::P256(key) => Some(key.sign(source, text).ok()?.as_ref().to_vec()),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, source, text, &mut signature).ok()?;
                Some(signature)
            }
        }
    }
}
