//! Looking with a watch: from memory, and single reads only for what is not in it.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use windlass_core::{Context, Live, Look, ObjectId, Observation, Observed, Result, UnitId, Value};

use crate::list::{Listing, list};
use crate::owner;
use crate::resource::Resource;
use crate::search::{Asked, Search};
use crate::session::Session;
use crate::view::{Desk, Found, Seen, Sought};

/// From how many bodies of one kind on, that are wanted, what the unit owns is listed in place of single reads.
const BODIES_MIN: usize = 16;
/// How many listed objects cost as much as one that is read by itself.
const LISTED_FOR_ONE: usize = 16;

/// Looks at objects by kind.
pub(crate) async fn look(
    session: &Session,
    cx: &Context,
    desk: &Desk,
    unit: &UnitId,
    kinds: &BTreeMap<Resource, Asked<'_>>,
    is_part: bool,
) -> Result<Observed> {
    let (watched, other): (Vec<_>, Vec<_>) = kinds.iter().partition(|(resource, _)| resource.watchable);
    let sought: Sought<'_> = watched
        .iter()
        .map(|(resource, asked)| ((*resource).clone(), asked.keys().copied().collect()))
        .collect();
    let mut seen = desk.look(cx, unit, &sought, is_part).await?;
    desk.visit(cx, &mut seen).await;
    let mut observed = Observed { orphans: std::mem::take(&mut seen.orphans), ..Observed::default() };
    let mut kinds = Vec::new();
    for (resource, asked) in watched {
        kinds.push(Kind { session, cx, desk, unit, resource }.complete(asked, &mut seen));
    }
    observed.observations = join_all(kinds).await.into_iter().flatten().collect();
    let other = other.into_iter().map(|(resource, asked)| (resource.clone(), asked.clone())).collect();
    let polled = crate::polled::look(session, cx, unit, other).await;
    observed.observations.extend(polled.observations);
    observed.orphans.extend(polled.orphans);
    Ok(observed)
}

/// One kind of one look.
#[derive(Clone, Copy)]
struct Kind<'a> {
    session: &'a Session,
    cx: &'a Context,
    desk: &'a Desk,
    unit: &'a UnitId,
    resource: &'a Resource,
}

/// What memory does not say.
#[derive(Default)]
struct Open<'a> {
    bodies: Vec<(&'a ObjectId, &'a Look)>,
    elsewhere: Vec<(&'a ObjectId, &'a Look)>,
    unlisted: Vec<(&'a ObjectId, &'a Look)>,
}

impl<'a> Kind<'a> {
    /// Reads what memory does not have: bodies, and what does not carry our label.
    fn complete(
        self,
        asked: &'a Asked<'a>,
        seen: &mut Seen,
    ) -> impl Future<Output = Vec<(ObjectId, Observation)>> + use<'a> {
        let (mut observations, mut open) = (Vec::with_capacity(asked.len()), Open::default());
        for (id, look) in asked {
            match seen.found.get_mut(*id).map(Found::take) {
                Some(Found::Live { live, .. }) if look.knows(live.stamp) => {
                    observations.push(((*id).clone(), Observation::Live(*live)));
                }
                Some(Found::Live { live, told }) => match told.and_then(|told| self.told(&live, told)) {
                    Some(live) => observations.push(((*id).clone(), Observation::Live(live))),
                    None => open.bodies.push((*id, *look)),
                },
                Some(Found::Answer(observation)) => {
                    observations.push(((*id).clone(), *observation));
                }
                Some(Found::Elsewhere { listable: true }) => open.elsewhere.push((*id, *look)),
                Some(Found::Elsewhere { listable: false }) | None => open.unlisted.push((*id, *look)),
            }
        }
        async move {
            let search = Search { session: self.session, cx: self.cx, resource: self.resource };
            let (bodies, elsewhere, unlisted) = futures_util::future::join3(
                self.bodies(search, open.bodies, asked.len()),
                search.all(open.elsewhere.into_iter(), true),
                search.all(open.unlisted.into_iter(), false),
            )
            .await;
            let read = bodies.into_iter().chain(elsewhere).chain(unlisted);
            observations.extend(read.map(|(id, observation)| (id, self.known_better(observation))));
            observations
        }
    }

    /// Reads an object of which a watch has told, with its body.
    fn told(self, known: &Live, told: Value) -> Option<Live> {
        let live = self.session.observer(self.cx).read(self.resource, told).ok()?;
        Some(Live { health: known.health.clone(), ..live })
    }

    /// Reads objects with their bodies: all that the unit owns of the kind, of which there are about `all`, by one list where
    /// that costs less.
    async fn bodies(
        self,
        search: Search<'_>,
        looks: Vec<(&ObjectId, &Look)>,
        all: usize,
    ) -> Vec<(ObjectId, Observation)> {
        let is_cheaper = looks.len() >= BODIES_MIN && looks.len() * LISTED_FOR_ONE >= all;
        let mut listed = if is_cheaper { self.owned().await } else { BTreeMap::new() };
        let (mut found, mut rest) = (Vec::new(), Vec::new());
        for (id, look) in looks {
            match listed.remove(id) {
                Some(live) => found.push((id.clone(), Observation::Live(crate::live::trim(live, look)))),
                None => rest.push((id, look)),
            }
        }
        found.extend(search.all(rest.into_iter(), false).await);
        found
    }

    /// Lists what the unit owns; nothing where that fails, as each object is then read by itself and says why.
    async fn owned(self) -> BTreeMap<ObjectId, Live> {
        let listing =
            Listing { resource: self.resource, namespace: "", selector: &owner::selector(self.unit) };
        let items = list(&self.session.connection, self.cx, &listing).await.unwrap_or_default();
        let reader = self.session.observer(self.cx);
        let lives = items.into_iter().filter_map(|item| reader.read(self.resource, item).ok());
        lives.map(|live| (live.id.clone(), live)).collect()
    }

    /// Takes what was read into memory, and gives it the health that its children say.
    fn known_better(self, observation: Observation) -> Observation {
        match observation {
            Observation::Live(mut live) => {
                self.desk.wrote(self.resource, &live, Some(self.unit));
                self.desk.assess(self.cx, self.resource, &mut live);
                Observation::Live(live)
            }
            other => other,
        }
    }
}
