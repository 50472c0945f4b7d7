//! Sealing what a client has to bring back: nobody else can make it, read it, or use it for another request.
//!
//! It is encrypted and authenticated (ChaCha20-Poly1305, RFC 8439) under a key of this process, bound to the request
//! that it continues, and expires. 2026-07-28, basic/patterns/mrtr, calls for that.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcpmux_core::call::Call;
use mcpmux_core::fault::{Fault, Kind};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

/// How long a client may take to come back (a parked call may have to be given up earlier).
const LIFETIME: Duration = Duration::from_secs(600);

/// What a client brings back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    /// Its call is parked under this id.
    Parked(String),
    /// It is to be passed on with this state of the backend's.
    Relayed(Option<String>),
    /// It has visited a URL, and the call can be made again.
    Visited,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    state: State,
    /// The plugins whose questions people have answered with yes.
    approved: Vec<String>,
    /// Seconds of the Unix time.
    until: u64,
}

/// The key; `None` if the system had no randomness to give, and then nothing can be sealed.
pub(crate) struct Seal {
    key: Option<LessSafeKey>,
    random: SystemRandom,
}

impl Default for Seal {
    fn default() -> Self {
        let random = SystemRandom::new();
        let mut bytes = [0; 32];
        let key = random.fill(&mut bytes).ok();
        let key = key.and_then(|()| UnboundKey::new(&CHACHA20_POLY1305, &bytes).ok());
        Self { key: key.map(LessSafeKey::new), random }
    }
}

impl Seal {
    /// Seals a state for the request that this call is.
    pub(super) fn close(
        &self,
        call: &Call,
        state: State,
        approved: Vec<String>,
    ) -> Result<String, Fault> {
        let until = now() + LIFETIME.as_secs();
        self.try_close(call, &Sealed { state, approved, until }).ok_or_else(unsealed)
    }

    fn try_close(&self, call: &Call, sealed: &Sealed) -> Option<String> {
        let mut text = serde_json::to_vec(sealed).ok()?;
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).ok()?;
        let unique = Nonce::assume_unique_for_key(nonce);
        let key = self.key.as_ref()?;
        key.seal_in_place_append_tag(unique, Aad::from(request(call)), &mut text).ok()?;
        let mut out = nonce.to_vec();
        out.append(&mut text);
        Some(URL_SAFE_NO_PAD.encode(out))
    }

    /// Opens what [`Seal::close`] made for the same request, unless it has expired: the state, and what people approved.
    pub(super) fn open(&self, call: &Call, sealed: &str) -> Option<(State, Vec<String>)> {
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, text) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let text = self.key.as_ref()?.open_in_place(nonce, Aad::from(request(call)), text).ok()?;
        let Sealed { state, approved, until } = serde_json::from_slice(text).ok()?;
        (now() <= until).then_some((state, approved))
    }

    /// An id that nobody can guess.
    pub(super) fn random_id(&self) -> Result<String, Fault> {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes).map_err(|_| unsealed())?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// The call was delivered, and its client could not be asked.
fn unsealed() -> Fault {
    Fault::new(
        Kind::ClientDidNotAnswer,
        "no state can be sealed, so the client cannot be asked: the system has no randomness",
    )
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// What makes a request the same one when its client comes back: the method, the entry and the parameters, however
/// they are written, but for what changes from one round to the next. Who asks belongs here as soon as clients
/// are told apart.
fn request(call: &Call) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in [call.method.as_str(), &call.name] {
        context.update(part.as_bytes());
        context.update(&[0]);
    }
    let mut params: Vec<(&str, String)> = call
        .params
        .iter()
        .filter(|member| ![super::STATE, super::RESPONSES].contains(&member.key.as_str()))
        .map(|member| (member.key.as_str(), canonical(&member.value)))
        .collect();
    params.sort();
    for (key, value) in &params {
        context.update(key.as_bytes());
        context.update(&[0]);
        context.update(value.as_bytes());
        context.update(&[0]);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

/// One text for all ways to write a value: without spaces, and with sorted members. One with numbers that cannot be
/// read stands for itself.
fn canonical(value: &mcpmux_core::json::Raw) -> String {
    value.read::<serde_json::Value>().map_or_else(
        |_| String::from_utf8_lossy(value.as_bytes()).into_owned(),
        |value| value.to_string(),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mcpmux_core::call::Method;
    use mcpmux_core::client::Client;
    use mcpmux_core::era::Revision;
    use mcpmux_core::json::{Object, Raw};

    use super::*;

    fn call(name: &str, params: &'static str) -> Call {
        let client = Client {
            revision: Revision::NEWEST_MODERN,
            info: None,
            capabilities: Raw::literal("{}"),
            session: None,
        };
        Call {
            method: Method::ToolsCall,
            name: name.to_owned(),
            params: Raw::literal(params).object().unwrap(),
            meta: Object::default(),
            level: None,
            client: Arc::new(client),
        }
    }

    #[test]
    fn a_state_opens_for_the_same_request_and_no_other() {
        let seal = Seal::default();
        let state = State::Relayed(Some("theirs".to_owned()));
        let first = call("t", r#"{"arguments":{"a":1,"b":[1.5]}}"#);
        let sealed = seal.close(&first, state.clone(), vec!["p".to_owned()]).unwrap();
        let again = call("t", r#"{"inputResponses":{},"arguments":{ "b" : [1.50], "a":1}}"#);
        assert_eq!(seal.open(&again, &sealed), Some((state, vec!["p".to_owned()])));
        for other in [call("u", r#"{"arguments":{"a":1,"b":[1.5]}}"#), call("t", "{}")] {
            assert_eq!(seal.open(&other, &sealed), None);
        }
        let odd = seal.close(&call("t", r#"{"a":[1e400,1]}"#), State::Visited, Vec::new()).unwrap();
        assert_eq!(seal.open(&call("t", r#"{"a":[1e400,2]}"#), &odd), None);
        let mut tampered = sealed.clone();
        let last = if tampered.pop() == Some('A') { 'B' } else { 'A' };
        tampered.push(last);
        assert_eq!(seal.open(&first, &tampered), None);
        assert_eq!(seal.open(&first, ""), None);
        assert_eq!(Seal::default().open(&first, &sealed), None);
    }
}
