//! What is known when a plan is made.

use std::collections::BTreeMap;

use windlass_core::{
    Error, Interest, Inventory, Item, Look, Node, ObjectId, Observed, Prediction, Revision, Text, UnitId,
    Warning,
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
}

impl Wanted {
    /// Wants an item that the target has nothing against.
    #[must_use]
    pub const fn new(item: Item) -> Self {
        Self { item, refused: None, until: None }
    }
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
    /// What is owned.
    pub inventory: Inventory,
    /// What was seen.
    pub observed: Observed,
    /// What writes would do; `None` where the target cannot predict, and what is wanted counts as the prediction.
    pub predictions: Option<BTreeMap<ObjectId, Prediction>>,
    /// What is worth saying.
    pub warnings: Vec<Warning>,
    /// Everything owned is to go: nothing is wanted, and no guard stands in the way.
    pub delete_all: bool,
}

impl Facts {
    /// Begins to gather.
    pub fn new(unit: UnitId, place: impl Into<Text>, inventory: Inventory) -> Self {
        Self {
            unit,
            place: place.into(),
            revision: None,
            wanted: Vec::new(),
            inventory,
            observed: Observed::default(),
            predictions: None,
            warnings: Vec::new(),
            delete_all: false,
        }
    }

    /// Says what has to be looked at: all that is wanted and all that is owned. The body of a wanted object may be left
    /// out where what is wanted has not changed and the live object has the stamp it had after the last write. What is
    /// not wanted any more is looked at whole: it may ask to be kept.
    #[must_use]
    pub fn interest(&self) -> Interest {
        let mut objects: BTreeMap<ObjectId, Look> = self
            .inventory
            .objects
            .iter()
            .map(|(id, owned)| (id.clone(), Look::new(owned.api_version.clone())))
            .collect();
        for wanted in &self.wanted {
            let object = &wanted.item.object;
            let known = self.inventory.objects.get(object.id());
            let known = known.filter(|owned| owned.wanted == object.digest()).and_then(|owned| owned.stamp);
            objects.insert(object.id().clone(), Look::new(object.api_version()).unless(known));
        }
        Interest { unit: self.unit.clone(), objects }
    }
}
