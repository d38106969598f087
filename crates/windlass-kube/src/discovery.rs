//! Which kinds the server serves: asked once, kept, and asked again when something unknown is met.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use futures_util::future::join_all;
use serde::Deserialize;
use windlass_core::{Context, Error, ErrorKind, Object, ObjectId, Result, Text};

use crate::connection::Connection;
use crate::request::{Request, Subject};
use crate::resource::{Catalog, Resource, changes_kinds, defined_by, is_definition};
use crate::unknown::unknown;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// The discovery of servers from 1.30 on, which know whether they give lists by watches.
const MODERN: &str = "apidiscovery.k8s.io/v2";

/// What is known of the kinds, for one call.
#[derive(Debug, Clone)]
pub(crate) struct Discovered {
    served: Arc<Catalog>,
    defined: Arc<Catalog>,
    /// Whether the server was asked for this view.
    pub(crate) fresh: bool,
}

/// What is known of one kind.
pub(crate) enum Known<'a> {
    /// Served in the version asked for.
    Served(&'a Resource),
    /// Served in other versions only, the preferred one first.
    Otherwise(&'a [Resource]),
    /// Its group does not answer.
    Silent,
    Unknown,
}

impl Discovered {
    pub(crate) fn find(&self, id: &ObjectId, api_version: &str) -> Known<'_> {
        let version = api_version.rsplit_once('/').map_or(api_version, |(_, version)| version);
        let served = self.served.versions(id);
        let defined = self.defined.versions(id);
        let exact = served.iter().chain(defined).find(|resource| resource.version == version);
        match exact {
            Some(resource) => Known::Served(resource),
            None if !served.is_empty() => Known::Otherwise(served),
            None if !defined.is_empty() => Known::Otherwise(defined),
            None if self.is_silent(&id.group) => Known::Silent,
            None => Known::Unknown,
        }
    }

    /// Gives a version to read or delete by: the one asked for, else the preferred one. `attempt` counts from 0 the
    /// versions that turned out not to be served; the next one is given.
    pub(crate) fn any(&self, id: &ObjectId, api_version: &str, attempt: usize) -> Result<&Resource> {
        let known = match self.find(id, api_version) {
            Known::Served(resource) => Some(resource),
            Known::Otherwise(_) | Known::Unknown => None,
            Known::Silent => return Err(silent(id)),
        };
        let served = self.served.versions(id);
        let rest = served.iter().chain(self.defined.versions(id));
        let ways: Vec<&Resource> = known.into_iter().chain(rest.filter(|way| Some(*way) != known)).collect();
        let turn = attempt.checked_rem(ways.len());
        turn.and_then(|turn| ways.get(turn).copied()).ok_or_else(|| unknown(self, id, api_version))
    }

    /// Says whether the server may have objects of this kind, as far as this view goes. A kind that is known only because
    /// its definition was written here a moment ago has none.
    pub(crate) fn lists(&self, id: &ObjectId) -> bool {
        !self.served.versions(id).is_empty() || self.is_silent(&id.group)
    }

    /// Says whether a version of the group does not answer.
    pub(crate) fn is_silent(&self, group: &Text) -> bool {
        self.served.silent.contains(group)
    }

    /// Gives each kind that is served, by its preferred version.
    pub(crate) fn preferred(&self) -> impl Iterator<Item = &Resource> {
        self.served.kinds.values().filter_map(|versions| versions.first())
    }

    /// Gives what is served, as charts ask for it: `apps/v1`, and `apps/v1/Deployment` for each kind.
    pub(crate) fn apis(&self) -> impl Iterator<Item = Text> {
        let all = self.served.kinds.values().flatten();
        all.flat_map(|resource| {
            let version = resource.api_version();
            let kind = Text::from(format!("{version}/{}", resource.kind));
            [version, kind]
        })
    }

    /// Gives what the server said.
    pub(crate) fn catalog(&self) -> &Arc<Catalog> {
        &self.served
    }

    /// Gives the version to write by: only the one asked for.
    pub(crate) fn exact(&self, id: &ObjectId, api_version: &str) -> Result<&Resource> {
        match self.find(id, api_version) {
            Known::Served(resource) => Ok(resource),
            Known::Otherwise(others) => Err(other_version(id, api_version, others)),
            Known::Silent => Err(silent(id)),
            Known::Unknown => Err(unknown(self, id, api_version)),
        }
    }
}

