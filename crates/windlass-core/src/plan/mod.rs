//! What would happen, and why.

mod display;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::digest::Parts;
use crate::{
    ApiVersion, Conflict, Context, Digest, Edge, Error, Exclusion, Expect, FieldPath, Health, Hook, Key,
    Mode, Object, ObjectId, Origin, Owned, Owner, Result, Revision, Text, UnitId, Warning,
};

/// Why a field differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Cause {
    /// What is wanted has changed.
    Wanted,
    /// The live object has moved away from what is wanted.
    Drifted,
    /// Somebody else set it and holds it; it stays.
    Foreign,
    /// The target fills it in.
    Defaulted,
    /// Only the spelling differs: `1` and `1.0`, `500m` and `0.5`.
    Spelling,
}

/// One field that would change. The texts are masked already: what may be secret is not in them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The field.
    pub path: FieldPath,
    /// What it is; `None` where it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Text>,
    /// What it would be; `None` where it would not be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Text>,
    /// Why.
    pub cause: Cause,
}

/// What would happen to one object.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "verb")]
#[non_exhaustive]
pub enum Verb {
    /// It is as wanted.
    Unchanged,
    /// It would be created.
    Create,
    /// It would be changed.
    Change,
    /// It would be written once what it waits for is there; what it would change cannot be said before.
    Apply,
    /// It would be deleted.
    Delete,
    /// It stays as it is, wanted or not.
    Keep {
        /// Why.
        why: Text,
    },
    /// It is not touched, because of something else in this plan.
    Skip {
        /// Why.
        why: Text,
    },
    /// It cannot be written, and nothing that depends on it is.
    Refuse {
        /// Why.
        error: Error,
    },
}

impl Verb {
    /// Says whether it would write.
    #[must_use]
    pub const fn writes(&self) -> bool {
        matches!(self, Self::Create | Self::Change | Self::Apply | Self::Delete)
    }

    /// Names it as reports and events do.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Create => "create",
            Self::Change => "change",
            Self::Apply => "apply",
            Self::Delete => "delete",
            Self::Keep { .. } => "keep",
            Self::Skip { .. } => "skip",
            Self::Refuse { .. } => "refuse",
        }
    }
}

/// What would happen to one object, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Action {
    /// Which object.
    pub id: ObjectId,
    /// What would happen.
    #[serde(flatten)]
    pub verb: Verb,
    /// The stage in which it is printed; execution follows the edges.
    pub stage: u32,
    /// Where it was written down, if it is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Arc<Origin>>,
    /// Nobody owned the live object so far; it would be taken over.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub adopts: bool,
    /// Another owner, whom the live object would be taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<Owner>,
    /// It is written once these objects are deleted: the target takes it only without them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_place_of: Option<Exclusion>,
    /// It is deleted before these objects are written, which the target takes only without it. Any other delete comes after
    /// all writes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub makes_way_for: Vec<ObjectId>,
    /// The fields that would change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Fields that somebody else holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
    /// What the inventory keeps of it: `rank`, `apiVersion`, wanted digest.
    pub owned: Owned,
    /// It runs at a certain moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook: Option<Hook>,
    /// Nothing waits for its health.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_wait: bool,
    /// It is refused, but the object is there, so that what depends on it can go on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_there: bool,
    /// How the live object was when the plan was made, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// How it would be sent.
    pub mode: Mode,
    /// On what condition; not part of the digest.
    #[serde(skip)]
    pub expect: Expect,
    /// What would be sent. None of it is serialised.
    #[serde(skip)]
    pub payload: Option<Object>,
    /// How long it may take to become healthy.
    #[serde(
        rename = "timeLimitSeconds",
        with = "crate::time::maybe_seconds",
        skip_serializing_if = "Option::is_none"
    )]
    pub time_limit: Option<Duration>,
}

impl Action {
    /// Says what is special about it, as a plan shows it behind its name: from whom it is taken, what goes before what.
    #[must_use]
    pub fn note(&self) -> String {
        let mut notes = Vec::new();
        if self.adopts {
            notes.push("adopts: nobody owned it".to_owned());
        }
        if self.verb == Verb::Change && self.mode == Mode::Recreate {
            notes.push("recreates it: deleted first, then created".to_owned());
        }
        if let Some(owner) = &self.taken_from {
            notes.push(format!("takes it from {owner}"));
        }
        if notes.is_empty() && self.is_about_holders() {
            notes.push("no field changes, only who holds them".to_owned());
        }
        if let Some(exclusion) = &self.in_place_of {
            notes.push(format!(
                "after {} is gone, which excludes it: {}",
                ids(&exclusion.by),
                exclusion.error.message().replace('\n', " ")
            ));
        }
        if !self.makes_way_for.is_empty() {
            notes.push(format!("first: it makes way for {}", ids(&self.makes_way_for)));
        }
        notes.join("  ")
    }

