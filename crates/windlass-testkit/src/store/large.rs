//! The law of large inventories.

use windlass_core::{Delta, ObjectId, Owned, Saved};

use super::versions::forget;
use super::{StoreHarness, load, loaded, owned, save, saved, web};
use crate::suite::{Check, ensure, fails, ok};

/// What is left of it.
const FEW: u32 = 100;

fn object(at: u32) -> (ObjectId, Owned) {
    let id = ObjectId::new("apps", "Deployment", format!("team-{}", at % 50), format!("workload-{at}"));
    (id, Owned { rank: at, ..owned("a") })
}

/// Says whether just these objects are owned.
fn owns(saved: &Saved, parts: &[&Delta]) -> bool {
    let objects = &saved.inventory.objects;
    let is_owned = |part: &&Delta| part.put.iter().all(|(id, owned)| objects.get(id) == Some(owned));
    objects.len() == parts.iter().map(|part| part.put.len()).sum::<usize>() && parts.iter().all(is_owned)
}

/// A unit may own many objects: it grows to them, is loaded with them, shrinks, and is forgotten. A
/// store with a limit below that refuses with `Limit`, saves nothing of it, and goes on with what it has.
///
/// # Errors
/// Where it does not hold.
pub fn a_large_inventory_grows_shrinks_and_goes(harness: &dyn StoreHarness) -> Check {
    let mut few = Delta::default();
    few.put = (0..FEW).map(object).collect();
    let mut version = saved(harness, &web(), None, &few)?;
    let mut many = Delta::default();
    let count = harness.many();
    many.put = (FEW..count).map(object).collect();
    match save(harness, &web(), Some(&version), &many) {
        Ok(large) => {
            let found = loaded(harness, &web())?;
            ensure!(
                owns(&found, &[&few, &many]),
                "{count} objects were saved, and not all of them are loaded"
            );
            let mut back = Delta::default();
            back.drop = many.put.keys().cloned().collect();
            version = saved(harness, &web(), Some(&large), &back)?;
        }
        refused => drop(fails(refused, &[windlass_core::ErrorKind::Limit], "a save of many objects")?),
    }
    let found = loaded(harness, &web())?;
    ensure!(owns(&found, &[&few]), "{FEW} objects are left, and other ones are loaded");
    saved(harness, &web(), Some(&version), &forget())?;
    let found = ok(load(harness, &web()), "loading a forgotten unit")?;
    ensure!(found.is_none(), "a forgotten unit is still loaded");
    Ok(())
}
