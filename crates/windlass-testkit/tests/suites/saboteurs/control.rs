//! Stores of what is asked that break one law each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use windlass_core::{
    Cancel, Context, Control, ControlStore, Controls, Delta, Error, ErrorKind, Followed, Key, Result, Saved,
    StateStore, UnitId, Version, async_trait,
};
use windlass_testkit::MemoryStore;
use windlass_testkit::control::ControlHarness;
use windlass_testkit::suite::{Bench, Check};

use super::{Turn, yield_once};

/// A memory store behind a wrapper that breaks the law named, if any.
pub(crate) struct Stage {
    memory: MemoryStore,
    breaks: &'static str,
    store: Arc<Saboteur>,
}

impl Stage {
    pub(crate) fn honest() -> Self {
        Self::breaking("nothing")
    }

    pub(crate) fn breaking(breaks: &'static str) -> Self {
        let memory = MemoryStore::new();
        let store = Saboteur { inner: memory.clone(), breaks, ..Saboteur::default() };
        Self { memory, breaks, store: Arc::new(store) }
    }
}

impl Bench for Stage {}

impl ControlHarness for Stage {
    fn store(&self) -> Arc<dyn ControlStore> {
        self.store.clone()
    }

    fn controls(&self, cx: &Context, installation: &str) -> Check<Result<Controls>> {
        Ok(windlass_testkit::block_on(self.store.all(cx, installation)))
    }

    fn reopen(&self) -> Check<Arc<dyn ControlStore>> {
        let (mut inner, breaks) = (self.memory.clone(), self.breaks);
        let asked = self.store.asked.lock().unwrap().clone();
        if breaks == "what_was_asked_survives_a_crash" && !asked.is_empty() {
            inner = MemoryStore::new();
        }
        let shared = if breaks == "of_two_processes_at_once_one_wins" {
            Arc::default()
        } else {
            self.store.saving.clone()
        };
        let (damaged, asked) = (self.store.damaged.clone(), Mutex::new(asked));
        Ok(Arc::new(Saboteur {
            inner,
            breaks,
            asked,
            damaged,
            saving: shared,
            second: true,
            ..Saboteur::default()
        }))
    }

    fn damage(&self, unit: &UnitId) -> Check {
        self.store.damaged.lock().unwrap().insert(unit.clone());
        Ok(())
    }

    fn state(&self) -> Check<Arc<dyn StateStore>> {
        Ok(self.store.clone())
    }
}

#[derive(Debug, Default)]
struct Saboteur {
    inner: MemoryStore,
    breaks: &'static str,
    /// The units of which something was asked through this process.
    asked: Mutex<BTreeSet<UnitId>>,
    damaged: Arc<Mutex<BTreeSet<UnitId>>>,
    /// What this process saw first of a unit, and believes from then on.
    believed: Mutex<BTreeMap<UnitId, Option<(Version, Control)>>>,
    /// Who saves: 0 is nobody, else a process and one more. Shared by all processes, or each has its own.
    saving: Arc<AtomicUsize>,
    /// Whether this is the process that was opened later.
    second: bool,
}

fn reason(control: &Control) -> &str {
    control.suspended.as_ref().map_or("", |suspension| &suspension.reason)
}

impl Saboteur {
    fn breaks(&self, law: &str) -> bool {
        self.breaks == law
    }

    fn name(&self, unit: &UnitId) -> UnitId {
        if self.breaks("units_do_not_touch_one_another") {
            return unit.to_string().replace("control-", "control.").parse().unwrap();
        }
        unit.clone()
    }

    fn context(&self, cx: &Context) -> Context {
        let timed = |open: Context| match cx.remaining() {
            Some(left) => open.with_timeout(left),
            None => open,
        };
        match self.breaks {
            "a_fence_that_refuses_stops_every_save" => {
                timed(Context::shared(cx.clock().clone())).with_cancel(cx.cancel().clone())
            }
            "a_save_without_time_left_is_not_begun" => {
                cx.shielded(Duration::from_secs(60)).with_cancel(cx.cancel().clone())
            }
            "a_cancelled_save_saves_nothing" => cx.clone().with_cancel(Cancel::new()),
            _ => cx.clone(),
        }
    }

    /// Saves whatever the present version is.
    async fn overwrite(&self, cx: &Context, unit: &UnitId, control: &Control) -> Result<Version> {
        let present = self.inner.control(cx, unit).await?.map(|(version, _)| version);
        self.inner.set_control(cx, unit, present.as_ref(), control).await
    }

