//! Credentials as backends see them, with plugins that say what the test wants and a clock that it turns.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::hook::{CredentialsHook, Granted, Problem, Query, Reason};
use mcpmux_core::names::PluginName;
use mcpmux_core::ports::{OutboundError, OutboundRequest, OutboundResponse, Refusal, Shown};
use tokio::sync::{Semaphore, mpsc};

use super::*;

async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it happens in time")
}

fn refusal(shown: Shown, challenge: Option<String>) -> Refusal {
    Refusal { shown, challenge, patient: true }
}

type Said = Result<Granted, Problem>;
type Asked = (Reason, Option<String>);

/// A plugin's hook that says one thing after the other, each when it may.
struct Hook {
    says: Mutex<VecDeque<Said>>,
    may: Semaphore,
    asked: mpsc::UnboundedSender<Asked>,
}

impl CredentialsHook for Hook {
    fn fetch<'a>(&'a self, query: &'a Query) -> Pending<'a, Said> {
        assert_eq!((query.backend.as_str(), query.url.as_str()), ("b", "https://b.example/mcp"));
        let _ = self.asked.send((query.why, query.challenge.clone()));
        Box::pin(async {
            self.may.acquire().await.unwrap().forget();
            let next = self.says.lock().unwrap().pop_front();
            next.expect("it has something to say")
        })
    }
}

/// Credentials, the plugin `p` that is loaded now, and the time in milliseconds.
struct Stage {
    credentials: Credentials,
    loaded: Arc<Loaded>,
    clock: Arc<Turned>,
}

/// No network and no person.
struct Nobody;

impl Outbound for Nobody {
    fn send(&self, _: OutboundRequest) -> Pending<'_, Result<OutboundResponse, OutboundError>> {
        Box::pin(async { Err(OutboundError::Timeout) })
    }
}

impl Prompt for Nobody {
    fn login(&self, _: &BackendName, _: &str, _: bool) {}
    fn odd(&self, _: &str) {}
}

#[derive(Default)]
struct Loaded(Mutex<Option<Arc<dyn CredentialsHook>>>);

impl CredentialHooks for Loaded {
    fn hook(&self, plugin: &PluginName) -> Option<Arc<dyn CredentialsHook>> {
        assert_eq!(plugin.as_str(), "p");
        self.0.lock().unwrap().clone()
    }
}

/// How far the clocks have gone on, in milliseconds: the steady one, and the wall's beyond that.
#[derive(Default)]
struct Turned(AtomicU64, AtomicU64);

/// When the wall clock starts.
fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)
}

impl Stage {
    fn new() -> Self {
        let (loaded, clock) = (Arc::new(Loaded::default()), Arc::new(Turned::default()));
        let (turned, born) = (Arc::clone(&clock), Instant::now());
        let now = move || {
            let steady = Duration::from_millis(turned.0.load(Ordering::SeqCst));
            let wall = steady + Duration::from_millis(turned.1.load(Ordering::SeqCst));
            Time { steady: born + steady, wall: start() + wall }
        };
        let hooks = Arc::clone(&loaded) as Arc<dyn CredentialHooks>;
        let (vault, nobody) = (Arc::new(memory::Memory::default()), Arc::new(Nobody));
        let means = Means { hooks, outbound: nobody.clone(), vault, prompt: nobody };
        Self { credentials: Credentials::at(means, Arc::new(now)), loaded, clock }
    }

    /// Loads a plugin that says this, without being held up.
    fn load(&self, says: Vec<Said>) -> Plugin {
        let may = says.len();
        let plugin = self.load_slow(says);
        plugin.hook.may.add_permits(may);
        plugin
    }

    /// Loads a plugin that says this, one thing for each permit.
    fn load_slow(&self, says: Vec<Said>) -> Plugin {
        let (sender, asked) = mpsc::unbounded_channel();
        let (says, may) = (Mutex::new(says.into()), Semaphore::new(0));
        let hook = Arc::new(Hook { says, may, asked: sender });
        *self.loaded.0.lock().unwrap() = Some(Arc::clone(&hook) as Arc<dyn CredentialsHook>);
        Plugin { hook, asked }
    }

