//! Watches that break one law each.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{
    Cancel, Context, Digest, Interest, Look, ObjectId, Owner, Result, Target, UnitId, Watch, Write,
    async_trait,
};
use windlass_testkit::{block_on, poll_once, unit};

use super::Saboteur;
use crate::saboteurs::{endless, yield_once};

/// What a broken watch remembers.
#[derive(Default)]
pub(super) struct Memory {
    /// What each unit asked for last.
    asked: BTreeMap<UnitId, BTreeMap<ObjectId, Look>>,
    /// What each object was at the last look of anybody.
    seen: BTreeMap<ObjectId, Digest>,
    /// What is told before anything else.
    pending: BTreeSet<UnitId>,
    /// How often it looked though it knew.
    pub(super) looks: usize,
}

impl Saboteur {
    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }

    /// Says whether a unit looks at anything.
    pub(super) fn watches(&self, unit: &UnitId) -> bool {
        self.memory().asked.contains_key(unit)
    }

    fn contents(&self) -> BTreeMap<ObjectId, Digest> {
        let digest = |id: ObjectId| Some((id.clone(), self.inner.get(&id)?.digest()));
        self.inner.ids().into_iter().filter_map(digest).collect()
    }

    /// Notes a look, and gives what is looked at instead.
    pub(super) fn looking(&self, interest: &Interest) -> Interest {
        let mut interest = interest.clone();
        let mut memory = self.memory();
        memory.seen = self.contents();
        memory.looks += usize::from(self.breaks("looking_at_an_unchanged_world_asks_nobody"));
        let before = memory.asked.insert(interest.unit.clone(), interest.objects.clone());
        if self.breaks("what_a_unit_looks_at_no_more_is_not_watched") {
            interest.objects.extend(before.into_iter().flatten());
        }
        interest
    }

    /// Notes a write that was carried out.
    pub(super) fn wrote(&self, write: &Write) {
        let own = matches!(write, Write::Apply { owner, .. } if owner.is_of(&unit("web")));
        match self.breaks {
            "the_echo_of_a_write_is_no_change" if own => drop(self.memory().pending.insert(unit("web"))),
            "what_another_unit_writes_is_a_change" => {
                let cx = windlass_testkit::TestClock::new().context();
                block_on(poll_once(self.inner.changed(&cx)));
            }
            _ => {}
        }
        self.memory().seen = self.contents();
    }

    /// Gives what somebody else changed since the last look and the last write.
    fn edited(&self) -> Vec<ObjectId> {
        let (now, memory) = (self.contents(), self.memory());
        now.into_iter().filter(|(id, digest)| memory.seen.get(id) != Some(digest)).map(|(id, _)| id).collect()
    }

    /// Says whether a unit is told of it all the same.
    fn tells(&self, to: &UnitId) -> bool {
        let edited = self.edited();
        let mut ids = edited.iter();
        match self.breaks {
            "a_change_names_the_units_that_look_at_it" => {
                edited.is_empty() || ids.any(|id| self.inner.owner_of(id) == Some(Owner::of(to)))
            }
            "a_change_of_what_a_unit_owns_names_it" => {
                let memory = self.memory();
                let asked = |id: &ObjectId| memory.asked.get(to).is_some_and(|asked| asked.contains_key(id));
                edited.is_empty() || ids.any(asked)
            }
            _ => true,
        }
    }

    async fn news(&self, cx: &Context) -> Result<BTreeSet<UnitId>> {
        match self.breaks {
            "waiting_for_changes_ends_with_the_deadline" => self.inner.changed(&endless(cx)).await,
            "waiting_for_changes_ends_when_it_is_cancelled" => {
                self.inner.changed(&cx.clone().with_cancel(Cancel::new())).await
            }
            "a watch that forgets" => {
                poll_once(self.inner.changed(cx)).await;
                self.inner.changed(cx).await
            }
            _ => self.inner.changed(cx).await,
        }
    }
}

#[async_trait]
impl Watch for Saboteur {
    async fn changed(&self, cx: &Context) -> Result<BTreeSet<UnitId>> {
        let pending = std::mem::take(&mut self.memory().pending);
        if !pending.is_empty() {
            return Ok(pending);
        }
        if self.breaks("a watch that chatters") {
            return Ok([unit("web")].into());
        }
        loop {
            let mut units = self.news(cx).await?;
            units.retain(|unit| self.tells(unit));
            match self.breaks {
                "dropping_a_wait_for_changes_loses_nothing" => yield_once().await,
                "a_burst_of_changes_names_every_unit" => units = units.into_iter().take(4).collect(),
                "a_change_is_told_once" => self.memory().pending.clone_from(&units),
                "a_change_names_no_other_unit" => units.extend(self.memory().asked.keys().cloned()),
                _ => {}
            }
            if !units.is_empty() {
                return Ok(units);
            }
        }
    }

    fn release(&self, unit: &UnitId) {
        self.memory().asked.remove(unit);
        if !self.breaks("a_released_unit_is_named_no_more") {
            self.inner.profile().watch.unwrap().release(unit);
        }
    }
}
