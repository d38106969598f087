//! `windlass apply`: makes the target what the source wants, once.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::{
    Context, Error, ErrorKind, Health, ObjectReport, Origin, Outcome, Plan, Policy, Report, Result, UnitId,
    Verdict, async_trait,
};
use windlass_engine::{Fleet, Member};

use super::turns::Turns;
use super::walk::{Came, is_news, stopped};
use super::{Ending, Scene, approval, plan};
use crate::args::Format;
use crate::events::Progress;
use crate::spec::Unit;
use crate::term::{Term, Tone};
use crate::words::{problems, visible};

pub(super) async fn apply(scene: &Scene) -> Result<Ending> {
    let turns = Arc::new(Turns::new(scene.fleet.units().map(|unit| unit.id.clone())));
    let (fleet, mut ending) = (Fleet::new(), Ending::Good);
    for unit in scene.fleet.units() {
        match member(scene, unit, &turns).await {
            Ok(member) => drop(fleet.put(member)),
            Err(error) => {
                ending = ending.max(turns.end(
                    &unit.id,
                    Box::new(move |scene, unit| failed(scene, unit, error)),
                    scene,
                ))
            }
        }
    }
    let mut see = |unit: &UnitId, result: &Result<Report>| {
        let result = result.clone();
        let told = move |scene: &Scene, unit: &UnitId| match result {
            Ok(report) => match tell(scene, &report) {
                Ok(came) => came_to(scene, unit, came),
                Err(error) => failed(scene, unit, error),
            },
            Err(error) => failed(scene, unit, error),
        };
        ending = ending.max(turns.end(unit, Box::new(told), scene));
    };
    let done = fleet.apply_seeing(&scene.cx, &mut see).await;
    if scene.cx.cancel().is_cancelled() {
        return Err(stopped());
    }
    done.map(|()| ending)
}

/// Makes the engine of a unit, which shows its plan before it is carried out.
async fn member(scene: &Scene, unit: &Unit, turns: &Arc<Turns>) -> Result<Member> {
    if let Some(error) = scene.fleet.isolation(&unit.id) {
        return Err(error.clone());
    }
    let engine = scene.workshop.engine(unit, Progress::new(&scene.term)).await?;
    let shows = Shows { term: Arc::clone(&scene.term), turns: Arc::clone(turns) };
    let engine = if scene.term.format == Format::Text { engine.with_policy(shows) } else { engine };
    // A plan that is held is shown first.
    let engine = approval::holding(scene, unit, engine);
    Ok(Member::new(engine).with_dependencies(unit.depends_on.clone()))
}

/// Shows each plan; it has nothing against any.
#[derive(Debug)]
struct Shows {
    term: Arc<Term>,
    turns: Arc<Turns>,
}

#[async_trait]
impl Policy for Shows {
    async fn review(&self, _cx: &Context, plan: &Plan) -> Result<Verdict> {
        let text = plan::text(plan, self.term.out_colour());
        self.turns.show(&plan.unit, text, &self.term)?;
        Ok(Verdict::Allow)
    }
}

fn came_to(scene: &Scene, unit: &UnitId, came: Came) -> Ending {
    if let Some(error) = came.error.filter(|error| is_news(scene, error)) {
        scene.term.error(&error.with_each("unit", unit));
    }
    came.ending
}

fn failed(scene: &Scene, unit: &UnitId, error: Error) -> Ending {
    let error = approval::advised(error).with_each("unit", unit);
    if is_news(scene, &error) {
        scene.term.failure(Some(unit), &error);
        scene.term.error(&error);
    }
    if approval::is_held(&error) { Ending::Held } else { Ending::Failed }
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
        let problem = plan::advised(problem);
        match problem.context("object").and_then(|object| origins.get(object)) {
            Some(origin) => problem.with("origin", origin),
            None => problem,
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
