//! `windlass run`: keeps targets as sources want them, until stopped.

use std::sync::Arc;

use tokio::task::JoinSet;
use windlass_core::{Context, Error, ErrorKind, Report, Result};

use super::standing::{AfterOthers, Standing};
use super::{Ending, Scene};
use crate::events::Log;
use crate::parts::Workshop;
use crate::spec::Unit;
use crate::term::{Term, Tone};

pub(super) async fn run(scene: &Scene) -> Result<Ending> {
    let log: Arc<Log> = Arc::new(Log::new(&scene.term, scene.cx.cancel()));
    let standing = Standing::default();
    let (mut tasks, mut ending, mut isolated) = (JoinSet::new(), Ending::Good, 0);
    for unit in scene.fleet.units() {
        if let Some(error) = scene.fleet.isolation(&unit.id) {
            tell(&scene.term, unit, error.clone());
            isolated += 1;
            continue;
        }
        let (cx, term, unit) = (scene.cx.clone(), Arc::clone(&scene.term), unit.clone());
        let (log, standing, workshop) = (Arc::clone(&log), standing.clone(), Arc::clone(&scene.workshop));
        tasks.spawn(async move { keep(&cx, &term, &unit, &workshop, log, standing).await });
    }
    if isolated == scene.fleet.len() {
        return Ok(Ending::Failed);
    }
    while let Some(ended) = tasks.join_next().await {
        let lost = |lost| Err(Error::new(ErrorKind::Internal, "a unit was lost").caused_by(lost));
        if let Err(error) = ended.unwrap_or_else(lost) {
            scene.term.error(&error);
            ending = Ending::Failed;
        }
    }
    Ok(ending)
}

/// Tells why a unit makes no passes.
fn tell(term: &Term, unit: &Unit, error: Error) {
    let error = error.with_each("unit", &unit.id);
    term.failure(Some(&unit.id), &error);
    term.error(&error);
}

/// Makes passes of one unit until stopped. Its parts are made anew until they can be: a kubeconfig may come later.
async fn keep(
    cx: &Context,
    term: &Arc<Term>,
    unit: &Unit,
    workshop: &Workshop,
    log: Arc<Log>,
    standing: Standing,
) -> Result<()> {
    let engine = loop {
        let sink = Arc::clone(&log);
        let events = move |event: &windlass_core::Event| windlass_core::EventSink::emit(&*sink, event);
        match workshop.engine(unit, events).await {
            Ok(engine) => break engine,
            Err(error) => tell(term, unit, error),
        }
        if cx.sleep(unit.interval).await.is_err() {
            return Ok(());
        }
    };
    let engine =
        engine.with_policy(AfterOthers { depends_on: unit.depends_on.clone(), standing: standing.clone() });
    let mut ill = false;
    let mut see = |result: &Result<Report>| {
        standing.note(&unit.id, result);
        let Ok(report) = result else { return };
        let well = report.is_success();
        if well && ill {
            term.progress(Tone::Good, &format!("{}: well again", unit.id));
        }
        ill = !well;
    };
    engine.run_seeing(cx, &mut see).await
}
