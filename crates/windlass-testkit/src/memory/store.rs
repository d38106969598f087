//! A store of state in memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use windlass_core::{
    Cancel, Context, Control, ControlStore, Controls, Delta, Error, ErrorKind, Followed, Key, Result, Saved,
    StateStore, UnitId, Version,
};

use crate::sync::lock;

/// A store in memory. Clones are the same store: a clone given to a second engine is what is left after a crash.
///
/// ```
/// use windlass_core::{Delta, StateStore};
/// use windlass_testkit::{MemoryStore, TestClock, unit};
/// let store = MemoryStore::new();
/// let clock = TestClock::new();
/// let version = clock.block_on(store.save(&clock.context(), &unit("web"), None, &Delta::default()))?;
/// assert_eq!(store.peek(&unit("web")).map(|saved| saved.version), Some(version));
/// assert_eq!(store.saves(), ["save web"]);
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Shelf>>);

#[derive(Default)]
struct Shelf {
    units: BTreeMap<UnitId, Slot>,
    controls: BTreeMap<UnitId, (Version, Control)>,
    /// Of whom what is asked cannot be read.
    damaged: BTreeSet<UnitId>,
    /// Counts the changes of `controls`.
    marks: u64,
    /// Is cancelled with the next change of `controls`.
    changed: Cancel,
    keys: BTreeMap<String, Key>,
    versions: u64,
    before: VecDeque<Error>,
    after: VecDeque<Error>,
    loads: VecDeque<Error>,
    hangs: bool,
    log: Vec<String>,
}

enum Slot {
    Good(Saved),
    Damaged,
}

impl MemoryStore {
    /// Makes an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives what is stored of a unit, without a request; `None` also where it is damaged.
    #[must_use]
    pub fn peek(&self, unit: &UnitId) -> Option<Saved> {
        match lock(&self.0).units.get(unit) {
            Some(Slot::Good(saved)) => Some(saved.clone()),
            _ => None,
        }
    }

    /// Gives what is asked of a unit, without a request; `None` where nothing ever was.
    #[must_use]
    pub fn peek_control(&self, unit: &UnitId) -> Option<Control> {
        lock(&self.0).controls.get(unit).map(|(_, control)| control.clone())
    }

    /// Somebody asks something of a unit, whatever was asked before: what a person does beside a pass.
    pub fn ask(&self, unit: &UnitId, control: Control) {
        lock(&self.0).ask(unit, control);
    }

    /// Lets the next save end in `error`, with nothing saved.
    pub fn fail_next_save(&self, error: Error) {
        lock(&self.0).before.push_back(error);
    }

    /// Lets the next save be saved and still end in `error`, as when the answer is lost.
    pub fn lose_next_save(&self, error: Error) {
        lock(&self.0).after.push_back(error.maybe_written());
    }

    /// Lets the next load end in `error`.
    pub fn fail_next_load(&self, error: Error) {
        lock(&self.0).loads.push_back(error);
    }

    /// Takes every load and every list from now on and answers none, until [`come_up`](Self::come_up). What was asked ends
    /// with its context.
    pub fn hang(&self) {
        lock(&self.0).hangs = true;
    }

    /// Answers again.
    pub fn come_up(&self) {
        lock(&self.0).hangs = false;
    }

    async fn answer(&self, cx: &Context) -> Result<()> {
        let hangs = lock(&self.0).hangs;
        if hangs { cx.unless_over(std::future::pending()).await } else { cx.check() }
    }

    /// Damages what is stored of a unit.
    pub fn damage(&self, unit: &UnitId) {
        lock(&self.0).units.insert(unit.clone(), Slot::Damaged);
    }

    /// Damages what is asked of a unit, until somebody asks anew.
    pub fn damage_control(&self, unit: &UnitId) {
        let mut shelf = lock(&self.0);
        shelf.controls.entry(unit.clone()).or_insert_with(|| (Version::new("0"), Control::default()));
        shelf.damaged.insert(unit.clone());
    }

    /// Gives the saves so far that were saved, a line each: `save web +2 -1 record`, `forget web`.
    #[must_use]
    pub fn saves(&self) -> Vec<String> {
        lock(&self.0).log.clone()
    }

    /// Gives the saves since the last time, and forgets them.
    #[must_use]
    pub fn take_saves(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.0).log)
    }
}

impl Shelf {
    fn ask(&mut self, unit: &UnitId, control: Control) -> Version {
        self.versions += 1;
        let version = Version::new(self.versions.to_string());
        self.damaged.remove(unit);
        self.controls.insert(unit.clone(), (version.clone(), control));
        self.marks += 1;
        std::mem::take(&mut self.changed).cancel();
        version
    }

    fn controls_of(&self, installation: &str) -> Controls {
        let of = self.controls.keys().filter(|unit| unit.installation() == installation);
        of.filter_map(|unit| Some((unit.clone(), self.control_of(unit)?))).collect()
    }

