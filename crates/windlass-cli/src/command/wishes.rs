//! What people ask of units: stop, go on, go back, now, yes. And what happened so far.

use serde::Serialize;
use windlass_core::{
    ApiVersion, Approval, Context, Control, Digest, Error, ErrorKind, ObjectId, Pin, Record, Request, Result,
    Revision, Suspension, Timestamp, UnitId,
};
use windlass_engine::Engine;

use super::walk::{Holds, walk};
use super::{Ending, Scene};
use crate::args::{Verb, Wish};
use crate::events::Progress;
use crate::spec::{Source, Unit};
use crate::words::visible;

/// Changes what is asked of each unit, and says what is asked then.
pub(super) async fn ask(scene: &Scene, verb: Verb) -> Result<Ending> {
    let by = who();
    walk(scene, Holds::Nothing, async |unit| {
        if verb == Verb::Rollback {
            check_can_go_back(unit)?;
        }
        let engine = scene.workshop.engine(unit, Progress::new(&scene.term)).await?;
        let change = Change::read(verb, &scene.wish, &engine, &scene.cx, &by).await?;
        let control = engine.ask(&scene.cx, |control| change.make(control)).await?;
        let asked = Asked { api_version: ApiVersion, unit: &unit.id, control: &control };
        scene.term.result(|| text(&unit.id, &control), &asked, None)?;
        Ok(Ending::Good.into())
    })
    .await
}

/// Lists what happened to each unit, newest first.
pub(super) async fn history(scene: &Scene) -> Result<Ending> {
    walk(scene, Holds::Nothing, async |unit| {
        let engine = scene.workshop.engine(unit, Progress::new(&scene.term)).await?;
        let mut records = engine.history(&scene.cx).await?;
        records.reverse();
        let history = History { api_version: ApiVersion, unit: &unit.id, records: &records };
        scene.term.result(|| records_text(&unit.id, &records), &history, None)?;
        Ok(Ending::Good.into())
    })
    .await
}

/// What is asked of a unit, as a document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "kind", rename = "Control")]
struct Asked<'a> {
    api_version: ApiVersion,
    unit: &'a UnitId,
    #[serde(flatten)]
    control: &'a Control,
}

/// What happened to a unit, as a document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
struct History<'a> {
    api_version: ApiVersion,
    unit: &'a UnitId,
    records: &'a [Record],
}

/// A change of what is asked.
enum Change {
    Suspend(Suspension, Vec<ObjectId>),
    Resume(Vec<ObjectId>),
    Now(Request),
    Approve(Approval),
    Pin(Pin),
}

impl Change {
    async fn read(verb: Verb, wish: &Wish, engine: &Engine, cx: &Context, by: &str) -> Result<Self> {
        let now = cx.now().wall;
        let objects = || wish.objects.iter().map(|text| text.parse()).collect::<Result<Vec<ObjectId>>>();
        Ok(match verb {
            Verb::Suspend => {
                let until =
                    wish.lasts.map(|lasts| Timestamp::from_unix(now.unix().saturating_add(lasts.as_secs())));
                Self::Suspend(Suspension::new(wish.reason.as_str(), by, now).with_until(until), objects()?)
            }
            Verb::Resume => Self::Resume(objects()?),
            Verb::Approve => Self::Approve(Approval { plan: plan(&wish.plan)?, by: by.into(), at: now }),
            Verb::Rollback => {
                let revision = back_to(wish, &engine.history(cx).await?)?;
                Self::Pin(Pin { revision: revision.into(), by: by.into(), at: now })
            }
            _ => Self::Now(Request { by: by.into(), at: now }),
        })
    }

