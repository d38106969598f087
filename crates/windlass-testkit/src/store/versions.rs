//! The laws of versions and of damage.

use windlass_core::{Delta, ErrorKind, Saved, Version};

use super::{StoreHarness, everything, load, loaded, map, putting, save, saved, web};
use crate::suite::{Check, ensure, fails};
use crate::unit;

/// A load gives the version that the last save gave.
///
/// # Errors
/// Where it does not hold.
pub fn a_load_gives_the_version_of_the_last_save(harness: &dyn StoreHarness) -> Check {
    let mut version = saved(harness, &web(), None, &putting("a"))?;
    for name in ["b", "c"] {
        version = saved(harness, &web(), Some(&version), &putting(name))?;
        let found = loaded(harness, &web())?.version;
        ensure!(found == version, "the save gave {version:?}, the load {found:?}");
    }
    Ok(())
}

/// A save that expects another version than the present one is a `Conflict`: an older one, none where there is one,
/// one where there is none.
///
/// # Errors
/// Where it does not hold.
pub fn a_save_expecting_another_version_is_a_conflict(harness: &dyn StoreHarness) -> Check {
    let conflict = |name, expected: Option<&Version>, what| {
        fails(save(harness, &unit(name), expected, &putting("x")), &[ErrorKind::Conflict], what).map(drop)
    };
    conflict("a", Some(&Version::new("1")), "expecting a version where nothing is stored")?;
    saved(harness, &unit("b"), None, &putting("a"))?;
    conflict("b", None, "expecting nothing where something is stored")?;
    let old = saved(harness, &unit("c"), None, &putting("a"))?;
    saved(harness, &unit("c"), Some(&old), &putting("b"))?;
    conflict("c", Some(&old), "expecting an older version")
}

/// A save that is refused changes nothing, not even the version.
///
/// # Errors
/// Where it does not hold.
pub fn a_refused_save_changes_nothing(harness: &dyn StoreHarness) -> Check {
    let old = saved(harness, &web(), None, &putting("a"))?;
    saved(harness, &web(), Some(&old), &putting("b"))?;
    let before = loaded(harness, &web())?;
    for expected in [Some(&old), None] {
        let refused = save(harness, &web(), expected, &everything()).is_err();
        let found = loaded(harness, &web())?;
        ensure!(!refused || found == before, "a refused save made {before:?} into {found:?}");
    }
    Ok(())
}

/// A state that cannot be read is `Corrupt`, never nothing.
///
/// # Errors
/// Where it does not hold.
pub fn a_damaged_state_is_corrupt_never_none(harness: &dyn StoreHarness) -> Check {
    saved(harness, &web(), None, &putting("a"))?;
    harness.damage(&web())?;
    fails(load(harness, &web()), &[ErrorKind::Corrupt], "loading a damaged state")?;
    Ok(())
}

/// A save does not write over a state that cannot be read: one that expects nothing is refused, and the state stays as it
/// is. One at the version of the last save may mend it, where the store still knows all that was saved.
///
/// # Errors
/// Where it does not hold.
pub fn a_damaged_state_is_not_written_over(harness: &dyn StoreHarness) -> Check {
    let version = saved(harness, &web(), None, &putting("a"))?;
    harness.damage(&web())?;
    let look = || load(harness, &web()).map_err(|error| error.kind());
    let before = look();
    let kinds = [ErrorKind::Corrupt, ErrorKind::Conflict];
    fails(save(harness, &web(), None, &putting("b")), &kinds, "saving over a damaged state")?;
    let after = look();
    ensure!(after == before, "a refused save made of a damaged state, {before:?}, {after:?}");
    let mended = save(harness, &web(), Some(&version), &putting("b")).is_ok();
    let after = look();
    let whole = |saved: &Saved| saved.inventory.objects.keys().eq([&map("a"), &map("b")]);
    let good = if mended { matches!(&after, Ok(Some(saved)) if whole(saved)) } else { after == before };
    ensure!(good, "a save that went well: {mended}, and of a damaged state, {before:?}, it made {after:?}");
    Ok(())
}

pub(super) fn forget() -> Delta {
    let mut delta = Delta::default();
    delta.forget = true;
    delta
}
