//! Saying beforehand what a write would do.

use std::collections::BTreeMap;

use async_trait::async_trait;
use windlass_core::{
    Admitted, Capabilities, Context, Error, ErrorKind, Exclusion, Item, Node, Object, ObjectId, Predict,
    Prediction, Result, Rivalry, Taken, Want,
};

use super::MemoryTarget;
use super::world::World;

#[async_trait]
impl Predict for MemoryTarget {
    async fn admit(&self, cx: &Context, items: Vec<Item>) -> Result<Vec<Admitted>> {
        self.world().note(format!("admit {}", items.len()));
        self.travel(cx).await?;
        let mut world = self.world();
        world.fail_whole("admit")?;
        Ok(items.into_iter().map(|item| admit(&world, self.placed(item))).collect())
    }

    async fn predict(&self, cx: &Context, wants: &[Want<'_>]) -> Result<Vec<Prediction>> {
        self.world().note(format!("predict {}", wants.len()));
        self.travel(cx).await?;
        let mut world = self.world();
        world.fail_whole("predict")?;
        Ok(wants.iter().map(|want| predict(&world, want)).collect())
    }

    /// What lies in a namespace goes with it.
    async fn takes(&self, cx: &Context, ids: &[ObjectId]) -> Result<BTreeMap<ObjectId, Vec<Taken>>> {
        self.world().note(format!("takes {}", ids.len()));
        self.travel(cx).await?;
        let mut world = self.world();
        world.fail_whole("takes")?;
        Ok(ids
            .iter()
            .map(|id| (id.clone(), taken(&world, id)))
            .filter(|(_, taken)| !taken.is_empty())
            .collect())
    }

    async fn exclusions(&self, cx: &Context, rivalries: &[Rivalry<'_>]) -> Result<Vec<Option<Exclusion>>> {
        self.world().note(format!("exclusions {}", rivalries.len()));
        self.travel(cx).await?;
        let mut world = self.world();
        world.fail_whole("exclusions")?;
        Ok(rivalries.iter().map(|rivalry| exclusion(&world, rivalry)).collect())
    }

    async fn capabilities(&self, cx: &Context) -> Result<Option<Capabilities>> {
        self.world().note("capabilities".into());
        self.travel(cx).await?;
        Ok(self.capabilities.clone())
    }
}

impl MemoryTarget {
    /// Fills in the default namespace where there is one and the item has none.
    fn placed(&self, mut item: Item) -> Item {
        let lies_in_none = |group_kind: &str| self.cluster_kinds.iter().any(|kind| **kind == *group_kind);
        let Some(namespace) = &self.default_namespace else { return item };
        if item.id().namespace.is_empty() && !lies_in_none(item.id().group_kind().as_str()) {
            let placed = item.object.edit(|body| {
                if let Some(metadata) =
                    body.as_map_mut().and_then(|body| body.get_mut("metadata")?.as_map_mut())
                {
                    metadata.insert("namespace", namespace.clone());
                }
            });
            item.object = placed.unwrap_or(item.object);
        }
        item
    }
}

fn taken(world: &World, id: &ObjectId) -> Vec<Taken> {
    let inside =
        |other: &ObjectId| id.kind == "Namespace" && id.group.is_empty() && other.namespace == id.name;
    let objects = world.objects.iter().filter(|(other, _)| inside(other));
    let inside = objects.map(|(id, stored)| Taken { id: id.clone(), owner: stored.owner.clone() });
    inside.chain(world.script.taken.get(id).into_iter().flatten().cloned()).collect()
}

/// Everything that excludes the object is about to be deleted, and nothing else is in its way.
fn exclusion(world: &World, rivalry: &Rivalry<'_>) -> Option<Exclusion> {
    let object = &rivalry.want.item.object;
    let error = world.check_room(object).err().filter(|_| !world.script.refused.contains_key(object.id()))?;
    let by = world.excluding(object);
    let leaves = |id: &ObjectId| rivalry.all_leaving.iter().any(|live| live.id == *id);
    by.iter().all(leaves).then_some(Exclusion { by, error })
}

fn admit(world: &World, item: Item) -> Admitted {
    match world.missing_kind(item.id()) {
        None => Admitted::Item(item),
        Some(Some(by)) => {
            let until = Node::Object(by.clone());
            Admitted::Later { item, until }
        }
        Some(None) => {
            let error = unknown(item.id());
            Admitted::Refused(item, error)
        }
    }
}

fn predict(world: &World, want: &Want<'_>) -> Prediction {
    let (id, payload) = (want.item.id(), want.item.object.clone());
    if let Some(error) = world.script.refused.get(id) {
        return Prediction::Refused(error.clone());
    }
    match world.missing_kind(id) {
        None => match world.check_room(&payload) {
            Ok(()) => change(world, want, payload),
            Err(error) => Prediction::Refused(error),
        },
        Some(Some(by)) => Prediction::Deferred { until: Node::Object(by.clone()), payload },
        Some(None) => Prediction::Refused(unknown(id)),
    }
}

fn change(world: &World, want: &Want<'_>, payload: Object) -> Prediction {
    let mode = want.item.directives.mode.unwrap_or_default();
    let after = world.after(&payload, mode, want.owner);
    let same = |stored: &super::world::Stored| {
        stored.body == after
            && (mode == windlass_core::Mode::CreateOnly || stored.owner.as_ref() == Some(want.owner))
    };
    if world.objects.get(payload.id()).is_some_and(same) {
        return Prediction::Same;
    }
    let conflicts = world.script.conflicts.get(payload.id()).cloned().unwrap_or_default();
    Prediction::Change { payload, after, mode, conflicts }
}

fn unknown(id: &ObjectId) -> Error {
    Error::new(ErrorKind::Undefined, "the kind is not known").with("object", id)
}
