//! The objects of a build, with an index of their identities.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use windlass_core::{Error, ErrorKind, Result, Text};

use crate::build::file_of;
use crate::generate::data;
use crate::id::{Gvk, Id, Key};
use crate::resource::{Behavior, Resource};
use crate::select::{Matcher, Selector};

/// Objects in order. Where an index is there, it is right: whoever changes identities calls [`ResMap::forget`].
#[derive(Clone, Default)]
pub(crate) struct ResMap {
    pub(crate) list: Vec<Resource>,
    /// Kinds of this build that have no namespaces, beside the built-in ones.
    pub(crate) cluster: Arc<HashSet<Gvk>>,
    current: Option<HashMap<Key, usize>>,
    any: Option<HashMap<Key, Vec<usize>>>,
    names: Option<HashMap<Text, Vec<usize>>>,
}

impl ResMap {
    pub(crate) fn new(cluster: Arc<HashSet<Gvk>>) -> Self {
        Self { cluster, ..Self::default() }
    }

    /// Forgets the indexes.
    pub(crate) fn forget(&mut self) {
        self.current = None;
        self.any = None;
        self.names = None;
    }

    pub(crate) fn drop_empty(&mut self) {
        if self.list.iter().any(|resource| resource.node.is_empty()) {
            self.list.retain(|resource| !resource.node.is_empty());
            self.forget();
        }
    }

    /// Adds an object.
    pub(crate) fn append(&mut self, resource: Resource) -> Result<()> {
        let id = resource.id();
        let cluster = &self.cluster;
        let list = &self.list;
        let current = self.current.get_or_insert_with(|| {
            list.iter().enumerate().map(|(at, have)| (have.id().key(cluster), at)).collect()
        });
        let at = list.len();
        match current.entry(id.key(cluster)) {
            Entry::Vacant(place) => place.insert(at),
            Entry::Occupied(have) => return Err(twice(&resource, &list[*have.get()])),
        };
        if let Some(any) = &mut self.any {
            keys(&resource, &self.cluster).into_iter().for_each(|key| any.entry(key).or_default().push(at));
        }
        self.names = None;
        self.list.push(resource);
        Ok(())
    }

    /// Gives the objects that have or had a name.
    pub(crate) fn named(&mut self, name: &str) -> &[usize] {
        let list = &self.list;
        let names = self.names.get_or_insert_with(|| {
            let mut names: HashMap<Text, Vec<usize>> = HashMap::new();
            for (at, resource) in list.iter().enumerate().filter(|(_, resource)| !resource.node.is_empty()) {
                for id in resource.all_ids() {
                    let places = names.entry(id.name).or_default();
                    if places.last() != Some(&at) {
                        places.push(at);
                    }
                }
            }
            names
        });
        names.get(name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn append_all(&mut self, more: ResMap) -> Result<()> {
        let problems = more.list.into_iter().filter_map(|resource| self.append(resource).err());
        Error::all(problems).map_or(Ok(()), Err)
    }

    /// Checks that no two objects have one identity.
    pub(crate) fn check_unique(&mut self) -> Result<()> {
        self.forget();
        let mut current = HashMap::with_capacity(self.list.len());
        for (at, resource) in self.list.iter().enumerate() {
            if let Some(first) = current.insert(resource.id().key(&self.cluster), at) {
                return Err(twice(resource, &self.list[first]));
            }
        }
        self.current = Some(current);
        Ok(())
    }

    /// Gives the objects that have or had an identity.
    pub(crate) fn with_id(&mut self, id: &Id) -> &[usize] {
        let (list, cluster) = (&self.list, &self.cluster);
        let any = self.any.get_or_insert_with(|| {
            let mut any: HashMap<Key, Vec<usize>> = HashMap::new();
            for (at, resource) in list.iter().enumerate().filter(|(_, resource)| !resource.node.is_empty()) {
                keys(resource, cluster).into_iter().for_each(|key| any.entry(key).or_default().push(at));
            }
            any
        });
        any.get(&id.key(cluster)).map_or(&[], Vec::as_slice)
    }

    /// Gives the one object that has or had an identity.
    pub(crate) fn one(&mut self, id: &Id) -> Result<usize> {
        match self.with_id(id) {
            [at] => Ok(*at),
            [] => Err(Error::new(ErrorKind::NotFound, "no object has this id").with("id", id)),
            _ => Err(Error::new(ErrorKind::Conflict, "several objects have this id").with("id", id)),
        }
    }

    /// Adds what a generator made, or merges it into what is there.
    pub(crate) fn absorb(&mut self, mut new: Resource) -> Result<()> {
        let id = new.id();
        let here = |error: Error| error.with("id", &id).with("behavior", new.behavior.name());
        let places = self.with_id(&id).to_vec();
        let at = match (&places[..], new.behavior) {
            ([], Behavior::Merge | Behavior::Replace) => {
                return Err(here(Error::new(ErrorKind::NotFound, "does not exist; cannot merge or replace")));
            }
            ([], _) => return self.append(new),
            ([at], Behavior::Merge | Behavior::Replace) => *at,
            ([_], _) => {
                return Err(here(Error::new(
                    ErrorKind::Conflict,
                    "exists; behavior must be merge or replace",
                )));
            }
            _ => {
                return Err(here(Error::new(ErrorKind::Conflict, "several objects could take what is made")));
            }
        };
        let old = &self.list[at];
        let merge = new.behavior == Behavior::Merge;
        new.take_meta(old);
        new.take_track(old, merge);
        if merge {
            data::merge(&mut new, old)?;
            new.origin = Arc::clone(&old.origin);
            new.transformers.clone_from(&old.transformers);
        }
        self.list[at] = new;
        Ok(())
    }

    /// Gives the objects that a selector takes.
    pub(crate) fn select(&self, selector: &Selector) -> Result<Vec<usize>> {
        let matcher = selector.matcher()?;
        let taken = self.list.iter().enumerate().filter(|(_, resource)| self.takes(&matcher, resource));
        Ok(taken.map(|(at, _)| at).collect())
    }

    fn takes(&self, matcher: &Matcher, resource: &Resource) -> bool {
        let id = resource.id();
        if !matcher.takes_gvk(&id.gvk) {
            return false;
        }
        let first = resource.before.first();
        let name = matcher.takes_name(&id.name) || first.is_some_and(|first| matcher.takes_name(&first.name));
        if !name {
            return false;
        }
        let now = id.effective_namespace(&self.cluster);
        let was = first.map(|first| crate::id::effective(&first.namespace));
        let namespace = matcher.takes_namespace(&now) || was.is_some_and(|was| matcher.takes_namespace(&was));
        namespace && matcher.takes_labels(&resource.node)
    }

    pub(crate) fn effective_namespace(&self, at: usize) -> Text {
        self.list[at].id().effective_namespace(&self.cluster)
    }
}

fn twice(resource: &Resource, first: &Resource) -> Error {
    let error = Error::new(ErrorKind::Conflict, "may not add resource with an already registered id");
    let error = error.with("id", resource.id()).with("first", &first.origin);
    error.with("path", file_of(&resource.origin)).with("line", resource.origin.line)
}

/// Gives the keys of all identities of an object, each once.
fn keys(resource: &Resource, cluster: &HashSet<Gvk>) -> Vec<Key> {
    let mut keys = vec![resource.id().key(cluster)];
    for id in resource.before_ids() {
        let key = id.plain_key();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}
