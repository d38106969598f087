//! Which units have something to look at again.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::task::{Poll, Waker};

use async_trait::async_trait;
use windlass_core::{Context, Interest, ObjectId, Owner, Result, UnitId, Watch};

use super::MemoryTarget;

/// What units look at, and which of them have something to look at again.
#[derive(Default)]
pub(super) struct Watched {
    interests: BTreeMap<UnitId, BTreeSet<ObjectId>>,
    /// Units of which nothing has changed since they looked, or nothing that they do not know.
    fresh: BTreeSet<UnitId>,
    changed: BTreeSet<UnitId>,
    wakers: Vec<Waker>,
}

impl Watched {
    /// Says whether what a unit asks for is known, since it looked at it and nothing has changed.
    pub(super) fn knows(&self, interest: &Interest) -> bool {
        let unit = &interest.unit;
        let asked = |ids: &BTreeSet<ObjectId>| interest.objects.keys().all(|id| ids.contains(id));
        self.fresh.contains(unit) && self.interests.get(unit).is_some_and(asked)
    }

    /// A unit is watched for, for these objects.
    pub(super) fn begin(&mut self, interest: &Interest) {
        self.fresh.remove(&interest.unit);
        self.changed.remove(&interest.unit);
        self.interests.insert(interest.unit.clone(), interest.objects.keys().cloned().collect());
    }

    /// A unit has seen what there is.
    pub(super) fn looked(&mut self, unit: &UnitId) {
        self.fresh.insert(unit.clone());
    }

    /// Notes a change for those whom it concerns: the object was asked for, or is owned by their unit. Whoever made
    /// it knows already.
    pub(super) fn note(&mut self, id: &ObjectId, owner: Option<&Owner>, by: Option<&UnitId>) {
        let concerned = |(unit, ids): &(&UnitId, &BTreeSet<ObjectId>)| {
            Some(*unit) != by && (ids.contains(id) || owner.is_some_and(|owner| owner.is_of(unit)))
        };
        let units: Vec<UnitId> =
            self.interests.iter().filter(concerned).map(|(unit, _)| unit.clone()).collect();
        self.wake(units);
    }

    /// Something may have been missed: everybody looks again.
    pub(super) fn miss(&mut self) {
        let units: Vec<UnitId> = self.interests.keys().cloned().collect();
        self.wake(units);
    }

    pub(super) fn len(&self) -> usize {
        self.interests.len()
    }

    fn wake(&mut self, units: Vec<UnitId>) {
        self.fresh.retain(|unit| !units.contains(unit));
        self.changed.extend(units);
        if !self.changed.is_empty() {
            self.wakers.drain(..).for_each(Waker::wake);
        }
    }

    fn release(&mut self, unit: &UnitId) {
        self.interests.remove(unit);
        self.fresh.remove(unit);
        self.changed.remove(unit);
    }
}

#[async_trait]
impl Watch for MemoryTarget {
    async fn changed(&self, cx: &Context) -> Result<BTreeSet<UnitId>> {
        let changed = poll_fn(|waiting| {
            let watched = &mut self.world().watched;
            if watched.changed.is_empty() {
                watched.wakers.push(waiting.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(std::mem::take(&mut watched.changed))
        });
        cx.unless_over(changed).await
    }

    fn release(&self, unit: &UnitId) {
        self.world().watched.release(unit);
    }
}
