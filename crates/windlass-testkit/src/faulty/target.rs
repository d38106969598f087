//! Targets, and all that a target may bring along.

use std::collections::BTreeMap;

use async_trait::async_trait;
use windlass_core::{
    Admitted, Capabilities, Context, Control, ControlStore, Controls, Delta, Error, ErrorKind, Exclusion,
    Followed, Interest, Item, Key, List, Object, ObjectId, Observed, Predict, Prediction, Profile, Result,
    Rivalry, Saved, Selection, StateStore, Taken, Target, UnitId, Version, Want, Watch, Write, Written,
};

use super::Faulty;

#[async_trait]
impl<P: Target> Target for Faulty<P> {
    fn profile(&self) -> Profile<'_> {
        let mut profile = self.part.profile();
        profile.predict = profile.predict.map(|_| self as &dyn Predict);
        profile.watch = profile.watch.map(|_| self as &dyn Watch);
        profile.list = profile.list.map(|_| self as &dyn List);
        profile.state = profile.state.map(|_| self as &dyn StateStore);
        profile.control = profile.control.map(|_| self as &dyn ControlStore);
        profile
    }

    async fn observe(&self, cx: &Context, interest: &Interest) -> Result<Observed> {
        self.awaited(cx, "observe", self.part.observe(cx, interest)).await
    }

    async fn write(&self, cx: &Context, write: &Write) -> Result<Written> {
        let call = if matches!(write, Write::Delete { .. }) { "delete" } else { "apply" };
        self.awaited(cx, call, self.part.write(cx, write)).await
    }
}

#[async_trait]
impl<P: Target> Predict for Faulty<P> {
    async fn admit(&self, cx: &Context, items: Vec<Item>) -> Result<Vec<Admitted>> {
        let predict = has(self.part.profile().predict)?;
        self.awaited(cx, "admit", predict.admit(cx, items)).await
    }

    async fn predict(&self, cx: &Context, wants: &[Want<'_>]) -> Result<Vec<Prediction>> {
        let predict = has(self.part.profile().predict)?;
        self.awaited(cx, "predict", predict.predict(cx, wants)).await
    }

    async fn takes(&self, cx: &Context, ids: &[ObjectId]) -> Result<BTreeMap<ObjectId, Vec<Taken>>> {
        let predict = has(self.part.profile().predict)?;
        self.awaited(cx, "takes", predict.takes(cx, ids)).await
    }

    async fn exclusions(&self, cx: &Context, rivalries: &[Rivalry<'_>]) -> Result<Vec<Option<Exclusion>>> {
        let predict = has(self.part.profile().predict)?;
        self.awaited(cx, "exclusions", predict.exclusions(cx, rivalries)).await
    }

    async fn capabilities(&self, cx: &Context) -> Result<Option<Capabilities>> {
        let predict = has(self.part.profile().predict)?;
        self.awaited(cx, "capabilities", predict.capabilities(cx)).await
    }
}

#[async_trait]
impl<P: Target> List for Faulty<P> {
    async fn list(&self, cx: &Context, selection: &Selection) -> Result<Vec<Object>> {
        let list = has(self.part.profile().list)?;
        self.awaited(cx, "list", list.list(cx, selection)).await
    }
}

#[async_trait]
impl<P: Target> Watch for Faulty<P> {
    async fn changed(&self, cx: &Context) -> Result<std::collections::BTreeSet<UnitId>> {
        let watch = has(self.part.profile().watch)?;
        self.awaited(cx, "changed", watch.changed(cx)).await
    }

    fn release(&self, unit: &UnitId) {
        if let Some(watch) = self.part.profile().watch {
            self.asked("release", || watch.release(unit));
        }
    }
}

#[async_trait]
impl<P: Target> StateStore for Faulty<P> {
    async fn load(&self, cx: &Context, unit: &UnitId) -> Result<Option<Saved>> {
        let store = has(self.part.profile().state)?;
        self.awaited(cx, "load", store.load(cx, unit)).await
    }

    async fn save(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        let store = has(self.part.profile().state)?;
        self.awaited(cx, "save", store.save(cx, unit, expected, delta)).await
    }

    async fn units(&self, cx: &Context) -> Result<Vec<UnitId>> {
        let store = has(self.part.profile().state)?;
        self.awaited(cx, "units", store.units(cx)).await
    }

    async fn key(&self, cx: &Context, installation: &str, make: bool) -> Result<Option<Key>> {
        let store = has(self.part.profile().state)?;
        self.awaited(cx, "key", store.key(cx, installation, make)).await
    }
}

#[async_trait]
impl<P: Target> ControlStore for Faulty<P> {
    async fn control(&self, cx: &Context, unit: &UnitId) -> Result<Option<(Version, Control)>> {
        let store = has(self.part.profile().control)?;
        self.awaited(cx, "control", store.control(cx, unit)).await
    }

    async fn controls(&self, cx: &Context, installation: &str) -> Result<Controls> {
        let store = has(self.part.profile().control)?;
        self.awaited(cx, "controls", store.controls(cx, installation)).await
    }

    async fn follow(&self, cx: &Context, installation: &str, since: Option<u64>) -> Result<Option<Followed>> {
        let store = has(self.part.profile().control)?;
        self.awaited(cx, "follow", store.follow(cx, installation, since)).await
    }

    async fn set_control(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        control: &Control,
    ) -> Result<Version> {
        let store = has(self.part.profile().control)?;
        self.awaited(cx, "set_control", store.set_control(cx, unit, expected, control)).await
    }
}

/// The ability of a target, which is asked for only where it has it.
fn has<T>(ability: Option<T>) -> Result<T> {
    ability.ok_or_else(|| Error::new(ErrorKind::Unsupported, "the target has no such ability"))
}
