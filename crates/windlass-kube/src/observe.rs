//! Looking: one list for each kind, and single reads only for what the lists do not show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use futures_util::future::join_all;
use windlass_core::{
    Context, Error, ErrorKind, Interest, Live, Look, ObjectId, Observation, Observed, Result, UnitId, Value,
};

use crate::discovery::{View, unserved};
use crate::fail::{self, Subject};
use crate::list::{Listing, list, names};
use crate::live::{is_controlled, trim};
use crate::owner;
use crate::resource::Resource;
use crate::target::KubeTarget;
use crate::wire::{Call, read_json};

/// From how many missing objects of one kind and namespace on their names are listed before they are read.
const SURVEY_MIN: usize = 8;

type Asked<'a> = BTreeMap<&'a ObjectId, &'a Look>;
type Sights = BTreeMap<ObjectId, Observation>;

/// Looks at a kind whose path is not known although the kind is, before it is given up.
const LOOKS_MAX: usize = 4;

pub(crate) async fn observe(target: &KubeTarget, cx: &Context, interest: &Interest) -> Result<Observed> {
    let mut view = target.cluster.view(cx).await?;
    let mut sorted = sort(&view, &interest.objects.iter().collect(), 0);
    if sorted.lacks && !view.fresh {
        view = target.cluster.view_again(cx).await?;
        sorted = sort(&view, &interest.objects.iter().collect(), 0);
    }
    if view.fresh {
        target.narrow.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
    let pass = Pass { target, cx, unit: &interest.unit };
    let mut observed = pass.look(sorted).await;
    pass.look_again(view, interest, &mut observed).await?;
    cx.check()?;
    observed.orphans.sort_by(|a, b| a.id.cmp(&b.id));
    observed.orphans.dedup_by(|a, b| a.id == b.id);
    if let Some(error) = nothing_seen(&observed) {
        return Err(error);
    }
    target.note_seen(&observed);
    Ok(observed)
}

/// What is asked for, by kind; what has no kind is answered at once.
struct Sorted<'a> {
    kinds: BTreeMap<Resource, Asked<'a>>,
    answered: Sights,
    /// Whether a kind is not known.
    lacks: bool,
}

fn sort<'a>(view: &View, asked: &Asked<'a>, attempt: usize) -> Sorted<'a> {
    let mut sorted = Sorted { kinds: BTreeMap::new(), answered: Sights::new(), lacks: false };
    for (id, look) in asked {
        match view.any(id, &look.api_version, attempt) {
            Ok(resource) => {
                sorted.kinds.entry(resource.clone()).or_default().insert(id, look);
            }
            Err(error) if error.kind() == ErrorKind::Undefined => {
                sorted.lacks = true;
                sorted.answered.insert((*id).clone(), Observation::Undefined);
            }
            Err(error) => {
                sorted.answered.insert((*id).clone(), Observation::Unreadable(error));
            }
        }
    }
    sorted
}

/// One observation.
#[derive(Clone, Copy)]
struct Pass<'a> {
    target: &'a KubeTarget,
    cx: &'a Context,
    unit: &'a UnitId,
}

impl Pass<'_> {
    async fn look(self, sorted: Sorted<'_>) -> Observed {
        let Pass { target, cx, unit } = self;
        let mut observed = Observed { observations: sorted.answered, orphans: Vec::new() };
        let looks = sorted
            .kinds
            .into_iter()
            .map(|(resource, asked)| Kind { target, cx, unit, resource, asked }.look());
        for (observations, orphans) in join_all(looks).await {
            observed.observations.extend(observations);
            observed.orphans.extend(orphans);
        }
        observed
    }

    /// Looks again at what has a kind whose path the server does not know: it is undefined only where the server, asked
    /// again, lists no version of the kind. Else its objects are there, under another version.
    async fn look_again(self, mut view: View, interest: &Interest, observed: &mut Observed) -> Result<()> {
        for attempt in 1.. {
            let open = |view: &View, (id, look): &(&ObjectId, &Look)| {
                observed.observations.get(*id) == Some(&Observation::Undefined)
                    && view.any(id, &look.api_version, 0).is_ok()
                    && (!view.fresh || view.lists(id))
            };
            let asked: Asked<'_> = interest.objects.iter().filter(|one| open(&view, one)).collect();
            if asked.is_empty() {
                return Ok(());
            }
            if attempt >= LOOKS_MAX {
                let given_up = asked.keys().map(|id| ((*id).clone(), Observation::Unreadable(unserved(id))));
                observed.observations.extend(given_up);
                return Ok(());
            }
            if view.fresh {
                self.cx.sleep(fail::pause(u32::try_from(attempt).unwrap_or(u32::MAX))).await?;
            }
            view = self.target.cluster.view_after(self.cx, &view).await?;
            let again = self.look(sort(&view, &asked, attempt - 1)).await;
            observed.observations.extend(again.observations);
            observed.orphans.extend(again.orphans);
        }
        Ok(())
    }
}

/// Where nothing at all could be read, that is the answer, and not a list of the same error.
fn nothing_seen(observed: &Observed) -> Option<Error> {
    let errors: Option<Vec<&Error>> = observed
        .observations
        .values()
        .map(|observation| match observation {
            Observation::Unreadable(error) => Some(error),
            _ => None,
        })
        .collect();
    let first = (*errors?.first()?).clone();
    let whole = matches!(
        first.kind(),
        ErrorKind::Unavailable | ErrorKind::Denied | ErrorKind::Timeout | ErrorKind::Cancelled
    );
    whole.then_some(first)
}