/// A kind that the server lists, under paths that it does not know.
pub(crate) fn unserved(id: &ObjectId) -> Error {
    Error::new(ErrorKind::Unavailable, "the server lists the kind and does not serve it")
        .with("kind", id.group_kind())
        .with_help("its definition is changing, or the server behind the API is down")
}

pub(crate) fn other_version(id: &ObjectId, api_version: &str, others: &[Resource]) -> Error {
    let served: Vec<&str> = others.iter().map(|resource| resource.version.as_str()).collect();
    Error::new(ErrorKind::Undefined, "the cluster does not serve this version of the kind")
        .with("kind", id.group_kind())
        .with("apiVersion", api_version)
        .with("served", served.join(" "))
}

pub(crate) fn silent(id: &ObjectId) -> Error {
    Error::new(ErrorKind::Unavailable, "the API group does not answer, so nobody knows its kinds")
        .with("group", &id.group)
        .with_help("kubectl get apiservices shows which server behind the API is down")
}

impl Connection {
    /// Says whether a list may be asked for as the beginning of a watch. Servers that do not do it refuse it; older ones do
    /// not know the question, and would answer another one.
    pub(crate) fn streams_lists(&self) -> bool {
        self.kinds().modern.load(Ordering::SeqCst)
    }

    /// Gives what is known, asking the server only where nothing is, or where a definition was written since.
    pub(crate) async fn discovered(&self, cx: &Context) -> Result<Discovered> {
        let outdated = self.kinds().outdated.load(Ordering::SeqCst);
        self.discovered_if(cx, |known| known.filter(|_| !outdated)).await
    }

    /// Gives what was known when a pass began: a write does not ask again for each definition of its own pass.
    pub(crate) async fn discovered_as_it_is(&self, cx: &Context) -> Result<Discovered> {
        self.discovered_if(cx, |known| known).await
    }

    /// Asks the server again.
    pub(crate) async fn discovered_again(&self, cx: &Context) -> Result<Discovered> {
        self.discovered_if(cx, |_| None).await
    }

    /// Gives a newer view than this one, which turned out to be wrong. Of many callers that find out at once one asks.
    pub(crate) async fn discovered_after(&self, cx: &Context, wrong: &Discovered) -> Result<Discovered> {
        let newer = |known: Option<Arc<Catalog>>| known.filter(|known| !Arc::ptr_eq(known, &wrong.served));
        Ok(Discovered { fresh: true, ..self.discovered_if(cx, newer).await? })
    }

    /// Notes that what is known is wrong, so that the next pass asks.
    pub(crate) fn note_outdated(&self) {
        self.kinds().outdated.store(true, Ordering::SeqCst);
    }

    async fn discovered_if(
        &self,
        cx: &Context,
        keep: impl FnOnce(Option<Arc<Catalog>>) -> Option<Arc<Catalog>>,
    ) -> Result<Discovered> {
        let mut slot = self.kinds().served.lock().await;
        let kept = keep(slot.clone());
        let fresh = kept.is_none();
        let served = match kept {
            Some(catalog) => catalog,
            None => {
                self.kinds().outdated.store(false, Ordering::SeqCst);
                let catalog = Arc::new(self.discover(cx).await.inspect_err(|_| {
                    self.kinds().outdated.store(true, Ordering::SeqCst);
                })?);
                *slot = Some(Arc::clone(&catalog));
                catalog
            }
        };
        let mut defined = Catalog::default();
        let known = self.kinds().defined.lock().unwrap_or_else(PoisonError::into_inner);
        known.values().flatten().for_each(|resource| defined.add(resource.clone()));
        Ok(Discovered { served, defined: Arc::new(defined), fresh })
    }

    /// Notes that an object was written which may change the kinds.
    pub(crate) fn note_written(&self, object: &Object) {
        if is_definition(object.id()) {
            let mut defined = self.kinds().defined.lock().unwrap_or_else(PoisonError::into_inner);
            defined.insert(object.id().clone(), defined_by(object.body()));
        }
        self.note_changed(object.id());
    }

    /// Says whether a definition of the kind was written here.
    pub(crate) fn is_defined_here(&self, id: &ObjectId) -> bool {
        let defined = self.kinds().defined.lock().unwrap_or_else(PoisonError::into_inner);
        defined.values().flatten().any(|kind| kind.group == id.group && kind.kind == id.kind)
    }

    /// Notes that an object is gone which may change the kinds.
    pub(crate) fn note_deleted(&self, id: &ObjectId) {
        self.kinds().defined.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.note_changed(id);
    }

    fn note_changed(&self, id: &ObjectId) {
        if changes_kinds(id) {
            self.note_outdated();
        }
    }

