//! What is in the target, and what writes do to it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use windlass_core::{
    Conflict, Deletion, Error, ErrorKind, Expect, Health, HealthStatus, Interest, Live, Look, Mode, Object,
    ObjectId, Observation, Owner, Result, Taken, Text, UnitId, Version, Write, Written,
};

use super::merge;
use super::watch::Watched;

/// What holds a deletion where the test does not say.
const HOLDER: &str = "testkit";

#[derive(Default)]
pub(super) struct World {
    versions: u64,
    pub(super) objects: BTreeMap<ObjectId, Stored>,
    /// What objects own, by their owner.
    pub(super) children: BTreeMap<ObjectId, Vec<Object>>,
    pub(super) script: Script,
    pub(super) watched: Watched,
    pub(super) requests: Vec<String>,
    pub(super) looks: usize,
    pub(super) hangs: bool,
    pub(super) writes: Vec<String>,
    flying: usize,
    pub(super) flying_max: usize,
}

pub(super) struct Stored {
    pub(super) body: Object,
    /// The last payload of an apply: whose fields an apply may take out.
    applied: Option<Object>,
    /// What somebody else holds too, so that no apply takes it out.
    pub(super) held: Option<Object>,
    pub(super) owner: Option<Owner>,
    version: u64,
    uid: u64,
    pub(super) deletion: Option<Deletion>,
    observes: u32,
    changed: Duration,
    /// When a write created it.
    pub(super) created: Option<Duration>,
}

/// What the test said shall happen.
#[derive(Default)]
pub(super) struct Script {
    pub(super) whole: BTreeMap<&'static str, VecDeque<Error>>,
    pub(super) looks: BTreeMap<ObjectId, Error>,
    pub(super) before_write: BTreeMap<ObjectId, VecDeque<Error>>,
    pub(super) after_write: BTreeMap<ObjectId, VecDeque<Error>>,
    pub(super) refused: BTreeMap<ObjectId, Error>,
    pub(super) conflicts: BTreeMap<ObjectId, Vec<Conflict>>,
    pub(super) health: BTreeMap<ObjectId, Course>,
    pub(super) held: BTreeSet<ObjectId>,
    pub(super) taken: BTreeMap<ObjectId, Vec<Taken>>,
    /// The field of which no two objects of a kind may have the same value.
    pub(super) exclusive: Option<Vec<Text>>,
    /// Kinds that are not there, and the object that brings them, if any does.
    pub(super) undefined: BTreeMap<Text, Option<ObjectId>>,
}

/// How the health of an object goes.
pub(super) enum Course {
    Fixed(Health),
    AfterObserves(u32),
    AfterTime(Duration),
}

