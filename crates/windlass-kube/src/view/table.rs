//! The objects of one kind that carry our label, and whom each of them concerns. Pure: it is told what happened.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use windlass_core::{Live, Object, ObjectId, Owner, Text, UnitId, Value, Version};

use super::scope::Scope;

/// A watched unit, by number.
pub(super) type UnitNo = u32;

/// One object as it is kept: no body, unless its health may change without it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Without its body.
    pub(super) live: Live,
    /// The object as it came, kept only while it is not ready: its health then depends on time and on its children.
    pub(super) whole: Option<Box<Object>>,
    /// The number in the version; `None` where it is not a number, as some aggregated APIs have it.
    pub(super) revision: Option<u64>,
    /// A controller made it, and may have copied our label from what owns it.
    pub(super) controlled: bool,
    /// What it owns, as far as it was looked at; `None` before that.
    pub(super) children: Option<Vec<Object>>,
    /// How often its children were looked at since it changed, and when they are again.
    pub(super) visits: u32,
    pub(super) next_visit: Duration,
    /// The object as a watch told of it, kept where it was changed until it is written or told of anew: who looks at what has
    /// changed needs it whole.
    pub(super) told: Option<Box<Told>>,
}

/// An object as a watch told of it, with its `managedFields`.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) body: Value,
    /// How many bytes the watch wrote it in.
    pub(super) bytes: usize,
}

/// Bytes of the objects of one kind that are kept whole because they were changed.
const TOLD_BYTES_MAX: usize = 8 << 20;

/// Whom something concerns.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// Units that ask for the object.
    pub(super) askers: BTreeSet<UnitNo>,
    /// Units that own or owned it.
    pub(super) owners: BTreeSet<UnitId>,
}

#[derive(Debug, Default)]
struct Slot {
    entry: Option<Box<Entry>>,
    askers: Vec<UnitNo>,
    /// The uid of an object that we deleted: what still comes of it is old.
    gone: Option<Text>,
}

/// The objects of one kind.
#[derive(Default)]
pub(super) struct Table {
    slots: HashMap<ObjectId, Slot>,
    owned: HashMap<UnitId, HashSet<ObjectId>>,
    /// Bytes of what is kept whole because it was changed.
    told_bytes: usize,
    /// The units that need the kind.
    pub(super) units: BTreeSet<UnitNo>,
    /// How objects of all namespaces, or of a kind without namespaces, are kept up to date.
    pub(super) wide: Scope,
    /// How those of single namespaces are, where not all may be listed.
    pub(super) narrow: Option<BTreeMap<Text, Scope>>,
}

impl Table {
    pub(super) fn get(&self, id: &ObjectId) -> Option<&Entry> {
        self.slots.get(id)?.entry.as_deref()
    }

    pub(super) fn get_mut(&mut self, id: &ObjectId) -> Option<&mut Entry> {
        self.slots.get_mut(id)?.entry.as_deref_mut()
    }

    /// Says whether a unit asks for an object that is there: it will look at it if it has changed.
    pub(super) fn is_asked_for(&self, id: &ObjectId) -> bool {
        self.slots.get(id).is_some_and(|slot| slot.entry.is_some() && !slot.askers.is_empty())
    }

    /// Says whether all there is to know of an object at this version is known: it comes back from a write of ours.
    pub(super) fn knows(&self, id: &ObjectId, version: &Version) -> bool {
        self.get(id).is_some_and(|entry| {
            entry.live.version == *version && (entry.whole.is_some() || !is_open(&entry.live))
        })
    }

    /// Gives what a unit owns.
    pub(super) fn owned_by(&self, unit: &UnitId) -> impl Iterator<Item = &Entry> {
        self.owned.get(unit).into_iter().flatten().filter_map(|id| self.get(id))
    }

    /// Gives the objects that are not ready, in order.
    pub(super) fn not_ready(&self) -> Vec<ObjectId> {
        let entries = self.slots.values().filter_map(|slot| slot.entry.as_deref());
        let open = entries.filter(|entry| entry.whole.is_some());
        let mut ids: Vec<ObjectId> = open.map(|entry| entry.live.id.clone()).collect();
        ids.sort();
        ids
    }

    pub(super) fn ask(&mut self, unit: UnitNo, id: &ObjectId) {
        self.slots.entry(id.clone()).or_default().askers.push(unit);
    }

    pub(super) fn ask_no_more(&mut self, unit: UnitNo, id: &ObjectId) {
        if let Some(slot) = self.slots.get_mut(id) {
            slot.askers.retain(|asker| *asker != unit);
            if slot.is_empty() {
                self.slots.remove(id);
            }
        }
    }

