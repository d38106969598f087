//! Lists that a strategic merge merges item by item.

use std::collections::{HashMap, HashSet};

use windlass_core::{Result, Text};

use super::strategic::{Directive, Merged, Walk, directive_of};
use crate::node::{Map, Node, Tag, guard, replace, set_field, wrong_kind};
use crate::schema::Schema;

/// The list that is there and the one of the patch.
pub(super) struct Lists {
    pub(super) old: Vec<Node>,
    pub(super) patch: Vec<Node>,
}

/// Takes an item with `$patch` and nothing else out of a list, and says what it asked for.
pub(super) fn directive(patch: &mut Node) -> Result<Directive> {
    let Node::List(items) = patch else { return Ok(Directive::Merge) };
    let asked = items.iter().filter_map(Node::as_map).find(|map| map.get("$patch").is_some());
    let Some(asked) = asked.filter(|map| map.len() == 1).and_then(|map| map.get("$patch")) else {
        return Ok(Directive::Merge);
    };
    let text = asked.spelling().to_owned();
    let directive = directive_of(&text)?;
    set_item(items, None, &["$patch".into()], &[text.into()])?;
    Ok(directive)
}

/// Merges two lists: first the items of the patch, then those that only the old list has; or the other way round.
pub(super) fn merge(
    walk: Walk<'_>,
    lists: Lists,
    keys: &[Text],
    item: Schema,
    depth: usize,
) -> Result<Vec<Node>> {
    if let [key] = keys
        && let (Some(old), Some(patch)) = (names(&lists.old, key), names(&lists.patch, key))
    {
        return Named { walk, key, item, depth }.merge(lists, &old, &patch);
    }
    let run = Run { walk, item, depth, old: lists.old, patch: lists.patch, made: Vec::new() };
    if keys.is_empty() {
        let entries = run.scalars();
        return run.all(entries, &[Text::default()]);
    }
    let entries = run.entries(keys);
    run.all(entries, keys)
}

/// Gives the name of each item, if all have one and no two the same.
fn names(items: &[Node], key: &str) -> Option<Vec<Text>> {
    let mut seen = HashSet::with_capacity(items.len());
    items
        .iter()
        .map(|item| match item.get(key) {
            Some(Node::Scalar(scalar)) if scalar.tag != Tag::Null && !scalar.text.is_empty() => {
                seen.insert(scalar.text.clone()).then(|| scalar.text.clone())
            }
            _ => None,
        })
        .collect()
}

/// The ordinary case, in which every item has a name of its own.
struct Named<'n> {
    walk: Walk<'n>,
    key: &'n str,
    item: Schema,
    depth: usize,
}

impl Named<'_> {
    fn merge(self, lists: Lists, old_names: &[Text], patch_names: &[Text]) -> Result<Vec<Node>> {
        if self.walk.appends {
            return self.merge_behind(lists, old_names, patch_names);
        }
        let Self { walk, key, item, depth } = self;
        let mut old: Vec<Option<Node>> = lists.old.into_iter().map(Some).collect();
        let places: HashMap<&str, usize> =
            old_names.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        let mut out = Vec::with_capacity(old.len() + lists.patch.len());
        for (patch, name) in lists.patch.into_iter().zip(patch_names) {
            let have = places.get(name.as_str()).and_then(|at| old[*at].take());
            let before = if replaces(&patch) { have.clone() } else { None };
            let merged = walk.walk(have, Some(patch), item, depth)?;
            out.extend(named(merged, before, key, name));
        }
        for (have, name) in old.into_iter().zip(old_names) {
            if let Some(have) = have {
                let merged = walk.walk(Some(have), None, item, depth)?;
                out.extend(named(merged, None, key, name));
            }
        }
        Ok(out)
    }

    /// Merges so that what only the patch has comes last.
    fn merge_behind(self, lists: Lists, old_names: &[Text], patch_names: &[Text]) -> Result<Vec<Node>> {
        let Self { walk, key, item, depth } = self;
        let mut patch: Vec<Option<Node>> = lists.patch.into_iter().map(Some).collect();
        let places: HashMap<&str, usize> =
            patch_names.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        let mut out = Vec::with_capacity(lists.old.len() + patch.len());
        for (have, name) in lists.old.into_iter().zip(old_names) {
            let with = places.get(name.as_str()).and_then(|at| patch[*at].take());
            out.extend(named(walk.walk(Some(have), with, item, depth)?, None, key, name));
        }
        for (patch, name) in patch.into_iter().zip(patch_names) {
            if let Some(patch) = patch {
                out.extend(named(walk.walk(None, Some(patch), item, depth)?, None, key, name));
            }
        }
        Ok(out)
    }
}

