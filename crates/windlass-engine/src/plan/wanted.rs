//! What would happen to wanted objects.

use std::collections::BTreeMap;

use windlass_core::{
    Action, Cause, Digest, Error, ErrorKind, Expect, Live, Mode, Object, ObjectId, Observation, Owned,
    Prediction, Verb,
};

use super::{Drafts, conflict};
use crate::facts::{Facts, Wanted};
use crate::rules::{Adoption, Rules};

pub(super) fn draft(facts: &Facts, rules: &Rules<'_>) -> Drafts {
    let mut by_id: BTreeMap<&ObjectId, Vec<&Wanted>> = BTreeMap::new();
    for wanted in &facts.wanted {
        by_id.entry(wanted.item.id()).or_default().push(wanted);
    }
    by_id
        .into_iter()
        .map(|(id, wanteds)| match wanteds.as_slice() {
            [wanted] => (id.clone(), Draft::new(facts, rules, wanted).finish()),
            several => (id.clone(), twice(several)),
        })
        .collect()
}

/// The renderer lets no identity through twice; filling in a default namespace can still make two of them equal.
fn twice(several: &[&Wanted]) -> Action {
    let places: Vec<String> = several.iter().map(|wanted| wanted.item.origin.to_string()).collect();
    let first = &several[0].item;
    let error = Error::new(ErrorKind::Invalid, "the same object is written down more than once")
        .with("places", places.join(", "))
        .with_help("remove all but one, or give them different names or namespaces");
    let mut action =
        Action::new(first.id().clone(), Verb::Refuse { error }, owned(&first.object, None, false));
    action.origin = Some(first.origin.clone());
    action
}

fn owned(object: &Object, live: Option<&Live>, keep: bool) -> Owned {
    Owned {
        api_version: object.api_version().into(),
        rank: 0,
        wanted: object.digest(),
        stamp: live.map(|live| live.stamp),
        uid: live.and_then(|live| live.uid.clone()),
        keep,
    }
}

