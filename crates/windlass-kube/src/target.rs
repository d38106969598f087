//! The target.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use windlass_core::{
    Admitted, Capabilities, Context, Dialect, HealthCheck, Interest, Item, ObjectId, Observed, OrderRule,
    Predict, Prediction, Profile, Result, Taken, Target, Text, Version, Want, Write, Written, async_trait,
};

use crate::cluster::Cluster;
use crate::heritage::Heir;
use crate::live::Reader;
use crate::options::KubeOptions;
use crate::resource::Resource;
use crate::store::KubeStore;

/// A Kubernetes cluster as a target.
///
/// # Guarantees
/// - Objects are written by server-side apply, so that fields that others own and we do not name stay as they are; those of
///   `kubectl apply` go, and those that we set by a replace.
/// - A replaced object is replaced again only where what we set differs: what others write beside it goes with the next
///   replace, and is no reason for one.
/// - A pass over a converged state costs one list for each kind that the unit owns, whatever their number, and no
///   write.
/// - `write` sends the payload and the label [`UNIT_LABEL`](crate::UNIT_LABEL), and for a condition `uid` and
///   `resourceVersion`.
///
/// # Assumptions
/// - One field manager for all units: two units that want one object are told apart by the mark.
/// - `resourceVersion` is what Kubernetes says it is: the same after a write that changed nothing.
///
/// # Cancel safety
/// Dropping a call may leave its last write done; the next `observe` sees it. A recreation that is dropped between its
/// two writes leaves the object absent.
pub struct KubeTarget {
    pub(crate) cluster: Cluster,
    pub(crate) options: KubeOptions,
    store: KubeStore,
    dialects: Vec<Arc<dyn Dialect>>,
    order: Vec<Arc<dyn OrderRule>>,
    health: Vec<Arc<dyn HealthCheck>>,
    /// Kinds that the account may not list over all namespaces, until the kinds are discovered again.
    pub(crate) narrow: Mutex<BTreeSet<Resource>>,
    /// Versions of what differed when it was last observed, so that a write without a version as its condition can
    /// still say whether it changed something.
    seen: Mutex<BTreeMap<ObjectId, Version>>,
}

impl KubeTarget {
    /// Makes a target that knows the annotations, the order and the health of `windlass-kinds`; the three `with_*`
    /// replace them.
    #[must_use]
    pub fn new(cluster: Cluster, options: KubeOptions) -> Self {
        let store = KubeStore::new(cluster.clone(), &options);
        Self {
            cluster,
            options,
            store,
            dialects: windlass_kinds::dialect::default_dialects(),
            order: windlass_kinds::order::default_order(),
            health: vec![Arc::new(windlass_kinds::health::KubernetesHealth)],
            narrow: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// Sets which annotations are understood.
    #[must_use]
    pub fn with_dialects(mut self, dialects: Vec<Arc<dyn Dialect>>) -> Self {
        self.dialects = dialects;
        self
    }

    /// Sets what comes before what.
    #[must_use]
    pub fn with_order(mut self, order: Vec<Arc<dyn OrderRule>>) -> Self {
        self.order = order;
        self
    }

    /// Sets how health is told; the first check that has an answer decides.
    #[must_use]
    pub fn with_health(mut self, health: Vec<Arc<dyn HealthCheck>>) -> Self {
        self.health = health;
        self
    }

    /// Gives the connection.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    pub(crate) fn default_namespace(&self) -> Text {
        let of_client = || Text::from(self.cluster.client().default_namespace());
        self.options.default_namespace.clone().unwrap_or_else(of_client)
    }

    pub(crate) fn reader(&self, cx: &Context) -> Reader<'_> {
        Reader::new(cx, &self.options.manager, &self.health)
    }

    pub(crate) fn heir(&self) -> Heir<'_> {
        Heir { manager: &self.options.manager, rules: &self.options.rules }
    }

    /// Remembers the version of what may be written next, and forgets it of what will not be.
    pub(crate) fn note_seen(&self, observed: &Observed) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, observation) in &observed.observations {
            match observation.live().filter(|live| live.body.is_some()) {
                Some(live) => seen.insert(id.clone(), live.version.clone()),
                None => seen.remove(id),
            };
        }
    }

    pub(crate) fn take_seen(&self, id: &ObjectId) -> Option<Version> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(id)
    }
}

/// Shows the place and the options, never credentials.
impl fmt::Debug for KubeTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KubeTarget").field("cluster", &self.cluster).field("options", &self.options).finish()
    }
}

#[async_trait]
impl Target for KubeTarget {
    fn profile(&self) -> Profile<'_> {
        Profile::new(self.cluster.server())
            .with_predict(self)
            .with_state(&self.store)
            .with_dialects(&self.dialects)
            .with_order(&self.order)
            .with_health(&self.health)
    }

    async fn observe(&self, cx: &Context, interest: &Interest) -> Result<Observed> {
        crate::observe::observe(self, cx, interest).await
    }

    async fn write(&self, cx: &Context, write: &Write) -> Result<Written> {
        crate::write::write(self, cx, write).await
    }
}

#[async_trait]
impl Predict for KubeTarget {
    async fn admit(&self, cx: &Context, items: Vec<Item>) -> Result<Vec<Admitted>> {
        crate::admit::admit(self, cx, items).await
    }

    async fn predict(&self, cx: &Context, wants: &[Want<'_>]) -> Result<Vec<Prediction>> {
        crate::predict::predict(self, cx, wants).await
    }

    async fn takes(&self, _cx: &Context, _ids: &[ObjectId]) -> Result<BTreeMap<ObjectId, Vec<Taken>>> {
        Ok(BTreeMap::new())
    }

    async fn capabilities(&self, _cx: &Context) -> Result<Option<Capabilities>> {
        Ok(None)
    }
}
