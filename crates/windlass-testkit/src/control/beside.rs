//! The laws of state beside what is asked, and of all units at once.

use std::collections::BTreeMap;
use std::time::Duration;

use windlass_core::{Control, Controls, Delta, ErrorKind, UnitId, Version};

use super::{ControlHarness, approving, asked, read, suspending, there, web};
use crate::suite::{Check, Unmet, ensure, fails, ok, run, stated};
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

fn all(harness: &dyn ControlHarness, installation: &str) -> Check<Readable> {
    let found =
        ok(harness.controls(&harness.context(), installation)?, "reading what is asked of all units")?;
    Ok(readable(found))
}

/// What is asked of units; of a document that cannot be read the kind of the error.
type Readable = BTreeMap<UnitId, Result<(Version, Control), ErrorKind>>;

fn readable(controls: Controls) -> Readable {
    controls.into_iter().map(|(unit, found)| (unit, found.map_err(|error| error.kind()))).collect()
}

/// What is asked of all units of an installation is given at once: of each what a read of it gives, and nothing of others.
///
/// # Errors
/// Where it does not hold.
pub fn what_is_asked_of_all_units_is_given_at_once(harness: &dyn ControlHarness) -> Check {
    let none = all(harness, "windlass")?;
    ensure!(none.is_empty(), "nobody asked anything, and read of all units is {none:?}");
    let mut expected = Readable::new();
    for name in ["a", "a.b", "b"] {
        let first = asked(harness, &unit(name), None, &suspending(name))?;
        let version = asked(harness, &unit(name), Some(&first), &approving(name))?;
        expected.insert(unit(name), Ok((version, approving(name))));
    }
    let other = ok(unit("a").of_installation("staging"), "the name of an installation")?;
    let version = asked(harness, &other, None, &suspending("staging"))?;
    let found = all(harness, "windlass")?;
    ensure!(found == expected, "asked is {expected:?}, and read of all units is {found:?}");
    let found = all(harness, "staging")?;
    let expected = [(other, Ok((version, suspending("staging"))))].into();
    ensure!(found == expected, "asked in staging is {expected:?}, and read of all units is {found:?}");
    Ok(())
}

/// A document that cannot be read hides no other one, and is not passed over: who reads all does not take it for one that asks
/// for nothing.
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
    ensure!(names == ["a", "b", "c"], "the document of b is damaged, and there is an answer for {names:?}");
    let good: Vec<bool> = found.values().map(Result::is_ok).collect();
    ensure!(good == [true, false, true], "the document of b is damaged, and read is {found:?}");
    Ok(())
}

/// Who follows from no mark on is told at once, and who follows from a mark on is told of what was asked since then, of each
/// unit what a read of it gives, also what another process asked.
///
/// # Errors
/// Where it does not hold.
pub fn who_follows_is_told_what_is_asked(harness: &dyn ControlHarness) -> Check {
    let follow = |since: Option<u64>| {
        let cx = harness.context().with_timeout(FOLLOWS_MAX);
        let found = ok(harness.follow(&cx, "windlass", since)?, "following what is asked")?;
        Ok::<_, Unmet>(found.map(|found| (found.mark, readable(found.controls))))
    };
    asked(harness, &unit("a"), None, &suspending("a"))?;
    let Some((mut mark, first)) = follow(None)? else {
        return stated("the store does not tell of changes");
    };
    ensure!(first == all(harness, "windlass")?, "who begins to follow is told {first:?}");
    let version = asked(harness, &unit("b"), None, &suspending("b"))?;
    asked(harness, &unit("b"), Some(&version), &approving("b"))?;
    let expected = all(harness, "windlass")?;
    for _ in 0..NEWS_MAX {
        let Some((next, found)) = follow(Some(mark))? else { break };
        if found == expected {
            return Ok(());
        }
        mark = next;
    }
    Err(Unmet::broken("who follows was not told what was asked"))
}

/// How long the next news may take, on the clock of the harness.
const FOLLOWS_MAX: Duration = Duration::from_secs(10);
/// News that two saves may make.
const NEWS_MAX: usize = 8;

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
