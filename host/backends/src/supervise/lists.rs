//! Keeping the lists of a connected backend: all of them at first, and each again when it has changed.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::catalog::{Changed, EntryKind};
use mcpmux_core::fault::Fault;
use mcpmux_core::ports::{Caching, Definitions, Listing, State};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::warn;

use crate::faults;
use crate::link::changed::Kinds;
use crate::listing::{List, Listed, Lister};
use crate::pool::Deps;
use crate::slot::Slot;

/// A list is asked for again at most this often.
const RELIST: Duration = Duration::from_secs(1);
/// How long the first lists of prompts and resources may keep the tools waiting.
const BESIDE: Duration = Duration::from_secs(5);
/// When a list that could not be had is asked for again.
const AGAIN: Duration = Duration::from_secs(30);
/// How long the first lists wait until changes of them would be heard.
const ATTENTION: Duration = Duration::from_millis(500);

/// The lists of one backend on one link.
pub(super) struct Lists<'a> {
    lister: Lister<'a>,
    deps: &'a Deps,
    slot: &'a Slot,
    listed: Listed,
}

impl<'a> Lists<'a> {
    /// Nothing asked for yet on this link; until then, what was listed on the one before is there.
    pub(super) fn new(lister: Lister<'a>, deps: &'a Deps, slot: &'a Slot) -> Self {
        Self { lister, deps, slot, listed: slot.listed.load().as_ref().clone() }
    }

    /// Asks for the lists, and again for those that have changed. Ends only if the first list of tools cannot
    /// be had; another list that cannot be had costs nothing else.
    pub(super) async fn keep(mut self) -> Fault {
        let hearing = self.lister.link.hearing();
        // Else what changes right after the first lists is missed. If it takes long, so be it.
        let _ = timeout(ATTENTION, hearing.attentive.subscribe().wait_for(|ready| *ready)).await;
        let (mut due, mut announced) = (Kinds::ALL, Kinds::default());
        let mut first = true;
        loop {
            let next = Instant::now() + RELIST;
            let (news, failed) = match self.fetch(due, first).await {
                Ok(outcome) => outcome,
                Err(_) if hearing.closing.is_closed() => return pending().await,
                Err(fault) => return fault,
            };
            if news || first {
                self.report(announced);
                // What could not be had is still to be told.
                announced = announced.within(failed);
            }
            first = false;
            let again =
                async { if failed.is_empty() { pending().await } else { sleep(AGAIN).await } };
            due = tokio::select! {
                () = hearing.changed.heard() => Kinds::default(),
                () = again => failed,
            };
            sleep_until(next).await;
            let (told, doubted) = hearing.changed.take();
            announced = announced.and(told);
            due = due.and(told).and(doubted);
        }
    }

    /// Whether anything was had, and which lists could not be had.
    async fn fetch(&mut self, due: Kinds, first: bool) -> Result<(bool, Kinds), Fault> {
        let lister = &self.lister;
        let of = |kind: EntryKind| async move {
            if !due.has(kind) {
                return None;
            }
            let list = Box::pin(lister.fetch(kind));
            if !first || kind == EntryKind::Tool {
                return Some(list.await);
            }
            let late = |_| Err(faults::timeout(&lister.link.hearing().name, BESIDE));
            Some(timeout(BESIDE, list).await.unwrap_or_else(late))
        };
        let (tools, prompts, resources, templates) = tokio::join!(
            of(EntryKind::Tool),
            of(EntryKind::Prompt),
            of(EntryKind::Resource),
            of(EntryKind::Template),
        );
        let (mut news, mut failed) = (false, Kinds::default());
        for (kind, outcome) in
            EntryKind::ALL.into_iter().zip([tools, prompts, resources, templates])
        {
            match outcome {
                None => {}
                Some(Ok(list)) => {
                    news = true;
                    self.set(kind, list);
                }
                // If the link ended, that is why, and is heard elsewhere.
                Some(Err(fault)) if self.lister.link.hearing().closing.is_closed() => {
                    return Err(fault);
                }
                Some(Err(fault)) if first && kind == EntryKind::Tool => return Err(fault),
                Some(Err(fault)) => {
                    failed = failed.and(Kinds::one(kind));
                    let backend = &self.lister.link.hearing().name;
                    warn!(%backend, why = %fault, "its list of {}s cannot be had; what it was stays", kind.noun());
                }
            }
        }
        Ok((news, failed))
    }

    fn set(&mut self, kind: EntryKind, list: List) {
        for (of, known) in EntryKind::ALL.into_iter().zip(&mut self.listed.caching) {
            if of == kind {
                *known = list.caching;
            }
        }
        let list: Definitions = Arc::new(list.entries);
        match kind {
            EntryKind::Tool => self.listed.entries.tools = list,
            EntryKind::Prompt => self.listed.entries.prompts = list,
            EntryKind::Resource => self.listed.entries.resources = list,
            EntryKind::Template => self.listed.entries.templates = list,
        }
    }

    fn report(&self, announced: Kinds) {
        self.slot.listed.store(Arc::new(self.listed.clone()));
        let hello = self.lister.hello;
        let listing = Listing {
            revision: hello.revision,
            info: hello.info.clone(),
            capabilities: hello.capabilities.clone().unwrap_or_default(),
            instructions: hello.instructions.clone(),
            entries: self.listed.entries.clone(),
            caching: self
                .listed
                .caching
                .iter()
                .flatten()
                .copied()
                .reduce(Caching::and)
                .unwrap_or(Caching::UNSAID),
            announced: Changed {
                tools: announced.has(EntryKind::Tool),
                prompts: announced.has(EntryKind::Prompt),
                resources: announced.has(EntryKind::Resource) || announced.has(EntryKind::Template),
            },
        };
        self.deps.events.state(&self.lister.link.hearing().name, State::Ready(listing));
    }
}
