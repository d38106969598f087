//! Taking away shards that no head names.
//!
//! Nothing that goes wrong here makes a save fail: the state is saved, and what is left is taken away by a later save.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use windlass_core::{Context, Result, Text, UnitId, Value, Version};

use super::maps::{PART_LABEL, head_name, name_of};
use super::state::State;
use super::{KubeStore, LIFE, SAVE, SHARD, SHARDS_IN_FLIGHT_MAX, STATE_LABEL, life_of, names};
use crate::owner::INSTALLATION_LABEL;

/// A shard, as far as a list without contents tells.
struct Found {
    name: Text,
    life: String,
    save: u64,
}

impl KubeStore {
    /// Takes away what a save has dropped and, unless somebody has looked already, what crashes left. Says whether nothing is
    /// left.
    pub(super) async fn tidy(
        &self,
        cx: &Context,
        unit: &UnitId,
        version: &Version,
        state: &State,
        dropped: &[Text],
        was_tidy: bool,
    ) -> bool {
        if was_tidy || !(state.is_apart() || state.litter) {
            return self.delete_shards(cx, unit, dropped).await;
        }
        match self.dead(cx, unit, version, state).await {
            Ok(dead) => self.delete_shards(cx, unit, &dead).await,
            Err(_) => false,
        }
    }

    /// Takes away all shards of a unit that was forgotten.
    pub(super) async fn sweep_forgotten(&self, cx: &Context, unit: &UnitId) {
        // In this order: a head that begins after the list has no shard in it.
        let Ok(found) = self.shards(cx, unit).await else { return };
        let Ok(life) = self.present_life(cx, unit).await else { return };
        let dead: Vec<Text> = found
            .into_iter()
            .filter(|shard| Some(&shard.life) != life.as_ref())
            .map(|shard| shard.name)
            .collect();
        self.delete_shards(cx, unit, &dead).await;
    }

    /// Gives the shards that no head names and none will: those that came no later than the head that was just saved, and
    /// those of other lives. One that came later belongs to a save under way.
    async fn dead(&self, cx: &Context, unit: &UnitId, version: &Version, state: &State) -> Result<Vec<Text>> {
        let (life, named): (_, BTreeSet<Text>) = (life_of(version), names(state));
        let found = self.shards(cx, unit).await?;
        // Of other lives only where the head is still the one of this life after they were listed.
        let only_ours = found.iter().all(|shard| shard.life == life);
        let is_present = only_ours || self.present_life(cx, unit).await?.as_ref() == Some(&life);
        let is_dead = |shard: &Found| match shard.life == life {
            true => shard.save <= state.saves && !named.contains(&shard.name),
            false => is_present,
        };
        Ok(found.into_iter().filter(is_dead).map(|shard| shard.name).collect())
    }

    async fn shards(&self, cx: &Context, unit: &UnitId) -> Result<Vec<Found>> {
        let (name, installation) = (unit.as_str(), unit.installation());
        let selector =
            format!("{STATE_LABEL}={name},{INSTALLATION_LABEL}={installation},{PART_LABEL}={SHARD}");
        let maps = self.maps.list_metadata(cx, &selector).await?;
        let found = |map: &Value| {
            let annotation = |name| map.text_at(&["metadata", "annotations", name]);
            let (life, save) = (annotation(LIFE)?.to_owned(), annotation(SAVE)?.parse().ok()?);
            Some(Found { name: name_of(map)?.into(), life, save })
        };
        Ok(maps.iter().filter_map(found).collect())
    }

    /// Gives the life of the head that is there now.
    async fn present_life(&self, cx: &Context, unit: &UnitId) -> Result<Option<String>> {
        let head = self.maps.get(cx, unit, &head_name(unit)).await?;
        head.map(|map| crate::live::version_of(&map).map(|version| life_of(&version))).transpose()
    }

    /// Deletes shards; says whether all of them are gone.
    async fn delete_shards(&self, cx: &Context, unit: &UnitId, shards: &[Text]) -> bool {
        let mut deletes = Vec::new();
        for name in shards {
            deletes.push(self.maps.delete(cx, unit, name, None));
        }
        let deletes = stream::iter(deletes).buffer_unordered(SHARDS_IN_FLIGHT_MAX);
        deletes.fold(true, |all, gone| std::future::ready(all && gone.is_ok())).await
    }
}
