//! What exists of a kind, by name alone: one list in place of many single reads, shared by all units for a moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use windlass_core::{Clock, Context, ObjectId, Text};

use crate::connection::Connection;
use crate::list::{Listing, Names, names};
use crate::resource::Resource;

/// From how many objects on, that were looked for within a moment, what exists is listed.
pub(crate) const SURVEY_MIN: usize = 8;
/// How long a survey is good for. What it says not to exist is created on the condition that it does not.
const FRESH: Duration = Duration::from_secs(5);
/// How long nobody tries again to list a kind of which there is too much, or which may not be listed.
const TOO_MUCH: Duration = Duration::from_secs(60);

/// The clock of the first that asks. What is remembered from one call to the next cannot be told by the clocks of several.
#[derive(Default)]
pub(crate) struct OneClock(OnceLock<Arc<dyn Clock>>);

impl OneClock {
    pub(crate) fn now(&self, cx: &Context) -> Duration {
        self.0.get_or_init(|| Arc::clone(cx.clock())).now().mono
    }
}

/// The surveys of one account.
#[derive(Default)]
pub(crate) struct Surveys {
    kinds: Mutex<BTreeMap<Resource, BTreeMap<Text, Slot>>>,
    clock: OneClock,
}

/// The survey of one kind, in one namespace or in all.
#[derive(Clone, Default)]
struct Slot {
    /// Held while the server is asked, so that many ask once.
    asking: Arc<tokio::sync::Mutex<()>>,
    /// Objects looked for since.
    looked_for: usize,
    since: Duration,
    known: Option<Known>,
}

#[derive(Clone)]
struct Known {
    at: Duration,
    /// `None` where there is too much, or it may not be listed.
    names: Option<Arc<Names>>,
}

impl Surveys {
    /// Gives what exists among objects of a kind: in one namespace where many are looked for there, else in all where few
    /// are looked for in many namespaces; `None` where few are looked for, or a list would cost more than it saves.
    pub(crate) async fn existing(
        &self,
        (connection, cx): (&Connection, &Context),
        resource: &Resource,
        namespace: &Text,
        wanted: usize,
    ) -> Option<Arc<Names>> {
        let many_here = wanted >= SURVEY_MIN && !namespace.is_empty();
        if !many_here {
            let everywhere = self.survey((connection, cx), resource, &Text::default(), wanted).await;
            if everywhere.is_some() || namespace.is_empty() {
                return everywhere;
            }
        }
        self.survey((connection, cx), resource, namespace, wanted).await
    }

    async fn survey(
        &self,
        (connection, cx): (&Connection, &Context),
        resource: &Resource,
        namespace: &Text,
        wanted: usize,
    ) -> Option<Arc<Names>> {
        let asking = self.with(resource, namespace, |slot| {
            let now = self.clock.now(cx);
            if slot.since + FRESH < now {
                (slot.since, slot.looked_for) = (now, 0);
            }
            slot.looked_for += wanted;
            (slot.looked_for >= SURVEY_MIN).then(|| Arc::clone(&slot.asking))
        })?;
        let _asking = asking.lock().await;
        let now = self.clock.now(cx);
        let known = self.with(resource, namespace, |slot| slot.known.clone());
        if let Some(known) = known {
            let lasts = if known.names.is_some() { FRESH } else { TOO_MUCH };
            if known.at + lasts >= now {
                return known.names;
            }
        }
        let listing = Listing { resource, namespace, selector: "" };
        let pages_max = 1 + wanted / 64;
        let names = names(connection, cx, &listing, pages_max).await.ok().flatten().map(Arc::new);
        // What was written while the list was made may be missing in it, so it counts from before.
        let known = Known { at: now, names: names.clone() };
        self.with(resource, namespace, |slot| slot.known = Some(known));
        names
    }

    /// Forgets what was said of a kind in the namespace of an object that was written.
    pub(crate) fn wrote(&self, resource: &Resource, id: &ObjectId) {
        let mut all = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(slots) = all.get_mut(resource) else { return };
        for namespace in ["", &*id.namespace] {
            let names = slots.get_mut(namespace).and_then(|slot| slot.known.as_mut()?.names.as_mut());
            if let Some(names) = names {
                let key = (id.namespace.clone(), id.name.clone());
                if !names.contains(&key) {
                    Arc::make_mut(names).insert(key);
                }
            }
        }
    }

    fn with<T>(&self, resource: &Resource, namespace: &Text, work: impl FnOnce(&mut Slot) -> T) -> T {
        let mut all = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        work(all.entry(resource.clone()).or_default().entry(namespace.clone()).or_default())
    }
}
