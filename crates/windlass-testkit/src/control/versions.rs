//! The laws of versions.

use std::collections::BTreeSet;

use windlass_core::{Control, ErrorKind, Version};

use super::{ControlHarness, ask, asked, everything, read, suspending, there, web};
use crate::suite::{Check, ensure, fails, ok};
use crate::unit;

/// A read gives the version that the last save gave.
///
/// # Errors
/// Where it does not hold.
pub fn a_read_gives_the_version_of_the_last_save(harness: &dyn ControlHarness) -> Check {
    let mut version = asked(harness, &web(), None, &suspending("a"))?;
    for reason in ["b", "c"] {
        version = asked(harness, &web(), Some(&version), &suspending(reason))?;
        let (found, _) = there(harness, &web())?;
        ensure!(found == version, "the save gave {version:?}, the read {found:?}");
    }
    Ok(())
}

/// A save that expects another version than the present one is a `Conflict`: an older one, none where there is one, one
/// where there is none.
///
/// # Errors
/// Where it does not hold.
pub fn a_save_expecting_another_version_is_a_conflict(harness: &dyn ControlHarness) -> Check {
    let conflict = |name, expected: Option<&Version>, what| {
        fails(ask(harness, &unit(name), expected, &suspending("x")), &[ErrorKind::Conflict], what).map(drop)
    };
    conflict("a", Some(&Version::new("1")), "expecting a version where nothing is stored")?;
    asked(harness, &unit("b"), None, &suspending("a"))?;
    conflict("b", None, "expecting nothing where something is stored")?;
    let old = asked(harness, &unit("c"), None, &suspending("a"))?;
    asked(harness, &unit("c"), Some(&old), &suspending("b"))?;
    conflict("c", Some(&old), "expecting an older version")
}

/// A save that is refused changes nothing, not even the version.
///
/// # Errors
/// Where it does not hold.
pub fn a_refused_save_changes_nothing(harness: &dyn ControlHarness) -> Check {
    let old = asked(harness, &web(), None, &suspending("a"))?;
    asked(harness, &web(), Some(&old), &suspending("b"))?;
    let before = there(harness, &web())?;
    for expected in [Some(&old), None] {
        let refused = ask(harness, &web(), expected, &everything()).is_err();
        let found = there(harness, &web())?;
        ensure!(!refused || found == before, "a refused save made {before:?} into {found:?}");
    }
    Ok(())
}

/// Each save gives a version that no earlier save of the unit gave, also one that says the same again, and one that says
/// nothing.
///
/// # Errors
/// Where it does not hold.
pub fn versions_never_repeat(harness: &dyn ControlHarness) -> Check {
    let (mut seen, mut present) = (BTreeSet::new(), None);
    for control in [suspending("a"), suspending("a"), Control::default(), Control::default(), suspending("a")]
    {
        let version = asked(harness, &web(), present.as_ref(), &control)?;
        ensure!(seen.insert(version.clone()), "the version {version:?} was given before");
        present = ok(read(harness, &web()), "reading what is asked")?.map(|(version, _)| version);
    }
    Ok(())
}
