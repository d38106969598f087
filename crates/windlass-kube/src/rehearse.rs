//! Rehearsing the apply of an object that is there, with what it has been through.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use windlass_core::{
    Conflict, Context, Decision, Error, ErrorKind, FieldPath, Live, Mode, Object, Prediction, Result, Text,
    Value, Want,
};
use windlass_kinds::fields;

use crate::between::patch_between;
use crate::conflict::value_at;
use crate::conflicts::Conflicts;
use crate::discovery::Discovered;
use crate::fail::{self, Status};
use crate::past::{
    Claims, Fields, Past, Settlement, Widening, all_of, beside_turned, entries, fields_of, left, set_beside,
    steps, told_apart, turned, union,
};
use crate::predict::{outcome, with_labels};
use crate::request::{JSON_PATCH, Request, Subject, read_json};
use crate::resource::is_made_once;
use crate::scaled::{REPLICAS, keep_replicas, left_to, scaler_of};
use crate::sending::Sending;
use crate::settling::vanishing;

/// Rehearsals of one object whose apply is refused, each with more that goes.
const REHEARSALS_MAX: u32 = 6;

/// Fields that leave and that a plan names for each manager; more are said by the changes of the plan.
const NAMED_MAX: usize = 20;

/// One object that is there, and what is wanted of it.
pub(crate) struct Rehearsal<'a> {
    pub(crate) sending: Sending<'a>,
    pub(crate) cx: &'a Context,
    pub(crate) kinds: &'a Discovered,
    pub(crate) wants: &'a [Want<'a>],
    pub(crate) want: &'a Want<'a>,
    pub(crate) live: &'a Live,
    pub(crate) mode: Mode,
}

/// How the server answered a dry run of an apply.
enum Taken {
    /// The object as it would be, with its `managedFields`.
    Well(Value),
    Conflicting(Conflicts),
    OnlyAnew,
    Refused(Refusal),
}

/// Why the server does not take a write.
struct Refusal {
    status: u16,
    /// The fields that it names.
    fields: Vec<String>,
    error: Error,
}

/// What goes and what is taken, beside what a dry run says.
pub(crate) struct Outcome {
    pub(crate) payload: Object,
    pub(crate) conflicts: Vec<Conflict>,
}

