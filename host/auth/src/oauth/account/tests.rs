//! A login that rests in a vault, a clock that the test turns, and a token endpoint that says what the test wants.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Instant, SystemTime};

use mcpmux_core::config::{OAuth, Secret};
use mcpmux_core::fault::Kind;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Outbound, OutboundError, OutboundRequest, OutboundResponse};

use super::super::kept::{Client, Method, Origin};
use super::super::{Prompt, Tasks};
use super::*;
use crate::fetched::Time;
use crate::memory::Memory;

const URL: &str = "https://b.example/mcp";
/// For how many milliseconds a token holds.
const LIFE: u64 = 1_000_000;

/// A token endpoint that gives `a1`, `a2`, ... or refuses.
struct Endpoint {
    asked: AtomicUsize,
    refuses: AtomicBool,
    refusal: Mutex<&'static str>,
    shown: AtomicUsize,
}

impl Default for Endpoint {
    fn default() -> Self {
        let refusal = r#"{"error":"invalid_grant","error_description":"it is gone"}"#;
        let (asked, shown) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { asked, refuses: AtomicBool::new(false), refusal: Mutex::new(refusal), shown }
    }
}

impl Outbound for Endpoint {
    fn send(
        &self,
        request: OutboundRequest,
    ) -> Pending<'_, Result<OutboundResponse, OutboundError>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let reply = |status, body: String| {
                let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
                Ok(OutboundResponse { status, headers, body: body.into() })
            };
            if request.url != "https://as.example/token" {
                let metadata = format!(
                    r#"{{"resource":"{URL}","authorization_servers":["https://as.example"]}}"#
                );
                return match request.url.ends_with("oauth-protected-resource/mcp") {
                    true => reply(200, metadata),
                    false => reply(404, String::new()),
                };
            }
            let body = String::from_utf8_lossy(&request.body).into_owned();
            assert!(body.contains("resource=https%3A%2F%2Fb.example%2Fmcp"), "{body}");
            let count = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            if self.refuses.load(Ordering::SeqCst) {
                let refusal = *self.refusal.lock().unwrap();
                return reply(400, refusal.to_owned());
            }
            // Each refresh token counts once.
            assert!(body.contains(&format!("refresh_token=r{}", count - 1)), "{body}");
            reply(
                200,
                format!(
                    r#"{{"access_token":"a{count}","refresh_token":"r{count}","expires_in":{}}}"#,
                    LIFE / 1_000
                ),
            )
        })
    }
}

impl Prompt for Endpoint {
    fn login(&self, _: &BackendName, _: &str, _: bool) {
        self.shown.fetch_add(1, Ordering::SeqCst);
    }

    fn odd(&self, _: &str) {}
}

struct Stage {
    account: Arc<Account>,
    deps: Deps,
    vault: Arc<Memory>,
    endpoint: Arc<Endpoint>,
    turned: Arc<AtomicU64>,
}

fn about() -> About {
    let config = OAuth { open_browser: false, ..OAuth::default() };
    About { backend: BackendName::new("b").unwrap(), url: URL.to_owned(), config }
}

fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)
}

fn login(access: &str, refresh: &str, since: u64) -> Kept {
    let client = Client {
        id: "c".to_owned(),
        origin: Origin::Registered,
        method: Method::None,
        secret: None,
        secret_until: None,
        callback: None,
    };
    Kept {
        version: Kept::VERSION,
        url: URL.to_owned(),
        issuer: "https://as.example".to_owned(),
        server: None,
        resource: URL.to_owned(),
        token_endpoint: "https://as.example/token".to_owned(),
        revocation_endpoint: None,
        client,
        scopes: Vec::new(),
        access: Secret::new(access.to_owned()),
        refresh: Some(Secret::new(refresh.to_owned())),
        made: since,
        since: kept::stamp(start()) + since,
        until: Some(kept::stamp(start()) + since + LIFE),
    }
}

impl Stage {
    /// With the login `a0` in the vault.
    async fn new() -> Self {
        let (endpoint, turned) = (Arc::new(Endpoint::default()), Arc::new(AtomicU64::new(0)));
        let (now, born) = (Arc::clone(&turned), Instant::now());
        let clock = Arc::new(move || {
            let gone = Duration::from_millis(now.load(Ordering::SeqCst));
            Time { steady: born + gone, wall: start() + gone }
        });
        let (outbound, vault) = (endpoint.clone(), Arc::<Memory>::default());
        let deps = Deps {
            outbound,
            vault: vault.clone(),
            prompt: endpoint.clone(),
            clock,
            tasks: Tasks::default(),
        };
        kept::write(&*deps.vault, &about().backend, &login("a0", "r0", 0)).await.unwrap();
        Self { account: Account::new(deps.clone(), about()), deps, vault, endpoint, turned }
    }