fn replaces(patch: &Node) -> bool {
    patch.get("$patch").is_some_and(|asked| asked.spelling() == "replace")
}

/// Gives the item that a walk leaves. An item that the patch replaces is put back as it was: kustomize does so too.
fn named(merged: Merged, before: Option<Node>, key: &str, name: &Text) -> Option<Node> {
    let node = match (merged, before) {
        (Merged::New(node), Some(_)) if node.is_empty() => return None,
        (Merged::New(_), Some(before)) => before,
        (Merged::Gone, _) => return None,
        (Merged::Old(node) | Merged::New(node) | Merged::Null(node), _) => node,
    };
    match node {
        node if node.is_null() => None,
        Node::Map(map) if map.is_empty() => None,
        Node::Map(mut map) => {
            if map.get(key).is_none() {
                set_field(&mut map, key, Node::plain(name.clone()));
            }
            Some(Node::Map(map))
        }
        node => Some(node),
    }
}

/// The general case, in which items may lack keys or have those of others.
struct Run<'r> {
    walk: Walk<'r>,
    item: Schema,
    depth: usize,
    old: Vec<Node>,
    patch: Vec<Node>,
    /// The items of the patch, and what was merged.
    made: Vec<Node>,
}

impl Run<'_> {
    /// Gives the items of both lists in their order.
    fn items(&self) -> impl Iterator<Item = &Node> {
        let (first, second) =
            if self.walk.appends { (&self.old, &self.patch) } else { (&self.patch, &self.old) };
        first.iter().chain(second)
    }

    /// Gives the values of scalars, each once.
    fn scalars(&self) -> Vec<Vec<Text>> {
        let mut seen = HashSet::new();
        let all = self.items().map(|item| Text::from(item.spelling()));
        all.filter(|text| seen.insert(text.clone())).map(|text| vec![text]).collect()
    }

    /// Gives the values of the keys of the items, each once.
    fn entries(&self, keys: &[Text]) -> Vec<Vec<Text>> {
        let mut seen = HashSet::new();
        let values = |item: &Node| -> Vec<Text> {
            let value = |key: &Text| match item.get(key) {
                Some(node) if !node.is_empty() => Text::from(node.spelling()),
                _ => Text::default(),
            };
            keys.iter().map(value).collect()
        };
        self.items().map(values).filter(|values| seen.insert(values.clone())).collect()
    }

    fn all(mut self, mut entries: Vec<Vec<Text>>, keys: &[Text]) -> Result<Vec<Node>> {
        if keys.len() > 1 {
            join(&mut entries);
        }
        if entries.is_empty() {
            return Ok(self.old);
        }
        let valid: Vec<bool> =
            (0..keys.len()).map(|at| entries.iter().any(|values| values.get(at).is_some_and(said))).collect();
        let none = !valid.contains(&true);
        let pick = |list: &[Text]| -> Vec<Text> {
            list.iter()
                .zip(&valid)
                .filter(|(_, valid)| none || **valid)
                .map(|(text, _)| text.clone())
                .collect()
        };
        let valid_keys = pick(keys);
        for values in &entries {
            let values = pick(values);
            self.entry(&valid_keys, &values)?;
        }
        let (mut first, second) =
            if self.walk.appends { (self.old, self.made) } else { (self.made, self.old) };
        for item in second {
            add(&mut first, item, &valid_keys)?;
        }
        Ok(first)
    }

    /// Merges the items that have the values.
    fn entry(&mut self, keys: &[Text], values: &[Text]) -> Result<()> {
        let any = values.iter().any(said);
        let wanted: Vec<(&Text, &Text)> =
            keys.iter().zip(values).filter(|(_, value)| !any || said(value)).collect();
        let place = self.old.iter().position(|item| fits(item, &wanted));
        let patch = self.patch.iter().find(|item| fits(item, &wanted)).cloned();
        let have = place.map(|at| self.old[at].clone());
        let merged = self.walk.walk(have, patch, self.item, self.depth)?;
        let (mut node, is_old) = match merged {
            Merged::Gone => return self.drop_old(keys, values),
            Merged::Old(node) | Merged::Null(node) => (node, true),
            Merged::New(node) => (node, false),
        };
        if node.is_null() || node.as_map().is_some_and(Map::is_empty) {
            return self.drop_old(keys, values);
        }
        for (key, value) in keys.iter().zip(values) {
            match &mut node {
                Node::Map(map) if map.get(key).is_none() && said(value) => {
                    set_field(map, key, Node::plain(value.clone()));
                }
                Node::Scalar(_) if key.is_empty() && said(value) => {
                    let mut new = Node::plain(value.clone());
                    guard(&mut new);
                    replace(&mut node, new);
                }
                _ => {}
            }
        }
        if let (true, Some(at)) = (is_old, place) {
            self.old[at] = node.clone();
        }
        set_item(&mut self.made, Some(node), keys, values)
    }

    fn drop_old(&mut self, keys: &[Text], values: &[Text]) -> Result<()> {
        set_item(&mut self.old, None, keys, values)
    }
}

