//! `windlass render`: writes the objects that the source wants.

use std::cell::RefCell;

use serde_json::json;
use windlass_core::{Error, Item, Result};

use super::walk::{Holds, walk_with};
use super::{Ending, Scene};
use crate::args::Format;
use crate::parts::{self, Fetched};
use crate::spec::Unit;
use crate::term::Tone;
use crate::words::visible;

pub(super) async fn render(scene: &Scene) -> Result<Ending> {
    if scene.term.format == Format::Json { as_list(scene).await } else { as_stream(scene).await }
}

/// Writes one document for each object; one of another kind where a unit has none.
async fn as_stream(scene: &Scene) -> Result<Ending> {
    let failed = |unit: &_, error: &_| scene.term.failure(Some(unit), error);
    let fetched = Fetched::default();
    walk_with(scene, Holds::Nothing, failed, async |unit| {
        let items = items(scene, unit, &fetched).await?;
        items.iter().try_for_each(|item| scene.term.object(&document(item)))?;
        Ok(Ending::Good.into())
    })
    .await
}

/// Writes one list of all objects, with the errors of the units that have none.
async fn as_list(scene: &Scene) -> Result<Ending> {
    let fetched = Fetched::default();
    let (errors, list) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let failed = |_: &_, error: &Error| errors.borrow_mut().push(error.clone());
    let ending = walk_with(scene, Holds::Nothing, failed, async |unit| {
        let items = items(scene, unit, &fetched).await?;
        list.borrow_mut().extend(items.iter().map(|item| item.object.body().clone()));
        Ok(Ending::Good.into())
    })
    .await?;
    let form = json!({ "apiVersion": "v1", "kind": "List", "items": *list.borrow() });
    scene.term.result(String::new, &form, Error::all(errors.take()).as_ref())?;
    Ok(ending)
}

async fn items(scene: &Scene, unit: &Unit, fetched: &Fetched) -> Result<Vec<Item>> {
    let origins = parts::origins(unit, fetched);
    let artifact = fetched.fetch(&scene.cx, unit, &origins).await?;
    let (_, rendered) = parts::render(&scene.cx, &origins, artifact).await?;
    for warning in &rendered.warnings {
        scene.term.progress(Tone::Odd, &format!("warning: {}", warning.message));
    }
    Ok(rendered.items)
}

/// One document with the place it came from as a comment.
fn document(item: &Item) -> String {
    let origin = visible(&item.origin.to_string());
    format!("---\n# {origin}\n{}", windlass_yaml::to_yaml(item.object.body()))
}
