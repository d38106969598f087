//! Stores that break one law each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use windlass_core::{
    Cancel, Context, Delta, Error, ErrorKind, Key, ObjectId, Record, Result, Saved, StateStore, Trigger,
    UnitId, Version, async_trait,
};
use windlass_testkit::MemoryStore;
use windlass_testkit::store::StoreHarness;
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

    pub(crate) fn breaking(law: &'static str) -> Self {
        let memory = MemoryStore::new();
        let store = Saboteur { inner: memory.clone(), breaks: law, ..Saboteur::default() };
        Self { memory, breaks: law, store: Arc::new(store) }
    }
}

impl Bench for Stage {}

impl StoreHarness for Stage {
    fn store(&self) -> Arc<dyn StateStore> {
        self.store.clone()
    }

    fn many(&self) -> u32 {
        let checks_it = ["nothing", "a_large_inventory_grows_shrinks_and_goes"].contains(&self.breaks);
        if checks_it { 50_000 } else { 1_000 }
    }

    fn reopen(&self) -> Check<Arc<dyn StateStore>> {
        let (mut inner, mut restarted) = (self.memory.clone(), None);
        match self.breaks {
            "what_was_saved_survives_a_crash" => {
                // Whatever has a history is lost.
                let saved = self.memory.peek(&windlass_testkit::unit("web"));
                let lost = saved.is_some_and(|saved| !saved.history.is_empty());
                inner = if lost { MemoryStore::new() } else { inner };
            }
            "versions_never_repeat_after_a_crash" => restarted = self.number(),
            _ => {}
        }
        let known = Mutex::new(BTreeSet::from([windlass_testkit::unit("of-the-first-process")]));
        let apart = self.breaks == "of_two_processes_at_once_one_wins";
        let saving = if apart { Arc::default() } else { self.store.saving.clone() };
        let breaks = self.breaks;
        Ok(Arc::new(Saboteur { inner, breaks, restarted, known, process: 1, saving, ..Saboteur::default() }))
    }

    fn damage(&self, unit: &UnitId) -> Check {
        self.memory.damage(unit);
        Ok(())
    }

    fn hang(&self) -> Check {
        self.memory.hang();
        Ok(())
    }
}

impl Stage {
    /// The number of the version that is stored.
    fn number(&self) -> Option<u64> {
        self.memory.peek(&windlass_testkit::unit("web"))?.version.0.parse().ok()
    }
}

#[derive(Debug, Default)]
struct Saboteur {
    inner: MemoryStore,
    breaks: &'static str,
    known: Mutex<BTreeSet<UnitId>>,
    /// The units that this process saved, as they were named.
    names: Mutex<BTreeSet<UnitId>>,
    /// What is taken from the versions of a unit, so that they begin with 1 in each of its lives.
    bases: Mutex<BTreeMap<UnitId, u64>>,
    /// What the versions had come to when this process began to count from 1.
    restarted: Option<u64>,
    /// What this process saw first of a unit, and believes from then on.
    believed: Mutex<BTreeMap<UnitId, Option<Saved>>>,
    /// Which process this is; the first is 0.
    process: usize,
    /// Who saves: 0 is nobody, else a process and one more. Shared by all processes, or each has its own.
    saving: Arc<AtomicUsize>,
    /// Units of which a refused save has thrown away what was there.
    lost: Mutex<BTreeSet<UnitId>>,
    /// How often this process was asked for a key that it must not make.
    asked: AtomicUsize,
    /// A key that shows.
    shown: Mutex<Vec<u8>>,
}

/// Writes an identity without escapes and reads it again, as if a dot always came before a group.
fn without_escapes(id: &ObjectId) -> ObjectId {
    let whole = format!("{}.{}", id.kind, id.group);
    let (kind, group) = whole.trim_end_matches('.').split_once('.').unwrap_or((&id.kind, ""));
    ObjectId::new(group, kind, id.namespace.clone(), id.name.clone())
}

impl Saboteur {
    fn name(&self, unit: &UnitId) -> UnitId {
        match self.breaks {
            "units_do_not_touch_one_another" => {
                unit.to_string().replace('.', "-").parse().unwrap_or_else(|_| unit.clone())
            }
            "installations_share_nothing" if unit.installation() == "staging" => {
                UnitId::new(unit.as_str()).unwrap()
            }
            _ => unit.clone(),
        }
    }

    /// Says whether this process saved the unit before.
    fn knows(&self, unit: &UnitId) -> bool {
        self.known.lock().unwrap().contains(unit)
    }

    fn base(&self, unit: &UnitId) -> u64 {
        self.bases.lock().unwrap().get(unit).copied().unwrap_or(0)
    }

    fn shift(version: &Version, by: impl FnOnce(u64) -> u64) -> Version {
        version.0.parse().map_or_else(|_| version.clone(), |number| Version::new(by(number).to_string()))
    }

    fn outward(&self, unit: &UnitId, version: &Version) -> Version {
        Self::shift(version, |number| match self.restarted {
            Some(before) if number > before => number - before,
            _ => number - self.base(unit),
        })
    }

