//! What a plan is made by, beside the facts.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use windlass_core::{Cause, Change, Dialect, Limits, Object, OrderRule, Text, Value};

/// Who may be taken over when an object is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Adoption {
    /// Nobody: an object that is there and not ours is a conflict.
    Never,
    /// What nobody owns; the plan says so. An object of another owner is a conflict.
    #[default]
    IfUnmarked,
    /// Anything, also what another owner says is theirs.
    Always,
}

/// Whether and how far objects are deleted that are not wanted any more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prune {
    /// Delete at all; otherwise they stay, owned, and the plan says so.
    pub enabled: bool,
    /// Let a render without any object delete everything.
    pub allow_empty: bool,
    /// Refuse to delete more than this share of what is owned, in percent.
    pub share_percent_max: u8,
    /// Deleting this many is never too large a share.
    pub always_allowed: usize,
}

impl Default for Prune {
    fn default() -> Self {
        Self { enabled: true, allow_empty: false, share_percent_max: 50, always_allowed: 5 }
    }
}

impl Prune {
    /// Switches pruning off.
    #[must_use]
    pub fn off() -> Self {
        Self { enabled: false, ..Self::default() }
    }

    /// Lets a render without any object delete everything.
    #[must_use]
    pub const fn allowing_empty(mut self) -> Self {
        self.allow_empty = true;
        self
    }

    /// Sets the largest share of what is owned that one pass may delete, in percent.
    #[must_use]
    pub const fn with_share_percent_max(mut self, percent: u8) -> Self {
        self.share_percent_max = percent;
        self
    }

    /// Sets how many deletions are never too large a share.
    #[must_use]
    pub const fn with_always_allowed(mut self, count: usize) -> Self {
        self.always_allowed = count;
        self
    }
}

/// How long anything is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wait {
    /// Wait for every object that was changed to be healthy, not only for those that others wait for.
    pub health: bool,
    /// Wait for what was deleted to be gone, and count it as failed where it is not in time; otherwise it is told, and looked
    /// at in the next pass.
    pub deletion: bool,
    /// How long an object may take to become healthy, unless it says so itself.
    pub health_timeout: Duration,
    /// How long a delete may take to be confirmed.
    pub delete_timeout: Duration,
    /// The wait between two looks, at first; it doubles up to `poll_max`.
    pub poll_min: Duration,
    /// The longest wait between two looks.
    pub poll_max: Duration,
    /// How often a write or a delete is tried that failed and may succeed later.
    pub write_attempts_max: u32,
}

impl Default for Wait {
    fn default() -> Self {
        Self {
            health: true,
            deletion: true,
            health_timeout: Duration::from_secs(300),
            delete_timeout: Duration::from_secs(120),
            poll_min: Duration::from_millis(250),
            poll_max: Duration::from_secs(4),
            write_attempts_max: 4,
        }
    }
}

impl Wait {
    /// Waits only for what other objects wait for.
    #[must_use]
    pub fn only_gates() -> Self {
        Self { health: false, ..Self::default() }
    }

    /// Waits for nothing that no other object waits for: neither for health nor for what was deleted to be gone.
    #[must_use]
    pub const fn nothing_else(mut self) -> Self {
        (self.health, self.deletion) = (false, false);
        self
    }

    /// Sets how long an object may take to become healthy.
    #[must_use]
    pub const fn with_health_timeout(mut self, timeout: Duration) -> Self {
        self.health_timeout = timeout;
        self
    }

    /// Sets how long a delete may take to be confirmed.
    #[must_use]
    pub const fn with_delete_timeout(mut self, timeout: Duration) -> Self {
        self.delete_timeout = timeout;
        self
    }
}

/// Explains the difference between a live object and what it would become, field by field.
///
/// For an implementor: pure; nothing secret in the texts of a change.
pub trait Explain: fmt::Debug + Send + Sync + 'static {
    /// Lists the fields that differ. `cause` is why fields of ours differ at all.
    fn changes(&self, live: &Object, after: &Object, wanted: &Value, cause: Cause) -> Vec<Change>;
}

/// What a plan is made by, beside the facts.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Rules<'a> {
    /// What must come before what.
    pub order: &'a [Arc<dyn OrderRule>],
    /// How what a live object asks for is read, before it is deleted.
    pub dialects: &'a [Arc<dyn Dialect>],
    /// How differences are explained.
    pub explain: &'a dyn Explain,
    /// Who may be taken over.
    pub adoption: Adoption,
    /// Other owners that count as nobody.
    pub former_owners: &'a [Text],
    /// What is deleted.
    pub prune: &'a Prune,
    /// What is waited for.
    pub wait: &'a Wait,
    /// A hook that failed runs again, though nothing else is wanted.
    pub repeat_failed_hooks: bool,
    /// How much of anything is allowed.
    pub limits: &'a Limits,
}

impl<'a> Rules<'a> {
    /// Makes rules.
    #[must_use]
    pub fn new(explain: &'a dyn Explain, prune: &'a Prune, wait: &'a Wait, limits: &'a Limits) -> Self {
        Self {
            order: &[],
            dialects: &[],
            explain,
            adoption: Adoption::default(),
            former_owners: &[],
            prune,
            wait,
            repeat_failed_hooks: true,
            limits,
        }
    }

    /// Sets what must come before what.
    #[must_use]
    pub const fn with_order(mut self, order: &'a [Arc<dyn OrderRule>]) -> Self {
        self.order = order;
        self
    }

    /// Sets how what a live object asks for is read.
    #[must_use]
    pub const fn with_dialects(mut self, dialects: &'a [Arc<dyn Dialect>]) -> Self {
        self.dialects = dialects;
        self
    }

    /// Sets who may be taken over.
    #[must_use]
    pub const fn with_adoption(mut self, adoption: Adoption) -> Self {
        self.adoption = adoption;
        self
    }

    /// Sets which other owners count as nobody.
    #[must_use]
    pub const fn with_former_owners(mut self, owners: &'a [Text]) -> Self {
        self.former_owners = owners;
        self
    }

    /// Says whether a hook that failed runs again, though nothing else is wanted.
    #[must_use]
    pub const fn with_failed_hooks_repeated(mut self, repeated: bool) -> Self {
        self.repeat_failed_hooks = repeated;
        self
    }
}