    /// The same login as another process sees it.
    fn process(&self) -> Arc<Account> {
        Account::new(self.deps.clone(), about())
    }

    fn turn(&self, milliseconds: u64) {
        self.turned.fetch_add(milliseconds, Ordering::SeqCst);
    }

    fn asked(&self) -> usize {
        self.endpoint.asked.load(Ordering::SeqCst)
    }
}

fn refusal(shown: &Shown, challenge: Option<String>) -> Refusal {
    Refusal { shown: shown.clone(), challenge, patient: true }
}

async fn shown(account: &Account) -> String {
    let shown = account.headers().await.unwrap();
    shown.first().map_or_else(String::new, |(_, value)| value.reveal().to_owned())
}

async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it happens in time");
}

#[tokio::test]
async fn a_token_is_refreshed_when_a_fifth_of_its_life_is_left_and_nobody_waits() {
    let stage = Stage::new().await;
    assert_eq!(shown(&stage.account).await, "Bearer a0");
    stage.turn(LIFE * 8 / 10 - 1);
    assert_eq!((shown(&stage.account).await.as_str(), stage.asked()), ("Bearer a0", 0));
    stage.turn(1);
    assert_eq!(shown(&stage.account).await, "Bearer a0");
    until(|| matches!(stage.account.look(), Found::Fresh(_))).await;
    assert_eq!((shown(&stage.account).await.as_str(), stage.asked()), ("Bearer a1", 1));
}

#[tokio::test]
async fn many_who_wait_in_two_processes_are_served_by_one_refresh() {
    let stage = Stage::new().await;
    let other = stage.process();
    for account in [&stage.account, &other] {
        assert_eq!(shown(account).await, "Bearer a0");
    }
    stage.turn(LIFE);
    let waiting = (0..200).map(|at| {
        let account = Arc::clone(if at % 2 == 0 { &stage.account } else { &other });
        tokio::spawn(async move { shown(&account).await })
    });
    for waiting in waiting.collect::<Vec<_>>() {
        assert_eq!(waiting.await.unwrap(), "Bearer a1");
    }
    assert_eq!(stage.asked(), 1);
}

#[tokio::test]
async fn two_processes_rotate_a_token_a_thousand_times_and_lose_none() {
    let stage = Stage::new().await;
    let other = stage.process();
    for round in 1..=1_000 {
        stage.turn(LIFE);
        let (one, two) = tokio::join!(shown(&stage.account), shown(&other));
        assert_eq!((one, two), (format!("Bearer a{round}"), format!("Bearer a{round}")));
    }
    assert_eq!(stage.asked(), 1_000);
}

