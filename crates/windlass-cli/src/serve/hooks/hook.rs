//! One path, and whom its deliveries wake.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value as Json, json};
use windlass_receiver::{Manifest, Request, Seen};

use super::Came;
use crate::bell::Bell;
use crate::following::Followed;
use crate::spec::{API_VERSION, KIND, Receiver, Unit};

/// How long nothing more is told of the deliveries of one receiver.
const QUIET: Duration = Duration::from_secs(60);

/// A unit that a receiver may wake.
#[derive(Debug, Clone)]
pub(crate) struct Woken {
    /// What a filter sees of it.
    seen: Json,
    followed: Followed,
    /// What it has in common with the other units of its source.
    source: String,
    bell: Bell,
}

impl Woken {
    pub(crate) fn new(unit: &Unit, followed: Followed, source: String, bell: Bell) -> Self {
        let metadata = json!({"name": unit.id.as_str()});
        let seen = json!({"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata});
        Self { seen, followed, source, bell }
    }
}

/// One path.
pub(super) struct Hook {
    name: String,
    manifest: Manifest,
    secret: Vec<u8>,
    /// The receiver names its units.
    names: bool,
    units: Vec<Woken>,
    /// Outlives the hook where the unit files are read again.
    seen: Arc<Mutex<Seen>>,
    told: Arc<Mutex<Option<Duration>>>,
}

impl Hook {
    pub(super) fn new(
        receiver: &Receiver,
        secret: Vec<u8>,
        units: Vec<Woken>,
        before: Option<&Self>,
    ) -> Self {
        Self {
            name: receiver.name.clone(),
            manifest: receiver.manifest.clone(),
            secret,
            names: receiver.units.is_some(),
            units,
            seen: before.map(|before| Arc::clone(&before.seen)).unwrap_or_default(),
            told: before.map(|before| Arc::clone(&before.told)).unwrap_or_default(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Decides on a delivery, and wakes whom it concerns: each source once, however many units are on it.
    pub(super) fn take(&self, request: &Request<'_>) -> Came {
        let accepted = match self.manifest.receive(Some(&self.secret), request) {
            Ok(accepted) => accepted,
            Err(refused) => return refused.into(),
        };
        let mut woken: BTreeMap<&str, &Bell> = BTreeMap::new();
        for unit in
            self.units.iter().filter(|unit| unit.followed.is_concerned(&accepted.delivery, self.names))
        {
            match accepted.wakes(&unit.seen) {
                Ok(true) => drop(woken.insert(&unit.source, &unit.bell)),
                Ok(false) => {}
                Err(_) => return Came::Failed,
            }
        }
        if woken.is_empty() {
            // Nothing came of it: it may be sent again once the receiver names a unit.
            return Came::Unconcerned;
        }
        if !self.seen.lock().unwrap_or_else(PoisonError::into_inner).is_new(&accepted.delivery) {
            return Came::Repeated;
        }
        woken.values().for_each(|bell| bell.ring());
        Came::Accepted
    }

    /// What an operator should know of what became of a delivery, if that was not told of another one just before.
    pub(super) fn words(&self, came: Came, now: Duration) -> Option<String> {
        let words = came.words()?;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_some_and(|at| now.saturating_sub(at) < QUIET) {
            return None;
        }
        *told = Some(now);
        Some(format!("receiver {}: {words}", self.name))
    }
}
