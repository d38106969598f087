//! A target whose reads are limited and tried again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use windlass_core::{
    Admitted, Capabilities, Context, Control, ControlStore, Controls, Delta, Error, ErrorKind, Exclusion,
    Followed, Interest, Item, Key, List, Object, ObjectId, Observed, Predict, Prediction, Profile, Result,
    Rivalry, Saved, Selection, StateStore, Taken, Target, UnitId, Version, Want, Watch, Write, Written,
    async_trait,
};

use crate::Backoff;
use crate::places::Places;
use crate::timed::{too_long, within};

/// A target whose reads have a time-out of their own and are tried again, and which is asked so much at once and no more.
///
/// What it does not do is as much of a promise:
/// - A write is sent once. It may have happened, which only an engine can find out, by looking: [`Target::write`], a save, a control,
///   a key that is made. Neither does any limit cut it off.
/// - Whoever waits to be told of something ([`Watch`], [`ControlStore::follow`]) has no limit, and takes no place of a call.
/// - State and controls take none either: a save never waits behind reads.
/// - A write that waited for its turn still asks the fence right before it begins.
///
/// An engine tries writes again by itself, and looks first where one may have happened. It does not try reads again within a pass: the
/// pass ends, and the next begins later. This wrapper is for places where a read fails now and then, and for an API that takes few
/// calls at once, whoever makes them.
///
/// ```
/// use std::time::Duration;
/// use windlass_core::{Error, ErrorKind, Interest, Target};
/// use windlass_testkit::{MemoryTarget, TestClock, unit};
/// use windlass_wrap::{Backoff, GuardedTarget};
///
/// let (clock, memory) = (TestClock::new(), MemoryTarget::new("memory"));
/// let target = GuardedTarget::new(memory.clone())
///     .with_read_timeout(Duration::from_secs(20))
///     .with_backoff(Backoff::default().with_attempts_max(3))
///     .with_calls_max(16);
/// memory.fail_next_observe(Error::new(ErrorKind::Unavailable, "busy"));
/// let interest = Interest { unit: unit("shop"), objects: Default::default() };
/// assert!(clock.block_on(target.observe(&clock.context(), &interest)).is_ok());
/// ```
#[derive(Debug)]
pub struct GuardedTarget {
    inner: Arc<dyn Target>,
    read_timeout: Option<Duration>,
    backoff: Option<Backoff>,
    places: Places,
}

impl GuardedTarget {
    /// Wraps a target. What is not asked for by one of the methods is as it was.
    #[must_use]
    pub fn new(target: impl Target) -> Self {
        Self::of(Arc::new(target))
    }

    /// As [`GuardedTarget::new`], of a target that others use too.
    #[must_use]
    pub fn of(target: Arc<dyn Target>) -> Self {
        Self { inner: target, read_timeout: None, backoff: None, places: Places::default() }
    }

    /// Sets how long one attempt of a read may take.
    #[must_use]
    pub const fn with_read_timeout(mut self, limit: Duration) -> Self {
        self.read_timeout = Some(limit);
        self
    }

    /// Lets reads be tried again where an error may pass by itself.
    #[must_use]
    pub fn with_backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// Lets so many calls be under way at once, and at least one. Further ones wait for their turn, in the order in which they
    /// came, until their context ends.
    #[must_use]
    pub fn with_calls_max(mut self, calls: usize) -> Self {
        self.places = Places::new(calls);
        self
    }

    /// Looks at the target.
    async fn look<T, F: Future<Output = Result<T>>>(
        &self,
        cx: &Context,
        call: impl Fn(Context) -> F,
    ) -> Result<T> {
        self.read(cx, cx.limits().gather_timeout, &self.places, call).await
    }

    /// Looks at what is kept of units.
    async fn recall<T, F: Future<Output = Result<T>>>(
        &self,
        cx: &Context,
        call: impl Fn(Context) -> F,
    ) -> Result<T> {
        self.read(cx, cx.limits().request_timeout, &Places::default(), call).await
    }

    /// Makes a call that changes nothing. `all` is how long an engine waits for it.
    async fn read<T, F: Future<Output = Result<T>>>(
        &self,
        cx: &Context,
        all: Duration,
        places: &Places,
        call: impl Fn(Context) -> F,
    ) -> Result<T> {
        let once = || async {
            let _place = places.take(cx).await?;
            let Some(limit) = self.read_timeout else { return call(cx.clone()).await };
            let own = cx.clone().with_timeout(limit);
            let done = within(cx, &own, limit, call(own.clone())).await;
            done.unwrap_or_else(|| Err(too_long("the target", None, limit)))
        };
        match &self.backoff {
            Some(backoff) => backoff.tried(cx, all, once).await,
            None => once().await,
        }
    }

    fn predictor(&self) -> Result<&dyn Predict> {
        has(self.inner.profile().predict)
    }

    fn store(&self) -> Result<&dyn StateStore> {
        has(self.inner.profile().state)
    }

    fn wishes(&self) -> Result<&dyn ControlStore> {
        has(self.inner.profile().control)
    }
}

