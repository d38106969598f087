//! `windlass delete`: deletes all that a unit owns.

use windlass_core::{Error, ErrorKind, Plan, Result, UnitId};

use super::walk::{Holds, walk};
use super::{Ending, Scene, apply, plan};
use crate::args::Format;
use crate::events::Progress;

pub(super) async fn delete(scene: &Scene) -> Result<Ending> {
    if !scene.yes && !scene.term.can_ask() {
        return Err(Error::new(ErrorKind::Invalid, "nobody is there to ask whether to delete")
            .with_help("look with `windlass status` at what is owned, then repeat with --yes"));
    }
    walk(scene, Holds::Dependents, async |unit| {
        let engine = scene.workshop.engine(unit, Progress::new(&scene.term)).await?;
        let plan = engine.plan_delete(&scene.cx).await?;
        show(scene, &plan)?;
        if !agrees(scene, &unit.id, &plan).await {
            return Err(Error::new(ErrorKind::Cancelled, "not deleted: the answer was no"));
        }
        let report = engine.delete(&scene.cx, &plan).await?;
        apply::tell(scene, &report)
    })
    .await
}

/// Shows what would go: as a result where that is a text, else only to whoever is asked.
fn show(scene: &Scene, plan: &Plan) -> Result<()> {
    if scene.term.format == Format::Text {
        return scene.term.raw(&plan::text(plan, scene.term.out_colour()));
    }
    if !scene.yes {
        scene.term.show(&plan::text(plan, scene.term.err_colour()));
    }
    Ok(())
}

async fn agrees(scene: &Scene, unit: &UnitId, plan: &Plan) -> bool {
    let count = plan.writes();
    let objects = if count == 1 { "object" } else { "objects" };
    scene.yes
        || count == 0
        || scene
            .term
            .ask(scene.cx.cancel(), &format!("Delete {count} {objects} of {unit} from {}?", plan.place))
            .await
}
