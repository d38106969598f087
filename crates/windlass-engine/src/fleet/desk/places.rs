//! The targets of a fleet: what is live there tells of itself, and what people ask of the units is followed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use windlass_core::{Context, Control, ControlStore, Controls, Target, Text, Trigger, UnitId};

use super::{Desk, Mode, Turn};
use crate::driver::{Engine, call};

/// How often what people ask is looked at, where the store cannot tell of it.
const CONTROL_POLL: Duration = Duration::from_secs(5);

/// The wait before a watch is asked again that broke, or that told of nothing.
const WATCH_AGAIN: Duration = Duration::from_secs(5);

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
    /// Nobody could read that yet, so that each pass asks for itself, and fails where it cannot.
    pub(super) unreadable: bool,
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
            unreadable: false,
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
                look(&cx, store, &installation, since, follows).await
            };
            Turn::Asked(at, asked.await)
        }));
    }

    pub(super) fn watch(&self, at: usize) {
        let (cx, target) = (self.cx.clone(), Arc::clone(&self.places[at].target));
        self.work.push(Box::pin(async move {
            let Some(watch) = target.profile().watch else { return std::future::pending().await };
            loop {
                match call(&cx, "watch", Duration::MAX, watch.changed(&cx)).await {
                    Ok(units) if !units.is_empty() => return Turn::Changed(at, units),
                    // Nothing should end a watch, nor should it tell of nothing. Meanwhile the interval finds what changed.
                    _ => {}
                }
                if cx.sleep(WATCH_AGAIN).await.is_err() {
                    return std::future::pending().await;
                }
            }
        }));
    }

    pub(super) fn asked(&mut self, at: usize, asked: Option<Asked>) {
        if self.cx.check().is_err() {
            return;
        }
        let mark = asked.as_ref().and_then(|(_, mark)| *mark);
        match asked {
            Some((now, _)) => self.heard(at, now),
            None if self.places[at].asked.is_none() => {
                let place = &mut self.places[at];
                (place.asked, place.unreadable) = (Some(Wishes::new()), true);
                self.want_waiting(self.units_at(at, |_| true));
            }
            None => {}
        }
        if self.mode == Mode::Forever {
            self.ask(at, if mark.is_some() { Duration::ZERO } else { CONTROL_POLL }, mark);
        }
    }

    /// Takes in what people ask: units of which something else is asked than before have something to do.
    fn heard(&mut self, at: usize, now: Wishes) {
        let place = &mut self.places[at];
        let all = std::mem::take(&mut place.unreadable);
        let before = place.asked.replace(now.clone());
        let is_news =
            |unit: &UnitId| all || before.as_ref().is_none_or(|before| before.get(unit) != now.get(unit));
        let here = self.units_at(at, is_news);
        if before.is_none() {
            self.want_waiting(here);
        } else {
            self.want_all(Trigger::Control, here);
        }
    }

    fn units_at(&self, at: usize, which: impl Fn(&UnitId) -> bool) -> Vec<UnitId> {
        let here = self.place_of.iter().filter(|(unit, place)| **place == at && which(unit));
        here.map(|(unit, _)| unit.clone()).collect()
    }
}

/// Gives what people ask, once it may be other than at the mark `since`. `None`: nobody could tell.
async fn look(
    cx: &Context,
    store: &dyn ControlStore,
    installation: &str,
    since: Option<u64>,
    follows: bool,
) -> Option<Asked> {
    let limit = cx.limits().request_timeout;
    if follows {
        let limit = if since.is_some() { Duration::MAX } else { limit };
        let followed = call(cx, "control store", limit, store.follow(cx, installation, since)).await;
        if let Ok(Some(followed)) = followed {
            // A store that answers with the mark it was given has told nothing: it is asked now and then.
            let mark = Some(followed.mark).filter(|mark| since != Some(*mark));
            return Some((wishes(followed.controls), mark));
        }
    }
    let controls = call(cx, "control store", limit, store.controls(cx, installation)).await.ok()?;
    Some((wishes(controls), None))
}

fn wishes(controls: Controls) -> Wishes {
    controls.into_iter().map(|(unit, found)| (unit, found.ok().map(|(_, control)| control))).collect()
}
