//! `windlass render`: writes the objects that the source wants.

use std::cell::RefCell;

use serde_json::json;
use windlass_core::{Item, Result};

use super::walk::{Holds, walk};
use super::{Ending, Scene};
use crate::args::Format;
use crate::parts;
use crate::term::{Tone, visible};

pub(super) async fn render(scene: &Scene) -> Result<Ending> {
    let list = RefCell::new(Vec::new());
    let ending = walk(scene, Holds::Nothing, async |unit| {
        let origins = parts::origins(unit);
        let artifact = parts::fetch(&scene.cx, &origins).await?;
        let (_, rendered) = parts::render(&scene.cx, &origins, artifact).await?;
        for warning in &rendered.warnings {
            scene.term.progress(Tone::Odd, &format!("warning: {}", warning.message));
        }
        if scene.term.format == Format::Json {
            list.borrow_mut().extend(rendered.items);
            return Ok(Ending::Good);
        }
        rendered.items.iter().try_for_each(|item| scene.term.raw(&document(item)))?;
        Ok(Ending::Good)
    })
    .await;
    if scene.term.format == Format::Json {
        let items: Vec<_> = list.borrow().iter().map(|item| item.object.body().clone()).collect();
        scene.term.result(String::new, &json!({ "apiVersion": "v1", "kind": "List", "items": items }))?;
    }
    ending
}

/// One document with the place it came from as a comment.
fn document(item: &Item) -> String {
    format!(
        "---\n# {}\n{}",
        visible(&item.origin.to_string()).replace('\n', " "),
        windlass_yaml::to_yaml(item.object.body())
    )
}
