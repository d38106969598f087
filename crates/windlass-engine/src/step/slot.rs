//! One object of the plan while it is carried out.

use std::collections::BTreeMap;
use std::time::Duration;

use windlass_core::{
    Action, Error, ErrorKind, Gate, Health, Mode, Node, ObjectId, Outcome, Phase as HookPhase, Plan, Result,
    Verb,
};
use windlass_graph as graph;

/// Where the whole pass is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The intent is being saved.
    Intent,
    /// Objects are written as their gates open.
    Applying,
    /// What was written is being saved, before anything is deleted that excludes what is left to write.
    Clearing,
    /// That is deleted.
    MakingWay,
    /// Something has failed, and the hooks for that run.
    Failing,
    /// What was written is being saved, before anything is deleted.
    Settling,
    /// Objects are deleted, rank by rank.
    Pruning,
    /// What is not healthy yet is waited for.
    Waiting,
    /// The last save is under way.
    Closing,
    /// The last save failed.
    Closed,
    /// Nothing is left to do but to say so.
    Done,
    /// It was said.
    Finished,
}

/// One object of the plan while it is carried out.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) action: Action,
    pub(super) outcome: Option<Outcome>,
    pub(super) health: Option<Health>,
    /// How often its write, or the look before one, was begun.
    pub(super) attempts: u32,
    /// Its write was begun at least once.
    pub(super) sent: bool,
    /// What the last attempt ended in, where another one is to come.
    pub(super) error: Option<Error>,
    /// A write is under way.
    pub(super) busy: bool,
    /// It was written or was as wanted; until when its health, or its going, is waited for.
    pub(super) deadline: Option<Duration>,
    /// Something waits for it to be healthy.
    pub(super) gates: bool,
    /// It names the unit as its owner, or will once it is written.
    pub(super) ours: bool,
    /// A hook that has ended is being deleted.
    pub(super) cleaning: bool,
    /// A hook that has ended was deleted.
    pub(super) cleaned: bool,
    /// A hook's own object goes with the unit; what became of the hook before that.
    pub(super) leaving: Option<Outcome>,
}

impl Slot {
    pub(super) fn new(action: &Action) -> Self {
        let outcome = match &action.verb {
            Verb::Keep { why } => Some(Outcome::Kept { why: why.clone() }),
            Verb::Skip { why } => Some(Outcome::Skipped { why: why.clone() }),
            Verb::Refuse { error } => Some(Outcome::Failed { error: error.clone() }),
            _ => None,
        };
        Self {
            action: action.clone(),
            outcome,
            health: action.health.clone(),
            attempts: 0,
            sent: false,
            error: None,
            busy: false,
            deadline: None,
            gates: action.hook.is_some(),
            cleaning: false,
            cleaned: false,
            leaving: None,
            // What is only to be created and was there before is left alone, unstamped.
            ours: action.verb != Verb::Unchanged || action.owned.stamp.is_some(),
        }
    }

    /// It is wanted, so it is part of the order.
    pub(super) fn is_wanted(&self) -> bool {
        self.action.origin.is_some()
    }

    /// How it is, where it is wanted.
    pub(super) fn wanted_health(&self) -> Option<&Health> {
        self.health.as_ref().filter(|_| self.is_wanted())
    }

    pub(super) fn is_delete(&self) -> bool {
        self.action.verb == Verb::Delete || self.leaving.is_some()
    }

    /// What is told of it: of a hook that has gone with the unit, how it ran.
    pub(super) fn told(&self) -> Option<&Outcome> {
        match (&self.leaving, &self.outcome) {
            (Some(ran), Some(Outcome::Deleted)) => Some(ran),
            (_, outcome) => outcome.as_ref(),
        }
    }

    /// It is wanted in this part of the order: hooks after the deletion of the unit have one of their own.
    pub(super) fn is_wanted_in(&self, part: Part) -> bool {
        self.is_wanted() && (part == Part::AfterDeletion) == self.is_after_deletion()
    }

    /// A hook that runs once all else of the unit was deleted with it.
    pub(super) fn is_after_deletion(&self) -> bool {
        self.action.hook.is_some_and(|hook| hook.phase == HookPhase::AfterDelete)
    }

    pub(super) fn is_created_only(&self) -> bool {
        self.action.mode == Mode::CreateOnly
    }

    pub(super) fn is_ready(&self) -> bool {
        self.health.as_ref().is_none_or(Health::is_ready)
    }

    /// What its health counts for: nothing waits for that of an object which says so, and nothing fails by it.
    pub(super) fn judged(&self, health: Health) -> Health {
        if self.action.no_wait { health.optional() } else { health }
    }

    /// What depends on it can go on, though nothing is written: it is left alone, or it is there and somebody else's.
    pub(super) fn is_passed_over(&self) -> bool {
        matches!(self.action.verb, Verb::Keep { .. }) || self.action.is_there
    }

    /// A hook that runs only where something has failed.
    pub(super) fn is_for_failure(&self) -> bool {
        self.action.hook.is_some_and(|hook| hook.phase == HookPhase::OnFailure)
    }

    /// It was written, or was as wanted.
    pub(super) fn is_applied(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Created | Outcome::Changed | Outcome::Unchanged))
    }

    /// Before another attempt somebody has to look: it may have been written, or it is to be deleted, which rests on
    /// what it is now.
    pub(super) fn is_doubtful(&self) -> bool {
        self.is_delete() || self.error.as_ref().is_some_and(Error::may_have_written)
    }
}

/// A part of the order of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All that is not after the deletion of the unit.
    First,
    /// The hooks after the deletion of the unit.
    AfterDeletion,
}

/// Orders the wanted slots of a part by the edges of the plan. Keys are places in the plan, so that what is ready at the same
/// time is begun in the plan's order.
pub(super) fn order(
    plan: &Plan,
    slots: &[Slot],
    index: &BTreeMap<ObjectId, usize>,
    part: Part,
) -> Result<graph::Order<usize>> {
    let keys: Vec<usize> = (0..slots.len()).filter(|at| slots[*at].is_wanted_in(part)).collect();
    let node = |node: &Node| match node {
        Node::Object(id) => {
            index.get(id).filter(|at| slots[**at].is_wanted_in(part)).map(|at| graph::Node::Key(*at))
        }
        Node::Barrier(name) => Some(graph::Node::barrier(name.as_str())),
    };
    let edges: Vec<graph::Edge<usize>> = plan
        .edges
        .iter()
        .filter_map(|edge| {
            let gate = if edge.gate == Gate::Healthy { graph::Gate::Healthy } else { graph::Gate::Applied };
            let (before, after) = (node(&edge.before)?, node(&edge.after)?);
            Some(graph::Edge { before, after, gate, weak: edge.weak, why: edge.why.as_str().into() })
        })
        .collect();
    graph::order(&keys, &edges, &graph::Limits::default())
        .map_err(|over| Error::new(ErrorKind::Limit, "too many objects to order").caused_by(over))
}