    /// Takes its turn: among the saves of this process, or as the lock of a file does, among processes.
    async fn turn(&self) -> Turn<'_> {
        let (me, shared) = (usize::from(self.second) + 1, self.breaks("of_two_saves_at_once_one_wins"));
        Turn::take(&self.saving, me, shared).await
    }

    /// Looks and saves, with a pause between both.
    async fn in_two_steps(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        control: &Control,
    ) -> Result<Version> {
        let _turn = self.turn().await;
        let present = self.inner.control(cx, unit).await?.map(|(version, _)| version);
        if present.as_ref() != expected {
            return Err(Error::new(ErrorKind::Conflict, "somebody else asked"));
        }
        yield_once().await;
        self.overwrite(cx, unit, control).await
    }

    async fn save(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        control: &Control,
    ) -> Result<Version> {
        match self.breaks {
            "of_two_saves_at_once_one_wins" | "of_two_processes_at_once_one_wins" => {
                self.in_two_steps(cx, unit, expected, control).await
            }
            "dropping_a_save_leaves_the_old_or_the_new_document" if !control.approvals.is_empty() => {
                let mut half = control.clone();
                half.approvals.clear();
                let version = self.inner.set_control(cx, unit, expected, &half).await?;
                yield_once().await;
                self.inner.set_control(cx, unit, Some(&version), control).await
            }
            _ => self.inner.set_control(cx, unit, expected, control).await,
        }
    }

    /// Bends a document that is to be saved.
    fn bend(&self, control: &Control, present: Option<&Control>) -> Control {
        let mut control = control.clone();
        match self.breaks {
            "what_was_asked_is_read" => {
                // Of two held objects one is lost.
                control.objects.pop_last();
            }
            "a_save_replaces_the_whole_document" if !control.is_empty() => {
                let pin = present.and_then(|present| present.pin.clone());
                control.pin = control.pin.or(pin);
            }
            "an_empty_document_asks_for_nothing" if control.is_empty() => {
                control = present.cloned().unwrap_or_default();
            }
            _ => {}
        }
        control
    }

    async fn all(&self, cx: &Context, installation: &str) -> Result<Controls> {
        let mut found = Controls::new();
        let asked = self.asked.lock().unwrap().clone();
        for unit in asked {
            let of_others = self.breaks("what_is_asked_of_all_units_is_given_at_once");
            if !of_others && unit.installation() != installation {
                continue;
            }
            if self.damaged.lock().unwrap().contains(&unit) {
                if !self.breaks("a_damaged_document_hides_no_other") {
                    let damaged = Error::new(ErrorKind::Corrupt, "the document is damaged");
                    found.insert(unit, Err(damaged));
                }
                continue;
            }
            if let Ok(Some(control)) = self.control(cx, &unit).await {
                found.insert(unit, Ok(control));
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl ControlStore for Saboteur {
    async fn control(&self, cx: &Context, unit: &UnitId) -> Result<Option<(Version, Control)>> {
        if self.damaged.lock().unwrap().contains(unit) {
            if self.breaks("a_damaged_document_is_corrupt_never_none") {
                return Ok(None);
            }
            return Err(Error::new(ErrorKind::Corrupt, "the document is damaged"));
        }
        let unit = &self.name(unit);
        let found = self.inner.control(cx, unit).await?;
        let mut believed = self.believed.lock().unwrap();
        match (self.breaks, found) {
            ("nothing_is_asked_at_first", None) if self.asked.lock().unwrap().is_empty() && !self.second => {
                Ok(Some((Version::new("0"), Control::default())))
            }
            ("another_process_sees_what_was_asked", found) => {
                Ok(believed.entry(unit.clone()).or_insert(found).clone())
            }
            ("a_read_gives_the_version_of_the_last_save", Some((_, control))) if reason(&control) == "c" => {
                Ok(Some((Version::new("latest"), control)))
            }
            (_, found) => Ok(found),
        }
    }

    async fn controls(&self, cx: &Context, installation: &str) -> Result<Controls> {
        self.inner.controls(cx, installation).await
    }

    async fn follow(&self, cx: &Context, installation: &str, since: Option<u64>) -> Result<Option<Followed>> {
        let followed = self.inner.follow(cx, installation, since).await?;
        if !self.breaks("who_follows_is_told_what_is_asked") {
            return Ok(followed);
        }
        // Who goes on is told only of what it knew.
        let known = |unit: &UnitId| since.is_none() || unit.as_str() == "a";
        Ok(followed.map(|mut followed| {
            followed.controls.retain(|unit, _| known(unit));
            followed
        }))
    }

    async fn set_control(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        control: &Control,
    ) -> Result<Version> {
        let (named, unit) = (unit, &self.name(unit));
        let cx = &self.context(cx);
        let present = self.inner.control(&cx.shielded(Duration::from_secs(1)), unit).await?;
        let control = self.bend(control, present.as_ref().map(|(_, control)| control));
        let same =
            present.as_ref().is_some_and(|(version, found)| Some(version) == expected && *found == control);
        if self.breaks("versions_never_repeat") && same && !control.is_empty() && reason(&control) == "a" {
            return expected.cloned().ok_or_else(|| Error::new(ErrorKind::Internal, "no version"));
        }
        let done = match (self.breaks, self.save(cx, unit, expected, &control).await) {
            ("a_save_expecting_another_version_is_a_conflict", Err(error))
                if error.kind() == ErrorKind::Conflict && reason(&control) == "x" =>
            {
                self.overwrite(cx, unit, &control).await
            }
            ("a_refused_save_changes_nothing", Err(error)) if !control.approvals.is_empty() => {
                self.overwrite(cx, unit, &control).await?;
                Err(error)
            }
            (_, done) => done,
        }?;
        self.asked.lock().unwrap().insert(named.clone());
        self.believed.lock().unwrap().remove(unit);
        Ok(done)
    }
}

#[async_trait]
impl StateStore for Saboteur {
    async fn load(&self, cx: &Context, unit: &UnitId) -> Result<Option<Saved>> {
        self.inner.load(cx, unit).await
    }

    async fn save(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        let done = self.inner.save(cx, unit, expected, delta).await?;
        if delta.forget && self.breaks("what_is_asked_and_the_state_are_apart") {
            self.overwrite(cx, unit, &Control::default()).await?;
        }
        Ok(done)
    }

    async fn units(&self, cx: &Context) -> Result<Vec<UnitId>> {
        self.inner.units(cx).await
    }

    async fn key(&self, cx: &Context, installation: &str, make: bool) -> Result<Option<Key>> {
        self.inner.key(cx, installation, make).await
    }
}
