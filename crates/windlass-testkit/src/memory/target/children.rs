//! What objects own, and what it says of their health.

use std::sync::Arc;
use std::time::Duration;

use windlass_core::{Children, Health, HealthCheck, Object, ObjectId};

use super::world::World;

/// What one object owns, directly and further down.
struct Owned<'a> {
    world: &'a World,
    age: Option<Duration>,
}

impl std::fmt::Debug for Owned<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Owned({} owners)", self.world.children.len())
    }
}

impl Children for Owned<'_> {
    fn owned_by(&self, owner: &ObjectId) -> Vec<Object> {
        self.world.children.get(owner).cloned().unwrap_or_default()
    }

    fn age_seconds(&self) -> Option<u64> {
        self.age.map(|age| age.as_secs())
    }
}

/// Asks the checks how an object is that owns others; `None` where it owns none.
pub(super) fn health(
    world: &World,
    checks: &[Arc<dyn HealthCheck>],
    id: &ObjectId,
    now: Duration,
) -> Option<Health> {
    let stored = world.objects.get(id).filter(|_| world.children.contains_key(id))?;
    let age = stored.created.map(|created| now.saturating_sub(created));
    checks.iter().find_map(|check| check.assess(&stored.body, &Owned { world, age }))
}
