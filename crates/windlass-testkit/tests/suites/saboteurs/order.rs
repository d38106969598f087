//! Rules that break one law each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use windlass_core::{Edge, Error, ErrorKind, Gate, Item, Node, ObjectId, OrderRule, Origin, Result};
use windlass_testkit::order::OrderHarness;
use windlass_testkit::suite::{Check, Harness};
use windlass_testkit::{config_map, id};

/// A rule that takes waves one after the other, or breaks the law named.
pub(crate) struct Stage(Arc<Waves>);

impl Stage {
    pub(crate) fn honest() -> Self {
        Self::breaking("nothing")
    }

    pub(crate) fn breaking(breaks: &'static str) -> Self {
        Self(Arc::new(Waves { breaks, calls: AtomicUsize::new(0) }))
    }
}

impl Harness for Stage {}

impl OrderHarness for Stage {
    fn rule(&self) -> Arc<dyn OrderRule> {
        self.0.clone()
    }

    fn items(&self, count: usize) -> Vec<Item> {
        let item = |at: usize| {
            let object = config_map("shop", &format!("item-{at}"), "");
            let mut item = Item::new(object, Origin::default());
            item.directives.wave = i32::try_from(at % 3).unwrap();
            item
        };
        (0..count).map(item).collect()
    }

    fn wrong(&self) -> Check<(Vec<Item>, Vec<ObjectId>)> {
        let mut items = self.items(3);
        items[1].directives.suspended = Some("no such phase".into());
        let wrong = items[1].id().clone();
        Ok((items, vec![wrong]))
    }
}

#[derive(Debug)]
struct Waves {
    breaks: &'static str,
    calls: AtomicUsize,
}

impl Waves {
    fn object(item: &Item) -> Node {
        Node::Object(item.id().clone())
    }

    fn edge(before: Node, after: Node) -> Edge {
        Edge::new(before, after, Gate::Healthy, "wave")
    }

    fn between(&self, wave: i32, before: &[&Item], after: &[&Item]) -> Vec<Edge> {
        if self.breaks == "edges_grow_with_the_items_and_not_with_their_pairs" {
            let pairs = |first| after.iter().map(move |then| (first, *then));
            let pairs = before.iter().flat_map(|first| pairs(*first));
            return pairs.map(|(first, then)| Self::edge(Self::object(first), Self::object(then))).collect();
        }
        let barrier = || Node::Barrier(format!("after wave {wave}").into());
        let to = before.iter().map(|item| Self::edge(Self::object(item), barrier()));
        to.chain(after.iter().map(|item| Self::edge(barrier(), Self::object(item)))).collect()
    }

    fn bend(&self, items: &[Item], edges: &mut Vec<Edge>) {
        let smallest = items.iter().map(Item::id).min().map(|id| Node::Object(id.clone()));
        let begin = || Node::Barrier("begin".into());
        match (self.breaks, smallest) {
            ("asking_twice_gives_the_same_edges", _) => {
                let call = self.calls.fetch_add(1, Ordering::SeqCst);
                // As of a hash map: the same edges, in another order each time.
                let middle = call % edges.len().max(1);
                edges.rotate_left(middle);
            }
            ("the_order_of_items_does_not_matter", Some(_)) => {
                edges.push(Self::edge(begin(), Self::object(&items[0])));
            }
            ("every_edge_is_among_the_items", Some(smallest)) => {
                edges.push(Self::edge(Node::Object(id("Namespace//shop")), smallest));
            }
            ("no_items_have_no_edges", None) => {
                edges.push(Self::edge(begin(), Node::Barrier("end".into())));
            }
            _ => {}
        }
    }
}

impl OrderRule for Waves {
    fn edges(&self, items: &[Item]) -> Result<Vec<Edge>> {
        let careless = self.breaks == "what_items_say_wrongly_is_invalid_and_names_them";
        let wrong = items.iter().filter(|item| item.directives.suspended.is_some() && !careless);
        let wrong =
            wrong.map(|item| Error::new(ErrorKind::Invalid, "no such phase").with("object", item.id()));
        Error::all(wrong).map_or(Ok(()), Err)?;
        let mut waves: BTreeMap<i32, Vec<&Item>> = BTreeMap::new();
        items.iter().for_each(|item| waves.entry(item.directives.wave).or_default().push(item));
        let pairs = waves.iter().zip(waves.values().skip(1));
        let mut edges: Vec<Edge> =
            pairs.flat_map(|((wave, before), after)| self.between(*wave, before, after)).collect();
        self.bend(items, &mut edges);
        Ok(edges)
    }
}
