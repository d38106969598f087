//! What is known from earlier passes, so that a pass costs what has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use windlass_core::{
    Address, Artifact, Digest, Key, Live, Look, Need, ObjectId, Observation, Observed, Outcome, Owned,
    Rendered, Revision, Text,
};

use super::bases::Held;
use super::reads::Reads;

/// What is known from earlier passes. Nothing in it is needed: a pass without it finds out again.
#[derive(Debug, Default)]
pub(super) struct Memo(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    rendered: Option<Arc<Remembered>>,
    /// The last render read something of the target, which may be another the next time.
    reads_live: bool,
    /// The other artifacts that the last render read.
    bases: Held,
    settled: Option<Arc<Settled>>,
    moved: Option<Moved>,
    /// The key of the installation.
    key: Option<Key>,
    /// The key that plans were made by while the installation had none.
    passing_key: Option<Key>,
    /// Passes so far.
    passes: u64,
}

/// The revision that the source has moved to since the unit settled, where nothing that it reads is another there.
#[derive(Debug, Clone)]
pub(super) struct Moved {
    /// What the source calls it.
    pub(super) resolved: Text,
    /// The same, with its author.
    pub(super) revision: Revision,
}

/// What a render gave for an artifact.
#[derive(Debug)]
struct Remembered {
    artifact: Digest,
    rendered: Rendered,
    reads: Arc<Reads>,
}

/// A unit of which everything was as wanted. It owns all that it wants: what another unit has is refused, and no success.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) basis: Basis,
    /// The revision that was carried out, with its author.
    pub(super) revision: Revision,
    pub(super) plan: Digest,
    /// The last pass that is recorded was good, or none is.
    pub(super) last_good: bool,
    /// What is owned, and how it was after the last write.
    pub(super) objects: BTreeMap<ObjectId, Owned>,
}

/// What a pass stands on, as far as it is remembered.
#[derive(Debug)]
pub(super) struct Basis {
    /// The revision that the source was at.
    pub(super) resolved: Text,
    /// What people asked for when the plan was made.
    pub(super) control: Digest,
    /// By which the stamps are sealed.
    pub(super) key: Key,
    /// What the render asked of its files; `None` where nobody knows.
    pub(super) reads: Option<Arc<Reads>>,
    /// What the render depends on beside them.
    pub(super) shape: Digest,
    /// The objects whose health nothing waits for.
    pub(super) unwaited: BTreeSet<ObjectId>,
}

impl Memo {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more pass.
    pub(super) fn next_pass(&self) -> u64 {
        let mut known = self.known();
        known.passes += 1;
        known.passes
    }

    /// Gives what a render of this artifact gave, if nothing else was read but other artifacts, and these are the same.
    pub(super) fn rendered(&self, artifact: Digest, bases: &BTreeMap<Address, Artifact>) -> Option<Rendered> {
        let known = self.known().rendered.clone().filter(|known| known.artifact == artifact)?;
        let is_same = |(need, digest): (&Need, &Digest)| match need {
            Need::Base(address) => bases.get(address).is_some_and(|base| base.digest() == *digest),
            _ => true,
        };
        known.rendered.reads.iter().all(is_same).then(|| known.rendered.clone())
    }

    /// Gives the other artifacts that the last render read.
    pub(super) fn bases(&self) -> Held {
        self.known().bases.clone()
    }

    pub(super) fn remember_render(&self, artifact: Digest, rendered: &Rendered, bases: Held, reads: Reads) {
        let hermetic = rendered.reads.keys().all(|need| matches!(need, Need::File(_) | Need::Base(_)));
        let remembered = Remembered { artifact, rendered: rendered.clone(), reads: Arc::new(reads) };
        let mut known = self.known();
        known.reads_live = !hermetic;
        known.bases = bases;
        known.rendered = hermetic.then(|| Arc::new(remembered));
    }

    /// Gives a unit of which everything was as wanted, and the revision that it has moved to since.
    pub(super) fn settled(&self) -> Option<(Arc<Settled>, Option<Moved>)> {
        let known = self.known();
        Some((known.settled.clone()?, known.moved.clone()))
    }

    /// Gives what the last render asked of its files, if it was one of this artifact.
    pub(super) fn reads(&self, artifact: Digest) -> Option<Arc<Reads>> {
        let known = self.known();
        let rendered = known.rendered.as_ref().filter(|rendered| rendered.artifact == artifact)?;
        Some(Arc::clone(&rendered.reads))
    }

    /// A settled unit reads nothing that is another at this revision.
    pub(super) fn move_to(&self, moved: Moved) {
        self.known().moved = Some(moved);
    }

    /// The unit is as wanted: until something changes, what was rendered is not needed. Where somebody was at the objects, he
    /// may well be at the next ones: then it is kept until a pass finds everything at [rest](Self::rest).
    pub(super) fn settle(&self, settled: Settled, drifted: bool) {
        let mut known = self.known();
        known.settled = (!known.reads_live).then(|| Arc::new(settled));
        known.moved = None;
        if !drifted {
            known.rendered = None;
        }
    }

    /// Nothing has changed since the last pass.
    pub(super) fn rest(&self) {
        self.known().rendered = None;
    }

    pub(super) fn unsettle(&self) {
        let mut known = self.known();
        (known.settled, known.moved) = (None, None);
    }

    pub(super) fn key(&self) -> Option<Key> {
        self.known().key.clone()
    }

    pub(super) fn remember_key(&self, key: &Key) {
        self.known().key = Some(key.clone());
    }

    /// Gives the key of plans that were made before the installation had one; makes it the first time.
    pub(super) fn passing_key(&self, make: impl FnOnce() -> Key) -> Key {
        self.known().passing_key.get_or_insert_with(make).clone()
    }
}

impl Settled {
    /// Says what to look at: bodies are not needed while nothing has changed.
    pub(super) fn looks(&self) -> BTreeMap<ObjectId, Look> {
        let look = |owned: &Owned| Look::new(owned.api_version.clone()).unless(&self.basis.key, owned.stamp);
        self.objects.iter().map(|(id, owned)| (id.clone(), look(owned))).collect()
    }

    /// Says whether everything still is as it was.
    pub(super) fn still_holds(&self, observed: &Observed, is_ours: impl Fn(&Live) -> bool) -> bool {
        let same = |(id, owned): (&ObjectId, &Owned)| match observed.observations.get(id) {
            Some(Observation::Live(live)) => {
                owned.stamp == Some(live.stamp.sealed(&self.basis.key))
                    && live.deletion.is_none()
                    && is_ours(live)
            }
            _ => false,
        };
        observed.orphans.is_empty() && self.objects.iter().all(same)
    }
}

/// Says whether an outcome leaves nothing to find out in the next pass.
pub(super) const fn is_settled(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Unchanged | Outcome::Created | Outcome::Changed | Outcome::Deleted)
}
