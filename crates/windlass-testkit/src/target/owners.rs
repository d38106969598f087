//! The laws of owners: who owns what, and what is an orphan.

use windlass_core::{Expect, Mode, Owner, UnitId, Write};

use super::{TargetHarness, applied, live, observe, web, write};
use crate::suite::{Check, Unmet, ensure, ok};
use crate::unit;

/// After a write the object has the owner that was sent, also one that had another.
///
/// # Errors
/// Where it does not hold.
pub fn a_write_sets_the_owner(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    for name in ["web", "other", "web"] {
        let owner = Owner::of(&unit(name));
        let (payload, expect) = (object.clone(), Expect::Any);
        ok(write(harness, &Write::apply(payload, Mode::Apply, expect, owner.clone())), "a write")?;
        let found = live(harness, &object)?.owner;
        ensure!(found.as_ref() == Some(&owner), "{owner:?} was sent, {found:?} is there");
    }
    Ok(())
}

/// Two units of one name in two installations are two owners.
///
/// # Errors
/// Where it does not hold.
pub fn units_of_one_name_in_two_installations_are_two_owners(harness: &dyn TargetHarness) -> Check {
    let namesake = namesake()?;
    for (name, unit) in [("a", &namesake), ("b", &web())] {
        let (object, owner) = (harness.object(name, "one"), Owner::of(unit));
        let apply = Write::apply(object.clone(), Mode::Apply, Expect::Any, owner.clone());
        ok(write(harness, &apply), "a write")?;
        let found = live(harness, &object)?.owner;
        ensure!(found.as_ref() == Some(&owner), "{unit} was sent as the owner, and it is {found:?}");
    }
    Ok(())
}

/// The unit `web` of another installation.
fn namesake() -> Check<UnitId> {
    ok(web().of_installation("staging"), "naming a unit of another installation")
}

/// What a unit of the same name in another installation owns is no orphan.
///
/// # Errors
/// Where it does not hold.
pub fn what_another_installation_owns_is_no_orphan(harness: &dyn TargetHarness) -> Check {
    let [a, b] = ["a", "b"].map(|name| harness.object(name, "one"));
    applied(harness, &a)?;
    let foreign = Write::apply(b.clone(), Mode::Apply, Expect::Any, Owner::of(&namesake()?));
    ok(write(harness, &foreign), "a write of another installation")?;
    let orphans = observe(harness, &[&a])?.orphans;
    let hidden = orphans.iter().all(|orphan| orphan.id != *b.id());
    ensure!(hidden, "b belongs to {} of another installation, and is an orphan of {}", web(), web());
    Ok(())
}

/// Makes `a` and `b` of the unit `web` and `c` of another, and names those that are orphans where `a` is asked for.
fn orphans(harness: &dyn TargetHarness) -> Check<Vec<String>> {
    let [a, b, c] = ["a", "b", "c"].map(|name| harness.object(name, "one"));
    applied(harness, &a)?;
    applied(harness, &b)?;
    let other = Owner::of(&unit("other"));
    let foreign = Write::apply(c.clone(), Mode::Apply, Expect::Any, other);
    ok(write(harness, &foreign), "a write of another unit")?;
    let seen = observe(harness, &[&a])?;
    seen.orphans
        .iter()
        .map(|orphan| {
            match [("a", &a), ("b", &b), ("c", &c)].iter().find(|(_, object)| *object.id() == orphan.id) {
                Some((name, _)) => Ok((*name).to_owned()),
                None => Err(Unmet::Broken(format!("an orphan that nobody made: {}", orphan.id))),
            }
        })
        .collect()
}

/// What the unit owns and was not asked for is an orphan.
///
/// # Errors
/// Where it does not hold.
pub fn what_the_unit_owns_is_found_though_nobody_asked(harness: &dyn TargetHarness) -> Check {
    let found = orphans(harness)?;
    let count = found.iter().filter(|name| *name == "b").count();
    ensure!(count == 1, "{web} owns b, nobody asked for it, and it is found {count} times", web = web());
    Ok(())
}

/// What another unit owns is no orphan.
///
/// # Errors
/// Where it does not hold.
pub fn what_others_own_is_no_orphan(harness: &dyn TargetHarness) -> Check {
    ensure!(!orphans(harness)?.contains(&"c".to_owned()), "c is another's, and is an orphan");
    Ok(())
}

/// What was asked for is no orphan.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_asked_for_is_no_orphan(harness: &dyn TargetHarness) -> Check {
    ensure!(!orphans(harness)?.contains(&"a".to_owned()), "a was asked for, and is an orphan");
    Ok(())
}