    fn turn(&self, milliseconds: u64) {
        self.clock.0.fetch_add(milliseconds, Ordering::SeqCst);
    }

    fn credential(&self) -> Arc<dyn Credential> {
        let auth = Auth::Plugin(PluginName::new("p").unwrap());
        let backend = BackendName::new("b").unwrap();
        self.credentials.credential(&backend, "https://b.example/mcp", &auth).unwrap()
    }

    async fn shown(&self) -> String {
        text(&within(self.credential().headers()).await.unwrap())
    }

    async fn fault(&self) -> Fault {
        within(self.credential().headers()).await.unwrap_err()
    }

    async fn refused(&self, token: &str) -> Result<Option<String>, Fault> {
        let credential = self.credential();
        let challenge = Some("Bearer error=\"invalid_token\"".to_owned());
        let other = within(credential.refused(refusal(bearer(token), challenge))).await;
        other.map(|other| other.map(|shown| text(&shown)))
    }
}

struct Plugin {
    hook: Arc<Hook>,
    asked: mpsc::UnboundedReceiver<Asked>,
}

impl Plugin {
    /// Why it was asked so far.
    fn asked(&mut self) -> Vec<Reason> {
        std::iter::from_fn(|| self.asked.try_recv().ok()).map(|(why, _)| why).collect()
    }
}

fn bearer(token: &str) -> Shown {
    vec![("authorization".into(), Secret::new(format!("Bearer {token}")))]
}

fn text(shown: &Shown) -> String {
    let lines = shown.iter().map(|(name, value)| format!("{name}: {}", value.reveal()));
    lines.collect::<Vec<_>>().join("\n")
}

/// A token, for so many milliseconds from now.
fn token(token: &str, lasts: Option<u64>) -> Said {
    let headers = vec![("Authorization".into(), Secret::new(format!("Bearer {token}")))];
    let start = start().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let expires = lasts.map(|lasts| start + Duration::from_millis(lasts));
    Ok(Granted { headers, expires })
}

