//! What a server says beside its answer: its last words before it gives up, and much that nobody needs.

use std::sync::{Arc, Mutex, PoisonError};

use gix::progress::{Count, Id, MessageLevel, NestedProgress, Progress, Step, StepShared, UNKNOWN, Unit};

/// The most letters of the words of a server that are kept.
const WORDS_MAX: usize = 300;

/// Keeps the first failure that the server tells of. All clones and children keep the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(Arc<Mutex<Option<String>>>);

impl Words {
    /// Takes what the server said when it gave up.
    pub(super) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Progress for Words {
    fn init(&mut self, _max: Option<Step>, _unit: Option<Unit>) {}

    fn set_name(&mut self, _name: String) {}

    fn name(&self) -> Option<String> {
        None
    }

    fn id(&self) -> Id {
        UNKNOWN
    }

    fn message(&self, level: MessageLevel, message: String) {
        if level == MessageLevel::Failure {
            let said = message.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(said);
        }
    }
}

impl Count for Words {
    fn set(&self, _step: Step) {}

    fn step(&self) -> Step {
        0
    }

    fn inc_by(&self, _step: Step) {}

    fn counter(&self) -> StepShared {
        StepShared::default()
    }
}

impl NestedProgress for Words {
    type SubProgress = Self;

    fn add_child(&mut self, _name: impl Into<String>) -> Self {
        self.clone()
    }

    fn add_child_with_id(&mut self, _name: impl Into<String>, _id: Id) -> Self {
        self.clone()
    }
}