    /// Says whether an object is written that has all that is wanted: somebody changed who holds its fields.
    fn is_about_holders(&self) -> bool {
        let in_place = self.verb == Verb::Change && self.mode == Mode::Apply && self.hook.is_none();
        in_place && self.changes.is_empty() && self.conflicts.is_empty()
    }

    /// Makes an action that changes nothing yet.
    #[must_use]
    pub fn new(id: ObjectId, verb: Verb, owned: Owned) -> Self {
        Self {
            id,
            verb,
            stage: 0,
            origin: None,
            adopts: false,
            taken_from: None,
            in_place_of: None,
            makes_way_for: Vec::new(),
            changes: Vec::new(),
            conflicts: Vec::new(),
            owned,
            hook: None,
            no_wait: false,
            is_there: false,
            health: None,
            mode: Mode::Apply,
            expect: Expect::Any,
            payload: None,
            time_limit: None,
        }
    }
}

fn ids(ids: &[ObjectId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What would happen to a unit, and why: pure, printable, with a digest to which an approval is bound.
///
/// Serialised it carries digests and masked changes, no bodies.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[non_exhaustive]
pub struct Plan {
    api_version: ApiVersion,
    /// The unit.
    pub unit: UnitId,
    /// What it is for.
    pub purpose: Purpose,
    /// The target's place.
    pub place: Text,
    /// The revision it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// What would happen, by stage, then identity; deletions last, in their order. Hooks after the deletion of the unit follow
    /// these, and what such hooks need is deleted after them.
    pub actions: Vec<Action>,
    /// What is in the inventory, is not wanted, and needs no delete: it is gone already, or is not ours any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forget: Vec<ObjectId>,
    /// What waits for what.
    pub edges: Vec<Edge>,
    /// What keeps the plan from being whole: guards, cycles, objects that are not written. Pruning waits for it to be
    /// empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Error>,
    /// What is worth saying.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// The namespace that objects without one go into, where it is to be recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_namespace: Option<Text>,
    /// What hooks run for: a digest over all that is wanted, or one for the deletion. A hook that ran for it does not run again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<Digest>,
    /// The hooks that run when the unit is deleted, with the sealed digest of each: what the state remembers. Empty in a plan
    /// that deletes the unit.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub deletion_hooks: BTreeMap<ObjectId, Digest>,
    /// Over the place, the purpose, actions with their payloads, what is deleted, taken over, forgotten and conflicting;
    /// not over versions or times. [`Plan::seal`] makes it, by a key, so that no payload can be guessed by it; while there is
    /// no key, it is [over the revision](Plan::digest_without_key) instead.
    pub digest: Digest,
}

/// What a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Purpose {
    /// The target is to become what the source wants.
    Apply,
    /// All that the unit owns is to go, and the unit with it.
    Delete,
}

impl Purpose {
    /// Names it as messages do.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Delete => "delete",
        }
    }
}

impl Plan {
    /// Makes a plan in which nothing would happen, to be filled and then [sealed](Plan::seal).
    #[must_use]
    pub fn new(unit: UnitId, place: impl Into<Text>, revision: Option<Revision>) -> Self {
        Self {
            api_version: ApiVersion,
            unit,
            purpose: Purpose::Apply,
            place: place.into(),
            revision,
            actions: Vec::new(),
            forget: Vec::new(),
            edges: Vec::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
            default_namespace: None,
            run: None,
            deletion_hooks: BTreeMap::new(),
            digest: Digest::of(b""),
        }
    }

    /// Digests what the plan says now, by the key of the installation. Whoever changes a plan seals it again.
    pub fn seal(&mut self, key: &Key) {
        self.digest = self.digest_by(key);
    }

    /// Gives the digest that [`seal`](Plan::seal) would make by this key.
    #[must_use]
    pub fn digest_by(&self, key: &Key) -> Digest {
        key.seal(self.digest_with(true))
    }

