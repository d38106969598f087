//! Lists of objects, whoever owns them.

use async_trait::async_trait;
use windlass_core::{Context, Error, ErrorKind, List, Object, ObjectId, Result, Selection};

use super::MemoryTarget;

#[async_trait]
impl List for MemoryTarget {
    async fn list(&self, cx: &Context, selection: &Selection) -> Result<Vec<Object>> {
        self.world().note(format!("list {} in {:?}", selection.kind, &*selection.namespace));
        self.travel(cx).await?;
        let mut world = self.world();
        world.fail_whole("list")?;
        let of_kind = ObjectId::new(selection.group(), &*selection.kind, "", "");
        if world.missing_kind(&of_kind).is_some() {
            return Err(
                Error::new(ErrorKind::Undefined, "the kind is not known").with("kind", &selection.kind)
            );
        }
        let mut objects = Vec::new();
        for (id, stored) in world.objects.iter().filter(|(id, _)| selection.means(id)) {
            if let Some(error) = world.script.looks.get(id) {
                return Err(error.clone());
            }
            if selection.fits(&stored.body) {
                objects.push(stored.body.clone());
            }
        }
        let max = cx.limits().objects_max;
        if objects.len() > max {
            return Err(Error::new(ErrorKind::Limit, "too many objects").with("objects_max", max));
        }
        Ok(objects)
    }
}