/// An ability of the target, which nobody asks for where the profile does not have it.
fn has<T>(ability: Option<T>) -> Result<T> {
    ability.ok_or_else(|| Error::new(ErrorKind::Unsupported, "the target has no such ability"))
}

#[async_trait]
impl Target for GuardedTarget {
    fn profile(&self) -> Profile<'_> {
        let mut profile = self.inner.profile();
        profile.predict = profile.predict.map(|_| self as &dyn Predict);
        profile.watch = profile.watch.map(|_| self as &dyn Watch);
        profile.list = profile.list.map(|_| self as &dyn List);
        profile.state = profile.state.map(|_| self as &dyn StateStore);
        profile.control = profile.control.map(|_| self as &dyn ControlStore);
        profile
    }

    async fn observe(&self, cx: &Context, interest: &Interest) -> Result<Observed> {
        let call = |own: Context| async move { self.inner.observe(&own, interest).await };
        self.look(cx, call).await
    }

    async fn write(&self, cx: &Context, write: &Write) -> Result<Written> {
        let _place = self.places.take(cx).await?;
        self.inner.write(cx, write).await
    }
}

#[async_trait]
impl Predict for GuardedTarget {
    async fn admit(&self, cx: &Context, items: Vec<Item>) -> Result<Vec<Admitted>> {
        let (predict, items) = (self.predictor()?, &items);
        let call = |own: Context| async move { predict.admit(&own, items.clone()).await };
        self.look(cx, call).await
    }

    async fn predict(&self, cx: &Context, wants: &[Want<'_>]) -> Result<Vec<Prediction>> {
        let predict = self.predictor()?;
        let call = |own: Context| async move { predict.predict(&own, wants).await };
        self.look(cx, call).await
    }

    async fn takes(&self, cx: &Context, ids: &[ObjectId]) -> Result<BTreeMap<ObjectId, Vec<Taken>>> {
        let predict = self.predictor()?;
        let call = |own: Context| async move { predict.takes(&own, ids).await };
        self.look(cx, call).await
    }

    async fn exclusions(&self, cx: &Context, rivalries: &[Rivalry<'_>]) -> Result<Vec<Option<Exclusion>>> {
        let predict = self.predictor()?;
        let call = |own: Context| async move { predict.exclusions(&own, rivalries).await };
        self.look(cx, call).await
    }

    async fn capabilities(&self, cx: &Context) -> Result<Option<Capabilities>> {
        let predict = self.predictor()?;
        let call = |own: Context| async move { predict.capabilities(&own).await };
        self.look(cx, call).await
    }
}

#[async_trait]
impl List for GuardedTarget {
    async fn list(&self, cx: &Context, selection: &Selection) -> Result<Vec<Object>> {
        let list = has(self.inner.profile().list)?;
        let call = |own: Context| async move { list.list(&own, selection).await };
        self.look(cx, call).await
    }
}

#[async_trait]
impl Watch for GuardedTarget {
    async fn changed(&self, cx: &Context) -> Result<BTreeSet<UnitId>> {
        has(self.inner.profile().watch)?.changed(cx).await
    }

    fn release(&self, unit: &UnitId) {
        if let Some(watch) = self.inner.profile().watch {
            watch.release(unit);
        }
    }
}

#[async_trait]
impl StateStore for GuardedTarget {
    async fn load(&self, cx: &Context, unit: &UnitId) -> Result<Option<Saved>> {
        let state = self.store()?;
        let call = |own: Context| async move { state.load(&own, unit).await };
        self.recall(cx, call).await
    }

    async fn save(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        self.store()?.save(cx, unit, expected, delta).await
    }

    async fn units(&self, cx: &Context) -> Result<Vec<UnitId>> {
        let state = self.store()?;
        let call = |own: Context| async move { state.units(&own).await };
        self.recall(cx, call).await
    }

    async fn key(&self, cx: &Context, installation: &str, make: bool) -> Result<Option<Key>> {
        let state = self.store()?;
        if make {
            return state.key(cx, installation, true).await;
        }
        let call = |own: Context| async move { state.key(&own, installation, false).await };
        self.recall(cx, call).await
    }
}

#[async_trait]
impl ControlStore for GuardedTarget {
    async fn control(&self, cx: &Context, unit: &UnitId) -> Result<Option<(Version, Control)>> {
        let control = self.wishes()?;
        let call = |own: Context| async move { control.control(&own, unit).await };
        self.recall(cx, call).await
    }

    async fn controls(&self, cx: &Context, installation: &str) -> Result<Controls> {
        let control = self.wishes()?;
        let call = |own: Context| async move { control.controls(&own, installation).await };
        self.recall(cx, call).await
    }

    async fn follow(&self, cx: &Context, installation: &str, since: Option<u64>) -> Result<Option<Followed>> {
        self.wishes()?.follow(cx, installation, since).await
    }

    async fn set_control(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        control: &Control,
    ) -> Result<Version> {
        self.wishes()?.set_control(cx, unit, expected, control).await
    }
}
