//! Saying beforehand what a write would do: the server rehearses it.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use http::Method;
use windlass_core::{
    Conflict, Context, Error, ErrorKind, Live, Mode, Node, Object, ObjectId, Observation, Prediction, Result,
    Text, Value, Want,
};

use crate::discovery::View;
use crate::dispute::Dispute;
use crate::fail::{self, Status, Subject};
use crate::live::{parts, version_of};
use crate::resource::{defined_by, is_definition, is_made_once};
use crate::target::KubeTarget;
use crate::wire::{Answer, Call, read_json};
use crate::write::Sending;
use crate::{owner, stamp};

pub(crate) async fn predict(
    target: &KubeTarget,
    cx: &Context,
    wants: &[Want<'_>],
) -> Result<Vec<Prediction>> {
    if wants.is_empty() {
        return Ok(Vec::new());
    }
    let view = target.cluster.view(cx).await?;
    let all = Rehearsal { target, cx, view: &view, made: Made::of(wants) };
    let predictions = join_all(wants.iter().map(|want| all.one(want))).await;
    cx.check()?;
    Ok(predictions)
}

struct Rehearsal<'a> {
    target: &'a KubeTarget,
    cx: &'a Context,
    view: &'a View,
    made: Made,
}

/// The namespaces and kinds that the same pass makes.
#[derive(Default)]
struct Made {
    namespaces: BTreeSet<Text>,
    kinds: BTreeMap<(Text, Text, Text), ObjectId>,
}

impl Made {
    fn of(wants: &[Want<'_>]) -> Self {
        let mut made = Self::default();
        for want in wants {
            let id = want.item.id();
            if id.group.is_empty() && id.kind == "Namespace" && want.observation.live().is_none() {
                made.namespaces.insert(id.name.clone());
            }
            if is_definition(id) {
                for kind in defined_by(want.item.object.body()) {
                    made.kinds
                        .insert((kind.group.clone(), kind.kind.clone(), kind.api_version()), id.clone());
                }
            }
        }
        made
    }

    fn definition(&self, object: &Object) -> Option<&ObjectId> {
        let (id, version) = (object.id(), Text::from(object.api_version()));
        self.kinds.get(&(id.group.clone(), id.kind.clone(), version))
    }
}

/// How the server took a rehearsal.
enum Taken {
    Well(Rehearsed),
    Contested(Dispute),
    OnlyAnew,
}

/// What an object would be.
struct Rehearsed {
    after: Live,
    /// Whether fields would go that were set by other means than an apply.
    leaves_behind: bool,
}

impl Rehearsal<'_> {
    async fn one(&self, want: &Want<'_>) -> Prediction {
        let mode = want.item.directives.mode.unwrap_or_default();
        let predicted = match (want.observation, mode) {
            (Observation::Live(_) | Observation::Absent, _) if self.comes_later(want) => self.later(want),
            (Observation::Live(_), Mode::CreateOnly) => Ok(Prediction::Same),
            (Observation::Live(live), Mode::Replace) => self.replace(want, live).await,
            (Observation::Live(live), mode) => self.apply(want, live, mode).await,
            (Observation::Absent, mode) => self.create(want, mode).await,
            (Observation::Undefined, _) => self.later(want),
            (Observation::Unreadable(error), _) => Err(error.clone()),
        };
        predicted.unwrap_or_else(|error| Prediction::Refused(error.with_each("object", want.item.id())))
    }

    /// Says whether the kind is there, but not in the version that is wanted, and something wanted brings it.
    fn comes_later(&self, want: &Want<'_>) -> bool {
        let object = &want.item.object;
        let unknown = self.view.exact(object.id(), object.api_version()).err();
        unknown.is_some_and(|error| error.kind() == ErrorKind::Undefined)
            && self.made.definition(object).is_some()
    }

