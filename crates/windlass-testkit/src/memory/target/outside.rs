//! What a test does to a target from outside: look, interfere, break.

use std::time::Duration;

use windlass_core::{Conflict, Deletion, Error, Health, Object, ObjectId, Owner, Taken, Value};

use super::MemoryTarget;
use super::world::Course;

/// What is there.
impl MemoryTarget {
    /// Gives an object, without a request.
    #[must_use]
    pub fn get(&self, id: &ObjectId) -> Option<Object> {
        self.world().objects.get(id).map(|stored| stored.body.clone())
    }

    /// Gives the owner of an object, without a request.
    #[must_use]
    pub fn owner_of(&self, id: &ObjectId) -> Option<Owner> {
        self.world().objects.get(id).and_then(|stored| stored.owner.clone())
    }

    /// Gives what is there, sorted.
    #[must_use]
    pub fn ids(&self) -> Vec<ObjectId> {
        self.world().objects.keys().cloned().collect()
    }

    /// Gives what writes have changed so far, a line each: `create <id>`, `change <id>`, `delete <id>`,
    /// `deleting <id>`.
    #[must_use]
    pub fn writes(&self) -> Vec<String> {
        self.world().writes.clone()
    }

    /// Gives what writes have changed since the last time, and forgets it.
    #[must_use]
    pub fn take_writes(&self) -> Vec<String> {
        std::mem::take(&mut self.world().writes)
    }

    /// Gives all that was asked so far, a line each: `observe 3 of web`, `admit 3`, `predict 2`, `takes 1`,
    /// `apply <id>: created`, `delete <id>: conflict`. A write stands where it ended.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.world().requests.clone()
    }

    /// Gives all that was asked since the last time, and forgets it.
    #[must_use]
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.world().requests)
    }

    /// Gives the largest number of writes that were under way at once.
    #[must_use]
    pub fn writes_in_flight_max(&self) -> usize {
        self.world().flying_max
    }

    /// Counts the observes so far that asked for what is there. A target that watches answers from what it knows, and at
    /// once, while nothing has changed.
    #[must_use]
    pub fn looks(&self) -> usize {
        self.world().looks
    }

    /// Counts the units that are watched for.
    #[must_use]
    pub fn watched_units(&self) -> usize {
        self.world().watched.len()
    }
}

/// What others do.
impl MemoryTarget {
    /// Puts an object there that nobody of ours wrote, in place of any that was there.
    pub fn put_foreign(&self, object: Object, owner: Option<Owner>) {
        self.world().put(object, owner, true, None);
    }

    /// Changes an object; says whether it was there. The owner stays. An edit that takes the identity away, or gives
    /// it another, is not made.
    pub fn edit(&self, id: &ObjectId, change: impl FnOnce(&mut Value)) -> bool {
        let mut world = self.world();
        let Some(stored) = world.objects.get(id) else { return false };
        let owner = stored.owner.clone();
        let Some(edited) = stored.body.edit(change).ok().filter(|edited| edited.id() == id) else {
            return false;
        };
        world.put(edited, owner, false, None);
        true
    }

    /// Lets an object own another, in place of one of the same identity: what a workload makes for itself. It is no object
    /// of the target that could be asked for; health checks see it.
    pub fn put_child(&self, of: &ObjectId, child: Object) {
        let mut world = self.world();
        let children = world.children.entry(of.clone()).or_default();
        children.retain(|had| had.id() != child.id());
        children.push(child);
        world.tell(of, None);
    }

    /// Sets `status` of an object; says whether it was there.
    pub fn set_status(&self, id: &ObjectId, status: Value) -> bool {
        self.edit(id, |body| {
            body.as_map_mut().map(|map| map.insert("status", status));
        })
    }

    /// Changes the owner of an object; says whether it was there. The one that owned it is told too.
    pub fn set_owner(&self, id: &ObjectId, owner: Option<Owner>) -> bool {
        let mut world = self.world();
        world.tell(id, None);
        let found = world.objects.get_mut(id).map(|stored| stored.owner = owner).is_some();
        world.touch(id);
        found
    }

    /// Lets somebody else hold the fields of `object` too, from now on: an apply that no longer has them leaves them.
    /// Says whether the object was there.
    pub fn hold_too(&self, object: &Object) -> bool {
        let mut world = self.world();
        world.objects.get_mut(object.id()).map(|stored| stored.held = Some(object.clone())).is_some()
    }

    /// Takes an object away; says whether it was there.
    pub fn remove(&self, id: &ObjectId) -> bool {
        self.world().take(id, None)
    }

    /// Sets the health of an object, from now on and whether or not it is there yet.
    pub fn set_health(&self, id: &ObjectId, health: Health) {
        let mut world = self.world();
        world.script.health.insert(id.clone(), Course::Fixed(health));
        world.touch(id);
    }

    /// Lets an object be progressing in the first `observes` looks after each change, and healthy from then on.
    pub fn healthy_after_observes(&self, id: &ObjectId, observes: u32) {
        self.world().script.health.insert(id.clone(), Course::AfterObserves(observes));
    }

