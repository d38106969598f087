//! What would happen to wanted objects.

use windlass_core::{
    Action, Cause, Deletion, Digest, Error, ErrorKind, Expect, Health, Live, Mode, Object, ObjectId,
    Observation, Owned, Prediction, Retry, Text, Verb,
};

use super::owners::is_created_only;
use super::{Drafts, conflict, the_same};
use crate::facts::{Facts, Wanted};
use crate::keep::suspended_live;
use crate::rules::Rules;

/// `first`: what excludes an object is deleted before it is written.
pub(super) fn draft(facts: &Facts, rules: &Rules<'_>, run: Option<Digest>, first: bool) -> Drafts {
    let mut by_id: Vec<&Wanted> = facts.wanted.iter().collect();
    by_id.sort_by_key(|wanted| wanted.item.id());
    by_id
        .chunk_by(|one, next| one.item.id() == next.item.id())
        .map(|wanteds| match wanteds {
            [wanted] => (wanted.item.id(), Draft { first, ..Draft::new(facts, rules, wanted) }.finish(run)),
            several => (several[0].item.id(), twice(facts, several)),
        })
        .map(|(id, action)| (id.clone(), action))
        .collect()
}

/// The renderer lets no identity through twice; filling in a default namespace can still make two of them equal.
fn twice(facts: &Facts, several: &[&Wanted]) -> Action {
    let places: Vec<String> = several.iter().map(|wanted| wanted.item.origin.to_string()).collect();
    let first = &several[0].item;
    let error = Error::new(ErrorKind::Invalid, "the same object is written down more than once")
        .with("places", places.join(", "))
        .with_help("remove all but one, or give them different names or namespaces");
    let mut action =
        Action::new(first.id().clone(), Verb::Refuse { error }, owned(facts, &first.object, None));
    action.origin = Some(first.origin.clone());
    action
}

fn owned(facts: &Facts, object: &Object, live: Option<&Live>) -> Owned {
    Owned {
        api_version: object.api_version().clone(),
        rank: 0,
        wanted: facts.digest(object),
        stamp: live.map(|live| live.stamp.sealed(&facts.key)),
        uid: live.and_then(|live| live.uid.clone()),
        keep: false,
        transient: false,
        contest: None,
    }
}

pub(super) struct Draft<'a> {
    pub(super) facts: &'a Facts,
    pub(super) rules: &'a Rules<'a>,
    pub(super) wanted: &'a Wanted,
    /// `None` where nobody looked, because the item was refused before.
    pub(super) observation: Option<&'a Observation>,
    pub(super) known: Option<&'a Owned>,
    /// Of what is wanted, sealed.
    pub(super) digest: Digest,
    /// What excludes it is deleted first.
    pub(super) first: bool,
}

/// What is decided of a wanted object before anybody asks what a write would do.
pub(super) enum Decided {
    /// It is as wanted.
    Settled,
    /// It is left alone.
    Keep(Text),
    /// Somebody has to say what a write would do.
    Ask,
    /// It is a hook that runs, in place of the one that is there, if any is.
    Run,
    /// It is a hook that has run, or is running.
    Ran {
        /// Whether its end is known.
        done: bool,
    },
}

impl<'a> Draft<'a> {
    fn new(facts: &'a Facts, rules: &'a Rules<'a>, wanted: &'a Wanted) -> Self {
        let id = wanted.item.id();
        Self {
            facts,
            rules,
            wanted,
            observation: facts.observed.observations.get(id),
            known: facts.inventory.objects.get(id),
            digest: facts.digest(&wanted.item.object),
            first: false,
        }
    }

    /// Says whether the live object has the stamp that it had after its last write.
    pub(super) fn has_stamp(&self, known: &Owned, live: &Live) -> bool {
        known.stamp == Some(live.stamp.sealed(&self.facts.key))
    }

