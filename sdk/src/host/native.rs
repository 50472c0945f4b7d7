//! The host under `cargo test`: services that a test can set, and that refuse what the plugin does not want.

mod grants;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::iter;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use super::{Level, entries, exec, http};
use crate::{Error, Kind, Result};

pub(crate) use grants::Grants;

thread_local! {
    /// Whose hook this thread runs; between hooks a host that grants everything.
    static CURRENT: RefCell<Rc<Mock>> = RefCell::new(Rc::new(Mock::new(Grants::everything())));
}

type OnHttp = Box<dyn Fn(&http::Request) -> Result<http::Response, http::Error>>;
type OnExec = Box<dyn Fn(&[String], &[u8]) -> Result<exec::Output, exec::Error>>;

/// A value of the key-value store, and when it ends.
type Kept = (String, Option<SystemTime>);

/// The services of one `testing::Host`.
pub(crate) struct Mock {
    grants: Grants,
    /// The hook under way.
    hook: Cell<&'static str>,
    /// The first thing that the plugin did without wanting it.
    mistake: RefCell<Option<Error>>,
    log: RefCell<Vec<(Level, String)>>,
    kv: RefCell<BTreeMap<String, Kept>>,
    pub(crate) time: Cell<Option<SystemTime>>,
    pub(crate) secrets: RefCell<BTreeMap<String, String>>,
    pub(crate) on_http: RefCell<Option<OnHttp>>,
    pub(crate) on_exec: RefCell<Option<OnExec>>,
    pub(crate) entries: RefCell<Vec<entries::Entry>>,
    pub(crate) definitions: RefCell<Vec<(Kind, String, String)>>,
    pub(crate) approvals: RefCell<Vec<String>>,
}

/// The host whose hook this thread runs.
pub(super) fn current() -> Rc<Mock> {
    CURRENT.with_borrow(Rc::clone)
}

/// Puts back the host that was current before.
struct Leave(Rc<Mock>);

impl Drop for Leave {
    fn drop(&mut self) {
        CURRENT.replace(Rc::clone(&self.0));
    }
}

impl Mock {
    pub(crate) fn new(grants: Grants) -> Self {
        Self {
            grants,
            hook: Cell::new(""),
            mistake: RefCell::default(),
            log: RefCell::default(),
            kv: RefCell::default(),
            time: Cell::default(),
            secrets: RefCell::default(),
            on_http: RefCell::default(),
            on_exec: RefCell::default(),
            entries: RefCell::default(),
            definitions: RefCell::default(),
            approvals: RefCell::default(),
        }
    }

    /// Runs a hook whose services are this host's.
    ///
    /// # Errors
    /// If the plugin used what it does not want.
    pub(crate) fn run<R>(
        self: &Rc<Self>,
        hook: &'static str,
        run: impl FnOnce() -> R,
    ) -> Result<R> {
        let _leave = Leave(CURRENT.replace(Rc::clone(self)));
        self.hook.set(hook);
        let answer = run();
        self.hook.set("");
        self.mistake.take().map_or(Ok(answer), Err)
    }

    pub(crate) fn take_log(&self) -> Vec<(Level, String)> {
        self.log.take()
    }

    /// Puts a value into the key-value store, for good.
    pub(crate) fn keep(&self, key: String, value: String) {
        self.kv.borrow_mut().insert(key, (value, None));
    }

    /// The key-value store as it is now.
    pub(crate) fn kv(&self) -> BTreeMap<String, String> {
        let (kv, now) = (self.kv.borrow(), self.now());
        let alive = kv.iter().filter(|(_, (_, end))| end.is_none_or(|end| now < end));
        alive.map(|(key, (value, _))| (key.clone(), value.clone())).collect()
    }

    /// Whether a right is granted; if not, the hook has failed.
    fn granted(&self, right: &str) -> bool {
        let granted = self.grants.allow(right);
        if !granted {
            let error = Error::new(Grants::missing(right));
            self.mistake.borrow_mut().get_or_insert(error);
        }
        granted
    }

    fn now(&self) -> SystemTime {
        self.time.get().unwrap_or_else(SystemTime::now)
    }
}

/// The services.
impl Mock {
    pub(super) fn log(&self, level: Level, message: &str) {
        self.log.borrow_mut().push((level, message.to_owned()));
    }

    pub(super) fn clock(&self) -> SystemTime {
        if self.granted("clock") { self.now() } else { SystemTime::UNIX_EPOCH }
    }

    /// Bytes from the seeds that the standard library draws for its maps.
    pub(super) fn random(&self, count: u32) -> Vec<u8> {
        if !self.granted("random") {
            return Vec::new();
        }
        let words = iter::repeat_with(|| RandomState::new().hash_one(()));
        words.flat_map(u64::to_le_bytes).take(count.min(1024) as usize).collect()
    }