#[tokio::test]
async fn a_refused_refresh_is_not_tried_again_and_nothing_is_wiped() {
    let stage = Stage::new().await;
    stage.endpoint.refuses.store(true, Ordering::SeqCst);
    assert_eq!(shown(&stage.account).await, "Bearer a0");
    stage.turn(LIFE);
    for _ in 0..3 {
        assert_eq!(shown(&stage.account).await, "", "the backend is to say what it wants");
    }
    assert_eq!(stage.asked(), 1);
    assert_eq!(stage.deps.vault.records().await.unwrap().len(), 1);
    // Somebody logs in elsewhere.
    let new = login("b0", "r9", LIFE);
    kept::write(&*stage.deps.vault, &about().backend, &new).await.unwrap();
    let renewed = tokio::time::timeout(Duration::from_secs(20), stage.account.renewed());
    let (renewed, ()) = tokio::join!(renewed, stage.account.look_again());
    renewed.unwrap();
    assert_eq!(shown(&stage.account).await, "Bearer b0");
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_then_let_be() {
    let stage = Stage::new().await;
    let first = stage.account.headers().await.unwrap();
    let second = stage.account.refused(refusal(&first, None)).await.unwrap().unwrap();
    assert_eq!(second[0].1.reveal(), "Bearer a1");
    let again = stage.account.refused(refusal(&first, None)).await.unwrap().unwrap();
    assert_eq!((again == second, stage.asked()), (true, 1));
    // It is refused too: nothing else is had for a while, and the client reads what to do.
    stage.account.judged(&second, false);
    let fault = stage.account.headers().await.unwrap_err();
    assert!(fault.public.contains("mcpmux auth login b"), "{fault}");
    assert!(stage.account.refused(refusal(&second, None)).await.is_err());
    assert_eq!(stage.asked(), 1);
    stage.turn(30_000);
    assert_eq!(shown(&stage.account).await, "", "the backend is to say what it wants");
    let third = stage.account.refused(refusal(&Shown::new(), None)).await.unwrap().unwrap();
    assert_eq!(stage.asked(), 2);
    stage.account.judged(&third, false);
    stage.turn(30_000);
    assert!(stage.account.headers().await.is_err(), "the pause has doubled");
}

#[tokio::test]
async fn a_token_that_was_of_use_is_replaced_whenever_it_is_refused() {
    let stage = Stage::new().await;
    let mut at = stage.account.headers().await.unwrap();
    for round in 1..=10 {
        at = stage.account.refused(refusal(&at, None)).await.unwrap().unwrap();
        stage.account.judged(&at, true);
        assert_eq!(stage.asked(), round);
    }
}

#[tokio::test]
async fn a_login_that_another_process_made_or_undid_is_noticed() {
    let stage = Stage::new().await;
    assert_eq!(shown(&stage.account).await, "Bearer a0");
    let record = login("a0", "r0", 0).record(&about().backend);
    stage.deps.vault.remove(&record).await.unwrap();
    stage.account.look_again().await;
    let fault = stage.account.headers().await.unwrap_err();
    assert!(fault.to_string().contains("logged out"), "{fault}");
    kept::write(&*stage.deps.vault, &about().backend, &login("b0", "r9", 1)).await.unwrap();
    stage.account.look_again().await;
    assert_eq!(shown(&stage.account).await, "Bearer b0");
}

#[tokio::test]
async fn a_refresh_that_is_turned_down_for_another_reason_is_tried_again_before_a_person_is_asked()
{
    let stage = Stage::new().await;
    assert_eq!(shown(&stage.account).await, "Bearer a0");
    *stage.endpoint.refusal.lock().unwrap() = r#"{"error":"slow_down"}"#;
    stage.endpoint.refuses.store(true, Ordering::SeqCst);
    stage.turn(LIFE);
    for _ in 0..2 {
        let fault = stage.account.headers().await.unwrap_err();
        assert_eq!(fault.kind, Kind::BackendUnavailable, "{fault}");
        stage.turn(30_000);
    }
    stage.endpoint.refuses.store(false, Ordering::SeqCst);
    stage.endpoint.asked.store(0, Ordering::SeqCst);
    assert_eq!(shown(&stage.account).await, "Bearer a1", "its refresh token was not given up");
}

/// With a refreshed login `a1` that the vault could not take.
async fn adrift() -> Stage {
    let stage = Stage::new().await;
    assert_eq!(shown(&stage.account).await, "Bearer a0");
    stage.vault.is_locked.store(true, Ordering::SeqCst);
    stage.turn(LIFE);
    assert_eq!(shown(&stage.account).await, "Bearer a1");
    stage.vault.is_locked.store(false, Ordering::SeqCst);
    stage
}

#[tokio::test]
async fn what_the_vault_could_not_take_rests_there_soon_after_it_can() {
    let stage = adrift().await;
    until(|| stage.account.lock().adrift().is_none()).await;
    assert_eq!(shown(&stage.process()).await, "Bearer a1");
}

#[tokio::test]
async fn what_the_vault_could_not_take_rests_there_at_the_end_at_the_latest() {
    let stage = adrift().await;
    stage.deps.tasks.ending.cancel();
    stage.deps.tasks.tracker.close();
    tokio::time::timeout(Duration::from_secs(20), stage.deps.tasks.tracker.wait()).await.unwrap();
    assert_eq!(shown(&stage.process()).await, "Bearer a1");
}

#[tokio::test]
async fn a_logout_holds_also_for_what_the_vault_could_not_take() {
    let stage = adrift().await;
    let record = login("a0", "r0", 0).record(&about().backend);
    assert_eq!(stage.deps.vault.remove(&record).await, Ok(true));
    until(|| !stage.account.lock().rescued).await;
    let fault = stage.account.headers().await.unwrap_err();
    assert!(fault.to_string().contains("logged out"), "{fault}");
    assert_eq!(stage.deps.vault.records().await.unwrap(), Vec::new());
}

#[tokio::test]
async fn what_an_account_could_not_keep_goes_to_the_one_that_takes_its_place() {
    let stage = adrift().await;
    let next = stage.process();
    next.inherit(&stage.account);
    stage.account.retire();
    assert_eq!(shown(&next).await, "Bearer a1");
}

#[tokio::test]
async fn nothing_is_news_that_was_shown_already() {
    let stage = Stage::new().await;
    assert_eq!(shown(&stage.account).await, "Bearer a0");
    let soon = Duration::from_millis(300);
    // A backend that takes the token and wants more rights before it says anything is not asked all the time.
    assert!(tokio::time::timeout(soon, stage.account.renewed()).await.is_err());
    kept::write(&*stage.deps.vault, &about().backend, &login("b0", "r9", 1)).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), stage.account.renewed()).await.unwrap();
}
