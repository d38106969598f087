//! The laws of keys.

use std::sync::Arc;

use windlass_core::{Cancel, Context, ErrorKind, Key, Result, StateStore};

use super::{StoreHarness, putting, saved, web};
use crate::run::join;
use crate::suite::{Check, Lost, Unmet, ensure, fails, hides, ok, out_of_time, run};

fn key_in(
    harness: &dyn StoreHarness,
    cx: &Context,
    store: &dyn StateStore,
    make: bool,
) -> Result<Option<Key>> {
    run(harness, async { store.key(cx, web().installation(), make).await })
}

/// Gives the key that there is.
fn found(harness: &dyn StoreHarness, store: &dyn StateStore) -> Check<Option<Key>> {
    ok(key_in(harness, &harness.context(), store, false), "asking for the key")
}

fn made_of(harness: &dyn StoreHarness, store: &dyn StateStore, installation: &str) -> Check<Key> {
    let cx = harness.context();
    let made = run(harness, async { store.key(&cx, installation, true).await });
    ok(made, "making a key")?.ok_or_else(|| Unmet::broken("a key that is to be made is none"))
}

/// Every instance and every process gives one key, whoever made it, also where two make it at once, and also one that has
/// found none before.
///
/// # Errors
/// Where it does not hold.
pub fn every_instance_gives_one_key(harness: &dyn StoreHarness) -> Check {
    let (here, there) = (harness.store(), harness.reopen()?);
    ensure!(found(harness, &*there)?.is_none(), "there is a key that nobody made");
    let cx = harness.context();
    let (unit, other) = (web(), web());
    let (one, two) = run(harness, async {
        join(here.key(&cx, unit.installation(), true), there.key(&cx, other.installation(), true)).await
    });
    let (one, two) = (ok(one, "making a key")?, ok(two, "making a key at the same time")?);
    ensure!(one.is_some() && one == two, "two that make a key at once have two, or none");
    for (store, who) in [(&here, "the maker"), (&there, "another"), (&harness.reopen()?, "a later process")] {
        ensure!(found(harness, &**store)? == one, "{who} finds another key than was made");
        let again = made_of(harness, &**store, web().installation())?;
        ensure!(Some(&again) == one.as_ref(), "{who} makes another key where there is one");
    }
    Ok(())
}

/// Two installations have two keys.
///
/// # Errors
/// Where it does not hold.
pub fn each_installation_has_a_key_of_its_own(harness: &dyn StoreHarness) -> Check {
    let store = harness.store();
    let ours = made_of(harness, &*store, web().installation())?;
    // The last could be taken for the end of a file's name, the one before it for that of a unit.
    for installation in ["staging", "web", "json"] {
        let theirs = made_of(harness, &*store, installation)?;
        ensure!(theirs != ours, "the installation {installation} has the key of another");
        let again = made_of(harness, &*store, installation)?;
        ensure!(again == theirs, "the installation {installation} has two keys");
    }
    ensure!(found(harness, &*store)? == Some(ours), "the keys of others changed a key");
    Ok(())
}

/// A key that nobody asked to be made is not made, however often one is asked for, nor by a save.
///
/// # Errors
/// Where it does not hold.
pub fn a_key_is_made_only_when_asked_for(harness: &dyn StoreHarness) -> Check {
    saved(harness, &web(), None, &putting("a"))?;
    let store = harness.store();
    for _ in 0..3 {
        ensure!(found(harness, &*store)?.is_none(), "there is a key that nobody asked to be made");
    }
    Ok(())
}

/// To make a key is a write: it asks the fence, and is not begun without time, nor once it is cancelled.
///
/// # Errors
/// Where it does not hold.
pub fn a_key_is_made_only_where_a_write_may_start(harness: &dyn StoreHarness) -> Check {
    let cancel = Cancel::new();
    cancel.cancel();
    let contexts = [
        (harness.context().with_fence(Arc::new(Lost)), ErrorKind::Conflict),
        (out_of_time(harness), ErrorKind::Timeout),
        (harness.context().with_cancel(cancel), ErrorKind::Cancelled),
    ];
    let store = harness.store();
    for (cx, kind) in &contexts {
        fails(key_in(harness, cx, &*store, true), &[*kind], "making a key that must not be made")?;
    }
    ensure!(found(harness, &*store)?.is_none(), "a key was made where no write may start");
    Ok(())
}

/// Neither the store nor the key shows the key by `Debug`.
///
/// # Errors
/// Where it does not hold.
pub fn a_key_is_not_shown(harness: &dyn StoreHarness) -> Check {
    let store = harness.store();
    let key = made_of(harness, &*store, web().installation())?;
    saved(harness, &web(), None, &putting("a"))?;
    let list = format!("{:?}", key.expose());
    let hex: String = key.expose().iter().map(|byte| format!("{byte:02x}")).collect();
    let texts = [("store's Debug", format!("{store:?} {store:#?}")), ("key's Debug", format!("{key:?}"))];
    for form in [list.trim_matches(['[', ']']), &hex, &String::from_utf8_lossy(key.expose())] {
        hides(form, &texts)?;
    }
    Ok(())
}
