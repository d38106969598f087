//! The laws of state beside what is asked, and of all units at once.

use windlass_core::{Delta, ErrorKind};

use super::{ControlHarness, Controls, approving, asked, read, suspending, there, web};
use crate::suite::{Check, ensure, fails, ok, run};
use crate::unit;

/// What is asked and the state of a unit share nothing: a save of one is no conflict for the other, and forgetting the state
/// leaves what was asked.
///
/// # Errors
/// Where it does not hold.
pub fn what_is_asked_and_the_state_are_apart(harness: &dyn ControlHarness) -> Check {
    let (state, cx, web) = (harness.state()?, harness.context(), web());
    let save = |expected: Option<&windlass_core::Version>, delta: &Delta, what: &str| {
        ok(run(harness, async { state.save(&cx, &web, expected, delta).await }), what)
    };
    let loaded = || ok(run(harness, async { state.load(&cx, &web).await }), "loading the state");
    let first = asked(harness, &web, None, &suspending("a"))?;
    ensure!(loaded()?.is_none(), "something was asked, and a state is loaded");
    let units = ok(run(harness, async { state.units(&cx).await }), "listing units")?;
    ensure!(units.is_empty(), "something was asked, and listed as units with a state are {units:?}");
    let saved = save(None, &Delta::default(), "a first save of the state")?;
    let second = asked(harness, &web, Some(&first), &suspending("b"))?;
    let saved = save(Some(&saved), &Delta::default(), "a save after something was asked")?;
    let mut forget = Delta::default();
    forget.forget = true;
    save(Some(&saved), &forget, "forgetting the state")?;
    let (version, found) = there(harness, &web)?;
    ensure!(version == second && found == suspending("b"), "the state was forgotten, and asked is {found:?}");
    ensure!(loaded()?.is_none(), "a forgotten state is loaded");
    Ok(())
}

fn all(harness: &dyn ControlHarness, installation: &str) -> Check<Controls> {
    ok(harness.controls(&harness.context(), installation)?, "reading what is asked of all units")
}

/// What is asked of all units of an installation is given at once: of each what a read of it gives, and nothing of others.
///
/// # Errors
/// Where it does not hold.
pub fn what_is_asked_of_all_units_is_given_at_once(harness: &dyn ControlHarness) -> Check {
    let none = all(harness, "windlass")?;
    ensure!(none.is_empty(), "nobody asked anything, and read of all units is {none:?}");
    let mut expected = Controls::new();
    for name in ["a", "a.b", "b"] {
        let first = asked(harness, &unit(name), None, &suspending(name))?;
        let version = asked(harness, &unit(name), Some(&first), &approving(name))?;
        expected.insert(unit(name), (version, approving(name)));
    }
    let other = ok(unit("a").of_installation("staging"), "the name of an installation")?;
    let version = asked(harness, &other, None, &suspending("staging"))?;
    let found = all(harness, "windlass")?;
    ensure!(found == expected, "asked is {expected:?}, and read of all units is {found:?}");
    let found = all(harness, "staging")?;
    let expected = [(other, (version, suspending("staging")))].into();
    ensure!(found == expected, "asked in staging is {expected:?}, and read of all units is {found:?}");
    Ok(())
}

/// A document that cannot be read hides no other one.
///
/// # Errors
/// Where it does not hold.
pub fn a_damaged_document_hides_no_other(harness: &dyn ControlHarness) -> Check {
    for name in ["a", "b", "c"] {
        asked(harness, &unit(name), None, &suspending(name))?;
    }
    harness.damage(&unit("b"))?;
    let found = all(harness, "windlass")?;
    let names: Vec<&str> = found.keys().map(windlass_core::UnitId::as_str).collect();
    ensure!(names == ["a", "c"], "the document of b is damaged, and those are read of {names:?}");
    Ok(())
}

/// A document that cannot be read is `Corrupt`, never nothing.
///
/// # Errors
/// Where it does not hold.
pub fn a_damaged_document_is_corrupt_never_none(harness: &dyn ControlHarness) -> Check {
    asked(harness, &web(), None, &suspending("a"))?;
    harness.damage(&web())?;
    fails(read(harness, &web()), &[ErrorKind::Corrupt], "reading a damaged document")?;
    Ok(())
}