    fn make(&self, control: &mut Control) {
        match self {
            Self::Suspend(suspension, objects) if objects.is_empty() => {
                control.suspended = Some(suspension.clone());
            }
            Self::Suspend(suspension, objects) => {
                control.objects.extend(objects.iter().map(|id| (id.clone(), suspension.clone())));
            }
            Self::Resume(objects) if objects.is_empty() => {
                (control.suspended, control.pin) = (None, None);
                control.objects.clear();
            }
            Self::Resume(objects) => control.objects.retain(|id, _| !objects.contains(id)),
            Self::Now(request) => control.request = Some(request.clone()),
            // A yes to an earlier plan is of no use once there is another.
            Self::Approve(approval) => control.approvals = vec![approval.clone()],
            Self::Pin(pin) => control.pin = Some(pin.clone()),
        }
    }
}

/// Reads the digest of a plan.
fn plan(text: &str) -> Result<Digest> {
    text.parse().map_err(|_| {
        Error::new(ErrorKind::Invalid, "not the digest of a plan")
            .with("flag", "--plan")
            .with("value", text)
            .with_help("write it whole, as `windlass plan -o json` gives it: sha256: and 64 digits")
    })
}

/// The revision to go back to: the one that was named, or the last good one that is not the present one.
fn back_to(wish: &Wish, history: &[Record]) -> Result<String> {
    let ids = || history.iter().rev().filter_map(|record| Some((record, record.revision.as_ref()?)));
    if let Some(named) = &wish.to {
        let known = ids().find(|(_, revision)| revision.id.starts_with(named.as_str()));
        return Ok(known.map_or_else(|| named.clone(), |(_, revision)| revision.id.to_string()));
    }
    let present = ids().next().map(|(_, revision)| revision.id.clone());
    let good = ids().find(|(record, revision)| record.good && Some(&revision.id) != present.as_ref());
    good.map(|(_, revision)| revision.id.to_string()).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "no earlier good revision is remembered")
            .with_help("`windlass history` lists what is; name a revision with --to")
    })
}

/// A pass at an earlier revision has to fetch it.
fn check_can_go_back(unit: &Unit) -> Result<()> {
    if !matches!(unit.source, Source::Dir(_)) {
        return Ok(());
    }
    let error = Error::new(ErrorKind::Unsupported, "a folder keeps no earlier revisions to go back to")
        .with_help("put back what was in the folder, or keep it in a Git repository: spec.source.git");
    Err(unit.blame(&["spec", "source", "dir"], error))
}

/// Who asks: the user of this process, as the environment names it.
fn who() -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| "somebody".to_owned())
}

fn text(unit: &UnitId, control: &Control) -> String {
    let mut lines = Vec::new();
    lines.extend(control.suspended.as_ref().map(|suspension| format!("{unit}: {suspension}")));
    lines.extend(control.objects.iter().map(|(id, suspension)| format!("{unit}: {id} {suspension}")));
    lines.extend(control.pin.as_ref().map(|pin| {
        let revision = Revision::new(pin.revision.clone()).short();
        format!("{unit}: stays at {revision}, asked by {} at {}", pin.by, pin.at)
    }));
    lines.extend(
        control
            .approvals
            .iter()
            .map(|yes| format!("{unit}: plan {} approved by {}", yes.plan.short(), yes.by)),
    );
    lines.extend(
        control
            .request
            .as_ref()
            .map(|request| format!("{unit}: a pass was asked for by {} at {}", request.by, request.at)),
    );
    if lines.is_empty() {
        lines.push(format!("{unit}: nothing is asked for, it goes by its source"));
    }
    lines.iter().map(|line| visible(line) + "\n").collect()
}

fn records_text(unit: &UnitId, records: &[Record]) -> String {
    if records.is_empty() {
        return format!("{unit}: no pass is remembered\n");
    }
    let line = |record: &Record| {
        let revision = record.revision.as_ref();
        let name = revision.map(Revision::short).unwrap_or_default();
        let author = revision.and_then(|revision| revision.author.clone()).unwrap_or_default();
        let how = if record.good { "good" } else { "not good" };
        let told =
            format!("{}  {name}  {}  {how}: {}  {author}", record.at, record.trigger.name(), record.counts);
        visible(told.trim_end()) + "\n"
    };
    format!("{unit}\n{}", records.iter().map(line).collect::<String>())
}