    /// Gives the digest that a plan has while the installation has no key yet: over the revision in the place of payloads, so
    /// that none can be guessed by it. Any process gives the same.
    #[must_use]
    pub fn digest_without_key(&self) -> Digest {
        self.digest_with(false)
    }

    /// Says whether a digest names this plan: the plan's own, or the one that it had before there was a key.
    #[must_use]
    pub fn goes_by(&self, digest: Digest) -> bool {
        digest == self.digest || digest == self.digest_without_key()
    }

    /// Says whether nothing would be written and nothing is wrong.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.problems.is_empty()
            && !self
                .actions
                .iter()
                .any(|action| action.verb.writes() || matches!(action.verb, Verb::Refuse { .. }))
    }

    /// Counts the actions that would write.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.actions.iter().filter(|action| action.verb.writes()).count()
    }

    /// Each part goes in with its length, so that no two plans run together.
    fn digest_with(&self, payloads: bool) -> Digest {
        let mut parts = Parts::new();
        parts.add("plan 1");
        parts.add(&self.unit);
        parts.add(&self.place);
        if !payloads {
            parts.add(self.revision.as_ref().map_or("", |revision| &*revision.id));
        }
        parts.add(format_args!("{} {} {}", self.purpose.name(), self.actions.len(), self.forget.len()));
        for action in &self.actions {
            parts.add(format_args!("{} {} {}", action.verb.name(), action.id, action.mode.name()));
            parts.add(format_args!("{} {}", action.adopts, action.conflicts.len()));
            // Said only where it is so, as what is said before is the digest of all other plans.
            action.makes_way_for.iter().for_each(|id| parts.add(format_args!("first for {id}")));
            match &action.taken_from {
                Some(owner) => parts.add(owner),
                None => parts.add(""),
            }
            match action.payload.as_ref().filter(|_| payloads) {
                Some(payload) => parts.add(payload.digest()),
                None => parts.add(""),
            }
            for conflict in &action.conflicts {
                parts.add(&conflict.path);
                parts.add(&conflict.holder);
                parts.add(conflict.decision.name());
            }
        }
        self.forget.iter().for_each(|id| parts.add(id));
        parts.finish()
    }
}

/// What a policy says of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allow,
    /// Do not, until the plan is another.
    Deny(Text),
    /// Not yet: somebody has to say yes, or the time has to come.
    Hold(Text),
}

/// Has a say before anything is written.
///
/// For an implementor: sees the whole plan before the first write of a pass; writes nothing itself; an error counts as
/// a denial.
///
/// ```
/// use windlass_core::{Context, Plan, Policy, Result, Verb, Verdict, async_trait};
///
/// /// Namespaces are deleted by people.
/// #[derive(Debug)]
/// struct NamespacesStay;
///
/// #[async_trait]
/// impl Policy for NamespacesStay {
///     async fn review(&self, _cx: &Context, plan: &Plan) -> Result<Verdict> {
///         let mut deleted = plan.actions.iter().filter(|action| action.verb == Verb::Delete);
///         let namespace = deleted.find(|action| action.id.kind == "Namespace");
///         Ok(namespace.map_or(Verdict::Allow, |action| Verdict::Deny(format!("it deletes {}", action.id).into())))
///     }
/// }
/// ```
///
/// A function is no policy, since its future would have to borrow the plan; the compiler says so and leads here:
///
/// ```compile_fail,E0277
/// use windlass_core::{Context, Plan, Policy, Verdict};
///
/// fn add(policy: impl Policy) {
///     drop(policy);
/// }
/// add(|_cx: &Context, _plan: &Plan| async { Ok(Verdict::Allow) });
/// ```
///
/// [A policy of your own](https://github.com/windlass-dev/windlass/blob/main/docs/custom-policy.md) is a whole crate, with its tests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no policy",
    label = "this does not review plans",
    note = "a function is no policy; a type is, with `#[async_trait] impl Policy for`",
    note = "`with_policy` takes the policy itself, not an `Arc` or a `Box` of it",
    note = "how to write one: https://github.com/windlass-dev/windlass/blob/main/docs/custom-policy.md"
)]
#[async_trait]
pub trait Policy: std::fmt::Debug + Send + Sync + 'static {
    /// Looks at a plan.
    ///
    /// # Errors
    /// Any; nothing is written then.
    async fn review(&self, cx: &Context, plan: &Plan) -> Result<Verdict>;
}
