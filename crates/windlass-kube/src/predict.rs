//! Saying beforehand what a write would do: by a dry run.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use http::Method;
use windlass_core::{
    Conflict, Context, ErrorKind, Live, Mode, Node, Object, ObjectId, Observation, Prediction, Result, Text,
    Value, Want,
};

use crate::discovery::Discovered;
use crate::live::{parts, version_of};
use crate::rehearse::Rehearsal;
use crate::request::{Request, Response, Subject, read_json};
use crate::resource::{defined_by, is_definition, is_namespace};
use crate::search::AT_ONCE;
use crate::sending::Sending;
use crate::session::Session;
use crate::unknown::unknown;
use crate::{exclusive, namespace, owner, stamp};

pub(crate) async fn predict(session: &Session, cx: &Context, wants: &[Want<'_>]) -> Result<Vec<Prediction>> {
    if wants.is_empty() {
        return Ok(Vec::new());
    }
    let kinds = session.connection.discovered(cx).await?;
    let mut all =
        DryRuns { session, cx, kinds: &kinds, wants, made: Made::of(wants), moving: BTreeSet::new() };
    let (first, then): (Vec<_>, Vec<_>) =
        wants.iter().enumerate().partition(|(_, want)| is_definition(want.item.id()));
    let mut predictions = all.each(first).await;
    // What a definition says from then on is not what the server says now.
    let moving = predictions.iter().filter(|(_, prediction)| matches!(prediction, Prediction::Change { .. }));
    all.moving = moving.map(|(at, _)| wants[*at].item.id().clone()).collect();
    predictions.extend(all.each(then).await);
    predictions.sort_by_key(|(at, _)| *at);
    cx.check()?;
    Ok(predictions.into_iter().map(|(_, prediction)| prediction).collect())
}

struct DryRuns<'a> {
    session: &'a Session,
    cx: &'a Context,
    kinds: &'a Discovered,
    wants: &'a [Want<'a>],
    made: Made,
    /// The definitions that the same pass changes.
    moving: BTreeSet<ObjectId>,
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
            if is_namespace(id) && want.observation.live().is_none() {
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

impl DryRuns<'_> {
    async fn each(&self, wants: Vec<(usize, &Want<'_>)>) -> Vec<(usize, Prediction)> {
        let mut predictions = Vec::with_capacity(wants.len());
        for some in wants.chunks(AT_ONCE) {
            let dry_runs = some.iter().map(async |(at, want)| (*at, self.one(want).await));
            predictions.extend(join_all(dry_runs).await);
        }
        predictions
    }

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
        match predicted {
            Ok(predicted) => predicted,
            Err(error) if error.kind() == ErrorKind::Invalid && self.is_redefined(want) => {
                self.later(want).unwrap_or(Prediction::Refused(error))
            }
            Err(error) => {
                let id = want.item.id();
                let error = namespace::explain(self.session, self.cx, &id.namespace, error).await;
                let error = exclusive::explain(self.session, self.cx, &want.item.object, error).await;
                Prediction::Refused(error.with_each("object", id))
            }
        }
    }

    /// Says whether the kind is there, but not in the version that is wanted, and something wanted brings it.
    fn comes_later(&self, want: &Want<'_>) -> bool {
        let object = &want.item.object;
        let unknown = self.kinds.exact(object.id(), object.api_version()).err();
        unknown.is_some_and(|error| error.kind() == ErrorKind::Undefined)
            && self.made.definition(object).is_some()
    }

    /// Says whether the same pass changes the definition of the kind.
    fn is_redefined(&self, want: &Want<'_>) -> bool {
        self.made.definition(&want.item.object).is_some_and(|definition| self.moving.contains(definition))
    }

    fn sending(&self, want: &Want<'_>) -> Result<Sending<'_>> {
        let resource = self.kinds.exact(want.item.id(), want.item.object.api_version())?;
        Ok(Sending { session: self.session, resource })
    }

    /// Predicts that the object will be as wanted; its defaults are known only where the server is asked.
    async fn create(&self, want: &Want<'_>, mode: Mode) -> Result<Prediction> {
        let mode = if mode == Mode::Recreate { Mode::Apply } else { mode };
        let payload = want.item.object.clone();
        let after = if self.session.options.dry_run_creates
            && !self.made.namespaces.contains(&want.item.id().namespace)
        {
            let sending = self.sending(want)?;
            let request = sending.apply(&payload, want.owner, &[], true)?.dry_run();
            let response = self.session.connection.ask(self.cx, &request).await?;
            sending.read_dry_run(&response, &request)?
        } else {
            with_labels(&payload, want)?
        };
        Ok(Prediction::Change { payload, after, mode, conflicts: Vec::new() })
    }

    async fn apply(&self, want: &Want<'_>, live: &Live, mode: Mode) -> Result<Prediction> {
        let (cx, kinds, wants) = (self.cx, self.kinds, self.wants);
        let rehearsal = Rehearsal { sending: self.sending(want)?, cx, kinds, wants, want, live, mode };
        rehearsal.predict().await
    }

    /// Dry-runs a replace of the object as it is now, and compares what we set, before or by this: what others write
    /// beside it goes when the object is replaced for a reason, and is no reason itself.
    async fn replace(&self, want: &Want<'_>, live: &Live) -> Result<Prediction> {
        let sending = self.sending(want)?;
        let id = want.item.id();
        let get = Request::get(sending.resource.object(id)?, Subject::object(id));
        let before: Value = self.session.connection.ask_json(self.cx, &get).await?;
        let version = version_of(&before)?;
        let put = sending
            .body(Method::PUT, &want.item.object, want.owner, &[("resourceVersion", parts(&version).0)])?
            .dry_run();
        let after: Value = self.session.connection.ask_json(self.cx, &put).await?;
        let manager = &self.session.options.manager;
        let same = [&before, &after]
            .into_iter()
            .flat_map(|body| stamp::held_by(body, manager))
            .all(|fields| stamp::project(&before, &fields) == stamp::project(&after, &fields));
        let after = self.session.reader(self.cx).read(sending.resource, after)?;
        Ok(outcome(same, want.item.object.clone(), live, after, Mode::Replace, Vec::new()))
    }

    /// A kind that does not exist: whether something wanted defines it.
    fn later(&self, want: &Want<'_>) -> Result<Prediction> {
        let object = &want.item.object;
        let definition = self.made.definition(object);
        let definition = definition.ok_or_else(|| unknown(self.kinds, object.id(), object.api_version()))?;
        let until = Node::Object(definition.clone());
        Ok(Prediction::Deferred { until, payload: want.item.object.clone() })
    }
}

pub(crate) fn with_labels(payload: &Object, want: &Want<'_>) -> Result<Object> {
    let mut body = payload.body().as_ref().clone();
    owner::set(&mut body, want.owner)?;
    Object::new(body)
}

pub(crate) fn outcome(
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

/// A dry run changes no status; where it seems to, somebody else did meanwhile.
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
    fn read_dry_run(&self, response: &Response, request: &Request) -> Result<Object> {
        let mut body: Value = read_json(response, request)?;
        stamp::strip(&mut body);
        Object::new(body)
    }
}
