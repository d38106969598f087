//! Taking the namespace off objects that live in none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use windlass_core::{
    Context, Digest, Error, ErrorKind, ObjectId, RenderInput, Rendered, Result, Text, Transform, Value,
};

use super::{Scope, crd_scope, scope};

/// Takes the namespace off objects of kinds that live in none, for a target that knows no kinds: built-in ones, and those that a
/// definition among the objects gives that scope. An API server does so by itself.
///
/// Two objects that are one without it are an error.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unscoped;

impl Transform for Unscoped {
    fn fingerprint(&self) -> Digest {
        Digest::of_parts([b"windlass-kinds unscoped".as_slice(), env!("CARGO_PKG_VERSION").as_bytes()])
    }

    fn transform(&self, cx: &Context, _: &RenderInput<'_>, mut rendered: Rendered) -> Result<Rendered> {
        let defined: BTreeSet<(Text, Text)> = rendered
            .items
            .iter()
            .filter_map(|item| crd_scope(&item.object))
            .filter(|defined| defined.scope == Scope::Cluster)
            .map(|defined| (defined.group, defined.kind))
            .collect();
        let lives_in_none = |id: &ObjectId| match scope(&id.group, &id.kind) {
            Some(scope) => scope == Scope::Cluster,
            None => defined.contains(&(id.group.clone(), id.kind.clone())),
        };
        let (mut problems, mut seen) = (Vec::new(), BTreeMap::new());
        for item in &mut rendered.items {
            if !lives_in_none(item.id()) {
                continue;
            }
            if !item.id().namespace.is_empty() {
                item.object = item.object.edit(without_namespace)?;
                Arc::make_mut(&mut item.origin).transformers.push("unscoped".into());
            }
            if let Some(first) = seen.insert(item.id().clone(), Arc::clone(&item.origin)) {
                let error = Error::new(ErrorKind::Invalid, "the same object is written down more than once");
                let error = error.with("object", item.id()).with("first", first).with("again", &item.origin);
                problems
                    .push(error.with_help("remove one of them: objects of this kind live in no namespace"));
            }
        }
        Error::all(problems.into_iter().take(cx.limits().problems_max)).map_or(Ok(rendered), Err)
    }
}

fn without_namespace(body: &mut Value) {
    let metadata = body.as_map_mut().and_then(|body| body.get_mut("metadata")?.as_map_mut());
    drop(metadata.and_then(|metadata| metadata.remove("namespace")));
}
