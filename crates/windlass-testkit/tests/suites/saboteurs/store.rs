//! Stores that break one law each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use windlass_core::{
    Context, Delta, Error, ErrorKind, Result, Saved, StateStore, UnitId, Version, async_trait,
};
use windlass_testkit::MemoryStore;
use windlass_testkit::store::StoreHarness;
use windlass_testkit::suite::{Bench, Check};

use super::yield_once;

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

    fn reopen(&self) -> Check<Arc<dyn StateStore>> {
        if self.breaks == "what_was_saved_survives_a_crash" {
            return Ok(Arc::new(MemoryStore::new()));
        }
        Ok(self.store.clone())
    }

    fn damage(&self, unit: &UnitId) -> Check {
        self.memory.damage(unit);
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Saboteur {
    inner: MemoryStore,
    breaks: &'static str,
    known: Mutex<BTreeSet<UnitId>>,
    /// What is taken from the versions of a unit, so that they begin with 1 in each of its lives.
    bases: Mutex<BTreeMap<UnitId, u64>>,
}

impl Saboteur {
    fn name(&self, unit: &UnitId) -> UnitId {
        if self.breaks == "units_do_not_touch_one_another" {
            return UnitId::new(&unit.as_str().replace('.', "-")).unwrap();
        }
        unit.clone()
    }

    fn base(&self, unit: &UnitId) -> u64 {
        self.bases.lock().unwrap().get(unit).copied().unwrap_or(0)
    }

    fn shift(version: &Version, by: impl FnOnce(u64) -> u64) -> Version {
        version.0.parse().map_or_else(|_| version.clone(), |number| Version::new(by(number).to_string()))
    }

    fn outward(&self, unit: &UnitId, version: &Version) -> Version {
        Self::shift(version, |number| number - self.base(unit))
    }

    fn inward(&self, unit: &UnitId, version: &Version) -> Version {
        Self::shift(version, |number| number + self.base(unit))
    }

    fn bend(&self, delta: &Delta) -> Delta {
        let mut delta = delta.clone();
        match self.breaks {
            "a_delta_changes_only_what_it_names" => delta.holds = delta.holds.or(Some(Vec::new())),
            "what_a_delta_drops_is_owned_no_longer" => delta.drop.clear(),
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
            "of_two_saves_at_once_one_wins" => {
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
        let mut found = match (self.breaks, self.inner.load(cx, unit).await) {
            ("a_damaged_state_is_corrupt_never_none", Err(_)) => None,
            (_, found) => found?,
        };
        if self.breaks == "what_was_never_saved_is_none" && !self.known.lock().unwrap().contains(unit) {
            found = Some(Saved::empty(Version::new("0")));
        }
        let Some(mut saved) = found else { return Ok(None) };
        match self.breaks {
            "what_was_saved_is_loaded" => saved.approvals.clear(),
            "a_load_gives_the_version_of_the_last_save" => saved.version = Version::new("latest"),
            _ => {}
        }
        saved.version = self.outward(unit, &saved.version);
        Ok(Some(saved))
    }

    async fn save(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        let (unit, delta) = (&self.name(unit), &self.bend(delta));
        self.known.lock().unwrap().insert(unit.clone());
        let default = Context::shared(cx.clock().clone());
        let cx = if self.breaks == "the_history_keeps_its_newest_records" { &default } else { cx };
        let inner = expected.map(|version| self.inward(unit, version));
        let done = self.save_inner(cx, unit, inner.as_ref(), delta).await;
        let done = match (self.breaks, done) {
            ("a_save_expecting_another_version_is_a_conflict", Err(error))
                if error.kind() == ErrorKind::Conflict && expected.is_none() =>
            {
                self.overwrite(cx, unit, delta).await
            }
            ("a_refused_save_changes_nothing", Err(error)) if error.kind() == ErrorKind::Conflict => {
                self.overwrite(cx, unit, delta).await?;
                Err(error)
            }
            ("a_damaged_state_is_not_written_over", Err(error)) if error.kind() == ErrorKind::Corrupt => {
                Ok(Version::new("over"))
            }
            (_, done) => done,
        }?;
        if self.breaks == "versions_never_repeat" && expected.is_none() {
            let number: u64 = done.0.parse().unwrap();
            self.bases.lock().unwrap().insert(unit.clone(), number - 1);
        }
        Ok(self.outward(unit, &done))
    }

    async fn units(&self, cx: &Context) -> Result<Vec<UnitId>> {
        let mut units = self.inner.units(cx).await?;
        match self.breaks {
            "a_forgotten_unit_is_gone" => Ok(self.known.lock().unwrap().iter().cloned().collect()),
            "units_are_listed_sorted_and_once" => {
                units.reverse();
                Ok(units)
            }
            _ => Ok(units),
        }
    }
}
