//! `windlass plan`: says what would happen.

use std::collections::BTreeMap;

use windlass_core::{Error, ErrorKind, Plan, Result, Verb};
use windlass_diff::render::{self, Style};
use windlass_engine::Fleet;

use super::walk::{Holds, walk};
use super::{Ending, Scene, approval};
use crate::events::Progress;
use crate::term::Tone;
use crate::words;

pub(super) async fn plan(scene: &Scene) -> Result<Ending> {
    // Each plan knows what the other units want, as it does when they are applied.
    let (fleet, mut engines) = (Fleet::new(), BTreeMap::new());
    for unit in scene.fleet.units().filter(|unit| scene.fleet.isolation(&unit.id).is_none()) {
        let engine = scene.workshop.engine(unit, Progress::new(&scene.term)).await;
        engines.insert(&unit.id, engine.map(|engine| fleet.introduce(engine)));
    }
    walk(scene, Holds::Nothing, async |unit| {
        let made = engines.remove(&unit.id);
        let engine =
            made.unwrap_or_else(|| Err(Error::new(ErrorKind::Internal, "the unit is not planned")))?;
        let engine = approval::holding(scene, unit, engine);
        let plan = engine.plan(&scene.cx).await?;
        let error = problems(&plan);
        let held = match unit.approve {
            Some(_) => approval::why_held(&scene.cx, &engine, &plan).await?,
            None => None,
        };
        let held =
            held.map(|why| scene.term.paint(Tone::Odd, &words::visible(&format!("on hold: {why}"))) + "\n");
        let text = || text(&plan, scene.term.out_colour()) + held.as_deref().unwrap_or_default();
        scene.term.result(text, &plan, error.as_ref())?;
        Ok(match error {
            Some(error) => error.into(),
            None if plan.is_in_sync() => Ending::Good.into(),
            None => Ending::Differs.into(),
        })
    })
    .await
}

/// Writes a plan for a person.
pub(super) fn text(plan: &Plan, colour: bool) -> String {
    render::plan(&spelled_out(plan), &Style::plain().with_colour(colour))
}

/// Lets no text of an error or a warning make lines of its own; names and fields are spelled out where they are written.
fn spelled_out(plan: &Plan) -> Plan {
    let of = |error: &Error| Error::new(error.kind(), words::problems(error).join("\n"));
    let mut plan = plan.clone();
    for action in &mut plan.actions {
        if let Verb::Refuse { error } = &mut action.verb {
            *error = of(error);
        }
    }
    plan.problems = plan.problems.iter().map(of).collect();
    for warning in &mut plan.warnings {
        warning.message = words::visible(&warning.message).into();
    }
    plan
}

/// Gives all that keeps a plan from being whole.
pub(super) fn problems(plan: &Plan) -> Option<Error> {
    let refused = plan.actions.iter().filter_map(|action| match &action.verb {
        Verb::Refuse { error } => {
            let error = error.clone().with_each("object", &action.id);
            Some(match &action.origin {
                Some(origin) => error.with_each("origin", origin),
                None => error,
            })
        }
        _ => None,
    });
    let mut told: Vec<Error> = Vec::new();
    for problem in plan.problems.iter().cloned().chain(refused) {
        if problem.kind() != ErrorKind::Cancelled && !told.contains(&problem) {
            told.push(problem);
        }
    }
    Error::all(told.into_iter().map(advised))
}

/// The engine knows no flags; here there are some.
pub(super) fn advised(error: Error) -> Error {
    if let Some(help) = error.help().filter(|help| help.ends_with("without its hooks")) {
        let help = format!("{help}: windlass delete --no-hooks");
        return error.with_help(help);
    }
    let help = match error.message() {
        "nothing was rendered, and pruning would delete everything" => {
            "check the path of the source; to really delete everything use `windlass delete`, or --prune-allow-empty \
             (spec.pruneLimits.allowEmpty)"
        }
        "pruning would delete too large a share of what is owned" => {
            "check what was rendered; to go on, use --prune-share-percent-max (spec.pruneLimits.sharePercentMax)"
        }
        _ => return error,
    };
    error.with_help(help)
}