#[tokio::test]
async fn a_configured_token_is_shown_and_none_is_not_made_up() {
    let backend = BackendName::new("b").unwrap();
    let credentials = Stage::new().credentials;
    assert!(credentials.credential(&backend, "", &Auth::None).is_none());
    let auth = Auth::Bearer(Secret::new("t0p".into()).into());
    let credential = credentials.credential(&backend, "", &auth).unwrap();
    let headers = within(credential.headers()).await.unwrap();
    assert_eq!(headers, bearer("t0p"));
    assert_eq!(format!("{headers:?}"), r#"[("authorization", ****)]"#);
    assert_eq!(within(credential.refused(refusal(headers, None))).await, Ok(None));
}

#[tokio::test]
async fn what_was_fetched_is_kept_whatever_becomes_of_the_connection() {
    let stage = Stage::new();
    let mut plugin = stage.load(vec![token("a", None)]);
    for _ in 0..3 {
        assert_eq!(stage.shown().await, "authorization: Bearer a");
    }
    stage.turn(1_000_000_000);
    assert_eq!(stage.shown().await, "authorization: Bearer a");
    assert_eq!(plugin.asked(), [Reason::Initial]);
}

#[tokio::test]
async fn many_who_wait_are_served_by_one_question() {
    let stage = Stage::new();
    let mut plugin = stage.load_slow(vec![token("a", None)]);
    let wait = || {
        let credential = stage.credential();
        tokio::spawn(async move { within(credential.headers()).await })
    };
    let first = wait();
    within(plugin.asked.recv()).await.unwrap();
    let waiting: Vec<_> = (0..20).map(|_| wait()).collect();
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    plugin.hook.may.add_permits(1);
    for waiter in waiting {
        assert_eq!(waiter.await.unwrap().unwrap(), bearer("a"));
    }
    assert_eq!(plugin.asked(), [], "who asked went away, and the answer was for all");
}

#[tokio::test]
async fn a_credential_is_renewed_shortly_before_it_expires_and_nobody_waits() {
    let stage = Stage::new();
    let mut plugin = stage.load_slow(vec![token("a", Some(100_000)), token("b", None)]);
    plugin.hook.may.add_permits(1);
    assert_eq!(stage.shown().await, "authorization: Bearer a");
    stage.turn(79_999);
    assert_eq!(stage.shown().await, "authorization: Bearer a");
    assert_eq!(plugin.asked(), [Reason::Initial]);
    stage.turn(1);
    assert_eq!(stage.shown().await, "authorization: Bearer a", "it still holds");
    assert_eq!(within(plugin.asked.recv()).await, Some((Reason::Expired, None)));
    assert_eq!(stage.shown().await, "authorization: Bearer a");
    plugin.hook.may.add_permits(1);
    within(async {
        while stage.shown().await != "authorization: Bearer b" {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(plugin.asked(), [], "once");
}

#[tokio::test]
async fn an_expired_credential_is_not_shown_by_whichever_clock() {
    for wall_only in [false, true] {
        let stage = Stage::new();
        let mut plugin = stage.load(vec![token("a", Some(10_000)), token("b", None)]);
        assert_eq!(stage.shown().await, "authorization: Bearer a");
        let clock = if wall_only { &stage.clock.1 } else { &stage.clock.0 };
        clock.store(10_000, Ordering::SeqCst);
        assert_eq!(stage.shown().await, "authorization: Bearer b");
        assert_eq!(plugin.asked(), [Reason::Initial, Reason::Expired]);
    }
}

#[tokio::test]
async fn what_holds_is_shown_although_it_cannot_be_renewed_yet() {
    let stage = Stage::new();
    let temporary = || Err(Problem::Temporary("no network".into()));
    let mut plugin = stage.load(vec![token("a", Some(10_000)), temporary(), temporary()]);
    stage.shown().await;
    stage.turn(9_000);
    assert_eq!(stage.shown().await, "authorization: Bearer a");
    within(plugin.asked.recv()).await.unwrap();
    assert_eq!(within(plugin.asked.recv()).await.unwrap().0, Reason::Expired);
    stage.turn(999);
    assert_eq!(stage.shown().await, "authorization: Bearer a");
    stage.turn(1);
    let fault = stage.fault().await;
    assert!(fault.kind == Kind::BackendUnavailable && fault.public.contains("no network"));
}

#[tokio::test]
async fn a_refused_credential_is_replaced_once_for_all() {
    let stage = Stage::new();
    let mut plugin = stage.load(vec![token("a", None), token("b", None)]);
    stage.shown().await;
    assert_eq!(plugin.asked(), [Reason::Initial]);
    let b = Ok(Some("authorization: Bearer b".to_owned()));
    assert_eq!(stage.refused("a").await, b);
    assert_eq!(stage.refused("a").await, b, "it was replaced meanwhile");
    let challenge = Some("Bearer error=\"invalid_token\"".to_owned());
    assert_eq!(plugin.asked.try_recv(), Ok((Reason::Refused, challenge)));
    assert_eq!(stage.shown().await, "authorization: Bearer b");
    assert_eq!(plugin.asked(), []);
}

#[tokio::test]
async fn what_replaces_a_refused_credential_and_is_refused_too_is_not_replaced_at_once() {
    let stage = Stage::new();
    let says = vec![token("a", None), token("a", None), token("b", None), token("c", None)];
    let mut plugin = stage.load(says);
    stage.shown().await;
    assert_eq!(stage.refused("a").await, Ok(None), "the same again is nothing else to show");
    assert_eq!(stage.refused("a").await, Ok(None));
    assert_eq!(plugin.asked(), [Reason::Initial, Reason::Refused]);
    stage.turn(5_000);
    assert_eq!(stage.refused("a").await, Ok(Some("authorization: Bearer b".into())));
    assert_eq!(stage.refused("b").await, Ok(None), "it was fetched a moment ago");
    stage.turn(5_000);
    assert_eq!(stage.refused("b").await, Ok(Some("authorization: Bearer c".into())));
}

#[tokio::test]
async fn a_problem_becomes_a_fault_and_is_not_asked_about_again_for_a_while() {
    let login = Problem::NeedsLogin("run `gh auth login`\n\u{1b}[31mnow".into());
    let temporary = Problem::Temporary(String::new());
    let permanent = Problem::Permanent("no such account".into());
    for (problem, kind, public, pause) in [
        (login, Kind::AuthRequired, "wants a login: run `gh auth login`  [31mnow", 5_000),
        (temporary, Kind::BackendUnavailable, "could not be fetched: no reason was given", 1_000),
        (permanent, Kind::BackendUnavailable, "as it is configured", 60_000),
    ] {
        let stage = Stage::new();
        let mut plugin = stage.load(vec![Err(problem), token("a", None)]);
        let fault = stage.fault().await;
        assert_eq!((fault.kind, fault.backend.as_ref().unwrap().as_str()), (kind, "b"));
        assert!(fault.public.contains(public) && !fault.public.contains("plugin"), "{fault}");
        stage.turn(pause - 1);
        assert_eq!(stage.fault().await, fault);
        assert_eq!(plugin.asked(), [Reason::Initial]);
        stage.turn(1);
        assert_eq!(stage.shown().await, "authorization: Bearer a");
        assert_eq!(plugin.asked(), [Reason::Initial]);
    }
}

#[tokio::test]
async fn a_refusal_that_a_person_has_to_see_to_is_a_fault_for_all_and_then_told_again() {
    let stage = Stage::new();
    let login = Err(Problem::NeedsLogin("log in".into()));
    let mut plugin = stage.load(vec![token("a", None), login, token("b", None)]);
    stage.shown().await;
    for _ in 0..3 {
        assert_eq!(stage.refused("a").await.unwrap_err().kind, Kind::AuthRequired);
    }
    assert_eq!(stage.fault().await.kind, Kind::AuthRequired, "what was refused is not shown");
    assert_eq!(plugin.asked(), [Reason::Initial, Reason::Refused]);
    stage.turn(5_000);
    assert_eq!(stage.shown().await, "authorization: Bearer b");
    assert_eq!(plugin.asked(), [Reason::Refused]);
}

#[tokio::test]
async fn what_cannot_be_sent_is_a_fault_without_its_value() {
    let header = |name: &str, value: &str| {
        Ok(Granted { headers: vec![(name.into(), Secret::new(value.into()))], expires: None })
    };
    for said in [
        header("authorization", "s3cret\r\nX-Evil: 1"),
        header("Host", "s3cret"),
        header("x", &"s3cret".repeat(100_000)),
        token("s3cret", Some(0)),
    ] {
        let stage = Stage::new();
        stage.load(vec![said]);
        let fault = stage.fault().await;
        assert_eq!(fault.kind, Kind::AuthRequired);
        assert!(!fault.to_string().contains("s3cret"), "{fault}");
    }
}

#[tokio::test]
async fn another_plugin_is_asked_at_once_and_none_is_a_fault() {
    let stage = Stage::new();
    assert_eq!(stage.fault().await.kind, Kind::BackendUnavailable);
    let mut old = stage.load(vec![token("a", None)]);
    assert_eq!(stage.shown().await, "authorization: Bearer a");
    let permanent = Err(Problem::Permanent("wrong".into()));
    let mut wrong = stage.load(vec![permanent]);
    assert_eq!(stage.fault().await.kind, Kind::BackendUnavailable);
    let mut new = stage.load(vec![token("b", None)]);
    assert_eq!(stage.shown().await, "authorization: Bearer b");
    assert_eq!((old.asked(), wrong.asked()), (vec![Reason::Initial], vec![Reason::Initial]));
    assert_eq!(new.asked(), [Reason::Initial]);
    *stage.loaded.0.lock().unwrap() = None;
    let fault = stage.fault().await;
    assert!(fault.public.contains("not loaded"), "{fault}");
    assert!(stage.refused("b").await.is_err());
}

#[tokio::test]
async fn a_plugin_that_breaks_off_is_a_fault_and_the_next_question_is_answered() {
    let stage = Stage::new();
    let plugin = stage.load(Vec::new());
    plugin.hook.may.add_permits(2);
    assert_eq!(stage.fault().await.kind, Kind::BackendUnavailable);
    plugin.hook.says.lock().unwrap().push_back(token("a", None));
    assert_eq!(stage.shown().await, "authorization: Bearer a");
}