struct Draft<'a> {
    facts: &'a Facts,
    rules: &'a Rules<'a>,
    wanted: &'a Wanted,
    /// `None` where nobody looked, because the item was refused before.
    observation: Option<&'a Observation>,
    known: Option<&'a Owned>,
    digest: Digest,
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
            digest: wanted.item.object.digest(),
        }
    }

    fn finish(self) -> Action {
        let live = self.observation.and_then(Observation::live);
        let item = &self.wanted.item;
        let mut action = Action::new(
            item.id().clone(),
            Verb::Unchanged,
            Owned { wanted: self.digest, ..owned(&item.object, live, item.directives.keep) },
        );
        action.origin = Some(item.origin.clone());
        action.time_limit = item.directives.time_limit;
        action.health = live.and_then(|live| live.health.clone());
        if let Err(error) = self.decide(live, &mut action) {
            action.verb = Verb::Refuse { error };
            // The inventory keeps what it had.
            if let Some(known) = self.known {
                action.owned = known.clone();
            }
        }
        if let Some(live) = live {
            self.own(live, &mut action);
        }
        action
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

    fn decide(&self, live: Option<&Live>, action: &mut Action) -> Result<(), Error> {
        if let Some(error) = &self.wanted.refused {
            return Err(error.clone());
        }
        match self.observation {
            Some(Observation::Unreadable(error)) => return Err(error.clone()),
            None => return Err(Error::new(ErrorKind::Internal, "nobody looked at this object")),
            _ => {}
        }
        if let Some(live) = live {
            if self.is_settled(live) {
                return Ok(());
            }
            self.check_owner(live)?;
        }
        self.predict(live, action)
    }

    fn check_owner(&self, live: &Live) -> Result<(), Error> {
        match (&live.owner, self.rules.adoption) {
            _ if self.is_ours(live) => Ok(()),
            (_, Adoption::Always) | (None, Adoption::IfUnmarked) => Ok(()),
            (None, _) if self.was_ours(live) => Ok(()),
            (None, _) => Err(conflict("the object is there already, and adoption is off")
                .with_help("delete the object, or let objects that nobody owns be adopted")),
            (Some(owner), _) => Err(conflict("the object has another owner")
                .with("owner", owner)
                .with_help("remove the object from one of the two, or let the other give it up first")),
        }
    }

    fn is_ours(&self, live: &Live) -> bool {
        live.owner.as_ref().is_some_and(|owner| owner.is_of(&self.facts.unit))
    }

    /// A write of it was confirmed, so that only the note of its owner is lost. An intent alone says nothing of who made the object.
    fn was_ours(&self, live: &Live) -> bool {
        self.known.is_some_and(|known| match (&known.uid, &live.uid) {
            (Some(known), Some(live)) => known == live,
            _ => known.stamp.is_some(),
        })
    }

    /// What is to be created only is there, or neither what is wanted nor what is live has changed since the last
    /// confirmed write.
    fn is_settled(&self, live: &Live) -> bool {
        let same =
            self.known.is_some_and(|known| known.wanted == self.digest && known.stamp == Some(live.stamp));
        self.is_created_only() || (same && self.is_ours(live))
    }

    fn is_created_only(&self) -> bool {
        self.wanted.item.directives.mode == Some(Mode::CreateOnly)
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

    fn write(&self, action: &mut Action, live: Option<&Live>, verb: Verb, payload: Object, mode: Mode) {
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

    /// What is absent is created only while it is absent. A target that predicts sets fields and has said who conflicts
    /// them, whatever the version; one that does not replaces exactly what it was shown.
    fn expect(&self, live: Option<&Live>) -> Expect {
        match (self.facts.predictions.is_some(), live) {
            (_, None) => Expect::Absent,
            (true, Some(_)) => Expect::Any,
            (false, Some(live)) => Expect::At(live.version.clone()),
        }
    }

    /// What is wanted is what was wanted: then it is the live object that moved.
    fn cause(&self, live: Option<&Live>) -> Cause {
        let as_before = self.known.is_some_and(|known| known.wanted == self.digest && known.stamp.is_some());
        let moved = live.is_some_and(|live| self.known.is_some_and(|known| known.stamp != Some(live.stamp)));
        if as_before && moved { Cause::Drifted } else { Cause::Wanted }
    }
}

/// Whatever is deleted to be made anew is what was seen, and not what somebody made in its place since.
fn the_same(live: &Live) -> Expect {
    match &live.uid {
        Some(uid) => Expect::Uid(uid.clone()),
        None => Expect::At(live.version.clone()),
    }
}

/// What is wanted to be created only, is there, and is not ours, though the inventory names it.
pub(super) fn not_ours<'a>(facts: &'a Facts, rules: &'a Rules<'a>) -> impl Iterator<Item = ObjectId> + 'a {
    let drafts = facts.wanted.iter().map(move |wanted| Draft::new(facts, rules, wanted));
    let left_alone = |draft: &Draft<'_>| {
        let live = draft.observation.and_then(Observation::live);
        let elsewhere = live.is_some_and(|live| !draft.is_ours(live));
        elsewhere && draft.is_created_only() && draft.wanted.refused.is_none()
    };
    drafts
        .filter(|draft| draft.known.is_some())
        .filter(left_alone)
        .map(|draft| draft.wanted.item.id().clone())
}

/// The wanted objects of which nobody can say without asking the target what a write would do, each with what was seen.
pub(crate) fn unsettled<'a>(facts: &'a Facts, rules: &'a Rules<'a>) -> Vec<(&'a Wanted, &'a Observation)> {
    let asks = |draft: &Draft<'_>| match draft.observation {
        Some(Observation::Live(live)) => !draft.is_settled(live) && draft.check_owner(live).is_ok(),
        Some(Observation::Absent | Observation::Undefined) => true,
        _ => false,
    };
    facts
        .wanted
        .iter()
        .filter(|wanted| wanted.refused.is_none())
        .filter_map(|wanted| {
            let draft = Draft::new(facts, rules, wanted);
            asks(&draft).then_some(()).and(draft.observation).map(|observation| (wanted, observation))
        })
        .collect()
}
