//! Hooks: objects that run at a certain moment of a pass.

use serde::{Deserialize, Serialize};

/// When an object is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Phase {
    /// Before anything else of the unit; the rest waits until it has succeeded.
    Before,
    /// With all ordinary objects.
    #[default]
    Main,
    /// Once all ordinary objects are applied and healthy.
    After,
    /// Only where something before it failed.
    OnFailure,
    /// Before the objects of the unit are deleted with it, which waits until it has succeeded.
    BeforeDelete,
    /// Once the objects of the unit were deleted with it; the unit is forgotten when it has succeeded.
    AfterDelete,
}

impl Phase {
    /// Names it as messages do.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Main => "main",
            Self::After => "after",
            Self::OnFailure => "on failure",
            Self::BeforeDelete => "before deletion",
            Self::AfterDelete => "after deletion",
        }
    }

    /// Says whether it is a moment of the deletion of a unit.
    #[must_use]
    pub const fn is_of_deletion(self) -> bool {
        matches!(self, Self::BeforeDelete | Self::AfterDelete)
    }
}

/// When a hook that ran is deleted again. Several may hold at once; with none it stays until the unit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct HookDeletion {
    /// Right before it runs the next time. `windlass-engine` always does that, also where this does not hold: what is there
    /// cannot run again.
    pub before_next: bool,
    /// Once it has succeeded.
    pub on_success: bool,
    /// Once it has failed.
    pub on_failure: bool,
}

impl HookDeletion {
    /// Deletes it right before it runs the next time.
    pub const BEFORE_NEXT: Self = Self { before_next: true, on_success: false, on_failure: false };
}

/// An object that runs once for each revision, at a certain moment.
///
/// Hooks of one phase run by their wave, then by their weight; those of one wave and weight run at the same time, in the
/// order of their kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Hook {
    /// When it runs.
    pub phase: Phase,
    /// Hooks of lower weight run first.
    pub weight: i32,
    /// When it is deleted.
    pub deletion: HookDeletion,
}

impl Hook {
    /// Makes a hook of a phase, of weight 0, that stays until it runs the next time.
    #[must_use]
    pub const fn new(phase: Phase) -> Self {
        Self { phase, weight: 0, deletion: HookDeletion::BEFORE_NEXT }
    }

    /// Sets the weight.
    #[must_use]
    pub const fn with_weight(mut self, weight: i32) -> Self {
        self.weight = weight;
        self
    }

    /// Sets when it is deleted.
    #[must_use]
    pub const fn with_deletion(mut self, deletion: HookDeletion) -> Self {
        self.deletion = deletion;
        self
    }
}
