//! The laws of what a transform does with wrong and missing input.

use windlass_core::{ErrorKind, Need};

use super::{TransformHarness, transform};
use crate::renderer::Place;
use crate::suite::{Check, Unmet, ensure, exposed, fails, hides};

/// Wrong input is an error: a transform is whole or it is not.
///
/// # Errors
/// Where it does not hold.
pub fn wrong_input_gives_no_items(harness: &dyn TransformHarness) -> Check {
    fails(transform(harness, &harness.wrong().0), &[ErrorKind::Invalid], "transforming wrong input")?;
    Ok(())
}

/// All problems are reported at once.
///
/// # Errors
/// Where it does not hold.
pub fn every_problem_is_reported_at_once(harness: &dyn TransformHarness) -> Check {
    let (given, places) = harness.wrong();
    let Err(error) = transform(harness, &given) else { return Ok(()) };
    let found = error.problems().len();
    ensure!(found >= places.len(), "of {} problems, {found} reported: {error}", places.len());
    Ok(())
}

/// Each problem names its file and line, and each wrong line is named by a problem.
///
/// # Errors
/// Where it does not hold.
pub fn each_problem_names_file_and_line(harness: &dyn TransformHarness) -> Check {
    let (given, places) = harness.wrong();
    let Err(error) = transform(harness, &given) else { return Ok(()) };
    Place::all_named(&places, &error)
}

/// Two items with one identity are an error that names both places.
///
/// # Errors
/// Where it does not hold.
pub fn two_items_with_one_identity_name_both_places(harness: &dyn TransformHarness) -> Check {
    let (given, places) = harness.twice()?;
    let transformed = transform(harness, &given);
    let error = fails(transformed, &[ErrorKind::Invalid, ErrorKind::Conflict], "one identity, twice")?;
    for place in &places {
        ensure!(place.is_named_by(&error), "the error does not name {}:{}: {error}", place.file, place.line);
    }
    Ok(())
}

/// An error about a line shows nothing of what is written there: it may be a secret.
///
/// # Errors
/// Where it does not hold.
pub fn no_content_is_shown_in_an_error(harness: &dyn TransformHarness) -> Check {
    let (given, secret) = harness.indiscreet();
    let transformed = transform(harness, &given);
    ensure!(transformed.is_err(), "what is wrong was transformed");
    let debug = format!("{:?}", harness.transform());
    hides(&secret, &[("error", exposed(&transformed)), ("transform's Debug", debug)])
}

/// What is missing is an error that lists its needs.
///
/// # Errors
/// Where it does not hold.
pub fn what_is_missing_lists_its_needs(harness: &dyn TransformHarness) -> Check {
    let (given, needs) = harness.missing()?;
    let Err(error) = transform(harness, &given) else {
        return Err(Unmet::broken("what needs something that is not there was transformed"));
    };
    let unlisted: Vec<&Need> = needs.iter().filter(|need| !error.needs().contains(need)).collect();
    ensure!(unlisted.is_empty(), "not among the needs: {unlisted:?} ({error})");
    Ok(())
}