    fn inward(&self, unit: &UnitId, version: &Version) -> Version {
        let present = self.inner.peek(unit).map(|saved| saved.version);
        match present.filter(|present| self.restarted.is_some() && self.outward(unit, present) == *version) {
            Some(present) => present,
            None => Self::shift(version, |number| number + self.base(unit)),
        }
    }

    /// Takes out of the context of a read what would end one that hangs.
    fn deaf(&self, cx: &Context) -> Context {
        match self.breaks {
            "a_read_that_hangs_ends_with_the_deadline" => super::endless(cx),
            "a_read_that_hangs_ends_when_it_is_cancelled" => cx.clone().with_cancel(Cancel::new()),
            _ => cx.clone(),
        }
    }

    /// Bends the context of a save.
    fn context(&self, cx: &Context) -> Context {
        let timed = |open: Context| match cx.remaining() {
            Some(left) => open.with_timeout(left),
            None => open,
        };
        match self.breaks {
            "the_history_keeps_its_newest_records" => {
                cx.clone().with_limits(windlass_core::Limits::default())
            }
            "a_fence_that_refuses_stops_every_save" => timed(Context::shared(cx.clock().clone()))
                .with_cancel(cx.cancel().clone())
                .with_limits(cx.limits().clone()),
            "a_save_without_time_left_is_not_begun" => {
                cx.shielded(Duration::from_secs(60)).with_cancel(cx.cancel().clone())
            }
            "a_cancelled_save_saves_nothing" => cx.clone().with_cancel(Cancel::new()),
            _ => cx.clone(),
        }
    }

    /// Bends what was loaded.
    fn loaded(&self, unit: &UnitId, mut saved: Saved) -> Saved {
        match self.breaks {
            "what_was_saved_is_loaded" => {
                saved.history.iter_mut().for_each(|record| record.trigger = Trigger::Call);
            }
            "a_load_gives_the_version_of_the_last_save" => saved.version = Version::new("latest"),
            "each_pass_is_a_record_of_its_own" => {
                let one = |a: &Record| (a.revision.clone(), a.good);
                saved.history.dedup_by(|b, a| a.revision.is_some() && one(a) == one(b));
            }
            "the_last_good_record_is_kept" => {
                let surplus = saved.history.iter().skip(1).take_while(|record| !record.good).count() > 1;
                drop(saved.history.drain(..usize::from(surplus)));
            }
            "the_default_namespace_is_kept" if saved.history.is_empty() => saved.default_namespace = None,
            "hooks_are_remembered_until_they_are_dropped" if saved.history.is_empty() => saved.hooks.clear(),
            "a_large_inventory_grows_shrinks_and_goes" if saved.inventory.objects.len() > 10_000 => {
                saved.inventory.objects.pop_last();
            }
            "a store without intents" => saved.inventory.objects.retain(|_, owned| owned.stamp.is_some()),
            "a store without revisions" => saved.history.iter_mut().for_each(|record| record.revision = None),
            "a store without escapes" => {
                let objects = std::mem::take(&mut saved.inventory.objects);
                saved.inventory.objects =
                    objects.into_iter().map(|(id, owned)| (without_escapes(&id), owned)).collect();
            }
            _ => {}
        }
        saved.version = self.outward(unit, &saved.version);
        saved
    }

    /// Takes its turn: among the saves of this process, or as the lock of a file does, among processes.
    async fn turn(&self) -> Turn<'_> {
        let (me, shared) = (self.process + 1, self.breaks == "of_two_saves_at_once_one_wins");
        Turn::take(&self.saving, me, shared).await
    }

    fn bend(&self, unit: &UnitId, delta: &Delta) -> Delta {
        let mut delta = delta.clone();
        match self.breaks {
            "a_delta_changes_only_what_it_names" => {
                // What was only intended goes with the next save.
                let objects = self.inner.peek(unit).map(|saved| saved.inventory.objects).unwrap_or_default();
                let intended = objects.into_iter().filter(|(_, owned)| owned.stamp.is_none());
                delta.drop.extend(intended.map(|(id, _)| id));
            }
            "what_a_delta_drops_is_owned_no_longer" => {
                // Of what is not all owned, nothing is dropped.
                let objects = self.inner.peek(unit).map(|saved| saved.inventory.objects).unwrap_or_default();
                if delta.drop.iter().any(|id| !objects.contains_key(id)) {
                    delta.drop.clear();
                }
            }
            _ => {}
        }
        delta
    }

    /// Saves whatever the present version is.
    async fn overwrite(&self, cx: &Context, unit: &UnitId, delta: &Delta) -> Result<Version> {
        let present = self.inner.load(cx, unit).await?.map(|saved| saved.version);
        self.inner.save(cx, unit, present.as_ref(), delta).await
    }

    async fn save_inner(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        match self.breaks {
            "dropping_a_save_leaves_the_old_or_the_new_state" if delta.record.is_some() => {
                let (mut first, mut second) = (delta.clone(), Delta::default());
                second.record = first.record.take();
                let version = self.inner.save(cx, unit, expected, &first).await?;
                yield_once().await;
                self.inner.save(cx, unit, Some(&version), &second).await
            }
            "of_two_saves_at_once_one_wins" | "of_two_processes_at_once_one_wins" => {
                let _turn = self.turn().await;
                let present = self.inner.load(cx, unit).await?.map(|saved| saved.version);
                if present.as_ref() != expected {
                    return Err(Error::new(ErrorKind::Conflict, "somebody else saved"));
                }
                yield_once().await;
                self.overwrite(cx, unit, delta).await
            }
            _ => self.inner.save(cx, unit, expected, delta).await,
        }
    }
}