    fn sending(&self, want: &Want<'_>) -> Result<Sending<'_>> {
        let resource = self.view.exact(want.item.id(), want.item.object.api_version())?;
        Ok(Sending { target: self.target, resource })
    }

    /// Predicts that the object will be as wanted; its defaults are known only where the server is asked.
    async fn create(&self, want: &Want<'_>, mode: Mode) -> Result<Prediction> {
        let mode = if mode == Mode::Recreate { Mode::Apply } else { mode };
        let payload = want.item.object.clone();
        let after = if self.target.options.dry_run_creates
            && !self.made.namespaces.contains(&want.item.id().namespace)
        {
            let sending = self.sending(want)?;
            let call = sending.apply(&payload, want.owner, &[], true)?.dry_run();
            let answer = self.target.cluster.ask(self.cx, &call).await?;
            sending.rehearsed(&answer, &call)?
        } else {
            marked(&payload, want)?
        };
        Ok(Prediction::Change { payload, after, mode, conflicts: Vec::new() })
    }

    async fn apply(&self, want: &Want<'_>, live: &Live, mode: Mode) -> Result<Prediction> {
        let sending = self.sending(want)?;
        let mut payload = want.item.object.clone();
        let (conflicts, taken) = match self.rehearse(&sending, want, &payload, false, mode).await? {
            Taken::Contested(dispute) => {
                dispute.refuse(want.item.id())?;
                payload = dispute.without_yielded(&payload)?;
                (dispute.conflicts, self.rehearse(&sending, want, &payload, true, mode).await?)
            }
            taken => (Vec::new(), taken),
        };
        match taken {
            Taken::Well(Rehearsed { after, leaves_behind }) => {
                let same = live.stamp == after.stamp && !leaves_behind;
                Ok(outcome(same, payload, live, after, Mode::Apply, conflicts))
            }
            Taken::OnlyAnew => {
                is_made_once(want.item.id())?;
                let payload = want.item.object.clone();
                let after = marked(&payload, want)?;
                Ok(Prediction::Change { payload, after, mode: Mode::Recreate, conflicts: Vec::new() })
            }
            Taken::Contested(_) => {
                Err(Error::new(ErrorKind::Conflict, "the fields are conflicting although forced"))
            }
        }
    }

    async fn rehearse(
        &self,
        sending: &Sending<'_>,
        want: &Want<'_>,
        payload: &Object,
        force: bool,
        mode: Mode,
    ) -> Result<Taken> {
        let call = sending.apply(payload, want.owner, &[], force)?.dry_run();
        let answer = self.target.cluster.send(self.cx, &call).await?;
        if answer.is_success() {
            let mut body: Value = read_json(&answer, &call)?;
            let leaves_behind = self.target.heir().leave_behind(&mut body);
            let after = self.target.reader(self.cx).read(sending.resource, body)?;
            return Ok(Taken::Well(Rehearsed { after, leaves_behind }));
        }
        let status = Status::of(&answer);
        let conflicts = status.field_conflicts();
        if answer.status == 409 && !conflicts.is_empty() && !force {
            let options = &self.target.options;
            return Ok(Taken::Contested(Dispute::of(&conflicts, payload, &options.rules, &options.manager)));
        }
        if answer.status == 422 && mode == Mode::Recreate && fail::is_immutable(&status) {
            return Ok(Taken::OnlyAnew);
        }
        Err(fail::refused(&answer, &call))
    }

    /// Rehearses a replace of the object as it is now, and compares what we set, before or by this: what others write
    /// beside it goes when the object is replaced for a reason, and is no reason itself.
    async fn replace(&self, want: &Want<'_>, live: &Live) -> Result<Prediction> {
        let sending = self.sending(want)?;
        let id = want.item.id();
        let get = Call::get(sending.resource.object(id)?, Subject::object(id));
        let before: Value = self.target.cluster.ask_json(self.cx, &get).await?;
        let version = version_of(&before)?;
        let put = sending
            .body(Method::PUT, &want.item.object, want.owner, &[("resourceVersion", parts(&version).0)])?
            .dry_run();
        let after: Value = self.target.cluster.ask_json(self.cx, &put).await?;
        let manager = &self.target.options.manager;
        let same = [&before, &after]
            .into_iter()
            .flat_map(|body| stamp::held_by(body, manager))
            .all(|fields| stamp::project(&before, &fields) == stamp::project(&after, &fields));
        let after = self.target.reader(self.cx).read(sending.resource, after)?;
        Ok(outcome(same, want.item.object.clone(), live, after, Mode::Replace, Vec::new()))
    }

    /// A kind that does not exist: whether something wanted defines it.
    fn later(&self, want: &Want<'_>) -> Result<Prediction> {
        let object = &want.item.object;
        let definition = self.made.definition(object);
        let definition =
            definition.ok_or_else(|| crate::discovery::unknown(object.id(), object.api_version()))?;
        let until = Node::Object(definition.clone());
        Ok(Prediction::Deferred { until, payload: want.item.object.clone() })
    }
}

fn marked(payload: &Object, want: &Want<'_>) -> Result<Object> {
    let mut body = payload.body().as_ref().clone();
    owner::set(&mut body, want.owner)?;
    Object::new(body)
}

fn outcome(
    same: bool,
    payload: Object,
    live: &Live,
    after: Live,
    mode: Mode,
    conflicts: Vec<Conflict>,
) -> Prediction {
    match after.body {
        Some(after) if !same => Prediction::Change { payload, after: settle(after, live), mode, conflicts },
        _ => Prediction::Same,
    }
}

/// A rehearsal changes no status; where it seems to, somebody else did meanwhile.
fn settle(after: Object, live: &Live) -> Object {
    let status = live.body.as_ref().and_then(|before| before.body().get("status").cloned());
    let Some(status) = status else { return after };
    let settled = after.edit(|body| {
        if let Some(map) = body.as_map_mut() {
            map.insert("status", status);
        }
    });
    settled.unwrap_or(after)
}

impl Sending<'_> {
    fn rehearsed(&self, answer: &Answer, call: &Call) -> Result<Object> {
        let mut body: Value = read_json(answer, call)?;
        stamp::strip(&mut body);
        Object::new(body)
    }
}
