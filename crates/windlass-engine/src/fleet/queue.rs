//! Whose turn it is.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use windlass_core::{Text, UnitId};

/// Units that have something to do: tenants take turns, and the units of one tenant go in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<Text, VecDeque<UnitId>>,
    /// The tenants with units that wait, in the order of their turns.
    turns: VecDeque<Text>,
    inside: BTreeSet<UnitId>,
}

impl Queue {
    /// Lets a unit wait for its turn, unless it does already.
    pub(super) fn push(&mut self, tenant: &Text, unit: &UnitId) {
        if !self.inside.insert(unit.clone()) {
            return;
        }
        let waiting = self.waiting.entry(tenant.clone()).or_default();
        if waiting.is_empty() {
            self.turns.push_back(tenant.clone());
        }
        waiting.push_back(unit.clone());
    }

    /// Gives the unit whose turn it is.
    pub(super) fn pop(&mut self) -> Option<UnitId> {
        let tenant = self.turns.pop_front()?;
        let waiting = self.waiting.get_mut(&tenant)?;
        let unit = waiting.pop_front()?;
        if waiting.is_empty() {
            self.waiting.remove(&tenant);
        } else {
            self.turns.push_back(tenant);
        }
        self.inside.remove(&unit);
        Some(unit)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_take_turns_however_much_one_of_them_has_to_do() {
        let mut queue = Queue::default();
        for (tenant, name) in [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("a", "a1")] {
            queue.push(&tenant.into(), &UnitId::new(name).expect("a name"));
        }
        let order: Vec<String> = std::iter::from_fn(|| queue.pop()).map(|unit| unit.to_string()).collect();
        assert_eq!(order, ["a1", "b1", "a2", "a3"]);
        assert!(queue.is_empty());
    }
}
