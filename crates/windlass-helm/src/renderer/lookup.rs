//! `lookup` over what was brought: what is not there is needed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use windlass_core::{
    Digest, Error, ErrorKind, Need, Object, ObjectId, Provided, Result, Selection, Value as Plain,
};

use crate::release::language_value;
use crate::template::{Lookup, Map, Value};

/// Objects that were brought, and those that were missed.
pub(super) struct Found {
    objects: BTreeMap<Need, Option<Object>>,
    lists: BTreeMap<Need, Vec<Object>>,
    asked: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    reads: BTreeMap<Need, Digest>,
    missing: BTreeSet<Need>,
}

impl Found {
    pub(super) fn new(provided: &Provided) -> Self {
        Self { objects: provided.objects.clone(), lists: provided.lists.clone(), asked: Mutex::default() }
    }

    /// Fails where something was looked for that has to be brought first.
    pub(super) fn check(&self) -> Result<()> {
        let missing = std::mem::take(&mut self.asked().missing);
        if missing.is_empty() {
            return Ok(());
        }
        let message = "a template looks for objects of the cluster that nobody has asked for yet";
        Err(Error::new(ErrorKind::Unfetched, message).needing(missing))
    }

    /// Gives what was looked for, with its digest.
    pub(super) fn reads(&self) -> BTreeMap<Need, Digest> {
        std::mem::take(&mut self.asked().reads)
    }

    fn asked(&self) -> std::sync::MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn object(&self, need: Need) -> Map {
        let Some(object) = self.objects.get(&need) else {
            self.asked().missing.insert(need);
            return Map::new();
        };
        let digest = object.as_ref().map_or(Digest::of_parts([]), Object::digest);
        self.asked().reads.insert(need, digest);
        object.as_ref().map(body).unwrap_or_default()
    }

    fn list(&self, need: Need, api_version: &str, kind: &str) -> Map {
        let Some(objects) = self.lists.get(&need) else {
            self.asked().missing.insert(need);
            return Map::new();
        };
        self.asked().reads.insert(need, of_list(objects));
        let items = objects.iter().map(|object| Value::Map(body(object))).collect();
        [
            ("apiVersion", Value::from(api_version)),
            ("kind", Value::from(format!("{kind}List"))),
            ("items", crate::template::List::new(items).into()),
        ]
        .into_iter()
        .collect()
    }
}

/// The digest of a list that was read.
pub(crate) fn of_list(objects: &[Object]) -> Digest {
    let digests: Vec<String> = objects.iter().map(|object| object.digest().to_string()).collect();
    Digest::of_parts(digests.iter().map(String::as_bytes))
}

fn body(object: &Object) -> Map {
    match &**object.body() {
        Plain::Map(map) => language_value(map),
        _ => Map::new(),
    }
}

impl Lookup for Found {
    fn lookup(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> std::result::Result<Map, String> {
        if name.is_empty() {
            let all = Selection::new(api_version, kind).in_namespace(namespace);
            return Ok(self.list(Need::Objects(all), api_version, kind));
        }
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        let id = ObjectId::new(group, kind, namespace, name);
        Ok(self.object(Need::Object { id, api_version: api_version.into() }))
    }
}