    pub(super) fn kv_get(&self, key: &str) -> Option<String> {
        if self.granted("kv") { self.kv().remove(key) } else { None }
    }

    pub(super) fn kv_set(&self, key: &str, value: &str, time: Option<Duration>) -> Result<()> {
        if !self.granted("kv") {
            return Err(Error::new(Grants::missing("kv")));
        }
        let end = time.map(|time| self.now() + time);
        self.kv.borrow_mut().insert(key.to_owned(), (value.to_owned(), end));
        Ok(())
    }

    pub(super) fn kv_delete(&self, key: &str) {
        if self.granted("kv") {
            self.kv.borrow_mut().remove(key);
        }
    }

    pub(super) fn kv_increment(&self, key: &str, by: i64, time: Option<Duration>) -> Result<i64> {
        if !self.granted("kv") {
            return Err(Error::new(Grants::missing("kv")));
        }
        let now = self.now();
        let mut kv = self.kv.borrow_mut();
        kv.retain(|_, (_, end)| end.is_none_or(|end| now < end));
        let (value, _) = kv
            .entry(key.to_owned())
            .or_insert_with(|| ("0".to_owned(), time.map(|time| now + time)));
        let number = value.parse::<i64>().ok();
        let number =
            number.ok_or_else(|| Error::new(format!("what is under `{key}` is no number")));
        let sum = number?.checked_add(by);
        let sum =
            sum.ok_or_else(|| Error::new(format!("the number under `{key}` is too large")))?;
        *value = sum.to_string();
        Ok(sum)
    }

    pub(super) fn secret(&self, name: &str) -> Result<Option<String>> {
        let right = format!("secrets:{name}");
        if !self.granted(&right) {
            return Err(Error::new(Grants::missing(&right)));
        }
        Ok(self.secrets.borrow().get(name).cloned())
    }

    pub(super) fn http(&self, request: http::Request) -> Result<http::Response, http::Error> {
        self.may_wait(&["observe", "credentials"], "http").map_err(http::Error::NotAllowed)?;
        let right = Grants::for_url(&request.url).map_err(http::Error::NotAllowed)?;
        if !self.granted(&right) {
            return Err(http::Error::NotAllowed(Grants::missing(&right)));
        }
        match &*self.on_http.borrow() {
            Some(answer) => answer(&request),
            None => Err(http::Error::Network("the test set no answer: `host.on_http`".to_owned())),
        }
    }

    pub(super) fn exec(&self, argv: &[String], stdin: &[u8]) -> Result<exec::Output, exec::Error> {
        self.may_wait(&["credentials"], "exec").map_err(exec::Error::NotAllowed)?;
        // A space within a word is none between words.
        let words: Vec<_> = argv.iter().map(|word| word.replace(' ', "\u{a0}")).collect();
        let right = format!("exec:{}", words.join(" "));
        if !self.granted(&right) {
            return Err(exec::Error::NotAllowed(Grants::missing(&right)));
        }
        match &*self.on_exec.borrow() {
            Some(answer) => answer(argv, stdin),
            None => Err(exec::Error::Failed("the test set no answer: `host.on_exec`".to_owned())),
        }
    }

    pub(super) fn entries(&self) -> Vec<entries::Entry> {
        if self.granted("catalog") { self.entries.borrow().clone() } else { Vec::new() }
    }

    pub(super) fn definition(&self, kind: Kind, exposed: &str) -> Option<String> {
        if !self.granted("catalog") {
            return None;
        }
        let definitions = self.definitions.borrow();
        let mut of_entry =
            definitions.iter().filter(|(of, name, _)| *of == kind && name == exposed);
        if let Some((_, _, definition)) = of_entry.next() {
            return Some(definition.clone());
        }
        let entries = self.entries.borrow();
        let mut found =
            entries.iter().filter(|entry| entry.kind == kind && entry.exposed == exposed);
        found.next().map(|entry| entry.to_definition().to_string())
    }

    pub(super) fn remembered(&self, key: &str) -> bool {
        self.granted("approvals") && self.approvals.borrow().iter().any(|known| known == key)
    }

    pub(super) fn forget(&self, key: &str) {
        if self.granted("approvals") {
            self.approvals.borrow_mut().retain(|known| known != key);
        }
    }

    /// Some services wait, and only some hooks may.
    fn may_wait(&self, hooks: &[&str], service: &str) -> Result<(), String> {
        let hook = self.hook.get();
        if hook.is_empty() || hooks.contains(&hook) {
            return Ok(());
        }
        let hooks = hooks.iter().map(|hook| format!("`{hook}`")).collect::<Vec<_>>().join(" and ");
        Err(format!("`{service}` waits, and `{hook}` may not; it can be used in {hooks}"))
    }
}

#[cfg(test)]
mod tests;
