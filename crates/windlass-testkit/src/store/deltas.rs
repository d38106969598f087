//! The laws of what is saved.

use windlass_core::{Delta, Digest, HookRun, Limits, Saved};

use super::varied::pass;
use super::{StoreHarness, everything, load, loaded, map, putting, record, save_in, saved, web};
use crate::suite::{Check, Unmet, ensure, ok};

/// Of a unit that was never saved nothing is loaded.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_never_saved_is_none(harness: &dyn StoreHarness) -> Check {
    let found = ok(load(harness, &web()), "loading a unit that was never saved")?;
    ensure!(found.is_none(), "something is loaded of a unit that was never saved");
    Ok(())
}

/// What a save confirmed is what the next load gives: inventory, history, hooks and the default namespace, of intents as of what
/// was written, and of identities of every sort.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_saved_is_loaded(harness: &dyn StoreHarness) -> Check {
    saved(harness, &web(), None, &everything())?;
    let found = loaded(harness, &web())?;
    let expected = after(&found, &[everything()]);
    same(&expected, Some(&found), "what was saved is not what is loaded")
}

/// A delta leaves alone what it does not name.
///
/// # Errors
/// Where it does not hold.
pub fn a_delta_changes_only_what_it_names(harness: &dyn StoreHarness) -> Check {
    let version = saved(harness, &web(), None, &everything())?;
    let mut expected = loaded(harness, &web())?;
    let version = saved(harness, &web(), Some(&version), &putting("c"))?;
    putting("c").apply(&mut expected, &Limits::default());
    let found = loaded(harness, &web())?;
    expected.version = found.version.clone();
    same(&expected, Some(&found), "putting one object changed something else")?;
    saved(harness, &web(), Some(&version), &Delta::default())?;
    let found = loaded(harness, &web())?;
    expected.version = found.version.clone();
    same(&expected, Some(&found), "a delta without anything changed what is saved")
}

/// What a delta drops is owned no longer; the rest still is.
///
/// # Errors
/// Where it does not hold.
pub fn what_a_delta_drops_is_owned_no_longer(harness: &dyn StoreHarness) -> Check {
    let mut both = putting("a");
    both.put.extend(putting("b").put);
    let version = saved(harness, &web(), None, &both)?;
    let mut delta = Delta::default();
    delta.drop = vec![map("a"), map("never-owned")];
    saved(harness, &web(), Some(&version), &delta)?;
    let objects = loaded(harness, &web())?.inventory.objects;
    let owned: Vec<_> = objects.keys().collect();
    ensure!(owned == [&map("b")], "after dropping a of a and b, owned are {owned:?}");
    Ok(())
}

/// The history keeps its newest records, as many as the limit of the context says.
///
/// # Errors
/// Where it does not hold.
pub fn the_history_keeps_its_newest_records(harness: &dyn StoreHarness) -> Check {
    let mut limits = Limits::default();
    limits.history_max = 2;
    let cx = harness.context().with_limits(limits);
    let mut version = None;
    for at in 1..=3 {
        let mut delta = Delta::default();
        delta.record = Some(record(at));
        version = Some(ok(save_in(harness, &cx, &web(), version.as_ref(), &delta), "adding a record")?);
    }
    let history = loaded(harness, &web())?.history;
    let times: Vec<u64> = history.iter().map(|record| record.at.unix()).collect();
    ensure!(times == [2, 3], "of the records 1, 2, 3 with a limit of 2, {times:?} are kept");
    Ok(())
}

/// Each pass is a record of its own, also where it brought the same revision and ended like the one before.
///
/// # Errors
/// Where it does not hold.
pub fn each_pass_is_a_record_of_its_own(harness: &dyn StoreHarness) -> Check {
    let passes = [("sha1:1", false), ("sha1:1", true), ("sha1:1", true), ("sha1:1", true), ("sha1:2", true)];
    let mut version = None;
    for ((revision, good), at) in passes.into_iter().zip(1..) {
        let mut delta = Delta::default();
        delta.record = Some(pass(at, revision, good));
        version = Some(saved(harness, &web(), version.as_ref(), &delta)?);
    }
    let history = loaded(harness, &web())?.history;
    let kept: Vec<_> = history.iter().map(|record| (record.at.unix(), record.good)).collect();
    let expected = [(1, false), (2, true), (3, true), (4, true), (5, true)];
    ensure!(kept == expected, "of the passes {passes:?} the records are {kept:?}, not {expected:?}");
    Ok(())
}

