//! The laws of what is asked and read.

use windlass_core::{Control, UnitId};

use super::{ControlHarness, asked, everything, read, suspending, there, web};
use crate::suite::{Check, ensure, ok};

/// Of a unit of which nothing was ever asked nothing is read.
///
/// # Errors
/// Where it does not hold.
pub fn nothing_is_asked_at_first(harness: &dyn ControlHarness) -> Check {
    let found = ok(read(harness, &web()), "reading what nobody asked")?;
    ensure!(found.is_none(), "nobody asked anything, and read is {found:?}");
    Ok(())
}

/// What a save confirmed is what the next read gives: suspension, held objects, approvals, pin and request.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_asked_is_read(harness: &dyn ControlHarness) -> Check {
    asked(harness, &web(), None, &everything())?;
    let (_, found) = there(harness, &web())?;
    ensure!(found == everything(), "asked was {:?}, and read is {found:?}", everything());
    Ok(())
}

/// A save replaces the whole document: what it does not say is not asked any more.
///
/// # Errors
/// Where it does not hold.
pub fn a_save_replaces_the_whole_document(harness: &dyn ControlHarness) -> Check {
    let version = asked(harness, &web(), None, &everything())?;
    asked(harness, &web(), Some(&version), &suspending("b"))?;
    let (_, found) = there(harness, &web())?;
    ensure!(found == suspending("b"), "asked is {:?}, and read is {found:?}", suspending("b"));
    Ok(())
}

/// After a save of an empty document nothing is asked, and it can be asked anew.
///
/// # Errors
/// Where it does not hold.
pub fn an_empty_document_asks_for_nothing(harness: &dyn ControlHarness) -> Check {
    let version = asked(harness, &web(), None, &everything())?;
    asked(harness, &web(), Some(&version), &Control::default())?;
    let found = ok(read(harness, &web()), "reading what is asked")?;
    let present = match found {
        None => None,
        Some((version, control)) => {
            ensure!(control.is_empty(), "nothing is asked any more, and read is {control:?}");
            Some(version)
        }
    };
    asked(harness, &web(), present.as_ref(), &suspending("anew"))?;
    ensure!(there(harness, &web())?.1 == suspending("anew"), "what was asked anew is not read");
    Ok(())
}

/// Units do not touch one another's documents, however alike their names, also in other installations.
///
/// # Errors
/// Where it does not hold.
pub fn units_do_not_touch_one_another(harness: &dyn ControlHarness) -> Check {
    let names = ["a", "a.b", "a-b", "control-a", "control.a", "a.control", "x/a", "a/x", "x/control.a"];
    let unit = |name: &str| ok(name.parse::<UnitId>(), "the name of a unit");
    for name in names {
        asked(harness, &unit(name)?, None, &suspending(name))?;
    }
    for name in names {
        let (version, found) = there(harness, &unit(name)?)?;
        ensure!(found == suspending(name), "of {name} was asked what was asked of {found:?}");
        asked(harness, &unit(name)?, Some(&version), &suspending(name))?;
    }
    Ok(())
}