    fn live(&self) -> Option<&'a Live> {
        self.observation.and_then(Observation::live)
    }

    fn finish(self, run: Option<Digest>) -> Action {
        let live = self.live();
        let item = &self.wanted.item;
        let mut action = Action::new(
            item.id().clone(),
            Verb::Unchanged,
            Owned {
                keep: item.directives.keep,
                transient: item.directives.transient,
                contest: self.known.and_then(|known| known.contest.clone()),
                ..owned(self.facts, &item.object, live)
            },
        );
        action.origin = Some(item.origin.clone());
        action.time_limit = item.directives.time_limit;
        action.no_wait = item.directives.no_wait;
        action.hook = item.directives.hook;
        action.health = live.and_then(|live| live.health.clone());
        if action.no_wait {
            action.health = action.health.map(Health::optional);
        }
        let decided = self.decide(run).and_then(|decided| self.settle(decided, live, &mut action));
        if let Err(error) = decided {
            action.is_there = live.is_some_and(|live| self.is_siblings(live) && live.deletion.is_none());
            action.verb = Verb::Refuse { error };
        }
        if let (Verb::Keep { .. }, Some(hook)) = (&action.verb, item.directives.hook)
            && self.may_run_on_failure(hook, run)
        {
            self.ready_for_failure(live, &mut action);
            return action;
        }
        // The inventory keeps what it had.
        if let (Verb::Refuse { .. } | Verb::Keep { .. }, Some(known)) = (&action.verb, self.known) {
            action.owned = known.clone();
        }
        if let Some(live) = live {
            self.own(live, &mut action);
        }
        action
    }

    fn settle(&self, decided: Decided, live: Option<&Live>, action: &mut Action) -> Result<(), Error> {
        match decided {
            Decided::Settled => {
                // It went by itself once it had done its work: there is nothing to look at, and nothing has changed.
                if let (None, Some(known)) = (live, self.known) {
                    action.owned = known.clone();
                }
            }
            Decided::Keep(why) => action.verb = Verb::Keep { why },
            Decided::Ask => self.predict(live, action)?,
            Decided::Run => self.run_hook(live, action),
            Decided::Ran { done } => {
                if done {
                    action.health = None;
                }
            }
        }
        Ok(())
    }

    /// Says whom a write takes the object from, and that one which is left alone is not owned.
    fn own(&self, live: &Live, action: &mut Action) {
        if self.is_ours(live) {
            return;
        }
        if action.verb.writes() {
            action.adopts = live.owner.is_none() && !self.was_ours(live);
            action.taken_from = live.owner.clone();
        } else if action.verb == Verb::Unchanged {
            (action.owned.stamp, action.owned.uid) = (None, None);
        }
    }

    /// Decides what can be decided without asking the target what a write would do.
    pub(super) fn decide(&self, run: Option<Digest>) -> Result<Decided, Error> {
        if let Some(error) = &self.wanted.refused {
            return Err(error.clone());
        }
        if let Some(why) = self.why_left_alone() {
            return Ok(Decided::Keep(why));
        }
        match self.observation {
            Some(Observation::Unreadable(error)) => return Err(error.clone()),
            None => return Err(Error::new(ErrorKind::Internal, "nobody looked at this object")),
            _ => {}
        }
        self.check_namespace()?;
        let live = self.live();
        if let Some(deletion) = live.and_then(|live| live.deletion.as_ref()) {
            return Err(going(deletion));
        }
        if let Some(why) = live.and_then(|live| self.why_live_is_left_alone(live)) {
            return Ok(Decided::Keep(why));
        }
        if let Some(hook) = self.wanted.item.directives.hook {
            return self.decide_hook(hook, run, live);
        }
        let Some(live) = live else {
            return Ok(if self.is_done() { Decided::Settled } else { Decided::Ask });
        };
        if self.is_settled(live) {
            return Ok(Decided::Settled);
        }
        match self.check_owner(live) {
            Err(_) if self.is_shared(live) => {
                let owner = live.owner.as_ref().map(ToString::to_string).unwrap_or_default();
                Ok(Decided::Keep(format!("{owner} owns it, and it is as wanted here").into()))
            }
            Err(error) => Err(error),
            Ok(()) => Ok(Decided::Ask),
        }
    }

    /// Why nobody wants it to be touched: said in the source, or by a person.
    fn why_left_alone(&self) -> Option<Text> {
        let held = self.facts.held.get(self.wanted.item.id());
        held.or(self.wanted.item.directives.suspended.as_ref()).cloned()
    }

    fn why_live_is_left_alone(&self, live: &Live) -> Option<Text> {
        suspended_live(live, self.rules.dialects)
    }

    /// An object that names no namespace stays in the one that it went into before, whatever the default is now.
    fn check_namespace(&self) -> Result<(), Error> {
        match (&self.wanted.placed, &self.facts.default_namespace) {
            (Some(now), Some(before)) if now != before => Err(conflict(
                "the object names no namespace, and the default namespace has changed",
            )
            .with("before", before)
            .with("now", now)
            .with_help(format!(
                "set the namespace `{before}` for this unit or in the manifest; to move the objects, write \
                         `metadata.namespace: {now}` into the manifests"
            ))),
            _ => Ok(()),
        }
    }

    fn predict(&self, live: Option<&Live>, action: &mut Action) -> Result<(), Error> {
        let item = &self.wanted.item;
        let mode = item.directives.mode.unwrap_or_default();
        let predicted = match &self.facts.predictions {
            None => self.as_wanted(live, mode),
            Some(predictions) => match predictions.get(item.id()) {
                Some(prediction) => prediction.clone(),
                None => return Err(Error::new(ErrorKind::Internal, "nobody predicted this object")),
            },
        };
        action.expect = self.expect(live);
        if let Some(exclusion) = self.facts.exclusions.get(item.id()) {
            return self.exclude(exclusion, live, action);
        }
        match predicted {
            Prediction::Same if live.is_some_and(|live| !self.is_ours(live)) => {
                self.write(action, live, Verb::Change, item.object.clone(), mode);
            }
            Prediction::Same => {}
            Prediction::Change { payload, after, mode, conflicts } => {
                action.conflicts = conflicts;
                if let Some(before) = live.and_then(|live| live.body.as_ref()) {
                    action.changes =
                        self.rules.explain.changes(before, &after, item.object.body(), self.cause(live));
                }
                if let (Mode::Recreate, Some(live), Expect::Any) = (mode, live, &action.expect) {
                    action.expect = the_same(live);
                }
                let verb = if live.is_some() { Verb::Change } else { Verb::Create };
                self.write(action, live, verb, payload, mode);
                self.contest(live, action);
            }
            Prediction::Deferred { payload, .. } => {
                // Nobody has said that what is there cannot be changed in place.
                let in_place = live.is_some() && mode == Mode::Recreate;
                let mode = if in_place { Mode::Apply } else { mode };
                self.write(action, live, Verb::Apply, payload, mode);
            }
            Prediction::Refused(error) => return Err(error),
        }
        Ok(())
    }

    pub(super) fn write(
        &self,
        action: &mut Action,
        live: Option<&Live>,
        verb: Verb,
        payload: Object,
        mode: Mode,
    ) {
        action.verb = verb;
        action.payload = Some(payload);
        action.mode = mode;
        // Until the write is confirmed, the inventory holds the intent alone.
        action.owned.stamp = None;
        action.owned.uid = live.filter(|live| self.is_ours(live)).and_then(|live| live.uid.clone());
    }

    /// A target that cannot predict gets the wanted object as its prediction.
    fn as_wanted(&self, live: Option<&Live>, mode: Mode) -> Prediction {
        let object = &self.wanted.item.object;
        let same = live.and_then(|live| live.body.as_ref()).is_some_and(|body| body.body() == object.body());
        if same {
            return Prediction::Same;
        }
        Prediction::Change { payload: object.clone(), after: object.clone(), mode, conflicts: Vec::new() }
    }

    /// What is absent is created only while it is absent. A target that predicts sets fields and has said who else
    /// holds them, whatever the version; one that does not replaces exactly what it was shown.
    fn expect(&self, live: Option<&Live>) -> Expect {
        match (self.facts.predictions.is_some(), live) {
            (_, None) => Expect::Absent,
            (true, Some(_)) => Expect::Any,
            (false, Some(live)) => Expect::At(live.version.clone()),
        }
    }

    /// What is wanted is what was wanted: then it is the live object that moved.
    pub(super) fn cause(&self, live: Option<&Live>) -> Cause {
        let as_before = self.known.is_some_and(|known| known.wanted == self.digest && known.stamp.is_some());
        let moved = live.is_some_and(|live| self.known.is_some_and(|known| !self.has_stamp(known, live)));
        if as_before && moved { Cause::Drifted } else { Cause::Wanted }
    }
}