/// However many passes failed since, the last one that went well is kept: it is what can be gone back to.
///
/// # Errors
/// Where it does not hold.
pub fn the_last_good_record_is_kept(harness: &dyn StoreHarness) -> Check {
    let mut limits = Limits::default();
    limits.history_max = 2;
    let cx = harness.context().with_limits(limits);
    let mut version = None;
    for at in 1..=6 {
        let mut delta = Delta::default();
        delta.record = Some(record(at).with_good(at == 2));
        version = Some(ok(save_in(harness, &cx, &web(), version.as_ref(), &delta), "adding a record")?);
    }
    let saved = loaded(harness, &web())?;
    let good = saved.last_good().map(|record| record.at.unix());
    let times: Vec<u64> = saved.history.iter().map(|record| record.at.unix()).collect();
    let kept = good == Some(2) && times.ends_with(&[5, 6]);
    ensure!(kept, "of the records 1 to 6, of which 2 went well, {times:?} are kept with a limit of 2");
    Ok(())
}

/// The default namespace of a unit stays, whatever is saved later.
///
/// # Errors
/// Where it does not hold.
pub fn the_default_namespace_is_kept(harness: &dyn StoreHarness) -> Check {
    let mut first = putting("a");
    first.default_namespace = Some("shop".into());
    let version = saved(harness, &web(), None, &first)?;
    saved(harness, &web(), Some(&version), &putting("b"))?;
    let found = loaded(harness, &web())?.default_namespace;
    ensure!(found.as_deref() == Some("shop"), "the default namespace was shop, and is {found:?}");
    Ok(())
}

/// What a hook ran for, and how it ended, is remembered until its object is dropped; a later run replaces it.
///
/// # Errors
/// Where it does not hold.
pub fn hooks_are_remembered_until_they_are_dropped(harness: &dyn StoreHarness) -> Check {
    let ran =
        |of: &str| HookRun { run: Digest::of(of.as_bytes()), ..everything().hooks[&map("migrate")].clone() };
    let mut first = putting("gone");
    first.hooks = [(map("seed"), ran("one")), (map("migrate"), ran("one")), (map("gone"), ran("one"))].into();
    let version = saved(harness, &web(), None, &first)?;
    let mut second = Delta::default();
    second.hooks = [(map("migrate"), ran("two"))].into();
    second.drop = vec![map("gone")];
    let version = saved(harness, &web(), Some(&version), &second)?;
    let found = loaded(harness, &web())?.hooks;
    let expected = [(map("migrate"), ran("two")), (map("seed"), ran("one"))].into();
    ensure!(found == expected, "remembered of hooks is {found:?}, not {expected:?}");
    let mut third = Delta::default();
    third.unran = vec![map("seed")];
    saved(harness, &web(), Some(&version), &third)?;
    let found = loaded(harness, &web())?.hooks;
    let expected = [(map("migrate"), ran("two"))].into();
    ensure!(found == expected, "after one was forgotten, remembered of hooks is {found:?}, not {expected:?}");
    Ok(())
}

/// Gives what these deltas make of nothing, at the version of `like`.
pub(super) fn after(like: &Saved, deltas: &[Delta]) -> Saved {
    let mut saved = Saved::empty(like.version.clone());
    deltas.iter().for_each(|delta| delta.apply(&mut saved, &Limits::default()));
    saved
}

/// Checks that one state is another, and says in what they differ.
pub(super) fn same(expected: &Saved, found: Option<&Saved>, what: &str) -> Check {
    let Some(found) = found else { return Err(Unmet::Broken(format!("{what}: nothing is there"))) };
    let (old, new) = (&expected.inventory.objects, &found.inventory.objects);
    for (id, owned) in old {
        let now = new.get(id);
        ensure!(now == Some(owned), "{what}: {id} was {owned:?} and is {now:?}");
    }
    ensure!(old.len() == new.len(), "{what}: of {} objects there are {}", old.len(), new.len());
    let rest = |saved: &Saved| {
        let Saved { version, history, default_namespace, hooks, deletion_hooks, .. } = saved;
        format!("{version:?} {history:?} {default_namespace:?} {hooks:?} {deletion_hooks:?}")
    };
    ensure!(expected == found, "{what}: {} is {}", rest(expected), rest(found));
    Ok(())
}
