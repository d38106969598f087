//! What all work on one target shares.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use windlass_core::{Context, HealthCheck, Live, ObjectId, Observation, Observed, Text, UnitId, Version};

use crate::cluster::Cluster;
use crate::connection::Connection;
use crate::live::Reader;
use crate::options::KubeOptions;
use crate::past::{Managers, Pasts};
use crate::resource::Resource;
use crate::survey::Surveys;
use crate::view::Desk;

/// What all work on one target shares: the connection, the options, and what was seen.
pub(crate) struct Session {
    pub(crate) connection: Connection,
    pub(crate) options: KubeOptions,
    pub(crate) health: Arc<[Arc<dyn HealthCheck>]>,
    /// The watched objects; `None` where every look asks the server.
    pub(crate) desk: Option<Desk>,
    /// What exists by name alone, for all units.
    pub(crate) surveys: Arc<Surveys>,
    /// Kinds that the account may not list over all namespaces, until the kinds are discovered again.
    pub(crate) narrow: Mutex<BTreeSet<Resource>>,
    /// Observed objects whose `managedFields` have to be settled before they are written.
    pub(crate) pasts: Pasts,
    /// Versions of what differed when it was last observed, so that a write without a version as its condition can
    /// still say whether it changed something.
    seen: Mutex<BTreeMap<ObjectId, Version>>,
}

impl Session {
    pub(crate) fn new(cluster: &Cluster, options: KubeOptions, health: Arc<[Arc<dyn HealthCheck>]>) -> Self {
        let (connection, views) = (cluster.connection().clone(), cluster.views());
        let surveys = views.surveys(&connection);
        let desk = options.watch.then(|| views.desk(&connection, &options.manager, &health));
        let (narrow, seen, pasts) = (Mutex::default(), Mutex::default(), Pasts::default());
        Self { connection, options, health, desk, surveys, narrow, pasts, seen }
    }

    pub(crate) fn default_namespace(&self) -> Text {
        let of_client = || self.connection.default_namespace().clone();
        self.options.default_namespace.clone().unwrap_or_else(of_client)
    }

    pub(crate) fn reader(&self, cx: &Context) -> Reader<'_> {
        Reader::new(cx, &self.options.manager, &self.health)
    }

    /// Gives a reader that notes what has a past.
    pub(crate) fn observer(&self, cx: &Context) -> Reader<'_> {
        self.reader(cx).noting(&self.pasts, self.managers())
    }

    pub(crate) fn managers(&self) -> Managers<'_> {
        let KubeOptions { manager, formers, rules, .. } = &self.options;
        Managers { manager, formers, rules }
    }

    /// Takes in what a write gave back. `by` knows it already.
    pub(crate) fn note_live(&self, resource: &Resource, live: &Live, by: Option<&UnitId>) {
        self.surveys.wrote(resource, &live.id);
        if let Some(desk) = &self.desk {
            desk.wrote(resource, live, by);
        }
    }

    /// Takes in that an object is gone.
    pub(crate) fn note_gone(&self, resource: &Resource, id: &ObjectId, uid: Option<Text>) {
        if let Some(desk) = &self.desk {
            desk.deleted(resource, id, uid);
        }
    }

    /// Remembers the version of what may be written next, and forgets it of what will not be.
    pub(crate) fn note_seen(&self, observed: &Observed) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, observation) in &observed.observations {
            if let Some(live) = observation.live().filter(|live| live.body.is_some()) {
                seen.insert(id.clone(), live.version.clone());
            } else if !seen.is_empty() {
                seen.remove(id);
            }
        }
        let is_whole = |seen: &Observation| seen.live().is_some_and(|live| live.body.is_some());
        let others = observed.observations.iter().filter(|(_, seen)| !is_whole(seen));
        self.pasts.forget(others.map(|(id, _)| id));
    }

    pub(crate) fn take_seen(&self, id: &ObjectId) -> Option<Version> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(id)
    }
}
