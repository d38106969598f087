//! The laws of what a render gives.

use std::collections::BTreeSet;

use windlass_core::{Cancel, ErrorKind, Files, Item, Limits};

use super::inputs::{cancelling, need_of};
use super::{RendererHarness, good, render, render_in};
use crate::MemoryFiles;
use crate::suite::{Check, ensure, fails, not_applicable, ok};

/// The same input gives the same output: items in the same order, reads, warnings.
///
/// # Errors
/// Where it does not hold.
pub fn rendering_twice_gives_the_same(harness: &dyn RendererHarness) -> Check {
    let (first, second) = (good(harness)?, good(harness)?);
    ensure!(first.items.len() >= 2, "the good input must give two items or more");
    ensure!(first.items == second.items, "the second render gives other items");
    ensure!(first.reads == second.reads, "the second render has other reads");
    ensure!(first.warnings == second.warnings, "the second render has other warnings");
    Ok(())
}

/// Each identity is among the items once.
///
/// # Errors
/// Where it does not hold.
pub fn each_identity_is_rendered_once(harness: &dyn RendererHarness) -> Check {
    let items = good(harness)?.items;
    let ids: BTreeSet<_> = items.iter().map(Item::id).collect();
    ensure!(ids.len() == items.len(), "{} items have {} identities", items.len(), ids.len());
    Ok(())
}

/// Each item names a file of the input, a document and a line of it, counted from 1.
///
/// # Errors
/// Where it does not hold.
pub fn each_item_says_where_it_was_written(harness: &dyn RendererHarness) -> Check {
    let files = harness.good();
    for item in good(harness)?.items {
        let content = ok(files.read(&item.origin.file), &format!("reading where {} was written", item.id()))?;
        let lines = content.split(|byte| *byte == b'\n').count();
        let line = item.origin.line as usize;
        ensure!(
            (1..=lines).contains(&line),
            "{} is said to be at {}, of {lines} lines",
            item.id(),
            item.origin
        );
        ensure!(item.origin.document >= 1, "{} is said to be in document 0", item.id());
    }
    Ok(())
}

/// The file of each item is among the reads, or a folder around it.
///
/// # Errors
/// Where it does not hold.
pub fn each_file_of_an_item_is_among_the_reads(harness: &dyn RendererHarness) -> Check {
    let rendered = good(harness)?;
    for item in &rendered.items {
        ensure!(
            need_of(&rendered, &item.origin.file).is_some(),
            "{} was read, and is no read",
            item.origin.file
        );
    }
    Ok(())
}

/// When a file that was read changes, its digest among the reads does.
///
/// # Errors
/// Where it does not hold.
pub fn a_change_of_what_was_read_changes_the_reads(harness: &dyn RendererHarness) -> Check {
    let before = good(harness)?;
    for file in before.items.iter().map(|item| &item.origin.file) {
        let Some(need) = need_of(&before, file) else { continue };
        let content = ok(harness.good().read(file), "reading the input")?;
        let changed: MemoryFiles = harness.good().with(file.as_str(), [&content[..], b"\n"].concat());
        let after = ok(render(harness, &changed.artifact()), "rendering with one line end more")?;
        ensure!(before.reads.get(&need) != after.reads.get(&need), "{file} changed, and the reads did not");
    }
    Ok(())
}

/// A render that is cancelled ends with that error, before it began and in the middle.
///
/// # Errors
/// Where it does not hold.
pub fn a_cancelled_render_ends(harness: &dyn RendererHarness) -> Check {
    let cancel = Cancel::new();
    let cx = harness.context().with_cancel(cancel.clone());
    let middle = render_in(harness, &cx, &cancelling(harness.good(), cancel.clone()));
    fails(middle, &[ErrorKind::Cancelled], "a render that is cancelled at its first read")?;
    cancel.cancel();
    let before = render_in(harness, &cx, &harness.good().artifact());
    fails(before, &[ErrorKind::Cancelled], "a render that was cancelled before")?;
    Ok(())
}

/// More objects than `objects_max` are `Limit`.
///
/// # Errors
/// Where it does not hold.
pub fn more_objects_than_the_limit_are_refused(harness: &dyn RendererHarness) -> Check {
    limited(harness, "two objects where one is allowed", |limits| limits.objects_max = 1)
}

/// More bytes than `artifact_bytes_max` are `Limit`.
///
/// # Errors
/// Where it does not hold.
pub fn more_bytes_than_the_limit_are_refused(harness: &dyn RendererHarness) -> Check {
    limited(harness, "files of more than the one byte that is allowed", |limits| {
        limits.artifact_bytes_max = 1
    })
}

fn limited(harness: &dyn RendererHarness, what: &str, lower: impl FnOnce(&mut Limits)) -> Check {
    let mut limits = Limits::default();
    lower(&mut limits);
    let cx = harness.context().with_limits(limits);
    fails(render_in(harness, &cx, &harness.good().artifact()), &[ErrorKind::Limit], what)?;
    Ok(())
}

/// Asked twice, the fingerprint is the same.
///
/// # Errors
/// Where it does not hold.
pub fn the_fingerprint_stays_the_same(harness: &dyn RendererHarness) -> Check {
    let renderer = harness.renderer();
    let first = renderer.fingerprint();
    good(harness)?;
    ensure!(first == renderer.fingerprint(), "the fingerprint changed without an option");
    Ok(())
}

/// With each option that can change the output the fingerprint is another.
///
/// # Errors
/// Where it does not hold.
pub fn every_option_changes_the_fingerprint(harness: &dyn RendererHarness) -> Check {
    let variants = harness.variants();
    if variants.is_empty() {
        return not_applicable("it has no option that changes the output");
    }
    let mut seen = BTreeSet::from([harness.renderer().fingerprint()]);
    for variant in variants {
        ensure!(seen.insert(variant.fingerprint()), "two sets of options have one fingerprint: {variant:?}");
    }
    Ok(())
}
