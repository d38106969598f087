//! Several units, and which must come before which.

use std::collections::BTreeMap;

use windlass_core::{Error, ErrorKind, Limits, Result, UnitId};
use windlass_graph::{self as graph, Edge, Node, Order};

use super::check::nearest;
use super::load::{Asked, load};
use super::receiver::Receiver;
use super::unit::Unit;

/// Several units in order. A unit that waits for itself, or for one that is not there, is isolated: it has an error of
/// its own, and the others go on.
#[derive(Debug)]
pub(crate) struct Fleet {
    units: BTreeMap<UnitId, Unit>,
    isolated: BTreeMap<UnitId, Error>,
    order: Order<UnitId>,
    receivers: Vec<Receiver>,
}

impl Fleet {
    /// Reads the files that are asked for, and orders their units.
    ///
    /// # Errors
    /// As [`load`] and [`Fleet::new`].
    pub(crate) fn read(asked: &Asked, limits: &Limits) -> Result<Self> {
        let loaded = load(asked, limits)?;
        Ok(Self { receivers: loaded.receivers, ..Self::new(loaded.units)? })
    }

    /// Orders units by what they depend on.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for more units than can be ordered.
    pub(crate) fn new(units: Vec<Unit>) -> Result<Self> {
        let keys: Vec<UnitId> = units.iter().map(|unit| unit.id.clone()).collect();
        let edges: Vec<Edge<UnitId>> = units
            .iter()
            .flat_map(|unit| {
                unit.depends_on
                    .iter()
                    .map(|before| Edge::new(before.clone(), unit.id.clone(), "dependsOn").healthy())
            })
            .collect();
        let order = graph::order(&keys, &edges, &graph::Limits::default())
            .map_err(|over| Error::new(ErrorKind::Limit, "too many units to order").caused_by(over))?;
        let units: BTreeMap<UnitId, Unit> = units.into_iter().map(|unit| (unit.id.clone(), unit)).collect();
        let isolated = isolated(&units, &order);
        Ok(Self { units, isolated, order, receivers: Vec::new() })
    }

    /// Goes through the units in their order; those that have none come last.
    pub(crate) fn units(&self) -> impl Iterator<Item = &Unit> {
        let stages = self.order.stages();
        let ordered: Vec<UnitId> = stages.into_iter().flatten().collect();
        let rest: Vec<UnitId> = self.units.keys().filter(|id| !ordered.contains(id)).cloned().collect();
        ordered.into_iter().chain(rest).filter_map(|id| self.units.get(&id))
    }

    /// Gives the receivers that are beside the units.
    pub(crate) fn receivers(&self) -> &[Receiver] {
        &self.receivers
    }

    /// Gives what keeps a unit out of the order.
    pub(crate) fn isolation(&self, id: &UnitId) -> Option<&Error> {
        self.isolated.get(id)
    }

    /// Says whether there are no units.
    pub(crate) fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// Counts the units.
    pub(crate) fn len(&self) -> usize {
        self.units.len()
    }
}

fn isolated(units: &BTreeMap<UnitId, Unit>, order: &Order<UnitId>) -> BTreeMap<UnitId, Error> {
    let mut isolated = BTreeMap::new();
    for cycle in order.cycles() {
        let path: Vec<String> = cycle.path.iter().map(ToString::to_string).collect();
        for id in cycle.members.iter().filter_map(Node::key) {
            let Some(unit) = units.get(id) else { continue };
            let error = unit.draft.wrong(&["spec", "dependsOn"], "the units wait for one another");
            let error = error.with("cycle", path.join(" -> ")).with_help("remove one of these dependencies");
            isolated.insert(id.clone(), error);
        }
    }
    let names: Vec<&str> = units.keys().map(UnitId::as_str).collect();
    for dangling in order.dangling() {
        let unit = dangling.edge.after.key().and_then(|id| units.get(id));
        if let Some(unit) = unit {
            let error = unknown(unit, &dangling.missing, &names);
            let error = Error::all(isolated.remove(&unit.id).into_iter().chain([error]));
            isolated.extend(error.map(|error| (unit.id.clone(), error)));
        }
    }
    isolated
}

fn unknown(unit: &Unit, missing: &UnitId, names: &[&str]) -> Error {
    let at = unit.depends_on.iter().position(|id| id == missing).unwrap_or_default().to_string();
    let others: Vec<&str> = names.iter().copied().filter(|name| *name != unit.id.as_str()).collect();
    let hint = nearest(missing.as_str(), &others)
        .map(|name| format!(", did you mean `{name}`?"))
        .unwrap_or_default();
    unit.draft
        .wrong(
            &["spec", "dependsOn", &at],
            format!("depends on the unit `{missing}`, which is not here{hint}"),
        )
        .with_help("name the file of that unit with another -f, or take the dependency out")
}
