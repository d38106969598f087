//! The laws of what a transform gives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use windlass_core::{Item, Origin, Rendered, TreePath};

use super::{Given, TransformHarness, good, transform};
use crate::suite::{Check, ensure, not_applicable, ok};

/// The same items give the same again: in the same order, with the same reads and warnings.
///
/// # Errors
/// Where it does not hold.
pub fn transforming_twice_gives_the_same(harness: &dyn TransformHarness) -> Check {
    let (first, second) = (good(harness)?, good(harness)?);
    ensure!(first.items == second.items, "the second time gives other items");
    ensure!(first.reads == second.reads, "the second time has other reads");
    ensure!(first.warnings == second.warnings, "the second time has other warnings");
    Ok(())
}

/// Each identity is among the items once.
///
/// # Errors
/// Where it does not hold.
pub fn each_identity_is_there_once(harness: &dyn TransformHarness) -> Check {
    let items = good(harness)?.items;
    let ids: BTreeSet<_> = items.iter().map(Item::id).collect();
    ensure!(ids.len() == items.len(), "{} items have {} identities", items.len(), ids.len());
    Ok(())
}

/// The place of an item, by which it is found again after it was changed.
fn place(origin: &Origin) -> (TreePath, u32, u32) {
    (origin.file.clone(), origin.document, origin.line)
}

/// Gives each item that was there before, and what became of it.
fn pairs(given: &Given, rendered: &Rendered) -> Check<Vec<(Item, Item)>> {
    let before: BTreeMap<_, _> =
        given.rendered.items.iter().map(|item| (place(&item.origin), item.clone())).collect();
    ensure!(
        before.len() == given.rendered.items.len(),
        "the items of the harness must have different places"
    );
    let pair = |after: &Item| Some((before.get(&place(&after.origin))?.clone(), after.clone()));
    Ok(rendered.items.iter().filter_map(pair).collect())
}

fn differ(before: &Item, after: &Item) -> bool {
    before.object != after.object || before.directives != after.directives
}

/// The origin of what was changed names the transform last, and all else of it is as it was.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_changed_names_the_transform(harness: &dyn TransformHarness) -> Check {
    let given = harness.good();
    let pairs = pairs(&given, &ok(transform(harness, &given), "transforming good items")?)?;
    let changed: Vec<_> = pairs.iter().filter(|(before, after)| differ(before, after)).collect();
    ensure!(!changed.is_empty(), "the transform must change one of the good items or more");
    for (before, after) in changed {
        let mut expected = Origin::clone(&before.origin);
        expected.transformers.push(harness.name().into());
        ensure!(
            *after.origin == expected,
            "{} was changed by {}, and comes from {:?}",
            before.id(),
            harness.name(),
            after.origin
        );
    }
    Ok(())
}

/// The origin of what was not changed is as it was.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_not_changed_names_no_transform(harness: &dyn TransformHarness) -> Check {
    let given = harness.good();
    let pairs = pairs(&given, &ok(transform(harness, &given), "transforming good items")?)?;
    let left: Vec<_> = pairs.iter().filter(|(before, after)| !differ(before, after)).collect();
    if left.is_empty() {
        return not_applicable("it changes all good items of the harness");
    }
    for (before, after) in left {
        ensure!(before.origin == after.origin, "{} is as it was, and its origin is not", before.id());
    }
    Ok(())
}

/// What changed an item before stays named, and first.
///
/// # Errors
/// Where it does not hold.
pub fn what_changed_an_item_before_stays_named(harness: &dyn TransformHarness) -> Check {
    let mut given = harness.good();
    for item in &mut given.rendered.items {
        Arc::make_mut(&mut item.origin).transformers = vec!["earlier".into()];
    }
    let rendered = ok(transform(harness, &given), "transforming what was transformed")?;
    let pairs = pairs(&given, &rendered)?;
    ensure!(!pairs.is_empty(), "the transform must keep one of the good items or more");
    for (before, after) in pairs {
        let first = after.origin.transformers.first();
        ensure!(
            first == before.origin.transformers.first(),
            "{} was changed before, and its origin says {first:?}",
            before.id()
        );
    }
    Ok(())
}

/// Asked twice, the fingerprint is the same.
///
/// # Errors
/// Where it does not hold.
pub fn the_fingerprint_stays_the_same(harness: &dyn TransformHarness) -> Check {
    let transform = harness.transform();
    let first = transform.fingerprint();
    good(harness)?;
    ensure!(first == transform.fingerprint(), "the fingerprint changed without an option");
    Ok(())
}

/// With each option that can change the output the fingerprint is another.
///
/// # Errors
/// Where it does not hold.
pub fn every_option_changes_the_fingerprint(harness: &dyn TransformHarness) -> Check {
    let variants = harness.variants();
    if variants.is_empty() {
        return not_applicable("it has no option that changes the output");
    }
    let mut seen = BTreeSet::from([harness.transform().fingerprint()]);
    for variant in variants {
        ensure!(seen.insert(variant.fingerprint()), "two sets of options have one fingerprint: {variant:?}");
    }
    Ok(())
}