    fn control_of(&self, unit: &UnitId) -> Option<Result<(Version, Control)>> {
        if self.damaged.contains(unit) {
            let error = Error::new(ErrorKind::Corrupt, "what is asked of the unit cannot be read");
            return Some(Err(error.with("unit", unit)));
        }
        self.controls.get(unit).cloned().map(Ok)
    }

    /// Gives the present state of a unit.
    fn read(&self, unit: &UnitId) -> Result<Option<Saved>> {
        match self.units.get(unit) {
            None => Ok(None),
            Some(Slot::Good(saved)) => Ok(Some(saved.clone())),
            Some(Slot::Damaged) => {
                Err(Error::new(ErrorKind::Corrupt, "the stored state is damaged").with("unit", unit))
            }
        }
    }

    fn write(
        &mut self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        let present = self.read(unit)?;
        if present.as_ref().map(|saved| &saved.version) != expected {
            return Err(Error::new(ErrorKind::Conflict, "somebody else saved").with("unit", unit));
        }
        self.versions += 1;
        let version = Version::new(self.versions.to_string());
        self.log.push(describe(unit, delta));
        if delta.forget {
            self.units.remove(unit);
            return Ok(version);
        }
        let mut saved = present.unwrap_or_else(|| Saved::empty(version.clone()));
        delta.apply(&mut saved, cx.limits());
        saved.version = version.clone();
        self.units.insert(unit.clone(), Slot::Good(saved));
        Ok(version)
    }
}

fn describe(unit: &UnitId, delta: &Delta) -> String {
    if delta.forget {
        return format!("forget {unit}");
    }
    let put = (!delta.put.is_empty()).then(|| format!(" +{}", delta.put.len()));
    let drop = (!delta.drop.is_empty()).then(|| format!(" -{}", delta.drop.len()));
    let flags = [
        (delta.record.is_some(), " record"),
        (!delta.hooks.is_empty(), " hooks"),
        (delta.default_namespace.is_some(), " namespace"),
    ];
    let flags: String = flags.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
    format!("save {unit}{}{}{flags}", put.unwrap_or_default(), drop.unwrap_or_default())
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStore({} units)", lock(&self.0).units.len())
    }
}

#[async_trait]
impl StateStore for MemoryStore {
    async fn load(&self, cx: &Context, unit: &UnitId) -> Result<Option<Saved>> {
        self.answer(cx).await?;
        let mut shelf = lock(&self.0);
        shelf.loads.pop_front().map_or(Ok(()), Err)?;
        shelf.read(unit)
    }

    async fn save(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        cx.check_write()?;
        let mut shelf = lock(&self.0);
        shelf.before.pop_front().map_or(Ok(()), Err)?;
        let version = shelf.write(cx, unit, expected, delta)?;
        shelf.after.pop_front().map_or(Ok(version), Err)
    }

    async fn units(&self, cx: &Context) -> Result<Vec<UnitId>> {
        self.answer(cx).await?;
        Ok(lock(&self.0).units.keys().cloned().collect())
    }

    /// The first key is all ones, the next all twos: digests are the same in each run of a test.
    async fn key(&self, cx: &Context, installation: &str, make: bool) -> Result<Option<Key>> {
        self.answer(cx).await?;
        if let Some(key) = lock(&self.0).keys.get(installation) {
            return Ok(Some(key.clone()));
        }
        if !make {
            return Ok(None);
        }
        cx.check_write()?;
        let keys = &mut lock(&self.0).keys;
        let number = u8::try_from(keys.len()).unwrap_or(u8::MAX).saturating_add(1);
        let key = keys.entry(installation.to_owned()).or_insert_with(|| Key::new([number; Key::BYTES]));
        Ok(Some(key.clone()))
    }
}

#[async_trait]
impl ControlStore for MemoryStore {
    async fn control(&self, cx: &Context, unit: &UnitId) -> Result<Option<(Version, Control)>> {
        cx.check()?;
        lock(&self.0).control_of(unit).transpose()
    }

    async fn controls(&self, cx: &Context, installation: &str) -> Result<Controls> {
        cx.check()?;
        Ok(lock(&self.0).controls_of(installation))
    }

    async fn follow(&self, cx: &Context, installation: &str, since: Option<u64>) -> Result<Option<Followed>> {
        let look = || {
            let shelf = lock(&self.0);
            let mark = shelf.marks;
            if since == Some(mark) {
                return Err(shelf.changed.clone());
            }
            Ok(Followed::new(mark, shelf.controls_of(installation)))
        };
        loop {
            match look() {
                Ok(followed) => return Ok(Some(followed)),
                Err(changed) => drop(cx.unless_over(changed.until(std::future::pending::<()>())).await?),
            }
        }
    }

    async fn set_control(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        control: &Control,
    ) -> Result<Version> {
        cx.check_write()?;
        let mut shelf = lock(&self.0);
        if shelf.controls.get(unit).map(|(version, _)| version) != expected {
            return Err(
                Error::new(ErrorKind::Conflict, "somebody else asked for something").with("unit", unit)
            );
        }
        Ok(shelf.ask(unit, control.clone()))
    }
}
