//! What is known when a plan is made.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{
    Digest, Error, Exclusion, HookRun, Interest, Inventory, Item, Key, Look, Node, Object, ObjectId,
    Observed, Prediction, Revision, Taken, Text, Timestamp, UnitId, Warning,
};

/// A wanted object, and what the target said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The item, its identity complete.
    pub item: Item,
    /// Why it cannot be planned.
    pub refused: Option<Error>,
    /// What must be healthy before its kind exists.
    pub until: Option<Node>,
    /// It named no namespace, and the target put it into this one.
    pub placed: Option<Text>,
}

impl Wanted {
    /// Wants an item that the target has nothing against.
    #[must_use]
    pub const fn new(item: Item) -> Self {
        Self { item, refused: None, until: None, placed: None }
    }
}

/// What other units that are rendered from the same source want at the same revision.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Siblings {
    /// The units that could be rendered.
    pub known: BTreeSet<UnitId>,
    /// The units that could not, each with the reason.
    pub unknown: BTreeMap<UnitId, Error>,
    /// Who of them wants which object.
    pub wants: BTreeMap<ObjectId, BTreeSet<UnitId>>,
}

/// What is known when a plan is made: gathered from source, renderer, target and state, and complete; making the plan
/// asks for nothing more.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Facts {
    /// The unit.
    pub unit: UnitId,
    /// The target's place.
    pub place: Text,
    /// The revision that was rendered.
    pub revision: Option<Revision>,
    /// What is wanted.
    pub wanted: Vec<Wanted>,
    /// By which digests are sealed that are kept or shown. Plans by two keys are the same but for their digests.
    pub key: Key,
    /// What is owned.
    pub inventory: Inventory,
    /// What was seen.
    pub observed: Observed,
    /// What writes would do; `None` where the target cannot predict, and what is wanted counts as the prediction.
    pub predictions: Option<BTreeMap<ObjectId, Prediction>>,
    /// What else would go with objects that are to be deleted.
    pub takes: BTreeMap<ObjectId, Vec<Taken>>,
    /// Which wanted objects exclude which that are to be deleted.
    pub exclusions: BTreeMap<ObjectId, Exclusion>,
    /// What other units of the source want, where an object changes hands.
    pub siblings: Siblings,
    /// Objects that a person wants to be left alone, and why.
    pub held: BTreeMap<ObjectId, Text>,
    /// The time, by which contests are measured.
    pub now: Timestamp,
    /// What is contested is repaired when the time for it has come; else at once, as somebody asked for the pass.
    pub patient: bool,
    /// Since when the unit is known by its name.
    pub since: Option<Timestamp>,
    /// The namespace that objects without one went into so far.
    pub default_namespace: Option<Text>,
    /// Hooks that ran.
    pub hooks: BTreeMap<ObjectId, HookRun>,
    /// What is worth saying.
    pub warnings: Vec<Warning>,
    /// Everything owned is to go: nothing is wanted but the hooks around the deletion, and no guard stands in the way.
    pub delete_all: bool,
    /// What was rendered beside these hooks: says what they need.
    pub beside_hooks: Vec<Item>,
}

impl Facts {
    /// Begins to gather. `inventory` is sealed by `key`.
    pub fn new(unit: UnitId, place: impl Into<Text>, inventory: Inventory, key: Key) -> Self {
        Self {
            unit,
            place: place.into(),
            revision: None,
            wanted: Vec::new(),
            key,
            inventory,
            observed: Observed::default(),
            predictions: None,
            takes: BTreeMap::new(),
            exclusions: BTreeMap::new(),
            now: Timestamp::default(),
            patient: false,
            siblings: Siblings::default(),
            held: BTreeMap::new(),
            since: None,
            default_namespace: None,
            hooks: BTreeMap::new(),
            warnings: Vec::new(),
            delete_all: false,
            beside_hooks: Vec::new(),
        }
    }

    /// Says what has to be looked at: all that is wanted and all that is owned. The body of a wanted object may be left
    /// out where what is wanted has not changed and the live object has the stamp it had after the last write. What is
    /// not wanted any more is looked at whole: it may ask to be kept.
    #[must_use]
    pub fn interest(&self) -> Interest {
        let owned = self.inventory.objects.iter();
        let owned = owned.map(|(id, owned)| (id.clone(), Look::new(owned.api_version.clone())));
        let wanted = self.wanted.iter().map(|wanted| {
            let object = &wanted.item.object;
            let known = self.inventory.objects.get(object.id());
            let known =
                known.filter(|owned| owned.wanted == self.digest(object)).and_then(|owned| owned.stamp);
            (object.id().clone(), Look::new(object.api_version()).unless(&self.key, known))
        });
        // Of two with one key the later one stays.
        let objects = owned.chain(wanted).collect();
        Interest { unit: self.unit.clone(), objects }
    }

    /// Digests a wanted object as the inventory keeps it.
    pub(crate) fn digest(&self, object: &Object) -> Digest {
        self.key.seal(object.digest())
    }

    /// Gives the owned objects that are not wanted any more, sorted.
    pub(crate) fn unwanted(&self) -> Vec<&ObjectId> {
        let mut wanted: Vec<&ObjectId> = self.wanted.iter().map(|wanted| wanted.item.id()).collect();
        wanted.sort();
        // Both are sorted, so that one walk along both finds what is missing.
        let mut wanted = wanted.into_iter().peekable();
        let is_unwanted = |id: &&ObjectId| {
            while wanted.next_if(|next| next < id).is_some() {}
            wanted.peek() != Some(id)
        };
        self.inventory.objects.keys().filter(is_unwanted).collect()
    }

    /// Digests all that is wanted: what hooks run for, once for each. Those around the deletion run for that, whatever they have
    /// become since it began. `None` where there are no hooks.
    pub(crate) fn run(&self) -> Option<Digest> {
        self.wanted.iter().find(|wanted| wanted.item.directives.hook.is_some())?;
        if self.delete_all {
            return Some(run_of_deletion(&self.key));
        }
        let mut wanted: Vec<String> = self
            .wanted
            .iter()
            .map(|wanted| format!("{} {}", wanted.item.id(), wanted.item.object.digest()))
            .collect();
        wanted.sort();
        Some(self.key.seal(Digest::of_parts(wanted.iter().map(String::as_bytes))))
    }

    /// Digests the hooks that run when the unit is deleted.
    pub(crate) fn deletion_hooks(&self) -> BTreeMap<ObjectId, Digest> {
        let hooks = self.wanted.iter().filter(|wanted| wanted.item.directives.hook_at_deletion().is_some());
        hooks.map(|wanted| (wanted.item.id().clone(), self.digest(&wanted.item.object))).collect()
    }
}

/// What hooks around the deletion run for. An ordinary pass forgets that they ran, so that each deletion is one of its own.
pub(crate) fn run_of_deletion(key: &Key) -> Digest {
    key.seal(Digest::of(b"the deletion of the unit"))
}