#[async_trait]
impl StateStore for Saboteur {
    async fn load(&self, cx: &Context, unit: &UnitId) -> Result<Option<Saved>> {
        let unit = &self.name(unit);
        let found = match (self.breaks, self.inner.load(&self.deaf(cx), unit).await) {
            ("a_damaged_state_is_corrupt_never_none", Err(_)) => None,
            ("a_damaged_state_is_not_written_over", Err(_)) if self.lost.lock().unwrap().contains(unit) => {
                None
            }
            ("another_process_sees_what_was_saved", found) => {
                let found = found?;
                self.believed.lock().unwrap().entry(unit.clone()).or_insert(found).clone()
            }
            (_, found) => found?,
        };
        let nothing_yet = found.is_none() && self.known.lock().unwrap().is_empty();
        if self.breaks == "what_was_never_saved_is_none" && nothing_yet {
            return Ok(Some(Saved::empty(Version::new("0"))));
        }
        Ok(found.map(|saved| self.loaded(unit, saved)))
    }

    async fn save(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        let (saved, unit) = (unit, &self.name(unit));
        let delta = &self.bend(unit, delta);
        let cx = &self.context(cx);
        let knew = self.knows(unit);
        let inner = expected.map(|version| self.inward(unit, version));
        let done = self.save_inner(cx, unit, inner.as_ref(), delta).await;
        let done = match (self.breaks, done) {
            ("a_save_expecting_another_version_is_a_conflict", Err(error))
                if error.kind() == ErrorKind::Conflict && expected.is_none() && self.knows(unit) =>
            {
                self.overwrite(cx, unit, delta).await
            }
            ("a_refused_save_changes_nothing", Err(error))
                if error.kind() == ErrorKind::Conflict && delta.record.is_some() =>
            {
                self.overwrite(cx, unit, delta).await?;
                Err(error)
            }
            ("a_damaged_state_is_not_written_over", Err(error)) if error.kind() == ErrorKind::Corrupt => {
                self.lost.lock().unwrap().insert(unit.clone());
                Err(error)
            }
            (_, done) => done,
        }?;
        self.known.lock().unwrap().insert(unit.clone());
        self.names.lock().unwrap().insert(saved.clone());
        self.believed.lock().unwrap().remove(unit);
        if self.breaks == "versions_never_repeat" && expected.is_none() && knew {
            let number: u64 = done.0.parse().unwrap();
            self.bases.lock().unwrap().insert(unit.clone(), number - 1);
        }
        Ok(self.outward(unit, &done))
    }

    async fn units(&self, cx: &Context) -> Result<Vec<UnitId>> {
        let mut units = self.inner.units(&self.deaf(cx)).await?;
        match self.breaks {
            "a_forgotten_unit_is_gone" => Ok(self.known.lock().unwrap().iter().cloned().collect()),
            "units_are_listed_sorted_and_once" => {
                units.reverse();
                Ok(units)
            }
            "names_of_units_read_back_from_the_list" => {
                let names = units.iter().map(|unit| UnitId::new(unit.as_str()).unwrap());
                Ok(names.collect::<BTreeSet<_>>().into_iter().collect())
            }
            "installations_share_nothing" | "units_do_not_touch_one_another" => {
                let names = self.names.lock().unwrap();
                Ok(names.iter().filter(|name| units.contains(&self.name(name))).cloned().collect())
            }
            _ => Ok(units),
        }
    }

    async fn key(&self, cx: &Context, installation: &str, make: bool) -> Result<Option<Key>> {
        let cx = if make { cx.clone() } else { self.deaf(cx) };
        let (mut installation, mut made) = (installation, make);
        match self.breaks {
            "each_installation_has_a_key_of_its_own" => installation = UnitId::DEFAULT_INSTALLATION,
            "a_key_is_made_only_when_asked_for" if !make => {
                made = self.asked.fetch_add(1, Ordering::SeqCst) > 0;
            }
            "a_key_is_made_only_where_a_write_may_start" if make => {
                let open = Context::shared(cx.clock().clone());
                self.inner.key(&open, installation, make).await?;
                cx.check_write()?;
            }
            _ => {}
        }
        let key = self.inner.key(&cx, installation, made).await?;
        match (self.breaks, &key) {
            ("every_instance_gives_one_key", Some(_)) if self.process > 0 => {
                Ok(Some(Key::new([9; Key::BYTES])))
            }
            ("a_key_is_not_shown", Some(made)) => {
                *self.shown.lock().unwrap() = made.expose().to_vec();
                Ok(key)
            }
            _ => Ok(key),
        }
    }
}
