//! The laws of what a render does with wrong and missing input.

use windlass_core::{ErrorKind, Need, Paths, RenderInput, TreePath};

use super::inputs::broken;
use super::{Place, RendererHarness, render};
use crate::suite::{Check, Unmet, ensure, exposed, fails, hides};

/// Wrong input is an error: a render is whole or it is not.
///
/// # Errors
/// Where it does not hold.
pub fn wrong_input_gives_no_items(harness: &dyn RendererHarness) -> Check {
    let rendered = render(harness, &harness.wrong().0.artifact());
    fails(rendered, &[ErrorKind::Invalid], "rendering wrong input")?;
    Ok(())
}

/// All problems of the input are reported at once.
///
/// # Errors
/// Where it does not hold.
pub fn every_problem_is_reported_at_once(harness: &dyn RendererHarness) -> Check {
    let (files, places) = harness.wrong();
    let Err(error) = render(harness, &files.artifact()) else { return Ok(()) };
    let found = error.problems().len();
    ensure!(found >= places.len(), "of {} problems, {found} reported: {error}", places.len());
    Ok(())
}

/// Each problem of the input names its file and line, and each wrong line is named by a problem.
///
/// # Errors
/// Where it does not hold.
pub fn each_problem_names_file_and_line(harness: &dyn RendererHarness) -> Check {
    let (files, places) = harness.wrong();
    let Err(error) = render(harness, &files.artifact()) else { return Ok(()) };
    Place::all_named(&places, &error)
}

/// Two items with one identity are an error that names both places.
///
/// # Errors
/// Where it does not hold.
pub fn two_items_with_one_identity_name_both_places(harness: &dyn RendererHarness) -> Check {
    let (files, places) = harness.twice();
    let rendered = render(harness, &files.artifact());
    let error = fails(rendered, &[ErrorKind::Invalid, ErrorKind::Conflict], "one identity, twice")?;
    for place in &places {
        ensure!(place.is_named_by(&error), "the error does not name {}:{}: {error}", place.file, place.line);
    }
    Ok(())
}

/// An error about a line shows nothing of what is written there: it may be a secret.
///
/// # Errors
/// Where it does not hold.
pub fn no_content_is_shown_in_an_error(harness: &dyn RendererHarness) -> Check {
    let (files, secret) = harness.indiscreet();
    let rendered = render(harness, &files.artifact());
    let renderer = format!("{:?}", harness.renderer());
    hides(&secret, &[("error", exposed(&rendered)), ("renderer's Debug", renderer)])
}

/// What is missing is an error that lists its needs.
///
/// # Errors
/// Where it does not hold.
pub fn what_is_missing_lists_its_needs(harness: &dyn RendererHarness) -> Check {
    let (files, needs) = harness.missing()?;
    let Err(error) = render(harness, &files.artifact()) else {
        return Err(Unmet::broken("what needs something that is not there renders"));
    };
    let unlisted: Vec<&Need> = needs.iter().filter(|need| !error.needs().contains(need)).collect();
    ensure!(unlisted.is_empty(), "not among the needs: {unlisted:?} ({error})");
    Ok(())
}

/// What was not fetched is a need, and is never left out.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_not_fetched_is_never_left_out(harness: &dyn RendererHarness) -> Check {
    let files = harness.good().fetched(&Paths::Under(Vec::new()));
    let error =
        fails(render(harness, &files.artifact()), &[ErrorKind::Unfetched], "rendering what was not fetched")?;
    ensure!(!error.needs().is_empty(), "the error names no need: {error}");
    Ok(())
}

/// A file that cannot be read is an error, never a render without it.
///
/// # Errors
/// Where it does not hold.
pub fn a_failure_to_read_is_never_an_empty_render(harness: &dyn RendererHarness) -> Check {
    let rendered = render(harness, &broken(harness.good()));
    ensure!(rendered.is_err(), "files that cannot be read render");
    Ok(())
}

/// A folder that does not exist is an error, never an empty render.
///
/// # Errors
/// Where it does not hold.
pub fn a_missing_folder_is_an_error(harness: &dyn RendererHarness) -> Check {
    let (artifact, cx) = (harness.good().artifact(), harness.context());
    let path = TreePath::new("no/such/folder").map_err(Unmet::broken)?;
    let rendered = harness.renderer().render(&cx, &RenderInput::new(&artifact, &path));
    fails(rendered, &[ErrorKind::NotFound, ErrorKind::Invalid], "rendering a folder that does not exist")?;
    Ok(())
}
