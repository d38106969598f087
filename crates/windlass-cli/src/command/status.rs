//! `windlass status`: says what a unit owns and how that is.

use serde::Serialize;
use windlass_core::{
    ApiVersion, Contest, Digest, ErrorForm, Health, HealthStatus, ObjectId, Record, Result, Revision, Text,
    UnitId,
};
use windlass_engine::{Engine, ObjectStatus, Status};

use super::walk::{Holds, walk};
use super::{Ending, Scene, approval};
use crate::events::Progress;
use crate::spec::Unit;
use crate::term::{Term, Tone};
use crate::words::visible;

pub(super) async fn status(scene: &Scene) -> Result<Ending> {
    walk(scene, Holds::Nothing, async |unit| {
        let engine = scene.workshop.engine(unit, Progress::new(&scene.term)).await?;
        let engine = approval::holding(scene, unit, engine);
        let status = engine.status(&scene.cx).await?;
        let waits = waits(scene, unit, &engine).await;
        let form = Form { waits: waits.as_ref().ok().and_then(Option::as_ref), ..Form::of(&status) };
        let text = || text(&scene.term, &status) + &waits_text(&scene.term, &waits);
        scene.term.result(text, &form, None)?;
        let held = if waits.is_ok_and(|waits| waits.is_some()) { Ending::Held } else { Ending::Good };
        Ok(ending(&status).max(held).into())
    })
    .await
}

/// A plan that waits for a person.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Waits {
    plan: Digest,
    why: String,
}

/// Makes the plan of a unit whose plans may wait for a person, and says whether it does. Others are not planned.
async fn waits(scene: &Scene, unit: &Unit, engine: &Engine) -> Result<Option<Waits>> {
    if unit.approve.is_none() {
        return Ok(None);
    }
    let plan = engine.plan(&scene.cx).await?;
    let why = approval::why_held(&scene.cx, engine, &plan).await?;
    Ok(why.map(|why| Waits { plan: plan.digest, why }))
}

fn waits_text(term: &Term, waits: &Result<Option<Waits>>) -> String {
    let line = match waits {
        Ok(None) => return String::new(),
        Ok(Some(waits)) => format!("on hold: {}", waits.why),
        Err(error) => format!("whether a plan waits is not known: {error}"),
    };
    term.paint(Tone::Odd, &visible(&line)) + "\n"
}

/// What has drifted is repaired by the next pass, and what another unit has taken over is its own to tell of; what is gone, not
/// ours any more, not to be seen or broken is wrong.
fn ending(status: &Status) -> Ending {
    if status.objects.iter().any(|(_, status)| is_wrong(status)) { Ending::Failed } else { Ending::Good }
}

fn is_wrong(status: &ObjectStatus) -> bool {
    match status {
        ObjectStatus::InSync(health) | ObjectStatus::Drifted(health) => {
            health.as_ref().is_some_and(|health| health.status == HealthStatus::Degraded)
        }
        ObjectStatus::Given(_) | ObjectStatus::Done => false,
        _ => true,
    }
}

fn text(term: &Term, status: &Status) -> String {
    let last = match &status.last {
        None => "nothing remembered".to_owned(),
        Some(last) => {
            let revision = last.revision.as_ref().map(Revision::short).unwrap_or_default();
            format!("{revision} at {}: {}", last.at, last.counts)
        }
    };
    let mut out = visible(&format!("{} -> {}  {last}", status.unit, status.place)) + "\n";
    for (id, object) in &status.objects {
        let tone = match object {
            ObjectStatus::InSync(health) if health.as_ref().is_none_or(Health::is_ready) => Tone::Good,
            ObjectStatus::InSync(_) | ObjectStatus::Drifted(_) | ObjectStatus::Given(_) => Tone::Odd,
            _ => Tone::Bad,
        };
        let contest = status.contests.get(id).map(|contest| format!("; {contest}")).unwrap_or_default();
        let tone = if contest.is_empty() || tone == Tone::Bad { tone } else { Tone::Odd };
        out += &format!("{}\n", term.paint(tone, &visible(&format!("{id}  {object}{contest}"))));
    }
    out
}

/// A status as it is written down.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "kind", rename = "Status")]
struct Form<'a> {
    api_version: ApiVersion,
    unit: &'a UnitId,
    place: &'a Text,
    good: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<&'a Record>,
    objects: Vec<ObjectForm<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<&'a Waits>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    contest: Option<&'a Contest>,
}

impl<'a> Form<'a> {
    fn of(status: &'a Status) -> Self {
        let contest = |id| status.contests.get(id);
        let form = |(id, object)| ObjectForm { contest: contest(id), ..ObjectForm::of(id, object) };
        let objects = status.objects.iter().map(|(id, object)| form((id, object))).collect();
        Self {
            api_version: ApiVersion,
            unit: &status.unit,
            place: &status.place,
            good: status.is_good(),
            last: status.last.as_ref(),
            objects,
            waits: None,
        }
    }
}

impl<'a> ObjectForm<'a> {
    fn of(id: &'a ObjectId, status: &'a ObjectStatus) -> Self {
        let (status, health, error) = match status {
            ObjectStatus::InSync(health) => ("inSync", health.as_ref(), None),
            ObjectStatus::Drifted(health) => ("drifted", health.as_ref(), None),
            ObjectStatus::Missing => ("missing", None, None),
            ObjectStatus::Done => ("done", None, None),
            ObjectStatus::Lost => ("lost", None, None),
            ObjectStatus::Given(_) => ("given", None, None),
            ObjectStatus::Unknown(error) => ("unknown", None, Some(ErrorForm::from(error))),
            _ => ("other", None, None),
        };
        Self { id, status, health, error, contest: None }
    }
}

#[cfg(test)]
mod tests {
    use windlass_core::{Error, ErrorKind};

    use super::*;

    #[test]
    fn what_is_gone_lost_unreadable_or_broken_is_wrong_and_what_is_on_its_way_is_not() {
        let health = |status| Some(Health::new(status, ""));
        for status in [HealthStatus::Healthy, HealthStatus::Progressing, HealthStatus::Unknown] {
            assert!(!is_wrong(&ObjectStatus::InSync(health(status))), "{status:?}");
        }
        assert!(!is_wrong(&ObjectStatus::Drifted(None)), "the next pass repairs it");
        let other = UnitId::new("other").expect("a name");
        assert!(!is_wrong(&ObjectStatus::Given(other)), "the other unit tells of it");
        assert!(!is_wrong(&ObjectStatus::Done), "it has done its work");
        for status in [
            ObjectStatus::Missing,
            ObjectStatus::Lost,
            ObjectStatus::Unknown(Error::new(ErrorKind::Corrupt, "damaged")),
            ObjectStatus::InSync(health(HealthStatus::Degraded)),
            ObjectStatus::Drifted(health(HealthStatus::Degraded)),
        ] {
            assert!(is_wrong(&status), "{status:?}");
        }
    }
}
