//! `windlass status`: says what a unit owns and how that is.

use serde::Serialize;
use windlass_core::{ErrorForm, Health, ObjectId, Record, Result, Text, UnitId};
use windlass_engine::{ObjectStatus, Status};

use super::walk::{Holds, walk};
use super::{Ending, Scene};
use crate::events::Progress;
use crate::term::{Term, Tone, visible};

pub(super) async fn status(scene: &Scene) -> Result<Ending> {
    walk(scene, Holds::Nothing, async |unit| {
        let engine = scene.workshop.engine(unit, Progress::new(&scene.term)).await?;
        let status = engine.status(&scene.cx).await?;
        scene.term.result(|| text(&scene.term, &status), &Form::of(&status))?;
        Ok(Ending::Good)
    })
    .await
}

fn text(term: &Term, status: &Status) -> String {
    let shown = visible(&status.to_string());
    let mut lines = shown.lines();
    let mut out = lines.next().map(|head| format!("{head}\n")).unwrap_or_default();
    for (line, (_, object)) in lines.zip(&status.objects) {
        let tone = match object {
            ObjectStatus::InSync(health) if health.as_ref().is_none_or(Health::is_ready) => Tone::Good,
            ObjectStatus::InSync(_) | ObjectStatus::Drifted(_) => Tone::Odd,
            _ => Tone::Bad,
        };
        out += &format!("{}\n", term.paint(tone, line));
    }
    out
}

/// A status as it is written down.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Form<'a> {
    unit: &'a UnitId,
    place: &'a Text,
    good: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<&'a Record>,
    objects: Vec<ObjectForm<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectForm<'a> {
    id: &'a ObjectId,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<&'a Health>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorForm>,
}

impl<'a> Form<'a> {
    fn of(status: &'a Status) -> Self {
        let objects = status.objects.iter().map(|(id, object)| ObjectForm::of(id, object)).collect();
        Self {
            unit: &status.unit,
            place: &status.place,
            good: status.is_good(),
            last: status.last.as_ref(),
            objects,
        }
    }
}

impl<'a> ObjectForm<'a> {
    fn of(id: &'a ObjectId, status: &'a ObjectStatus) -> Self {
        let (status, health, error) = match status {
            ObjectStatus::InSync(health) => ("inSync", health.as_ref(), None),
            ObjectStatus::Drifted(health) => ("drifted", health.as_ref(), None),
            ObjectStatus::Missing => ("missing", None, None),
            ObjectStatus::Lost => ("lost", None, None),
            ObjectStatus::Unknown(error) => ("unknown", None, Some(ErrorForm::from(error))),
            _ => ("other", None, None),
        };
        Self { id, status, health, error }
    }
}
