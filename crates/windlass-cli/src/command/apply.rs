//! `windlass apply`: makes the target what the source wants, once.

use std::collections::BTreeMap;

use windlass_core::{Error, ErrorKind, Health, ObjectReport, Origin, Outcome, Report, Result};

use super::walk::{Came, Holds, walk};
use super::{Ending, Scene, plan};
use crate::args::Format;
use crate::events::Progress;
use crate::term::{Term, Tone};
use crate::words::{problems, visible};

pub(super) async fn apply(scene: &Scene) -> Result<Ending> {
    walk(scene, Holds::Dependencies, async |unit| {
        let engine = scene.workshop.engine(unit, Progress::new(&scene.term)).await?;
        let plan = engine.plan(&scene.cx).await?;
        if scene.term.format == Format::Text {
            scene.term.raw(&plan::text(&plan, scene.term.out_colour()))?;
        }
        let report = engine.apply(&scene.cx, &plan).await?;
        tell(scene, &report)
    })
    .await
}

/// Tells what happened; what went wrong is the error.
pub(super) fn tell(scene: &Scene, report: &Report) -> Result<Came> {
    let error = report.error();
    let problems = error.into_iter().flat_map(Error::into_problems).chain(unhealthy(report));
    let error = Error::all(problems).map(|error| with_origins(error, report));
    scene.term.result(|| text(&scene.term, report), report, error.as_ref())?;
    Ok(match error {
        Some(error) => error.into(),
        None if report.is_success() => Ending::Good.into(),
        None => Ending::Failed.into(),
    })
}

/// What was waited for in vain.
fn unhealthy(report: &Report) -> impl Iterator<Item = Error> {
    report.unhealthy().map(|(object, health)| {
        Error::new(ErrorKind::Timeout, "the object is not healthy")
            .with("health", health)
            .with("object", &object.id)
            .with_help(
                "it is applied and stays; look at its status and events, or give it more time: --timeout",
            )
    })
}

/// Adds to what failed where it was written.
fn with_origins(error: Error, report: &Report) -> Error {
    let origins: BTreeMap<String, &Origin> = report
        .objects
        .iter()
        .filter_map(|object| Some((object.id.to_string(), object.origin.as_deref()?)))
        .collect();
    let problems = error.problems().iter().cloned().map(|problem| {
        match problem.context("object").and_then(|object| origins.get(object)) {
            Some(origin) => problem.with("origin", origin),
            None => plan::advised(problem),
        }
    });
    Error::all(problems).unwrap_or(error)
}

/// Writes the report: each object that is not merely as it was, and the counts. On a terminal that has shown each write
/// as it happened, what is left is everything else.
fn text(term: &Term, report: &Report) -> String {
    let told = |object: &&ObjectReport| match object.outcome {
        Outcome::Created | Outcome::Changed | Outcome::Deleted => term.shows_both(),
        Outcome::Unchanged => object.health.as_ref().is_none_or(Health::is_ready),
        _ => false,
    };
    let left = report.objects.iter().filter(|object| !told(object));
    let objects = left.map(|object| term.paint(tone(&object.outcome), &line(object)));
    let wrong = report.problems.iter().flat_map(problems);
    let wrong = wrong.map(|problem| term.paint(Tone::Bad, &format!("! {problem}")));
    let odd = report.warnings.iter().map(|warning| visible(&warning.message));
    let odd = odd.map(|warning| term.paint(Tone::Odd, &format!("? {warning}")));
    let counts = format!("{}: {}", report.unit, report.counts());
    objects.chain(wrong).chain(odd).chain([counts]).map(|line| line + "\n").collect()
}

fn line(object: &ObjectReport) -> String {
    let mut line = visible(&format!("{:<9} {}", object.outcome.name(), object.id));
    match &object.outcome {
        Outcome::Kept { why } | Outcome::Skipped { why } => line += &format!("  {}", visible(why)),
        Outcome::Failed { error } => line += &format!("  {}", problems(error).join("\n  ")),
        _ => {}
    }
    match &object.health {
        Some(health) if !health.is_ready() => line + "  " + &visible(&health.to_string()),
        _ => line,
    }
}

const fn tone(outcome: &Outcome) -> Tone {
    match outcome {
        Outcome::Created => Tone::Good,
        Outcome::Changed | Outcome::Deleting { .. } => Tone::Odd,
        Outcome::Deleted | Outcome::Failed { .. } => Tone::Bad,
        _ => Tone::Faint,
    }
}
