//! Looking for single objects: those that do not carry our label, and those whose body is wanted.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use windlass_core::{Context, Error, ErrorKind, Look, ObjectId, Observation, Text, Value};

use crate::list::{Listing, Names, list};
use crate::live::trim;
use crate::resource::Resource;
use crate::sending::get;
use crate::session::Session;
use crate::survey::SURVEY_MIN;

/// Objects asked about at once: many more than reads have turns, and not so many that the work of each fills the memory.
pub(crate) const AT_ONCE: usize = 512;

/// What is asked for of one kind.
pub(crate) type Asked<'a> = BTreeMap<&'a ObjectId, &'a Look>;
/// What was seen.
pub(crate) type Observations = BTreeMap<ObjectId, Observation>;

/// Looking for objects of one kind.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) session: &'a Session,
    pub(crate) cx: &'a Context,
    pub(crate) resource: &'a Resource,
}

impl Search<'_> {
    /// Looks for objects, listing first what exists where there are many of them and that may be done.
    pub(crate) async fn all<'o>(
        self,
        looks: impl Iterator<Item = (&'o ObjectId, &'o Look)>,
        listable: bool,
    ) -> Vec<(ObjectId, Observation)> {
        let mut namespaces: BTreeMap<&Text, Vec<(&ObjectId, &Look)>> = BTreeMap::new();
        for (id, look) in looks {
            namespaces.entry(&id.namespace).or_default().push((id, look));
        }
        let searches =
            namespaces.into_iter().map(|(namespace, looks)| self.in_namespace(namespace, looks, listable));
        join_all(searches).await.into_iter().flatten().collect()
    }

    async fn in_namespace(
        self,
        namespace: &Text,
        looks: Vec<(&ObjectId, &Look)>,
        listable: bool,
    ) -> Vec<(ObjectId, Observation)> {
        let Search { session, cx, resource } = self;
        let exist = if listable {
            session.surveys.existing((&session.connection, cx), resource, namespace, looks.len()).await
        } else {
            None
        };
        let (present, absent): (Vec<_>, Vec<_>) = looks.into_iter().partition(|(id, _)| {
            let key = (id.namespace.clone(), id.name.clone());
            exist.as_ref().is_none_or(|names| names.contains(&key))
        });
        let mut observations = Vec::with_capacity(present.len() + absent.len());
        let listed = match &exist {
            Some(names) if self.is_most(&present, names, namespace) => self.listed(namespace, &present).await,
            _ => None,
        };
        let is_listed = listed.is_some();
        observations.extend(listed.into_iter().flatten());
        for some in present.chunks(AT_ONCE).filter(|_| !is_listed) {
            let reads = some.iter().map(async |(id, look)| ((*id).clone(), self.one(id, look).await));
            observations.extend(join_all(reads).await);
        }
        observations.extend(absent.into_iter().map(|(id, _)| (id.clone(), Observation::Absent)));
        observations
    }

    /// Says whether many objects are looked for, and they are most of what there is.
    fn is_most(self, present: &[(&ObjectId, &Look)], names: &Names, namespace: &Text) -> bool {
        let all = names.iter().filter(|(within, _)| within == namespace).count();
        present.len() >= SURVEY_MIN && present.len().saturating_mul(2) >= all
    }

    /// Reads many objects of one namespace by one list; `None` where that does not go.
    async fn listed(
        self,
        namespace: &Text,
        looks: &[(&ObjectId, &Look)],
    ) -> Option<Vec<(ObjectId, Observation)>> {
        let Search { session, cx, resource } = self;
        let listing = Listing { resource, namespace, selector: "" };
        let items = list(&session.connection, cx, &listing).await.ok()?;
        let named = |item: Value| Some((Text::from(item.text_at(&["metadata", "name"])?), item));
        let mut items: BTreeMap<Text, Value> = items.into_iter().filter_map(named).collect();
        let reader = session.observer(cx);
        let seen = looks.iter().map(|(id, look)| {
            // What is gone since its name was seen is absent.
            let seen = match items.remove(&id.name).map(|item| reader.read(resource, item)) {
                None => Observation::Absent,
                Some(Ok(live)) if live.id == **id => Observation::Live(trim(live, look)),
                Some(Ok(_)) => another(id),
                Some(Err(error)) => Observation::Unreadable(error),
            };
            ((*id).clone(), seen)
        });
        Some(seen.collect())
    }

    /// Reads one object.
    pub(crate) async fn one(self, id: &ObjectId, look: &Look) -> Observation {
        match get(self.session, self.cx, self.resource, id).await {
            Ok(Some(live)) if live.id == *id => Observation::Live(trim(live, look)),
            Ok(Some(_)) => another(id),
            Ok(None) => Observation::Absent,
            Err(error) if error.kind() == ErrorKind::Undefined => Observation::Undefined,
            Err(error) => Observation::Unreadable(error),
        }
    }
}

fn another(id: &ObjectId) -> Observation {
    let error = Error::new(ErrorKind::Unavailable, "the server gave another object");
    Observation::Unreadable(error.with("object", id))
}
