//! The laws of what a transform reads beside the items.

use std::collections::BTreeSet;
use std::sync::Arc;

use windlass_core::{
    Artifact, Cancel, Digest, ErrorKind, Files, Need, Paths, Rendered, Revision, TreePath, Warning,
};

use super::{TransformHarness, transform, transform_in};
use crate::renderer::inputs::{Recording, broken, cancelling, need_of};
use crate::suite::{Check, ensure, fails, not_applicable, ok};

/// Transforms good items; gives the files that were read, and what came out.
fn recorded(harness: &dyn TransformHarness) -> Check<(BTreeSet<TreePath>, Rendered)> {
    let given = harness.good();
    let files = Arc::new(Recording::new(given.files.clone()));
    let artifact = Artifact::new(Revision::new("test"), Digest::of(b"test"), files.clone());
    let rendered = transform_in(harness, &harness.context(), &artifact, &given);
    Ok((files.read(), ok(rendered, "transforming good items")?))
}

/// Gives the files that were read; where there are none, the law does not apply.
fn read(harness: &dyn TransformHarness) -> Check<(BTreeSet<TreePath>, Rendered)> {
    let (read, rendered) = recorded(harness)?;
    if read.is_empty() { not_applicable("it reads no file for the good items") } else { Ok((read, rendered)) }
}

/// What the render read and warned of is still there.
///
/// # Errors
/// Where it does not hold.
pub fn what_the_render_said_stays(harness: &dyn TransformHarness) -> Check {
    let mut given = harness.good();
    let (need, digest) = (Need::Base("test:base".into()), Digest::of(b"base"));
    given.rendered.reads.insert(need.clone(), digest);
    given.rendered.warnings.push(Warning::new("a warning of the render"));
    let after = ok(transform(harness, &given), "transforming good items")?;
    ensure!(after.reads.get(&need) == Some(&digest), "what the render read is among the reads no more");
    let warned = given.rendered.warnings.iter().all(|warning| after.warnings.contains(warning));
    ensure!(warned, "what the render warned of is left out");
    Ok(())
}

/// What was read beside the items is among the reads, or a folder around it.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_read_is_among_the_reads(harness: &dyn TransformHarness) -> Check {
    let (read, rendered) = read(harness)?;
    for file in read {
        ensure!(need_of(&rendered, &file).is_some(), "{file} was read, and is no read");
    }
    Ok(())
}

/// When a file that was read changes, its digest among the reads does.
///
/// # Errors
/// Where it does not hold.
pub fn a_change_of_what_was_read_changes_the_reads(harness: &dyn TransformHarness) -> Check {
    let (read, before) = read(harness)?;
    for file in &read {
        let Some(need) = need_of(&before, file) else { continue };
        let mut given = harness.good();
        let content = ok(given.files.read(file), "reading the input")?;
        given.files = given.files.with(file.as_str(), [&content[..], b"\n"].concat());
        let after = ok(transform(harness, &given), "transforming with one line end more")?;
        ensure!(before.reads.get(&need) != after.reads.get(&need), "{file} changed, and the reads did not");
    }
    Ok(())
}

/// What was not fetched is a need, and is never left out.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_not_fetched_is_never_left_out(harness: &dyn TransformHarness) -> Check {
    read(harness)?;
    let mut given = harness.good();
    given.files = given.files.fetched(&Paths::Under(Vec::new()));
    let transformed = transform(harness, &given);
    let error = fails(transformed, &[ErrorKind::Unfetched], "reading what was not fetched")?;
    ensure!(!error.needs().is_empty(), "the error names no need: {error}");
    Ok(())
}

/// A file that cannot be read is an error, never items without what it says.
///
/// # Errors
/// Where it does not hold.
pub fn a_failure_to_read_is_an_error(harness: &dyn TransformHarness) -> Check {
    read(harness)?;
    let given = harness.good();
    let transformed = transform_in(harness, &harness.context(), &broken(given.files.clone()), &given);
    ensure!(transformed.is_err(), "files that cannot be read are no error");
    Ok(())
}

/// A transform that is cancelled ends with that error, before it began and in the middle.
///
/// # Errors
/// Where it does not hold.
pub fn a_cancelled_transform_ends(harness: &dyn TransformHarness) -> Check {
    let (cancel, given) = (Cancel::new(), harness.good());
    let cx = harness.context().with_cancel(cancel.clone());
    let (read, _) = recorded(harness)?;
    if !read.is_empty() {
        let files = cancelling(given.files.clone(), cancel.clone());
        let middle = transform_in(harness, &cx, &files, &given);
        fails(middle, &[ErrorKind::Cancelled], "a transform that is cancelled at its first read")?;
    }
    cancel.cancel();
    let before = transform_in(harness, &cx, &given.files.artifact(), &given);
    fails(before, &[ErrorKind::Cancelled], "a transform that was cancelled before")?;
    Ok(())
}
