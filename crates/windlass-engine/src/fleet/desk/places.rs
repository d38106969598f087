//! The targets of a fleet: what is live there tells of itself, and what people ask of the units is followed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use windlass_core::{Control, Controls, Result, Target, Text, Trigger, UnitId};

use super::{Desk, Mode, Turn};
use crate::driver::Engine;

/// How often what people ask is looked at, where the store cannot tell of it.
const CONTROL_POLL: Duration = Duration::from_secs(5);

/// What people ask of units. `None`: it cannot be read, which a pass of the unit says.
pub(super) type Wishes = BTreeMap<UnitId, Option<Control>>;

/// What people ask of units, and where to follow it from.
pub(super) type Asked = (Wishes, Option<u64>);

/// A target, and what people ask of the units of one installation on it.
pub(super) struct Place {
    pub(super) target: Arc<dyn Target>,
    pub(super) installation: Text,
    /// `None` until somebody has looked.
    pub(super) asked: Option<Wishes>,
    /// It tells of changes.
    pub(super) watched: bool,
}

impl Desk<'_> {
    pub(super) fn place_of(&mut self, engine: &Engine) -> usize {
        let (target, installation) = (engine.target(), engine.unit().installation());
        let on_it = |place: &&Place| Arc::ptr_eq(&place.target, target);
        let same = |place: &Place| on_it(&place) && &*place.installation == installation;
        if let Some(at) = self.places.iter().position(same) {
            return at;
        }
        // One watch names the units of all installations.
        let is_first = !self.places.iter().any(|place| on_it(&place));
        let profile = target.profile();
        let asks = profile.control.is_some();
        let watched = profile.watch.is_some() && self.mode == Mode::Forever;
        self.places.push(Place {
            target: Arc::clone(target),
            installation: installation.into(),
            asked: (!asks).then(BTreeMap::new),
            watched,
        });
        let at = self.places.len() - 1;
        if asks {
            self.ask(at, Duration::ZERO, None);
        }
        if watched && is_first {
            self.watch(at);
        }
        at
    }

    /// Looks what people ask, after a wait, and once it may be other than at the mark `since`.
    fn ask(&self, at: usize, wait: Duration, since: Option<u64>) {
        let follows = self.mode == Mode::Forever;
        let Place { target, installation, .. } = &self.places[at];
        let (cx, target, installation) = (self.cx.clone(), Arc::clone(target), installation.clone());
        self.work.push(Box::pin(async move {
            let asked = async {
                cx.sleep(wait).await.ok()?;
                let store = target.profile().control?;
                let limit = cx.limits().request_timeout;
                let followed = match since {
                    _ if !follows => None,
                    Some(_) => {
                        let followed = cx.unless_over(store.follow(&cx, &installation, since)).await;
                        followed.ok().and_then(Result::ok).flatten()
                    }
                    None => {
                        let followed = cx.within(limit, store.follow(&cx, &installation, None)).await;
                        followed.ok().and_then(Result::ok).flatten()
                    }
                };
                if let Some(followed) = followed {
                    // A store that answers with the mark it was given has told nothing: it is asked now and then.
                    let mark = Some(followed.mark).filter(|mark| since != Some(*mark));
                    return Some((wishes(followed.controls), mark));
                }
                let controls = cx.within(limit, store.controls(&cx, &installation)).await.ok()?.ok()?;
                Some((wishes(controls), None))
            };
            Turn::Asked(at, asked.await)
        }));
    }

    pub(super) fn watch(&self, at: usize) {
        let (cx, target) = (self.cx.clone(), Arc::clone(&self.places[at].target));
        self.work.push(Box::pin(async move {
            let Some(watch) = target.profile().watch else { return std::future::pending().await };
            match cx.unless_over(watch.changed(&cx)).await {
                Ok(Ok(units)) => Turn::Changed(at, units),
                _ => std::future::pending().await,
            }
        }));
    }

    pub(super) fn asked(&mut self, at: usize, asked: Option<Asked>) {
        if self.cx.check().is_err() {
            return;
        }
        let mark = asked.as_ref().and_then(|(_, mark)| *mark);
        if let Some((now, _)) = asked {
            let before = self.places[at].asked.replace(now);
            let now = self.places[at].asked.as_ref();
            let asked_of = |unit: &UnitId| now.and_then(|now| now.get(unit));
            let is_news =
                |unit: &UnitId| before.as_ref().is_none_or(|before| before.get(unit) != asked_of(unit));
            let here = self.place_of.iter().filter(|(unit, place)| **place == at && is_news(unit));
            let here: Vec<UnitId> = here.map(|(unit, _)| unit.clone()).collect();
            if before.is_none() {
                self.want_waiting(here);
            } else {
                self.want_all(Trigger::Control, here);
            }
        }
        if self.mode == Mode::Forever || self.places[at].asked.is_none() {
            self.ask(at, if mark.is_some() { Duration::ZERO } else { CONTROL_POLL }, mark);
        }
    }
}

fn wishes(controls: Controls) -> Wishes {
    controls.into_iter().map(|(unit, found)| (unit, found.ok().map(|(_, control)| control))).collect()
}