impl Rehearsal<'_> {
    pub(crate) async fn predict(&self) -> Result<Prediction> {
        if let Some(past) = self.plain_past() {
            let (outcome, past, after) = self.foretell(past)?;
            let prediction = self.changed(&past.body, after, outcome);
            self.note(past);
            return prediction;
        }
        let mut payload = self.want.item.object.clone();
        let (conflicts, taken) = match self.dry_run(&payload, false).await? {
            Taken::Conflicting(conflicts) => {
                conflicts.refuse(payload.id())?;
                payload = conflicts.without_yielded(&payload)?;
                (conflicts.conflicts, self.dry_run(&payload, true).await?)
            }
            taken => (Vec::new(), taken),
        };
        let outcome = Outcome { payload, conflicts };
        match taken {
            Taken::Well(body) => self.taken_well(body, outcome).await,
            Taken::Refused(refusal) => self.in_spite_of(refusal, outcome, Claims::default()).await,
            Taken::OnlyAnew => {
                is_made_once(self.want.item.id())?;
                let payload = self.want.item.object.clone();
                self.is_taken_anew(&payload).await?;
                let after = self.anew(&payload)?;
                Ok(Prediction::Change { payload, after, mode: Mode::Recreate, conflicts: Vec::new() })
            }
            Taken::Conflicting(_) => {
                Err(Error::new(ErrorKind::Conflict, "the fields are conflicting although forced"))
            }
        }
    }

    /// Rehearses the creation, so that nothing is deleted for what the server does not take. Only once all else is well the
    /// server says that the name is taken. What the old object still holds, a port or its place in a quota, is free by then.
    async fn is_taken_anew(&self, payload: &Object) -> Result<()> {
        let request = self.sending.create(payload, self.want.owner)?.dry_run();
        let response = self.sending.session.connection.send(self.cx, &request).await?;
        let words = Status::of(&response).words().to_owned();
        let held = ["already allocated", "exceeded quota: "].iter().any(|held| words.contains(held));
        if !matches!(response.status, 403 | 422) || held {
            return Ok(());
        }
        let error = fail::refused(&response, &request);
        Err(error.with_help("the object would have to be deleted and created anew, and this is why it stays"))
    }

    /// Says what an object that is made anew will be: what is wanted, beside what the server fills in again.
    fn anew(&self, payload: &Object) -> Result<Object> {
        let labelled = with_labels(payload, self.want)?;
        let live = self.live.body.as_ref().map(Object::body);
        let merged = live.and_then(|live| fields::merged(labelled.body(), live));
        merged.map_or(Ok(labelled), Object::new)
    }

    async fn dry_run(&self, payload: &Object, force: bool) -> Result<Taken> {
        let request = self.sending.apply(payload, self.want.owner, &[], force)?.dry_run();
        let response = self.sending.session.connection.send(self.cx, &request).await?;
        if response.is_success() {
            return read_json(&response, &request).map(Taken::Well);
        }
        let status = Status::of(&response);
        let conflicts = status.field_conflicts();
        if response.status == 409 && !conflicts.is_empty() && !force {
            let options = &self.sending.session.options;
            return Ok(Taken::Conflicting(Conflicts::of(
                &conflicts,
                payload,
                &options.rules,
                &options.manager,
            )));
        }
        if response.status == 422 && self.mode == Mode::Recreate && fail::is_immutable(&status) {
            return Ok(Taken::OnlyAnew);
        }
        Ok(Taken::Refused(Refusal {
            status: response.status,
            fields: status.invalid_fields(),
            error: fail::refused(&response, &request),
        }))
    }

    /// The server takes the object as it is beside what is wanted; what former managers left in it goes then.
    async fn taken_well(&self, mut body: Value, mut outcome: Outcome) -> Result<Prediction> {
        let managers = self.sending.session.managers();
        let wanted = entries(&body).iter().find(|entry| managers.is_applied(entry));
        let Some(wanted) = wanted.map(fields_of) else {
            // A server that keeps no such entries has nothing to settle.
            self.sending.session.pasts.note(self.want.item.id(), None);
            return self.plain(body, outcome);
        };
        let falls = self.loses_replicas(&body);
        let past = match self.noted() {
            None if falls || self.turns() || self.leaves_anything(&body, &wanted) => self.look().await?,
            past => past,
        };
        let Some(mut past) = past else { return self.plain(body, outcome) };
        let settlement = self.settled(&past);
        let turned = turned(&past.body, self.want.item.object.body(), &settlement);
        past.claims.drop = settlement.hanging(&wanted).union(&turned);
        if let Some(scaler) = self.scaler(falls, &past, &wanted).await {
            past.claims.leave = Fields::one(&["f:spec", "f:replicas"]);
            keep_replicas(&past.body, &mut body);
            outcome.conflicts.push(left_to(scaler));
        }
        let settlement = self.settled(&past);
        let leaving = settlement.leaving(&wanted).found_in(&body);
        outcome.conflicts.extend(settlement.conflicts(&wanted, &past.body, &body));
        if leaving.is_empty() {
            // Whoever holds the same beside us is succeeded by the next write, and is no reason for one.
            self.note(past);
            return self.plain(body, outcome);
        }
        settlement.going(&wanted).take_out(&mut body);
        let rehearsed = match self.is_filled_in(leaving) {
            true => self.rehearse(&past.body, &body).await?,
            false => Ok(body),
        };
        match rehearsed {
            Ok(after) => {
                let prediction = self.changed(&past.body, after, outcome);
                self.note(past);
                prediction
            }
            Err(refusal) => self.in_spite_of(refusal, outcome, past.claims).await,
        }
    }

    /// The server does not take the object. Where that is because of what it has been through, a rehearsal without what goes
    /// says so: fields of former managers, fields that only the server filled in, entries that the server cannot read.
    async fn in_spite_of(
        &self,
        refusal: Refusal,
        mut outcome: Outcome,
        claims: Claims,
    ) -> Result<Prediction> {
        if refusal.error.kind() != ErrorKind::Invalid && refusal.status != 500 {
            return Err(refusal.error);
        }
        let past = match self.noted() {
            None => self.look().await?,
            past => past,
        };
        let Some(mut past) = past else { return Err(refusal.error) };
        past.claims = Claims { moves: refusal.status == 500, ..claims };
        let labelled = self.labelled(&outcome.payload)?;
        let held = union(entries(&past.body).iter());
        let wanted = told_apart(&all_of(&labelled), &labelled, &held);
        let (mut widening, mut fields) = (Widening::new(), refusal.fields.clone());
        for _ in 0..REHEARSALS_MAX {
            self.claim(&mut past, &labelled, &wanted, &fields)?;
            let settlement = self.settled(&past);
            let mut after = past.body.clone();
            settlement.going(&wanted).take_out(&mut after);
            let mut beside = labelled.clone();
            set_beside(&wanted, &mut beside, &after);
            let Some(after) = fields::merged(&beside, &after) else { break };
            let refused = if settlement.is_needed {
                match self.rehearse(&past.body, &after).await? {
                    Ok(after) => {
                        self.contest(&settlement, &past, &labelled, &mut outcome)?;
                        outcome.conflicts.extend(settlement.conflicts(&wanted, &past.body, &past.body));
                        let prediction = self.changed(&past.body, after, outcome);
                        self.note(past);
                        return prediction;
                    }
                    Err(refused) => refused.fields,
                }
            } else {
                fields
            };
            fields = refused;
            if !widening.widen(&fields, &past.body, &wanted, &settlement, &mut past.claims) {
                break;
            }
        }
        Err(self.explain(refusal, &past, &wanted))
    }

    /// Says from whom what is taken where the server could not, as it reads none of the entries.
    fn contest(
        &self,
        settlement: &Settlement,
        past: &Past,
        labelled: &Value,
        outcome: &mut Outcome,
    ) -> Result<()> {
        if !past.claims.moves {
            return Ok(());
        }
        let rules = &self.sending.session.options.rules;
        let conflicts = Conflicts::others(settlement.contested(labelled, &past.body, rules));
        conflicts.refuse(self.want.item.id())?;
        outcome.payload = conflicts.without_yielded(&outcome.payload)?;
        outcome.conflicts.extend(conflicts.conflicts);
        Ok(())
    }

    /// Claims what cannot stay: the other branch of a union, and what hangs below what is ours and goes.
    fn claim(&self, past: &mut Past, labelled: &Value, wanted: &Fields, refused: &[String]) -> Result<()> {
        let settlement = self.settled(past);
        let mut after = past.body.clone();
        settlement.going(wanted).take_out(&mut after);
        let below = left(refused, &past.body, wanted, &settlement);
        let rules = &self.sending.session.options.rules;
        let held = settlement.held(&below);
        let refusing = held.iter().find(|(holder, _)| rules.decide(holder, None) != Decision::Take);
        if let Some((holder, fields)) = refusing {
            let path = fields.paths(1).pop().unwrap_or_else(FieldPath::root);
            return Err(Error::new(ErrorKind::Conflict, "somebody else holds a part of what goes")
                .with("field", path)
                .with("holder", holder)
                .with_help("leave it to its holder by keeping what it is in, or take it by a rule"));
        }
        let other = vanishing(&after, labelled, &settlement);
        let hanging = settlement.hanging(wanted);
        let drop = std::mem::take(&mut past.claims.drop);
        past.claims.drop = drop.union(&below).union(&other).union(&hanging);
        Ok(())
    }

    /// Names who holds what, beside the fields that are refused.
    fn explain(&self, refusal: Refusal, past: &Past, wanted: &Fields) -> Error {
        let all = all_of(&past.body);
        let near = refusal.fields.iter().filter_map(|field| field.rsplit_once('.'));
        let near = near.fold(Fields::default(), |near, (parent, _)| near.union(&all.at(&steps(parent))));
        let held = self.settled(past).held(&near.leaving(wanted));
        let holders: BTreeSet<Text> = held.into_iter().map(|(holder, _)| holder).collect();
        if holders.is_empty() {
            return refusal.error;
        }
        let holders = holders.iter().map(Text::as_str).collect::<Vec<_>>().join(", ");
        refusal.error.with_each("held_by", holders)
    }

    /// Says whether the server may put something in the place of what goes.
    fn is_filled_in(&self, leaving: Fields) -> bool {
        let id = self.want.item.id();
        let is_plain = id.group.is_empty() && matches!(id.kind.as_str(), "ConfigMap" | "Secret");
        !is_plain && !leaving.drop_step(&["f:metadata"]).is_empty()
    }

    /// Dry-runs a change of the object as it is, by a patch: the right to do that is the right to apply.
    async fn rehearse(&self, before: &Value, after: &Value) -> Result<std::result::Result<Value, Refusal>> {
        let patch = patch_between(before, after);
        if patch.is_empty() {
            return Ok(Ok(after.clone()));
        }
        let id = self.want.item.id();
        let path = self.sending.resource.object(id)?;
        let body = Value::List(patch).canonical();
        let request = Request::write(Method::PATCH, path, Subject::object(id), body)
            .query("fieldManager", self.sending.session.options.manager.as_str())
            .query("fieldValidation", "Strict")
            .content(JSON_PATCH)
            .dry_run();
        let response = self.sending.session.connection.send(self.cx, &request).await?;
        if response.is_success() {
            return read_json(&response, &request).map(Ok);
        }
        let fields = Status::of(&response).invalid_fields();
        Ok(Err(Refusal { status: response.status, fields, error: fail::refused(&response, &request) }))
    }

    pub(crate) fn settled(&self, past: &Past) -> Settlement {
        self.sending.settled(self.kinds, self.want.item.id(), &past.body, &past.claims)
    }

    /// Gives what was noted when the object was observed.
    pub(crate) fn noted(&self) -> Option<Past> {
        let past = self.sending.session.pasts.of(self.want.item.id());
        past.filter(|past| past.version == self.live.version)
            .filter(|past| past.body.text_at(&["apiVersion"]) == Some(self.want.item.object.api_version()))
            .map(|past| Past { claims: Claims::default(), ..past })
    }

    async fn look(&self) -> Result<Option<Past>> {
        self.sending.look(self.cx, self.want.item.id()).await
    }

    fn note(&self, past: Past) {
        self.sending.session.pasts.note(self.want.item.id(), Some(past));
    }

    /// Says whether a dry run shows fields of former managers that are not wanted.
    fn leaves_anything(&self, body: &Value, wanted: &Fields) -> bool {
        let settlement = self.sending.settled(self.kinds, self.want.item.id(), body, &Claims::default());
        !settlement.leaving(wanted).found_in(body).is_empty()
    }

    /// Says whether another branch of a union is wanted, and something of the old one is there.
    fn turns(&self) -> bool {
        let live = self.live.body.as_ref().map(Object::body);
        live.is_some_and(|live| !beside_turned(live, self.want.item.object.body()).is_empty())
    }

    /// Says whether the number of replicas would be another because it is not wanted any more.
    fn loses_replicas(&self, body: &Value) -> bool {
        let before = self.live.body.as_ref().and_then(|live| live.body().at(&REPLICAS));
        before.is_some()
            && self.want.item.object.body().at(&REPLICAS).is_none()
            && before != body.at(&REPLICAS)
    }

    /// Finds who scales the object from now on, where its number of replicas leaves Git.
    async fn scaler(&self, falls: bool, past: &Past, wanted: &Fields) -> Option<Text> {
        let replicas = Fields::one(&["f:spec", "f:replicas"]);
        let leaves = !self.settled(past).leaving(wanted).intersection(&replicas).is_empty();
        if !falls && !leaves {
            return None;
        }
        scaler_of(self.sending.session, self.cx, self.wants, self.want.item.id()).await
    }

    fn plain(&self, body: Value, outcome: Outcome) -> Result<Prediction> {
        let after = self.sending.session.reader(self.cx).read(self.sending.resource, body)?;
        let same = self.live.stamp == after.stamp;
        Ok(self::outcome(same, outcome.payload, self.live, after, Mode::Apply, outcome.conflicts))
    }

    /// Says what changes. A field that goes and is filled in again with the same value is nobody's loss.
    fn changed(&self, before: &Value, body: Value, mut outcome: Outcome) -> Result<Prediction> {
        let mut seen = Vec::new();
        outcome.conflicts.retain(|conflict| {
            let told = (conflict.path.clone(), conflict.holder.clone());
            let new = !seen.contains(&told);
            seen.push(told);
            let lasts = conflict.decision == Decision::Take
                && value_at(&body, &conflict.path).is_some()
                && value_at(&body, &conflict.path) == value_at(before, &conflict.path);
            new && !lasts
        });
        // What is wanted and taken from somebody is always named: the write takes nothing else.
        let wanted = self.want.item.object.body();
        let mut named: BTreeMap<Text, usize> = BTreeMap::new();
        outcome.conflicts.retain(|conflict| {
            let count = named.entry(conflict.holder.clone()).or_default();
            *count += 1;
            *count <= NAMED_MAX || value_at(wanted, &conflict.path).is_some()
        });
        let after = self.sending.session.reader(self.cx).read(self.sending.resource, body)?;
        Ok(self::outcome(false, outcome.payload, self.live, after, Mode::Apply, outcome.conflicts))
    }
}
