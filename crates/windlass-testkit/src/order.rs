//! The laws of [`OrderRule`].

use std::collections::BTreeSet;
use std::sync::Arc;

use windlass_core::{Edge, ErrorKind, Item, Node, ObjectId, OrderRule};

use crate::suite::{Check, Findings, Harness, Unmet, ensure, exposed, fails, not_applicable, ok, run_all};

/// Of how many items the edges are counted, and how many more that are the second time.
const FEW: usize = 50;
const TIMES: usize = 8;

/// A rule, and items for it.
pub trait OrderHarness: Harness {
    /// Gives the rule.
    fn rule(&self) -> Arc<dyn OrderRule>;

    /// Makes so many items or a few more, each with another identity, between which the rule has as much to say as it
    /// ever has.
    fn items(&self, count: usize) -> Vec<Item>;

    /// Makes items that say something wrong, and names those that do.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`] where no items can.
    fn wrong(&self) -> Check<(Vec<Item>, Vec<ObjectId>)> {
        not_applicable("the harness makes no items that say something wrong")
    }
}

crate::__order_laws!(__law_table(OrderHarness));

/// Checks every law, each on a harness of its own.
pub fn check_all<H: OrderHarness + 'static>(make: impl Fn() -> H) -> Findings {
    run_all::<dyn OrderHarness>(LAWS, || Box::new(make()))
}

fn edges(harness: &dyn OrderHarness, items: &[Item]) -> Check<Vec<Edge>> {
    ok(harness.rule().edges(items), &format!("the edges of {} items", items.len()))
}

/// Gives edges where there are some, since else nothing is checked.
fn some_edges(harness: &dyn OrderHarness) -> Check<(Vec<Item>, Vec<Edge>)> {
    let items = harness.items(FEW);
    let found = edges(harness, &items)?;
    ensure!(!found.is_empty(), "the items of the harness must have edges");
    Ok((items, found))
}

/// Asked twice, a rule gives the same edges.
///
/// # Errors
/// Where it does not hold.
pub fn asking_twice_gives_the_same_edges(harness: &dyn OrderHarness) -> Check {
    let (items, first) = some_edges(harness)?;
    ensure!(first == edges(harness, &items)?, "the second time the edges are others");
    Ok(())
}

/// The same items in any order have the same edges.
///
/// # Errors
/// Where it does not hold.
pub fn the_order_of_items_does_not_matter(harness: &dyn OrderHarness) -> Check {
    let (mut items, found) = some_edges(harness)?;
    let set = |edges: Vec<Edge>| edges.into_iter().collect::<BTreeSet<_>>();
    let expected = set(found);
    items.reverse();
    for turn in 0..3 {
        let third = items.len() / 3;
        items.rotate_left(third);
        let found = set(edges(harness, &items)?);
        let other = found.symmetric_difference(&expected).next();
        ensure!(other.is_none(), "in another order ({turn}) there is one edge more or fewer: {other:?}");
    }
    Ok(())
}

/// The number of edges grows with the items, and not with their pairs.
///
/// # Errors
/// Where it does not hold.
pub fn edges_grow_with_the_items_and_not_with_their_pairs(harness: &dyn OrderHarness) -> Check {
    let (items, found) = some_edges(harness)?;
    let few = found.len().max(items.len());
    let many = edges(harness, &harness.items(items.len() * TIMES))?.len();
    let most = few * TIMES * 2;
    ensure!(many <= most, "{few} edges or items, and of {TIMES} times as many items {many} edges");
    Ok(())
}

/// An edge is among the items: what it names is one of them, or a barrier, and nothing comes before itself.
///
/// # Errors
/// Where it does not hold.
pub fn every_edge_is_among_the_items(harness: &dyn OrderHarness) -> Check {
    let (items, found) = some_edges(harness)?;
    let ids: BTreeSet<&ObjectId> = items.iter().map(Item::id).collect();
    let known = |node: &Node| match node {
        Node::Object(id) => ids.contains(id),
        Node::Barrier(name) => !name.is_empty(),
    };
    for edge in &found {
        ensure!(known(&edge.before) && known(&edge.after), "an end is none of the items: {edge:?}");
        ensure!(edge.before != edge.after, "something comes before itself: {edge:?}");
    }
    Ok(())
}

/// Where there are no items, there are no edges.
///
/// # Errors
/// Where it does not hold.
pub fn no_items_have_no_edges(harness: &dyn OrderHarness) -> Check {
    let found = edges(harness, &[])?;
    ensure!(found.is_empty(), "no items have {} edges", found.len());
    Ok(())
}

/// What items themselves say wrongly is `Invalid`, and the error names them.
///
/// # Errors
/// Where it does not hold.
pub fn what_items_say_wrongly_is_invalid_and_names_them(harness: &dyn OrderHarness) -> Check {
    let (items, wrong) = harness.wrong()?;
    let found = harness.rule().edges(&items);
    let text = exposed(&found);
    fails(found, &[ErrorKind::Invalid], "the edges of items that say something wrong")?;
    match wrong.iter().find(|id| !text.contains(&id.to_string())) {
        Some(id) => Err(Unmet::Broken(format!("the error does not name {id}: {text}"))),
        None => Ok(()),
    }
}
