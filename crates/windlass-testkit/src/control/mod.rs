//! The laws of [`ControlStore`].

mod asking;
mod beside;
mod control_of;
mod processes;
mod safety;
mod versions;

use std::sync::Arc;

pub use asking::*;
pub use beside::*;
pub use control_of::ControlOf;
pub use processes::*;
pub use safety::*;
pub use versions::*;
use windlass_core::{
    Approval, Context, Control, ControlStore, Controls, Digest, Followed, ObjectId, Pin, Request, Result,
    StateStore, Suspension, Timestamp, UnitId, Version,
};

use crate::suite::{Bench, Check, Findings, Unmet, lacking, ok, run, run_all, stated};

/// A fresh, empty store of what is asked, and the means to hurt it.
pub trait ControlHarness: Bench {
    /// Gives the store; the same one each time.
    fn store(&self) -> Arc<dyn ControlStore>;

    /// Gives what is asked of all units of an installation.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where the store only answers for one unit.
    fn controls(&self, cx: &Context, installation: &str) -> Check<Result<Controls>> {
        let _ = (cx, installation);
        lacking("controls")
    }

    /// Follows what is asked of all units of an installation from a mark on.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where the store only answers for one unit.
    fn follow(
        &self,
        cx: &Context,
        installation: &str,
        since: Option<u64>,
    ) -> Check<Result<Option<Followed>>> {
        let (store, installation) = (self.store(), installation.to_owned());
        Ok(run(self, async { store.follow(cx, &installation, since).await }))
    }

    /// Opens what the store has written a second time, as after a crash.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where nothing outlives the process.
    fn reopen(&self) -> Check<Arc<dyn ControlStore>> {
        lacking("reopen")
    }

    /// Damages what is asked of a unit, which was saved before.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where that cannot be done.
    fn damage(&self, unit: &UnitId) -> Check {
        let _ = unit;
        lacking("damage")
    }

    /// Gives the store of state in the same place.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`] where there is none.
    fn state(&self) -> Check<Arc<dyn StateStore>> {
        stated("no state is kept in the same place")
    }
}

crate::__control_laws!(__law_table(ControlHarness));

/// Checks every law, each on a harness of its own.
pub fn check_all<H: ControlHarness + 'static>(make: impl Fn() -> H) -> Findings {
    run_all::<dyn ControlHarness>(LAWS, || Box::new(make()))
}

fn web() -> UnitId {
    crate::unit("web")
}

/// Makes a document that suspends for this reason.
fn suspending(reason: &str) -> Control {
    let mut control = Control::default();
    control.suspended = Some(Suspension::new(reason, "ann", Timestamp::from_unix(10)));
    control
}

/// Makes a document that suspends for this reason and approves a plan.
fn approving(reason: &str) -> Control {
    let mut control = suspending(reason);
    control.approvals = vec![approval(b"plan")];
    control
}

fn approval(of: &[u8]) -> Approval {
    Approval { plan: Digest::of(of), by: "bob".into(), at: Timestamp::from_unix(11) }
}

/// Makes a document in which everything is asked for that can be.
fn everything() -> Control {
    let until = Some(Timestamp::from_unix(4_000_000_000));
    let mut control = suspending("two\nlines: \"upgrade\" \u{e9}\u{1f600}");
    let held = |by: &str| Suspension::new("", by, Timestamp::from_unix(0)).with_until(until);
    control.objects = [
        (ObjectId::new("apps", "Deployment", "shop", "web"), held("ann")),
        (ObjectId::new("", "Odd", "..", "50% \"\\ \n"), held("")),
    ]
    .into();
    control.approvals = vec![approval(b"one"), approval(b"two")];
    control.pin = Some(Pin { revision: "sha1:1a2b".into(), by: "eve".into(), at: Timestamp::from_unix(12) });
    control.request = Some(Request { by: "ann".into(), at: Timestamp::from_unix(13) });
    control
}

fn ask_in(
    harness: &dyn ControlHarness,
    cx: &Context,
    unit: &UnitId,
    expected: Option<&Version>,
    control: &Control,
) -> Result<Version> {
    run(harness, async { harness.store().set_control(cx, unit, expected, control).await })
}

fn ask(
    harness: &dyn ControlHarness,
    unit: &UnitId,
    expected: Option<&Version>,
    control: &Control,
) -> Result<Version> {
    ask_in(harness, &harness.context(), unit, expected, control)
}

/// Asks for what must be taken.
fn asked(
    harness: &dyn ControlHarness,
    unit: &UnitId,
    expected: Option<&Version>,
    control: &Control,
) -> Check<Version> {
    ok(ask(harness, unit, expected, control), "a save that expects the present version")
}

fn ask_through(
    harness: &dyn ControlHarness,
    store: &dyn ControlStore,
    expected: Option<&Version>,
    control: &Control,
) -> Result<Version> {
    let (cx, unit) = (harness.context(), web());
    run(harness, async { store.set_control(&cx, &unit, expected, control).await })
}

fn read(harness: &dyn ControlHarness, unit: &UnitId) -> Result<Option<(Version, Control)>> {
    let cx = harness.context();
    run(harness, async { harness.store().control(&cx, unit).await })
}

/// Reads what must be there.
fn there(harness: &dyn ControlHarness, unit: &UnitId) -> Check<(Version, Control)> {
    ok(read(harness, unit), "reading what is asked")?.ok_or_else(|| Unmet::broken("what was asked is gone"))
}

/// Reads by another instance.
fn read_from(harness: &dyn ControlHarness, store: &dyn ControlStore) -> Check<Option<(Version, Control)>> {
    let (cx, unit) = (harness.context(), web());
    ok(run(harness, async { store.control(&cx, &unit).await }), "reading in another process")
}
