//! What changes the objects of a chart after it was rendered.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::{Context, Digest, Item, Need, RenderInput, Rendered, Result, Transform, Warning};

use super::items::Items;

/// Which objects go through post-renderers, by the names that Helm 4 and Flux have for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PostRenderStrategy {
    /// Ordinary objects and hooks, together: what Helm 4 does.
    #[default]
    Combined,
    /// Ordinary objects alone: what Helm 3 does.
    NoHooks,
    /// Hooks, and then ordinary objects, each for themselves.
    Separate,
}

/// Post-renderers, and what they see.
#[derive(Debug, Clone, Default)]
pub(super) struct PostRender {
    pub(super) renderers: Vec<Arc<dyn Transform>>,
    pub(super) strategy: PostRenderStrategy,
}

/// What was read on the way.
type Reads = BTreeMap<Need, Digest>;

impl PostRender {
    /// Digests all that can change what comes out.
    pub(super) fn fingerprints(&self) -> impl Iterator<Item = String> {
        let strategy = format!("{:?}", self.strategy);
        let renderers = self.renderers.iter().map(|renderer| renderer.fingerprint().to_string());
        // Without any there is nothing that a strategy could change.
        renderers.chain((!self.renderers.is_empty()).then_some(strategy))
    }

    /// Gives all items, changed.
    ///
    /// # Errors
    /// Those of [`Transform::transform`].
    pub(super) fn run(
        &self,
        cx: &Context,
        input: &RenderInput<'_>,
        items: Items,
        warnings: &mut Vec<Warning>,
    ) -> Result<(Vec<Item>, Reads)> {
        let Items { crds, mut documents, mut hooks } = items;
        let mut all = crds;
        let mut reads = Reads::new();
        let mut changed = |items: Vec<Item>| -> Result<Vec<Item>> {
            let mut rendered = Rendered { items, ..Rendered::default() };
            for renderer in &self.renderers {
                cx.check()?;
                if rendered.items.is_empty() {
                    break;
                }
                rendered = renderer.transform(cx, input, rendered)?;
            }
            reads.extend(rendered.reads);
            warnings.extend(rendered.warnings);
            Ok(rendered.items)
        };
        match self.strategy {
            PostRenderStrategy::Combined => {
                documents.append(&mut hooks);
                documents = changed(documents)?;
            }
            PostRenderStrategy::NoHooks => documents = changed(documents)?,
            PostRenderStrategy::Separate => {
                hooks = changed(hooks)?;
                documents = changed(documents)?;
            }
        }
        all.extend(documents);
        all.extend(hooks);
        if !self.renderers.is_empty() {
            all.iter_mut().for_each(without_lost_hook);
        }
        Ok((all, reads))
    }
}

/// What lost the annotation of a hook on its way is an ordinary object. What the annotations of others say is read later.
fn without_lost_hook(item: &mut Item) {
    if item.object.annotation(crate::release::HOOK).is_none() {
        item.directives.run_at(None, None);
    }
}
