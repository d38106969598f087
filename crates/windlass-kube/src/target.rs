//! The target.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use windlass_core::{
    Admitted, Capabilities, Context, Dialect, Exclusion, HealthCheck, Interest, Item, List, Object, ObjectId,
    Observed, OrderRule, Predict, Prediction, Profile, Result, Rivalry, Selection, Taken, Target, UnitId,
    Want, Watch, Write, Written, async_trait,
};

use crate::cluster::Cluster;
use crate::options::KubeOptions;
use crate::session::Session;
use crate::store::KubeStore;

/// A Kubernetes cluster as a target.
///
/// # Guarantees
/// - Objects are written by server-side apply. Fields that other managers own and the payload does not name stay as they are.
///   Fields that [former managers](crate::KubeOptions::with_former_managers) set, or an earlier replace of ours, are removed
///   where the payload does not name them, by the same write.
/// - A replaced object is replaced again only where a field that we set differs. Fields that others add are removed by the
///   next replace, and cause none.
/// - A pass over a converged state sends no request for objects, and no write.
/// - `write` sends the payload and the labels [`UNIT_LABEL`](crate::UNIT_LABEL) and
///   [`INSTALLATION_LABEL`](crate::INSTALLATION_LABEL), and for a condition `uid` and `resourceVersion`.
///
/// # Assumptions
/// - All units use one field manager: two units that want one object are told apart by the labels.
/// - `resourceVersion` stays the same after a write that changed nothing, and grows with each one that changed something.
///
/// # Cancel safety
/// Dropping a call may leave its last write done; the next `observe` sees it. A recreation that is dropped between its
/// delete and its create leaves the object absent.
pub struct KubeTarget {
    cluster: Cluster,
    session: Session,
    store: KubeStore,
    dialects: Vec<Arc<dyn Dialect>>,
    order: Vec<Arc<dyn OrderRule>>,
}

impl KubeTarget {
    /// Makes a target that knows the annotations, the order and the health of `windlass-kinds`; the three `with_*`
    /// replace them.
    #[must_use]
    pub fn new(cluster: Cluster, options: KubeOptions) -> Self {
        let store = KubeStore::new(cluster.clone(), &options);
        let health: Arc<[Arc<dyn HealthCheck>]> =
            Arc::new([Arc::new(windlass_kinds::health::KubernetesHealth)]);
        Self {
            session: Session::new(&cluster, options, health),
            cluster,
            store,
            dialects: windlass_kinds::dialect::default_dialects(),
            order: windlass_kinds::order::default_order(),
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

    /// Sets how health is told; the first check that has an answer decides. Targets whose checks print the same by
    /// `Debug` share what they watch.
    #[must_use]
    pub fn with_health(mut self, health: Vec<Arc<dyn HealthCheck>>) -> Self {
        self.session = Session::new(&self.cluster, self.session.options, health.into());
        self
    }

    /// Keeps state, and what is asked of units, by the identity of this handle instead of the target's: that of whoever runs
    /// the engine, where the objects of a unit are written as an account of its own.
    #[must_use]
    pub fn with_store_cluster(mut self, cluster: Cluster) -> Self {
        self.store = KubeStore::new(cluster, &self.session.options);
        self
    }

    /// Gives the connection.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}

/// Shows the place and the options, never credentials.
impl fmt::Debug for KubeTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KubeTarget")
            .field("cluster", &self.cluster)
            .field("options", &self.session.options)
            .finish()
    }
}

#[async_trait]
impl Target for KubeTarget {
    fn profile(&self) -> Profile<'_> {
        let profile = Profile::new(self.cluster.server())
            .with_predict(self)
            .with_list(self)
            .with_state(&self.store)
            .with_control(&self.store)
            .with_dialects(&self.dialects)
            .with_order(&self.order)
            .with_health(&self.session.health);
        if self.session.desk.is_some() { profile.with_watch(self) } else { profile }
    }

    async fn observe(&self, cx: &Context, interest: &Interest) -> Result<Observed> {
        crate::observe::observe(&self.session, cx, interest).await
    }

    async fn write(&self, cx: &Context, write: &Write) -> Result<Written> {
        crate::write::write(&self.session, cx, write).await
    }
}

#[async_trait]
impl Predict for KubeTarget {
    async fn admit(&self, cx: &Context, items: Vec<Item>) -> Result<Vec<Admitted>> {
        crate::admit::admit(&self.session, cx, items).await
    }

    async fn predict(&self, cx: &Context, wants: &[Want<'_>]) -> Result<Vec<Prediction>> {
        crate::predict::predict(&self.session, cx, wants).await
    }

    async fn takes(&self, cx: &Context, ids: &[ObjectId]) -> Result<BTreeMap<ObjectId, Vec<Taken>>> {
        crate::takes::takes(&self.session, cx, ids).await
    }

    async fn exclusions(&self, cx: &Context, rivalries: &[Rivalry<'_>]) -> Result<Vec<Option<Exclusion>>> {
        crate::exclusive::exclusions(&self.session, cx, rivalries).await
    }

    async fn capabilities(&self, cx: &Context) -> Result<Option<Capabilities>> {
        crate::capabilities::capabilities(&self.session, cx).await.map(Some)
    }
}

#[async_trait]
impl List for KubeTarget {
    async fn list(&self, cx: &Context, selection: &Selection) -> Result<Vec<Object>> {
        crate::select::select(&self.session, cx, selection).await
    }
}

#[async_trait]
impl Watch for KubeTarget {
    async fn changed(&self, cx: &Context) -> Result<BTreeSet<UnitId>> {
        match &self.session.desk {
            Some(desk) => desk.changed(cx).await,
            None => cx.unless_over(std::future::pending()).await,
        }
    }

    fn release(&self, unit: &UnitId) {
        if let Some(desk) = &self.session.desk {
            desk.release(unit);
        }
    }
}