/// Puts an item in its place, or at the end.
fn add(made: &mut Vec<Node>, item: Node, keys: &[Text]) -> Result<()> {
    if keys.first().is_some_and(|key| key.is_empty()) {
        let value = Text::from(item.spelling());
        return set_item(made, Some(item), &[Text::default()], &[value]);
    }
    let mut values = Vec::new();
    for key in keys {
        match item.get(key) {
            Some(value) => values.push(Text::from(value.spelling())),
            None => made.push(item.clone()),
        }
    }
    if keys.len() > 1 {
        set_item(made, None, keys, &values)?;
    }
    set_item(made, Some(item), keys, &values)
}

fn said(text: &Text) -> bool {
    !text.is_empty()
}

/// Says whether an item has all the values.
fn fits(item: &Node, wanted: &[(&Text, &Text)]) -> bool {
    wanted.iter().all(|(key, value)| match item {
        Node::Map(map) => map.get(key).is_some_and(|have| have.spelling() == value.as_str()),
        item => key.is_empty() && item.spelling() == value.as_str(),
    }) && (item.as_map().is_some() || wanted.iter().any(|(key, _)| key.is_empty()))
}

/// Makes entries that mean one item equal: those that have a value in common and differ only where one has none.
fn join(entries: &mut [Vec<Text>]) {
    for first in 0..entries.len() {
        for second in 0..entries.len() {
            if let Some(joined) = joined(&entries[first], &entries[second]) {
                entries[first].clone_from(&joined);
                entries[second] = joined;
            }
        }
    }
}

fn joined(a: &[Text], b: &[Text]) -> Option<Vec<Text>> {
    let mut common = false;
    let mut out = Vec::with_capacity(a.len());
    for (a, b) in a.iter().zip(b) {
        common |= a == b;
        if a != b && said(a) && said(b) {
            return None;
        }
        out.push(if said(a) { a.clone() } else { b.clone() });
    }
    (common && a.len() == b.len()).then_some(out)
}

/// Replaces the items that have the values, takes them away, or adds one; what is null or an empty map goes as well.
fn set_item(items: &mut Vec<Node>, element: Option<Node>, keys: &[Text], values: &[Text]) -> Result<()> {
    let by_name = keys.first().is_some_and(said) && values.first().is_some_and(said);
    let mut found = false;
    let mut out = Vec::with_capacity(items.len() + 1);
    for item in std::mem::take(items) {
        if item.is_null() || item.as_map().is_some_and(Map::is_empty) {
            continue;
        }
        if item.as_map().is_none() && by_name {
            out.push(item);
            continue;
        }
        if !has_values(&item, keys, values)? {
            if !values.is_empty() {
                out.push(item);
            }
            continue;
        }
        found = true;
        out.extend(element.clone());
    }
    if !found {
        out.extend(element.filter(|element| !element.is_null()));
    }
    *items = out;
    Ok(())
}

fn has_values(item: &Node, keys: &[Text], values: &[Text]) -> Result<bool> {
    if values.is_empty() {
        return Ok(false);
    }
    for (key, value) in keys.iter().zip(values) {
        let has = match item {
            Node::Map(map) if said(key) => {
                map.get(key).is_some_and(|have| !said(value) || have.spelling() == value.as_str())
            }
            Node::Scalar(_) if key.is_empty() => item.word() == value.as_str(),
            item => return Err(wrong_kind(if said(key) { "map" } else { "scalar" }, item)),
        };
        if !has {
            return Ok(false);
        }
    }
    Ok(true)
}
