//! `windlass apply`: makes the target what the source wants, once.

use windlass_core::{Error, ErrorKind, Report, Result};

use super::walk::{Holds, walk};
use super::{Ending, Scene, plan};
use crate::args::Format;
use crate::events::Progress;
use crate::term::{Term, Tone, visible};

pub(super) async fn apply(scene: &Scene) -> Result<Ending> {
    walk(scene, Holds::Dependencies, async |unit| {
        let engine = scene.workshop.engine(unit, Progress::new(&scene.term)).await?;
        let plan = engine.plan(&scene.cx).await?;
        if scene.term.format == Format::Text {
            scene.term.raw(&plan::text(&scene.term, &plan))?;
        }
        let report = engine.apply(&scene.cx, &plan).await?;
        tell(scene, &report)
    })
    .await
}

/// Tells what happened; what went wrong is the error.
pub(super) fn tell(scene: &Scene, report: &Report) -> Result<Ending> {
    scene.term.result(|| text(&scene.term, report), report)?;
    let problems =
        report.error().into_iter().flat_map(|error| error.problems().to_vec()).chain(unhealthy(report));
    match Error::all(problems) {
        Some(error) => Err(with_origins(error, report)),
        None if report.is_success() => Ok(Ending::Good),
        None => Ok(Ending::Failed),
    }
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
    let problems = error.problems().iter().cloned().map(|problem| {
        let object =
            report.objects.iter().find(|object| problem.context("object") == Some(&object.id.to_string()));
        match object.and_then(|object| object.origin.as_ref()) {
            Some(origin) => problem.with("origin", origin),
            None => plan::advised(problem),
        }
    });
    Error::all(problems).unwrap_or(error)
}

/// Writes the report. On a terminal that has shown each write as it happened, what is left is everything else.
fn text(term: &Term, report: &Report) -> String {
    let text = visible(&report.to_string());
    let told = |line: &&str| term.shows_both() && matches!(first(line), "created" | "changed" | "deleted");
    let line = |line: &str| {
        let tone = match first(line) {
            "created" => Tone::Good,
            "changed" | "?" | "deleting" => Tone::Odd,
            "deleted" | "failed" | "!" => Tone::Bad,
            "kept" | "skipped" => Tone::Faint,
            _ => return format!("{line}\n"),
        };
        format!("{}\n", term.paint(tone, line))
    };
    text.lines().filter(|line| !told(line)).map(line).collect()
}

fn first(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}
