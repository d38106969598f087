//! The laws of units beside one another.

use windlass_core::{ErrorKind, UnitId};

use super::versions::forget;
use super::{StoreHarness, listed, load, loaded, map, putting, save, saved, web};
use crate::suite::{Check, ensure, fails, ok};
use crate::unit;

/// After a delta with `forget` nothing is loaded of the unit and it is not listed; it can begin anew.
///
/// # Errors
/// Where it does not hold.
pub fn a_forgotten_unit_is_gone(harness: &dyn StoreHarness) -> Check {
    let version = saved(harness, &web(), None, &putting("a"))?;
    ensure!(listed(harness)?.contains(&web()), "a unit that was saved is not listed");
    saved(harness, &web(), Some(&version), &forget())?;
    let found = ok(load(harness, &web()), "loading a forgotten unit")?;
    ensure!(found.is_none(), "a forgotten unit is still loaded");
    ensure!(!listed(harness)?.contains(&web()), "a forgotten unit is still listed");
    saved(harness, &web(), None, &putting("b"))?;
    let owned = loaded(harness, &web())?.inventory.objects;
    ensure!(!owned.contains_key(&map("a")), "what was forgotten came back");
    Ok(())
}

/// The units of which something is remembered are listed, sorted, each once.
///
/// # Errors
/// Where it does not hold.
pub fn units_are_listed_sorted_and_once(harness: &dyn StoreHarness) -> Check {
    let names = ["alpha", "beta", "beta2", "gamma"];
    for name in ["gamma", "beta2", "alpha", "beta"] {
        let version = saved(harness, &unit(name), None, &putting("a"))?;
        saved(harness, &unit(name), Some(&version), &putting("b"))?;
    }
    let found = listed(harness)?;
    let found: Vec<&str> = found.iter().map(windlass_core::UnitId::as_str).collect();
    ensure!(found == names, "listed {found:?}, not {names:?}");
    Ok(())
}

/// Units do not touch one another's state, however alike their names.
///
/// # Errors
/// Where it does not hold.
pub fn units_do_not_touch_one_another(harness: &dyn StoreHarness) -> Check {
    let names = ["a", "a-b", "a.b", "a.b.c", "ab"];
    let mut first = None;
    for name in names {
        let version = saved(harness, &unit(name), None, &putting(name))?;
        first.get_or_insert(version);
    }
    for name in names {
        let owned = loaded(harness, &unit(name))?.inventory.objects;
        ensure!(owned.keys().eq([&map(name)]), "{name} owns what another unit put");
    }
    saved(harness, &unit("a"), first.as_ref(), &forget())?;
    for name in &names[1..] {
        let owned = loaded(harness, &unit(name))?.inventory.objects.len();
        ensure!(owned == 1, "forgetting a changed {name}");
    }
    Ok(())
}

/// Two installations with one unit name never see one another's state.
///
/// # Errors
/// Where it does not hold.
pub fn installations_share_nothing(harness: &dyn StoreHarness) -> Check {
    let theirs = ok(web().of_installation("staging"), "the name of an installation")?;
    let version = saved(harness, &web(), None, &putting("ours"))?;
    let found = ok(load(harness, &theirs), "loading a unit that was never saved")?;
    ensure!(found.is_none(), "another installation sees our state");
    let late = save(harness, &theirs, Some(&version), &putting("theirs"));
    fails(late, &[ErrorKind::Conflict], "a save that expects the version of another installation")?;
    saved(harness, &theirs, None, &putting("theirs"))?;
    for (unit, name) in [(&web(), "ours"), (&theirs, "theirs")] {
        let owned = loaded(harness, unit)?.inventory.objects;
        ensure!(owned.keys().eq([&map(name)]), "{unit} owns {owned:?}, not {name}");
    }
    saved(harness, &web(), Some(&version), &forget())?;
    let owned = loaded(harness, &theirs)?.inventory.objects.len();
    ensure!(owned == 1, "forgetting a unit changed that of another installation");
    Ok(())
}

/// A unit is listed by the very name that it was saved by, installation and dots and all.
///
/// # Errors
/// Where it does not hold.
pub fn names_of_units_read_back_from_the_list(harness: &dyn StoreHarness) -> Check {
    let long = format!("{0}/{0}", "x".repeat(63));
    let names = ["a", "a.b", "state.a", "control-a", "a/a", "a/a.b", "a-b/a", "b/a.a", "shard.a", &long];
    let mut units = Vec::new();
    for name in names {
        let unit = ok(name.parse::<UnitId>(), "the name of a unit")?;
        saved(harness, &unit, None, &putting("a"))?;
        units.push(unit);
    }
    units.sort();
    let mut found = listed(harness)?;
    found.sort();
    ensure!(found == units, "saved were {units:?}, listed are {found:?}");
    Ok(())
}