    /// Takes what the server says of an object, unless something newer is known.
    pub(super) fn put(&mut self, mut entry: Entry, news: &mut News) {
        let slot = self.slots.entry(entry.live.id.clone()).or_default();
        if slot.gone.is_some() && slot.gone == entry.live.uid {
            return;
        }
        if let Some(old) = slot.entry.take() {
            if !is_newer(&entry, &old) {
                let whole = entry.whole.filter(|_| old.live.version == entry.live.version);
                slot.entry = Some(Box::new(Entry { whole: whole.or(old.whole), ..*old }));
                return;
            }
            if differ(&old.live, &entry.live) {
                news.add(slot, [old.live.owner.as_ref(), entry.live.owner.as_ref()]);
            }
            disown(&mut self.owned, &old.live);
            self.told_bytes -= bytes_of(&old);
            // A version alone, such as of a status, takes nothing from a change that nobody has undone.
            let changed = old.told.is_some() || old.live.stamp != entry.live.stamp;
            let has_room = |told: &Told| self.told_bytes + told.bytes <= TOLD_BYTES_MAX;
            entry.told = entry.told.filter(|told| changed && has_room(told));
            let children = old.children.filter(|_| old.live.uid == entry.live.uid);
            entry.children = entry.children.or(children);
        } else {
            entry.told = None;
            news.add(slot, [entry.live.owner.as_ref()]);
        }
        slot.gone = None;
        if let Some(Owner::Unit(unit)) = &entry.live.owner {
            self.owned.entry(unit.clone()).or_default().insert(entry.live.id.clone());
        }
        self.told_bytes += bytes_of(&entry);
        slot.entry = Some(Box::new(entry));
    }

    /// Takes that an object is gone, or carries our label no more, as of `revision`.
    pub(super) fn remove(&mut self, id: &ObjectId, revision: Option<u64>, news: &mut News) {
        let Some(slot) = self.slots.get_mut(id) else { return };
        let outdated =
            |entry: &Entry| matches!((entry.revision, revision), (Some(have), Some(at)) if have > at);
        if slot.entry.as_deref().is_some_and(outdated) {
            return;
        }
        slot.gone = None;
        if let Some(old) = slot.entry.take() {
            news.add(slot, [old.live.owner.as_ref()]);
            disown(&mut self.owned, &old.live);
            self.told_bytes -= bytes_of(&old);
        }
        if slot.is_empty() {
            self.slots.remove(id);
        }
    }

    /// Takes that we deleted an object: what is still to come of it is old.
    pub(super) fn deleted(&mut self, id: &ObjectId, uid: Option<Text>, news: &mut News) {
        let uid = uid.or_else(|| self.get(id)?.live.uid.clone());
        self.remove(id, None, news);
        if uid.is_some() {
            self.slots.entry(id.clone()).or_default().gone = uid;
        }
    }

    /// Takes a whole list of a namespace, or of all where it is empty. What was written after the list was made stays.
    pub(super) fn replace(
        &mut self,
        namespace: &str,
        revision: Option<u64>,
        entries: Vec<Entry>,
        news: &mut News,
    ) {
        let listed: HashSet<&ObjectId> = entries.iter().map(|entry| &entry.live.id).collect();
        let inside = |id: &ObjectId| namespace.is_empty() || id.namespace == *namespace;
        let missing: Vec<ObjectId> =
            self.slots.keys().filter(|id| inside(id) && !listed.contains(id)).cloned().collect();
        missing.iter().for_each(|id| self.remove(id, revision, news));
        entries.into_iter().for_each(|entry| self.put(entry, news));
    }

    /// Gives whom an object concerns.
    pub(super) fn concerns(&self, id: &ObjectId, news: &mut News) {
        if let Some(slot) = self.slots.get(id) {
            news.add(slot, [slot.entry.as_deref().and_then(|entry| entry.live.owner.as_ref())]);
        }
    }

    /// Forgets what nobody keeps up to date any more.
    pub(super) fn forget(&mut self, namespace: &str) {
        self.replace(namespace, None, Vec::new(), &mut News::default());
    }
}

impl Slot {
    fn is_empty(&self) -> bool {
        self.entry.is_none() && self.askers.is_empty() && self.gone.is_none()
    }
}

impl News {
    pub(super) fn is_empty(&self) -> bool {
        self.askers.is_empty() && self.owners.is_empty()
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.askers.extend(other.askers);
        self.owners.extend(other.owners);
    }

    fn add<const N: usize>(&mut self, slot: &Slot, owners: [Option<&Owner>; N]) {
        self.askers.extend(&slot.askers);
        let units = owners.into_iter().flatten().filter_map(|owner| match owner {
            Owner::Unit(unit) => Some(unit.clone()),
            _ => None,
        });
        self.owners.extend(units);
    }
}

/// Says whether the health of an object may change without it.
pub(super) fn is_open(live: &Live) -> bool {
    live.health.as_ref().is_some_and(|health| !health.is_ready())
}

fn bytes_of(entry: &Entry) -> usize {
    entry.told.as_ref().map_or(0, |told| told.bytes)
}

fn is_newer(new: &Entry, old: &Entry) -> bool {
    match (new.revision, old.revision) {
        (Some(new), Some(old)) => new > old,
        _ => new.live.version != old.live.version,
    }
}

