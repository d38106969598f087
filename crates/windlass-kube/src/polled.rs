//! Looking without a watch: one list for each kind, and single reads only for what the lists do not show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use futures_util::future::join_all;
use windlass_core::{Context, Error, ErrorKind, Live, Object, Observation, Observed, Result, UnitId, Value};

use crate::children;
use crate::list::{Listing, list};
use crate::live::{is_controlled, with_body};
use crate::owner;
use crate::resource::Resource;
use crate::search::{Asked, Observations, Search};
use crate::session::Session;

/// Workloads of one kind whose pods are listed by one look.
const EXPLAINED_MAX: usize = 16;

/// Looks at objects by kind.
pub(crate) async fn look(
    session: &Session,
    cx: &Context,
    unit: &UnitId,
    kinds: BTreeMap<Resource, Asked<'_>>,
) -> Observed {
    let mut observed = Observed::default();
    let looks = kinds.into_iter().map(|(resource, asked)| Kind { session, cx, unit, resource, asked }.look());
    for (observations, orphans) in join_all(looks).await {
        observed.observations.extend(observations);
        observed.orphans.extend(orphans);
    }
    observed
}

/// One kind of one interest.
struct Kind<'a> {
    session: &'a Session,
    cx: &'a Context,
    unit: &'a UnitId,
    resource: Resource,
    asked: Asked<'a>,
}

impl Kind<'_> {
    async fn look(self) -> (Observations, Vec<Live>) {
        match self.listed().await {
            Ok(Some(items)) => self.complete(items).await,
            Ok(None) => (self.all(&Observation::Undefined), Vec::new()),
            Err(error) => (self.all(&Observation::Unreadable(error)), Vec::new()),
        }
    }

    fn all(&self, observation: &Observation) -> Observations {
        self.asked.keys().map(|id| ((*id).clone(), observation.clone())).collect()
    }

    /// Gives what carries the labels of the unit: over all namespaces, else in those asked for, else nothing. `None`: the kind is
    /// not served.
    async fn listed(&self) -> Result<Option<Vec<Value>>> {
        if !self.resource.listable {
            return Ok(Some(Vec::new()));
        }
        let narrow = self.narrow(false);
        if !narrow {
            match self.labelled("").await {
                Err(error) if error.kind() == ErrorKind::Denied && self.resource.namespaced => {
                    self.narrow(true)
                }
                Err(error) if error.kind() == ErrorKind::Denied => return Ok(Some(Vec::new())),
                Err(error) if error.kind() == ErrorKind::Undefined => return Ok(None),
                other => return other.map(Some),
            };
        }
        let namespaces: BTreeSet<&str> = self.asked.keys().map(|id| &*id.namespace).collect();
        let lists = join_all(namespaces.into_iter().map(|namespace| self.labelled(namespace))).await;
        let mut items = Vec::new();
        for listed in lists {
            match listed {
                Ok(listed) => items.extend(listed),
                // An account that may read but not list reads one by one.
                Err(error) if error.kind() == ErrorKind::Denied => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(items))
    }

    /// Says whether the kind is listed by namespace, noting it first where `note` is set.
    fn narrow(&self, note: bool) -> bool {
        let mut narrow = self.session.narrow.lock().unwrap_or_else(PoisonError::into_inner);
        if note {
            narrow.insert(self.resource.clone());
        }
        narrow.contains(&self.resource)
    }

    async fn labelled(&self, namespace: &str) -> Result<Vec<Value>> {
        let listing = Listing { resource: &self.resource, namespace, selector: &owner::selector(self.unit) };
        list(&self.session.connection, self.cx, &listing).await
    }

    async fn complete(&self, items: Vec<Value>) -> (Observations, Vec<Live>) {
        let (mut observations, mut orphans) = (Observations::new(), Vec::new());
        let (mut broken, mut ailing) = (Vec::new(), Vec::new());
        let reader = self.session.observer(self.cx);
        for item in items {
            match reader.read_whole(&self.resource, item) {
                Ok((live, whole)) => match self.asked.get(&live.id) {
                    Some(look) => {
                        let open = live.health.as_ref().is_some_and(|health| !health.is_ready());
                        if open && children::has_pods(&live.id.group, &live.id.kind) {
                            ailing.push(whole.clone());
                        }
                        match with_body(live, whole, look) {
                            Ok(live) => {
                                observations.insert(live.id.clone(), Observation::Live(live));
                            }
                            Err(error) => broken.push(error),
                        }
                    }
                    None if is_controlled(&whole) => {}
                    None => orphans.push(live),
                },
                Err(error) => broken.push(error),
            }
        }
        if let Some(error) = Error::all(broken) {
            return (self.all(&Observation::Unreadable(error)), Vec::new());
        }
        self.explain(ailing, &mut observations).await;
        let missing = self.asked.iter().filter(|(id, _)| !observations.contains_key(**id));
        let search = Search { session: self.session, cx: self.cx, resource: &self.resource };
        let found = search.all(missing.map(|(id, look)| (*id, *look)), self.resource.listable).await;
        observations.extend(found);
        (observations, orphans)
    }

    /// Lists the pods of what is not ready, and gives it the health that they say.
    async fn explain(&self, ailing: Vec<Object>, observations: &mut Observations) {
        let reader = self.session.reader(self.cx);
        let visits = ailing.iter().take(EXPLAINED_MAX).map(async |whole| {
            let children = children::of(&self.session.connection, self.cx, whole).await.unwrap_or_default();
            (whole.id(), reader.assess(whole, &children))
        });
        for (id, health) in join_all(visits).await {
            if let Some(Observation::Live(live)) = observations.get_mut(id) {
                live.health = health;
            }
        }
    }
}