    /// Lets an object be progressing for `wait` after each write, on the clock of the contexts, and healthy from then
    /// on. A watch is not told of it; a look is.
    pub fn healthy_after(&self, id: &ObjectId, wait: Duration) {
        self.world().script.health.insert(id.clone(), Course::AfterTime(wait));
    }

    /// Takes no two objects of a kind whose value at this field is the same: a write of the second is refused.
    pub fn exclude(&self, field: &[&str]) {
        self.world().script.exclusive = Some(field.iter().map(|name| (*name).into()).collect());
    }

    /// Holds the deletion of an object, as a finalizer does, until [`release`](Self::release).
    pub fn hold_deletes(&self, id: &ObjectId) {
        self.world().script.held.insert(id.clone());
    }

    /// Lets somebody else delete an object that these hold: it is still there, and going, until [`release`](Self::release).
    /// Says whether it was there.
    pub fn terminate(&self, id: &ObjectId, held_by: &[&str]) -> bool {
        let mut world = self.world();
        let Some(stored) = world.objects.get_mut(id) else { return false };
        stored.deletion = Some(Deletion::held_by(held_by.iter().map(|holder| (*holder).into()).collect()));
        world.script.held.insert(id.clone());
        world.touch(id);
        true
    }

    /// Holds the deletion of an object no longer; it goes now if it was told to.
    pub fn release(&self, id: &ObjectId) {
        let mut world = self.world();
        world.script.held.remove(id);
        if world.is_deleting(id) {
            world.take(id, None);
        }
    }

    /// Makes a kind (`Widget.example.org`) unknown, until [`define`](Self::define).
    pub fn undefine(&self, group_kind: &str) {
        self.world().script.undefined.insert(group_kind.into(), None);
    }

    /// Makes a kind unknown for as long as the object `by` is not there.
    pub fn defined_by(&self, group_kind: &str, by: &ObjectId) {
        self.world().script.undefined.insert(group_kind.into(), Some(by.clone()));
    }

    /// Makes a kind known again.
    pub fn define(&self, group_kind: &str) {
        self.world().script.undefined.remove(group_kind);
    }
}

/// What goes wrong.
impl MemoryTarget {
    /// Lets the next write of an object end in `error`, with nothing written. Several are taken in their order.
    pub fn fail_next_write(&self, id: &ObjectId, error: Error) {
        self.world().script.before_write.entry(id.clone()).or_default().push_back(error);
    }

    /// Lets the next write of an object be carried out and still end in `error`, as when the answer is lost.
    pub fn lose_next_write(&self, id: &ObjectId, error: Error) {
        self.world().script.after_write.entry(id.clone()).or_default().push_back(error.maybe_written());
    }

    /// Takes every call from now on and answers none, until [`come_up`](Self::come_up). What was asked ends with its
    /// context, and a write that ends so was not made.
    pub fn hang(&self) {
        self.world().hangs = true;
    }

    /// Answers again.
    pub fn come_up(&self) {
        self.world().hangs = false;
    }

    /// Lets the next observe end in `error`.
    pub fn fail_next_observe(&self, error: Error) {
        self.fail("observe", error);
    }

    /// Lets the next admission end in `error`.
    pub fn fail_next_admit(&self, error: Error) {
        self.fail("admit", error);
    }

    /// Lets the next question what else would go end in `error`.
    pub fn fail_next_takes(&self, error: Error) {
        self.fail("takes", error);
    }

    /// Lets the next prediction end in `error`.
    pub fn fail_next_predict(&self, error: Error) {
        self.fail("predict", error);
    }

    /// Lets the next list end in `error`.
    pub fn fail_next_list(&self, error: Error) {
        self.fail("list", error);
    }

    /// Makes an object unreadable, until [`heal`](Self::heal).
    pub fn fail_look(&self, id: &ObjectId, error: Error) {
        self.world().script.looks.insert(id.clone(), error);
    }

    /// Makes an object readable again, and its prediction possible.
    pub fn heal(&self, id: &ObjectId) {
        let mut world = self.world();
        world.script.looks.remove(id);
        world.script.refused.remove(id);
    }

    /// Lets the prediction of an object be a refusal, until [`heal`](Self::heal).
    pub fn refuse(&self, id: &ObjectId, error: Error) {
        self.world().script.refused.insert(id.clone(), error);
    }

    /// Says what else would go with an object, beside what lies in it as in a namespace.
    pub fn goes_with(&self, id: &ObjectId, taken: Vec<Taken>) {
        self.world().script.taken.insert(id.clone(), taken);
    }

    /// Lets predictions of an object name these conflicts.
    pub fn conflict(&self, id: &ObjectId, conflicts: Vec<Conflict>) {
        self.world().script.conflicts.insert(id.clone(), conflicts);
    }

    /// Lets every watch miss what may happen: all units are to look again.
    pub fn break_watches(&self) {
        self.world().watched.miss();
    }

    fn fail(&self, call: &'static str, error: Error) {
        self.world().script.whole.entry(call).or_default().push_back(error);
    }
}