/// One kind of one interest.
struct Kind<'a> {
    target: &'a KubeTarget,
    cx: &'a Context,
    unit: &'a UnitId,
    resource: Resource,
    asked: Asked<'a>,
}

impl Kind<'_> {
    async fn look(self) -> (Sights, Vec<Live>) {
        match self.listed().await {
            Ok(Some(items)) => self.complete(items).await,
            Ok(None) => (self.all(&Observation::Undefined), Vec::new()),
            Err(error) => (self.all(&Observation::Unreadable(error)), Vec::new()),
        }
    }

    fn all(&self, observation: &Observation) -> Sights {
        self.asked.keys().map(|id| ((*id).clone(), observation.clone())).collect()
    }

    /// Gives what carries our mark: over all namespaces, else in those asked for, else nothing. `None`: the kind is
    /// not served.
    async fn listed(&self) -> Result<Option<Vec<Value>>> {
        if !self.resource.listable {
            return Ok(Some(Vec::new()));
        }
        let narrow = self.narrow(false);
        if !narrow {
            match self.marked("").await {
                Err(error) if error.kind() == ErrorKind::Denied && self.resource.namespaced => {
                    self.narrow(true)
                }
                Err(error) if error.kind() == ErrorKind::Denied => return Ok(Some(Vec::new())),
                Err(error) if error.kind() == ErrorKind::Undefined => return Ok(None),
                other => return other.map(Some),
            };
        }
        let namespaces: BTreeSet<&str> = self.asked.keys().map(|id| &*id.namespace).collect();
        let lists = join_all(namespaces.into_iter().map(|namespace| self.marked(namespace))).await;
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
        let mut narrow = self.target.narrow.lock().unwrap_or_else(PoisonError::into_inner);
        if note {
            narrow.insert(self.resource.clone());
        }
        narrow.contains(&self.resource)
    }

    async fn marked(&self, namespace: &str) -> Result<Vec<Value>> {
        let listing = Listing { resource: &self.resource, namespace, selector: &owner::selector(self.unit) };
        list(&self.target.cluster, self.cx, &listing).await
    }

    async fn complete(&self, items: Vec<Value>) -> (Sights, Vec<Live>) {
        let (mut observations, mut orphans, mut broken) = (Sights::new(), Vec::new(), Vec::new());
        let reader = self.target.reader(self.cx);
        for item in items {
            match reader.read(&self.resource, item) {
                Ok(live) => match self.asked.get(&live.id) {
                    Some(look) => {
                        observations.insert(live.id.clone(), Observation::Live(trim(live, look.known)));
                    }
                    None if is_controlled(&live) => {}
                    None => orphans.push(Live { body: None, ..live }),
                },
                Err(error) => broken.push(error),
            }
        }
        if let Some(error) = Error::all(broken) {
            return (self.all(&Observation::Unreadable(error)), Vec::new());
        }
        observations.extend(self.search(&observations).await);
        (observations, orphans)
    }

    /// Looks one by one for what does not carry our mark.
    async fn search(&self, found: &Sights) -> Sights {
        let mut missing: BTreeMap<&str, Vec<&ObjectId>> = BTreeMap::new();
        for id in self.asked.keys().copied().filter(|id| !found.contains_key(id)) {
            missing.entry(&id.namespace).or_default().push(id);
        }
        let searches = missing.into_iter().map(|(namespace, ids)| self.search_in(namespace, ids));
        join_all(searches).await.into_iter().flatten().collect()
    }

    async fn search_in(&self, namespace: &str, ids: Vec<&ObjectId>) -> Vec<(ObjectId, Observation)> {
        let exist = if ids.len() >= SURVEY_MIN && self.resource.listable {
            let listing = Listing { resource: &self.resource, namespace, selector: "" };
            names(&self.target.cluster, self.cx, &listing, ids.len()).await.ok().flatten()
        } else {
            None
        };
        let (present, absent): (Vec<&ObjectId>, Vec<&ObjectId>) =
            ids.into_iter().partition(|id| exist.as_ref().is_none_or(|names| names.contains(&id.name)));
        let mut observations =
            join_all(present.into_iter().map(async |id| (id.clone(), self.one(id).await))).await;
        observations.extend(absent.into_iter().map(|id| (id.clone(), Observation::Absent)));
        observations
    }

    async fn one(&self, id: &ObjectId) -> Observation {
        match get(self.target, self.cx, &self.resource, id).await {
            Ok(Some(live)) if live.id == *id => {
                Observation::Live(trim(live, self.asked.get(id).and_then(|look| look.known)))
            }
            Ok(Some(_)) => Observation::Unreadable(
                Error::new(ErrorKind::Unavailable, "the server gave another object").with("object", id),
            ),
            Ok(None) => Observation::Absent,
            Err(error) if error.kind() == ErrorKind::Undefined => Observation::Undefined,
            Err(error) => Observation::Unreadable(error),
        }
    }
}

/// Reads one object; `None` where it does not exist.
pub(crate) async fn get(
    target: &KubeTarget,
    cx: &Context,
    resource: &Resource,
    id: &ObjectId,
) -> Result<Option<Live>> {
    let call = Call::get(resource.object(id)?, Subject::object(id));
    let answer = target.cluster.send(cx, &call).await?;
    if answer.status == 404 && !fail::is_unknown_path(&answer) {
        return Ok(None);
    }
    if !answer.is_success() {
        return Err(fail::refused(&answer, &call));
    }
    target.reader(cx).read(resource, read_json(&answer, &call)?).map(Some)
}