/// An object that is about to go cannot be set; it is made anew once it is gone.
fn going(deletion: &Deletion) -> Error {
    let error = conflict("the object is being deleted").retrying(Retry::Backoff);
    let error =
        if deletion.held_by.is_empty() { error } else { error.with("held_by", deletion.held_by.join(", ")) };
    error.with_help(
        "once it is gone it is made anew; look what holds it, such as a finalizer whose controller is gone",
    )
}

/// What is wanted to be created only, is there, and is not ours, though the inventory names it.
pub(super) fn not_ours<'a>(facts: &'a Facts, rules: &'a Rules<'a>) -> impl Iterator<Item = ObjectId> + 'a {
    let named = facts.wanted.iter().filter(|wanted| facts.inventory.objects.contains_key(wanted.item.id()));
    let drafts =
        named.filter(|wanted| is_created_only(wanted)).map(move |wanted| Draft::new(facts, rules, wanted));
    let left_alone = |draft: &Draft<'_>| {
        let live = draft.observation.and_then(Observation::live);
        let elsewhere = live.is_some_and(|live| !draft.is_ours(live));
        elsewhere && draft.wanted.refused.is_none()
    };
    drafts.filter(left_alone).map(|draft| draft.wanted.item.id().clone())
}

/// The wanted objects of which nobody can say without asking the target what a write would do, each with what was seen.
pub(crate) fn unsettled<'a>(facts: &'a Facts, rules: &'a Rules<'a>) -> Vec<(&'a Wanted, &'a Observation)> {
    let run = facts.run();
    facts
        .wanted
        .iter()
        .filter_map(|wanted| {
            let draft = Draft::new(facts, rules, wanted);
            let asks = matches!(draft.decide(run), Ok(Decided::Ask));
            draft.observation.filter(|_| asks).map(|observation| (wanted, observation))
        })
        .collect()
}