    async fn discover(&self, cx: &Context) -> Result<Catalog> {
        let subject = || Subject::new("discovery", "kinds");
        let (core, groups) = (
            Request::get("/api", subject()).accept(AGGREGATED),
            Request::get("/apis", subject()).accept(AGGREGATED),
        );
        let (core, groups) =
            futures_util::future::join(self.ask_json::<Root>(cx, &core), self.ask_json::<Root>(cx, &groups))
                .await;
        let (core, groups) = (core?, groups?);
        let mut catalog = Catalog::default();
        self.kinds().modern.store(core.api_version == MODERN, Ordering::SeqCst);
        if core.kind == "APIGroupDiscoveryList" && groups.kind == "APIGroupDiscoveryList" {
            core.items.into_iter().chain(groups.items).for_each(|group| group.add_to(&mut catalog));
            return Ok(catalog);
        }
        self.discover_one_by_one(cx, &core, &groups).await
    }

    /// The way of servers before 1.26: one request for each version of each group.
    async fn discover_one_by_one(&self, cx: &Context, core: &Root, groups: &Root) -> Result<Catalog> {
        let core =
            core.versions.iter().map(|version| (Text::default(), version.clone(), format!("/api/{version}")));
        let groups = groups.groups.iter().flat_map(|group| {
            group.ordered().map(|version| {
                (group.name.clone(), version.clone(), format!("/apis/{}/{version}", group.name))
            })
        });
        let asked = core.chain(groups).map(async |(group, version, path)| {
            let request = Request::get(path.clone(), Subject::new("discovery", path));
            (group, version, self.ask_json::<ResourceList>(cx, &request).await)
        });
        let mut catalog = Catalog::default();
        for (group, version, response) in join_all(asked).await {
            match response {
                Ok(list) => list.add_to(&group, &version, &mut catalog),
                Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
                Err(_) => {
                    catalog.silent.insert(group);
                }
            }
        }
        Ok(catalog)
    }
}

/// The answers of `/api` and `/apis`, aggregated or not.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Root {
    api_version: String,
    kind: String,
    items: Vec<Group>,
    versions: Vec<Text>,
    groups: Vec<LegacyGroup>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group {
    metadata: Named,
    versions: Vec<GroupVersion>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GroupVersion {
    version: Text,
    freshness: String,
    resources: Vec<Served>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Served {
    resource: Text,
    response_kind: Option<ResponseKind>,
    scope: String,
    verbs: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ResponseKind {
    kind: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct LegacyGroup {
    name: Text,
    versions: Vec<LegacyVersion>,
    preferred_version: LegacyVersion,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LegacyVersion {
    version: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ResourceList {
    resources: Vec<LegacyResource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LegacyResource {
    name: Text,
    namespaced: bool,
    kind: Text,
    verbs: Vec<String>,
}

impl Group {
    fn add_to(self, catalog: &mut Catalog) {
        for version in self.versions {
            if version.freshness == "Stale" {
                catalog.silent.insert(self.metadata.name.clone());
            }
            for served in version.resources {
                let Some(kind) = served.response_kind else { continue };
                catalog.add(Resource {
                    group: self.metadata.name.clone(),
                    version: version.version.clone(),
                    plural: served.resource,
                    kind: kind.kind,
                    namespaced: served.scope == "Namespaced",
                    listable: served.verbs.iter().any(|verb| verb == "list"),
                    watchable: has_all(&served.verbs, ["list", "watch"]),
                });
            }
        }
    }
}

impl LegacyGroup {
    fn ordered(&self) -> impl Iterator<Item = &Text> {
        let preferred = &self.preferred_version.version;
        let rest = self.versions.iter().map(|version| &version.version);
        rest.clone()
            .filter(move |version| *version == preferred)
            .chain(rest.filter(move |version| *version != preferred))
    }
}

impl ResourceList {
    fn add_to(self, group: &Text, version: &Text, catalog: &mut Catalog) {
        for resource in self.resources.into_iter().filter(|resource| !resource.name.contains('/')) {
            catalog.add(Resource {
                group: group.clone(),
                version: version.clone(),
                plural: resource.name,
                kind: resource.kind,
                namespaced: resource.namespaced,
                listable: resource.verbs.iter().any(|verb| verb == "list"),
                watchable: has_all(&resource.verbs, ["list", "watch"]),
            });
        }
    }
}

fn has_all<const N: usize>(verbs: &[String], wanted: [&str; N]) -> bool {
    wanted.iter().all(|wanted| verbs.iter().any(|verb| verb == wanted))
}