/// Says whether anybody could have a reason to look again: a version alone is none.
fn differ(old: &Live, new: &Live) -> bool {
    (&old.stamp, &old.uid, &old.owner, &old.deletion, &old.health)
        != (&new.stamp, &new.uid, &new.owner, &new.deletion, &new.health)
}

fn disown(owned: &mut HashMap<UnitId, HashSet<ObjectId>>, live: &Live) {
    let Some(Owner::Unit(unit)) = &live.owner else { return };
    if let Some(ids) = owned.get_mut(unit) {
        ids.remove(&live.id);
        if ids.is_empty() {
            owned.remove(unit);
        }
    }
}

/// What a unit asked for of one kind.
#[derive(Default)]
pub(super) struct Asked {
    /// When the kind was asked for last.
    pub(super) at: Duration,
    pub(super) objects: HashMap<ObjectId, Ask>,
}

/// One object that a unit asked for.
#[derive(Clone, Copy)]
pub(super) struct Ask {
    /// The look that asked for it last.
    pub(super) look: u64,
    /// It was not among what carries our label, so no watch tells of it.
    pub(super) unwatched: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_core::{Digest, Stamp, Version};

    fn id(name: &str) -> ObjectId {
        ObjectId::new("", "ConfigMap", "a", name)
    }

    fn entry(name: &str, revision: u64, content: &str, owner: &str) -> Entry {
        let live = Live {
            id: id(name),
            version: Version::new(format!("{revision}@u-{name}")),
            stamp: Stamp(Digest::of(content.as_bytes())),
            uid: Some(format!("u-{name}").into()),
            owner: Some(Owner::named(owner)),
            deletion: None,
            health: None,
            body: None,
        };
        Entry {
            live,
            whole: None,
            revision: Some(revision),
            controlled: false,
            children: None,
            visits: 0,
            next_visit: Duration::ZERO,
            told: None,
        }
    }

    fn put(table: &mut Table, entry: Entry) -> String {
        told(|news| table.put(entry, news))
    }

    fn told(change: impl FnOnce(&mut News)) -> String {
        let mut news = News::default();
        change(&mut news);
        let askers = news.askers.iter().map(ToString::to_string);
        let owners = news.owners.iter().map(ToString::to_string);
        askers.chain(owners).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_change_concerns_who_asks_and_who_owned_and_owns_it() {
        let mut table = Table::default();
        table.ask(7, &id("x"));
        assert_eq!(put(&mut table, entry("x", 5, "one", "web")), "7 web");
        assert_eq!(put(&mut table, entry("x", 6, "two", "shop")), "7 shop web");
        assert_eq!(table.owned_by(&UnitId::new("web").unwrap()).count(), 0);
        table.ask_no_more(7, &id("x"));
        assert_eq!(told(|news| table.remove(&id("x"), Some(7), news)), "shop");
        assert!(table.slots.is_empty() && table.owned.is_empty(), "nothing is left behind");
    }

    #[test]
    fn an_echo_something_older_and_a_version_alone_concern_nobody() {
        let mut table = Table::default();
        put(&mut table, entry("x", 5, "one", "web"));
        assert_eq!(put(&mut table, entry("x", 5, "one", "web")), "", "an echo");
        assert_eq!(put(&mut table, entry("x", 4, "zero", "web")), "", "something older");
        assert_eq!(put(&mut table, entry("x", 6, "one", "web")), "", "a version alone");
        assert_eq!(table.get(&id("x")).unwrap().revision, Some(6));
        assert_eq!(told(|news| table.remove(&id("x"), Some(5), news)), "", "an old delete");
        assert!(table.get(&id("x")).is_some());
    }

    #[test]
    fn what_we_deleted_does_not_come_back_by_an_old_event() {
        let mut table = Table::default();
        put(&mut table, entry("x", 5, "one", "web"));
        table.deleted(&id("x"), None, &mut News::default());
        put(&mut table, entry("x", 6, "two", "web"));
        assert!(table.get(&id("x")).is_none(), "it was changed before it was deleted");
        assert_eq!(told(|news| table.remove(&id("x"), Some(7), news)), "", "its echo");
        assert!(table.slots.is_empty());
    }

    #[test]
    fn a_list_takes_out_what_it_does_not_have_but_not_what_was_written_after_it() {
        let mut table = Table::default();
        put(&mut table, entry("old", 5, "one", "web"));
        put(&mut table, entry("new", 9, "one", "shop"));
        let list = vec![entry("x", 4, "one", "web")];
        assert_eq!(told(|news| table.replace("", Some(7), list, news)), "web");
        let left = |name| table.get(&id(name)).is_some();
        assert_eq!((left("old"), left("new"), left("x")), (false, true, true));
        table.forget("b");
        assert!(table.get(&id("x")).is_some(), "another namespace");
        table.forget("a");
        assert!(table.slots.is_empty());
    }
}
