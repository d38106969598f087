//! What a view knows of the objects that one look asks for.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{Live, ObjectId, Observation, UnitId, Value};

use super::scope::Status;
use super::table::{Entry, Table};
use crate::live::Reader;
use crate::resource::Resource;

/// What is asked for, by kind.
pub(crate) type Sought<'a> = BTreeMap<Resource, Vec<&'a ObjectId>>;

/// What a view knows of an object.
#[derive(Debug)]
pub(crate) enum Found {
    /// It is there; the body is left out of `live`. Where it was changed and nobody has written it since, `told` is the object
    /// as a watch told of it.
    Live { live: Box<Live>, told: Option<Value> },
    /// It is not among what carries our label. Where `listable` is false nobody listed, so it may carry it all the same.
    Elsewhere { listable: bool },
    /// The server does not know the path, or the objects cannot be listed.
    Answer(Box<Observation>),
}

impl Found {
    /// Gives it away, and leaves in its place that nobody looked.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Elsewhere { listable: false })
    }
}

/// What a view knows, at one moment.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) found: BTreeMap<ObjectId, Found>,
    /// What the unit owns beside that, by its label.
    pub(crate) orphans: Vec<Live>,
}

impl Seen {
    pub(super) fn add(&mut self, table: &Table, unit: &UnitId, ids: &[&ObjectId], reader: &Reader<'_>) {
        let asked: BTreeSet<&ObjectId> = ids.iter().copied().collect();
        let mut found = asked.iter().map(|id| ((*id).clone(), table.found(id, reader))).collect();
        self.found.append(&mut found);
        let beside =
            table.owned_by(unit).filter(|entry| !asked.contains(&entry.live.id) && !entry.controlled);
        self.orphans.extend(beside.map(|entry| entry.shown(reader)));
    }
}

impl Table {
    fn found(&self, id: &ObjectId, reader: &Reader<'_>) -> Found {
        let answer = |observation| Found::Answer(Box::new(observation));
        let scope = self.narrow.as_ref().map_or(Some(&self.wide), |scopes| scopes.get(&*id.namespace));
        match scope.map(|scope| &scope.status) {
            Some(Status::Current) => match self.get(id) {
                Some(entry) => Found::Live {
                    live: Box::new(entry.shown(reader)),
                    told: entry.told.as_ref().map(|told| told.body.clone()),
                },
                None => Found::Elsewhere { listable: true },
            },
            Some(Status::Broken(error)) => answer(Observation::Unreadable(error.clone())),
            Some(Status::Unserved) => answer(Observation::Undefined),
            Some(Status::Denied | Status::Starting) | None => Found::Elsewhere { listable: false },
        }
    }
}

impl Entry {
    /// Gives the object without its body, as it is now.
    pub(super) fn shown(&self, reader: &Reader<'_>) -> Live {
        let mut live = self.live.clone();
        if let Some(whole) = &self.whole {
            live.health = reader.assess(whole, self.children.as_deref().unwrap_or_default());
        }
        live
    }
}
