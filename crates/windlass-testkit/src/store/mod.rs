//! The laws of [`StateStore`].

mod deltas;
mod keys;
mod large;
mod processes;
mod safety;
mod state_of;
mod units;
mod varied;
mod versions;

use std::sync::Arc;

pub use deltas::*;
pub use keys::*;
pub use large::*;
pub use processes::*;
pub use safety::*;
pub use state_of::StateOf;
pub use units::*;
pub use versions::*;
use windlass_core::{
    Contest, Context, Counts, Delta, Digest, ObjectId, Owned, Record, Result, Saved, StateStore, Timestamp,
    UnitId, Version,
};

use self::varied::everything;
use crate::suite::{Bench, Check, Findings, Unmet, lacking, not_applicable, ok, run, run_all};

/// A fresh, empty store, and the means to hurt it.
pub trait StoreHarness: Bench {
    /// Gives the store; the same one each time.
    fn store(&self) -> Arc<dyn StateStore>;

    /// Says how many objects a large unit has: 50,000, and fewer only where the suite is run many times over.
    fn many(&self) -> u32 {
        50_000
    }

    /// Opens what the store has written a second time, as after a crash.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where nothing outlives the process.
    fn reopen(&self) -> Check<Arc<dyn StateStore>> {
        lacking("reopen")
    }

    /// Damages what is stored of a unit, which was saved before.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where that cannot be done.
    fn damage(&self, unit: &UnitId) -> Check {
        let _ = unit;
        lacking("damage")
    }

    /// Lets the place behind the store take every call from now on and answer none.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`] where that cannot be done.
    fn hang(&self) -> Check {
        not_applicable("the harness cannot keep an answer back")
    }
}

crate::__store_laws!(__law_table(StoreHarness));

/// Checks every law, each on a harness of its own.
pub fn check_all<H: StoreHarness + 'static>(make: impl Fn() -> H) -> Findings {
    run_all::<dyn StoreHarness>(LAWS, || Box::new(make()))
}

fn web() -> UnitId {
    crate::unit("web")
}

fn map(name: &str) -> ObjectId {
    ObjectId::new("", "ConfigMap", "shop", name)
}

fn owned(wanted: &str) -> Owned {
    Owned {
        api_version: "v1".into(),
        rank: 7,
        wanted: Digest::of(wanted.as_bytes()),
        stamp: Some(Digest::of(b"stamp")),
        uid: Some("uid-1".into()),
        keep: true,
        transient: false,
        contest: Some(Contest::turn(None, &["data.a".into()], Some("mesh".into()), Timestamp::from_unix(1))),
    }
}

/// Makes a delta that puts one object.
fn putting(name: &str) -> Delta {
    let mut delta = Delta::default();
    delta.put.insert(map(name), owned(name));
    delta
}

fn record(at: u64) -> Record {
    Record::new(Timestamp::from_unix(at), None, Digest::of(b"plan"), Counts::default())
}

fn save(
    harness: &dyn StoreHarness,
    unit: &UnitId,
    expected: Option<&Version>,
    delta: &Delta,
) -> Result<Version> {
    save_in(harness, &harness.context(), unit, expected, delta)
}

fn save_in(
    harness: &dyn StoreHarness,
    cx: &Context,
    unit: &UnitId,
    expected: Option<&Version>,
    delta: &Delta,
) -> Result<Version> {
    run(harness, async { harness.store().save(cx, unit, expected, delta).await })
}

/// Saves what must be saved.
fn saved(
    harness: &dyn StoreHarness,
    unit: &UnitId,
    expected: Option<&Version>,
    delta: &Delta,
) -> Check<Version> {
    ok(save(harness, unit, expected, delta), "a save that expects the present version")
}

fn load(harness: &dyn StoreHarness, unit: &UnitId) -> Result<Option<Saved>> {
    let cx = harness.context();
    run(harness, async { harness.store().load(&cx, unit).await })
}

/// Loads what must be there.
fn loaded(harness: &dyn StoreHarness, unit: &UnitId) -> Check<Saved> {
    ok(load(harness, unit), "loading")?.ok_or_else(|| Unmet::broken("what was saved is gone"))
}

/// Loads from another instance.
fn loaded_from(harness: &dyn StoreHarness, store: &dyn StateStore, unit: &UnitId) -> Check<Option<Saved>> {
    let cx = harness.context();
    ok(run(harness, async { store.load(&cx, unit).await }), "loading in another process")
}

/// Saves through another instance.
fn save_through(
    harness: &dyn StoreHarness,
    store: &dyn StateStore,
    expected: Option<&Version>,
    delta: &Delta,
) -> Result<Version> {
    let (cx, unit) = (harness.context(), web());
    run(harness, async { store.save(&cx, &unit, expected, delta).await })
}

fn listed(harness: &dyn StoreHarness) -> Check<Vec<UnitId>> {
    let cx = harness.context();
    ok(run(harness, async { harness.store().units(&cx).await }), "listing units")
}