impl World {
    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }

    pub(super) fn note(&mut self, request: String) {
        self.requests.push(request);
    }

    pub(super) fn take_off(&mut self) {
        self.flying += 1;
        self.flying_max = self.flying_max.max(self.flying);
    }

    pub(super) fn land(&mut self) {
        self.flying = self.flying.saturating_sub(1);
    }

    /// Gives the error that the test wants of the next call of this name.
    pub(super) fn fail_whole(&mut self, call: &str) -> Result<()> {
        self.script.whole.get_mut(call).and_then(VecDeque::pop_front).map_or(Ok(()), Err)
    }

    /// Gives what brings the kind of `id`, where the kind is not there yet.
    pub(super) fn missing_kind(&self, id: &ObjectId) -> Option<Option<&ObjectId>> {
        let by = self.script.undefined.get(id.group_kind().as_str())?;
        let there = by.as_ref().is_some_and(|by| self.objects.contains_key(by));
        (!there).then_some(by.as_ref())
    }

    pub(super) fn look(&mut self, id: &ObjectId, look: &Look, now: Duration) -> Observation {
        if let Some(error) = self.script.looks.get(id) {
            return Observation::Unreadable(error.clone());
        }
        if self.missing_kind(id).is_some() {
            return Observation::Undefined;
        }
        if let Some(stored) = self.objects.get_mut(id) {
            stored.observes = stored.observes.saturating_add(1);
        }
        let Some(mut live) = self.live(id, now) else { return Observation::Absent };
        if !look.knows(live.stamp) {
            live.body = self.objects.get(id).map(|stored| stored.body.clone());
        }
        Observation::Live(live)
    }

    pub(super) fn orphans(&self, interest: &Interest, now: Duration) -> Vec<Live> {
        let ours = |stored: &Stored| stored.owner.as_ref().is_some_and(|owner| owner.is_of(&interest.unit));
        self.objects
            .iter()
            .filter(|(id, stored)| ours(stored) && !interest.objects.contains_key(*id))
            .filter_map(|(id, _)| self.live(id, now))
            .collect()
    }

    /// Gives an object as it is now, without its body.
    pub(super) fn live(&self, id: &ObjectId, now: Duration) -> Option<Live> {
        let stored = self.objects.get(id)?;
        Some(Live {
            id: id.clone(),
            version: Version::new(stored.version.to_string()),
            stamp: merge::stamp(stored.body.body()),
            uid: Some(stored.uid()),
            owner: stored.owner.clone(),
            deletion: stored.deletion.clone(),
            health: self.script.health.get(id).map(|course| course.health(stored, now)),
            body: None,
        })
    }

    pub(super) fn write(&mut self, write: &Write, now: Duration) -> Result<Written> {
        let id = write.id();
        if let Some(error) = self.script.before_write.get_mut(id).and_then(VecDeque::pop_front) {
            return Err(error);
        }
        if self.missing_kind(id).is_some() {
            return Err(Error::new(ErrorKind::Undefined, "the kind is not known").with("object", id));
        }
        let done = match write {
            Write::Apply { payload, mode, expect, owner, .. } => {
                self.check_expect(id, expect, "apply")?;
                self.check_room(payload)?;
                self.apply(payload, *mode, owner, now)
            }
            Write::Delete { expect, .. } => self.delete(id, expect)?,
            _ => return Err(Error::new(ErrorKind::Unsupported, "a write of an unknown sort")),
        };
        self.script.after_write.get_mut(id).and_then(VecDeque::pop_front).map_or(Ok(done), Err)
    }

    /// Gives the objects that exclude this one.
    pub(super) fn excluding(&self, payload: &Object) -> Vec<ObjectId> {
        let Some(field) = &self.script.exclusive else { return Vec::new() };
        let path: Vec<&str> = field.iter().map(Text::as_str).collect();
        let (id, value) = (payload.id(), payload.body().at(&path));
        let excludes = |other: &ObjectId, stored: &Stored| {
            (&other.group, &other.kind) == (&id.group, &id.kind)
                && other != id
                && stored.body.body().at(&path) == value
        };
        let others = self.objects.iter().filter(|(other, stored)| value.is_some() && excludes(other, stored));
        others.map(|(other, _)| other.clone()).collect()
    }

    pub(super) fn check_room(&self, payload: &Object) -> Result<()> {
        match self.excluding(payload).first() {
            None => Ok(()),
            Some(by) => Err(Error::new(ErrorKind::Invalid, "the value is taken").with("by", by)),
        }
    }

    fn check_expect(&self, id: &ObjectId, expect: &Expect, verb: &str) -> Result<()> {
        let stored = self.objects.get(id);
        let holds = match expect {
            Expect::Absent => stored.is_none(),
            Expect::At(version) => stored.is_some_and(|stored| version.0 == *stored.version.to_string()),
            Expect::Uid(uid) => stored.is_some_and(|stored| *uid == stored.uid()),
            Expect::Any => true,
            _ => return Err(Error::new(ErrorKind::Unsupported, "an expectation of an unknown sort")),
        };
        if holds {
            return Ok(());
        }
        let found = stored.map_or("absent".into(), |stored| stored.version.to_string());
        Err(Error::new(ErrorKind::Conflict, "the object is not as expected")
            .with("object", id)
            .with("verb", verb)
            .with("found", found))
    }

    fn apply(&mut self, payload: &Object, mode: Mode, owner: &Owner, now: Duration) -> Written {
        let id = payload.id();
        let after = self.after(payload, mode, owner);
        let create = !self.objects.contains_key(id);
        if let Some(stored) = self.objects.get_mut(id) {
            let left_alone = mode == Mode::CreateOnly;
            if !left_alone {
                stored.applied = Some(payload.clone());
            }
            if left_alone
                || (mode != Mode::Renew && after == stored.body && stored.owner.as_ref() == Some(owner))
            {
                return self.live(id, now).map_or(Written::Gone, Written::Unchanged);
            }
        }
        let renewed = create || matches!(mode, Mode::Recreate | Mode::Renew);
        self.put(after, Some(owner.clone()), renewed, Some(now));
        if let Some(stored) = self.objects.get_mut(id) {
            stored.applied = Some(payload.clone());
        }
        self.writes.push(format!("{} {id}", if create { "create" } else { "change" }));
        let made = if create { Written::Created } else { Written::Changed };
        self.live(id, now).map_or(Written::Gone, made)
    }

    /// Gives what an apply would make of the object.
    pub(super) fn after(&self, payload: &Object, mode: Mode, owner: &Owner) -> Object {
        let Some(stored) = self.objects.get(payload.id()) else { return payload.clone() };
        match mode {
            Mode::Replace | Mode::Recreate | Mode::Renew => payload.clone(),
            Mode::CreateOnly => stored.body.clone(),
            _ => {
                let own = stored.owner.as_ref() == Some(owner);
                let applied = stored.applied.as_ref().filter(|_| own).map(|applied| &**applied.body());
                let held = stored.held.as_ref().map(|held| &**held.body());
                let body = merge::apply(stored.body.body(), applied, held, payload.body());
                Object::new(body).unwrap_or_else(|_| payload.clone())
            }
        }
    }

    fn delete(&mut self, id: &ObjectId, expect: &Expect) -> Result<Written> {
        if !self.objects.contains_key(id) {
            return Ok(Written::Gone);
        }
        self.check_expect(id, expect, "delete")?;
        if !self.script.held.contains(id) {
            self.writes.push(format!("delete {id}"));
            let by = self.objects.get(id).and_then(Stored::unit);
            self.take(id, by.as_ref());
            return Ok(Written::Gone);
        }
        let version = self.versions + 1;
        let Some(stored) = self.objects.get_mut(id) else { return Ok(Written::Gone) };
        if stored.deletion.is_none() {
            stored.deletion = Some(Deletion::held_by(vec![HOLDER.into()]));
            stored.version = version;
            self.versions = version;
            self.writes.push(format!("deleting {id}"));
        }
        let version = Version::new(self.objects.get(id).map_or(version, |stored| stored.version).to_string());
        let by = self.objects.get(id).and_then(Stored::unit);
        self.tell(id, by.as_ref());
        Ok(Written::Deleting(version))
    }

    /// Puts an object there, at a new version. Without a time, it counts as changed when it last was.
    pub(super) fn put(&mut self, body: Object, owner: Option<Owner>, renewed: bool, now: Option<Duration>) {
        self.versions += 1;
        let id = body.id().clone();
        let old = self.objects.remove(&id).filter(|_| !renewed);
        let uid = old.as_ref().map_or(self.versions, |old| old.uid);
        let changed = now.or(old.as_ref().map(|old| old.changed)).unwrap_or_default();
        let deletion = old.as_ref().and_then(|old| old.deletion.clone());
        let created = old.as_ref().map_or(now, |old| old.created);
        let (applied, held) = old.map_or((None, None), |old| (old.applied, old.held));
        let version = self.versions;
        let stored =
            Stored { body, applied, held, owner, version, uid, deletion, observes: 0, changed, created };
        let by = now.is_some().then(|| stored.unit()).flatten();
        self.objects.insert(id.clone(), stored);
        self.tell(&id, by.as_ref());
    }

    /// Takes an object away; `by` a unit that knows of it already.
    pub(super) fn take(&mut self, id: &ObjectId, by: Option<&UnitId>) -> bool {
        let Some(old) = self.objects.remove(id) else { return false };
        self.children.remove(id);
        self.versions += 1;
        self.watched.note(id, old.owner.as_ref(), by);
        true
    }

    pub(super) fn is_deleting(&self, id: &ObjectId) -> bool {
        self.objects.get(id).is_some_and(|stored| stored.deletion.is_some())
    }

    /// Gives an object a new version without any other change, as a write of its status does.
    pub(super) fn touch(&mut self, id: &ObjectId) {
        if let Some(stored) = self.objects.get_mut(id) {
            self.versions += 1;
            stored.version = self.versions;
        }
        self.tell(id, None);
    }

    pub(super) fn tell(&mut self, id: &ObjectId, by: Option<&UnitId>) {
        if let Some(stored) = self.objects.get(id) {
            self.watched.note(id, stored.owner.as_ref(), by);
        }
    }
}

impl Stored {
    /// Gives the unit that owns the object.
    fn unit(&self) -> Option<UnitId> {
        match &self.owner {
            Some(Owner::Unit(unit)) => Some(unit.clone()),
            _ => None,
        }
    }

    fn uid(&self) -> Text {
        format!("uid-{}", self.uid).into()
    }
}

impl Course {
    fn health(&self, stored: &Stored, now: Duration) -> Health {
        let there = match self {
            Self::Fixed(health) => return health.clone(),
            Self::AfterObserves(count) => stored.observes > *count,
            Self::AfterTime(wait) => now.saturating_sub(stored.changed) >= *wait,
        };
        if there { Health::healthy() } else { Health::new(HealthStatus::Progressing, "not there yet") }
    }
}
