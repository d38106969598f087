//! Targets that break one law each.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use std::time::Duration;

use windlass_core::{
    Cancel, Capabilities, Context, Digest, Error, ErrorKind, Expect, Interest, Live, Look, Mode, Object,
    ObjectId, Observation, Observed, Owner, Profile, Result, Stamp, Target, UnitId, Value, Version, Write,
    Written, async_trait,
};
use windlass_testkit::suite::{Check, Harness};
use windlass_testkit::target::TargetHarness;
use windlass_testkit::{MemoryTarget, config_map, unit};

use super::{endless, yield_once};

mod abilities;
mod payloads;
mod watches;

/// A memory target behind a wrapper that breaks the law named, if any.
pub(crate) struct Stage {
    memory: MemoryTarget,
    target: Arc<Saboteur>,
}

impl Stage {
    pub(crate) fn honest() -> Self {
        Self::breaking("nothing")
    }

    pub(crate) fn breaking(law: &'static str) -> Self {
        let memory = MemoryTarget::new("memory").with_predict().with_watch().with_capabilities(served());
        let target = Saboteur {
            inner: memory.clone(),
            breaks: law,
            stale: Mutex::default(),
            asked: AtomicBool::new(false),
            sent: Mutex::default(),
            memory: Mutex::default(),
        };
        Self { memory, target: Arc::new(target) }
    }
}

impl Harness for Stage {}

impl TargetHarness for Stage {
    fn target(&self) -> Arc<dyn Target> {
        self.target.clone()
    }

    fn edit(&self, id: &ObjectId, content: &str) {
        self.memory.edit(id, |body| set(body, "data", "content", content));
    }

    fn add_beside(&self, id: &ObjectId, value: &str) -> Check {
        self.memory.edit(id, |body| set(body, "data", "beside", value));
        Ok(())
    }

    fn set_status(&self, id: &ObjectId) -> Check {
        self.memory.set_status(id, "busy".into());
        Ok(())
    }

    fn make_unreadable(&self, id: &ObjectId) -> Check {
        self.memory.fail_look(id, Error::new(ErrorKind::Denied, "may not look"));
        Ok(())
    }

    fn unknown_kind(&self) -> Check<Object> {
        self.memory.undefine("Widget");
        let widget = config_map("shop", "a", "one").edit(|body| {
            body.as_map_mut().unwrap().insert("kind", "Widget");
        });
        Ok(widget.unwrap())
    }

    fn hold_deletes(&self, id: &ObjectId) -> Check {
        self.memory.hold_deletes(id);
        Ok(())
    }

    fn lose_next_answer(&self, id: &ObjectId) -> Check {
        self.memory.lose_next_write(id, Error::new(ErrorKind::Timeout, "no answer"));
        Ok(())
    }

    /// A target that does not know who holds what is one that was never told.
    fn hold_too(&self, object: &Object) -> Check {
        if !self.target.breaks("what_somebody_else_holds_too_stays") {
            assert!(self.memory.hold_too(object), "the object must be there");
        }
        Ok(())
    }

    fn object_inside(&self) -> Check<(Object, Object)> {
        let namespace = config_map("", "den", "one").edit(|body| {
            body.as_map_mut().unwrap().insert("kind", "Namespace");
        });
        Ok((namespace.unwrap(), config_map("den", "a", "one")))
    }

    fn invalid_object(&self, secret: &str) -> Check<Object> {
        let object = config_map("shop", "wrong", secret);
        let words = if self.target.breaks("no_body_is_shown_where_an_object_is_refused") {
            format!("wrong: {secret}")
        } else {
            "wrong".into()
        };
        let error = Error::new(ErrorKind::Invalid, words);
        self.memory.fail_next_write(object.id(), error.clone());
        self.memory.refuse(object.id(), error);
        Ok(object)
    }

    /// A watch that does not know that it was broken is one that was never told.
    fn break_watches(&self) -> Check {
        if !self.target.breaks("what_could_have_been_missed_counts_as_a_change") {
            self.memory.break_watches();
        }
        Ok(())
    }

    /// As is one that does not know who owns what.
    fn add_child(&self, of: &ObjectId) -> Check {
        if !self.target.breaks("a_change_of_what_an_object_owns_names_its_unit") {
            self.memory.put_child(of, config_map("shop", "child", "one"));
        }
        Ok(())
    }

    fn hang(&self) -> Check {
        self.memory.hang();
        Ok(())
    }

    fn requests(&self) -> Check<usize> {
        Ok(self.memory.looks() + self.target.memory.lock().unwrap().looks)
    }

    fn watched_units(&self) -> Check<usize> {
        Ok(self.memory.watched_units())
    }
}

fn served() -> Capabilities {
    Capabilities::new("v1", ["v1", "v1/ConfigMap", "v1/Namespace"].map(Into::into))
}

fn set(body: &mut Value, section: &str, field: &str, value: &str) {
    let section = body.as_map_mut().unwrap().get_mut(section).unwrap();
    section.as_map_mut().unwrap().insert(field, value);
}

struct Saboteur {
    inner: MemoryTarget,
    breaks: &'static str,
    /// What is shown once more of what was deleted.
    stale: Mutex<BTreeMap<ObjectId, Observation>>,
    asked: AtomicBool,
    /// What was sent last of each object.
    sent: Mutex<BTreeMap<ObjectId, Object>>,
    /// What its watch remembers.
    memory: Mutex<watches::Memory>,
}

impl fmt::Debug for Saboteur {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Saboteur")?;
        if self.breaks == "no_body_is_shown" {
            let bodies = self.inner.ids().into_iter().filter_map(|id| self.inner.get(&id));
            return bodies.into_iter().try_for_each(|object| f.write_str(&object.body().canonical()));
        }
        Ok(())
    }
}

impl Saboteur {
    /// A version made from the size, which stays when the content changes and its length does not.
    fn by_size(&self, live: &Live) -> Version {
        let size = self.inner.get(&live.id).map(|object| object.body().canonical().len());
        Version::new(format!("{} bytes", size.unwrap_or_default()))
    }

    fn breaks(&self, law: &str) -> bool {
        self.breaks == law
    }

    /// Bends what is told of an object, seen or written.
    fn told(&self, mut live: Live) -> Live {
        match self.breaks {
            "a_version_changes_with_every_change" => live.version = self.by_size(&live),
            "an_object_that_is_being_deleted_says_so" => live.deletion = None,
            "units_of_one_name_in_two_installations_are_two_owners" => {
                let unit = |owner| match owner {
                    Owner::Unit(unit) => Owner::of(&UnitId::new(unit.as_str()).unwrap()),
                    other => other,
                };
                live.owner = live.owner.map(unit);
            }
            "a_stamp_changes_with_what_an_apply_can_set" => live.stamp = Stamp(Digest::of(b"")),
            "a_stamp_stays_when_only_status_changes" => {
                live.stamp = Stamp(Digest::of(live.version.0.as_bytes()));
            }
            _ => {}
        }
        live
    }

    fn observation(&self, id: &ObjectId, look: &Look, observation: Observation) -> Option<Observation> {
        let stale = self.stale.lock().unwrap().remove(id);
        Some(match (self.breaks, observation) {
            ("observing_answers_for_each_object_asked_for", Observation::Absent) => return None,
            ("what_is_not_there_is_absent", Observation::Absent) => Observation::Undefined,
            ("what_cannot_be_read_is_never_absent", Observation::Unreadable(_)) => Observation::Absent,
            ("an_unknown_kind_is_undefined", Observation::Undefined) => Observation::Absent,
            (_, Observation::Absent) => stale.unwrap_or(Observation::Absent),
            ("a_body_comes_unless_its_stamp_is_known", Observation::Live(live)) if look.known.is_some() => {
                Observation::Live(Live { body: None, ..live })
            }
            (_, Observation::Live(live)) => Observation::Live(self.told(live)),
            (_, observation) => observation,
        })
    }

    async fn orphans(&self, cx: &Context, interest: &Interest, seen: &Observed) -> Result<Vec<Live>> {
        let mut orphans: Vec<Live> = seen.orphans.iter().cloned().map(|live| self.told(live)).collect();
        match self.breaks {
            "what_the_unit_owns_is_found_though_nobody_asked" => orphans.clear(),
            "what_others_own_is_no_orphan" => {
                orphans.extend(self.orphans_of(cx, unit("other"), interest).await?)
            }
            "what_another_installation_owns_is_no_orphan" => {
                let namesake = interest.unit.clone().of_installation("staging").unwrap();
                orphans.extend(self.orphans_of(cx, namesake, interest).await?);
            }
            "what_was_asked_for_is_no_orphan" => {
                orphans.extend(seen.observations.values().filter_map(Observation::live).cloned())
            }
            "observing_changes_nothing" if interest.objects.len() > 1 => {
                for orphan in &seen.orphans {
                    self.inner.remove(&orphan.id);
                }
            }
            _ => {}
        }
        Ok(orphans)
    }

    /// Gives the orphans of another unit that owns something and does not look for itself.
    async fn orphans_of(&self, cx: &Context, unit: UnitId, interest: &Interest) -> Result<Vec<Live>> {
        let owns = |id: &ObjectId| self.inner.owner_of(id).is_some_and(|owner| owner.is_of(&unit));
        if self.watches(&unit) || !self.inner.ids().iter().any(owns) {
            return Ok(Vec::new());
        }
        let interest = Interest { unit, ..interest.clone() };
        let orphans = self.inner.observe(cx, &interest).await?.orphans;
        self.inner.profile().watch.unwrap().release(&interest.unit);
        Ok(orphans)
    }

    fn live(&self, cx: &Context, id: &ObjectId) -> Option<Live> {
        let objects = BTreeMap::from([(id.clone(), Look::new("v1"))]);
        let interest = Interest { unit: UnitId::new("nobody").unwrap(), objects };
        let seen = windlass_testkit::block_on(self.inner.observe(cx, &interest)).ok()?;
        self.inner.profile().watch.unwrap().release(&interest.unit);
        seen.observations.get(id).and_then(Observation::live).cloned()
    }

    /// Bends a write before it is carried out.
    fn sent(&self, cx: &Context, write: &Write) -> Write {
        let mut write = write.clone();
        let present = self.live(cx, write.id());
        match &mut write {
            Write::Apply { payload, mode, expect, owner, .. } => {
                self.bend_apply(payload, mode, owner, present.as_ref());
                self.bend_expect(expect, present.as_ref());
            }
            Write::Delete { expect, .. } => {
                if self.breaks("an_expectation_that_does_not_hold_is_a_conflict") {
                    *expect = Expect::Any;
                }
                self.bend_expect(expect, present.as_ref());
            }
            _ => {}
        }
        write
    }

    fn bend_apply(&self, payload: &mut Object, mode: &mut Mode, owner: &mut Owner, present: Option<&Live>) {
        *mode = match (self.breaks, *mode) {
            ("a_replace_leaves_nothing_of_others", Mode::Replace) => Mode::Apply,
            ("create_only_leaves_alone_what_is_there", Mode::CreateOnly) => Mode::Apply,
            ("a_recreated_object_has_another_uid", Mode::Recreate) => Mode::Replace,
            (_, mode) => mode,
        };
        let old = present.and_then(|live| live.owner.clone());
        match (self.breaks, old) {
            ("a_write_sets_the_owner", Some(old)) => *owner = old,
            ("a_write_sets_the_whole_payload", _) => {
                let content = payload.body().text_at(&["data", "content"]).unwrap();
                let ascii: String = content.chars().filter(char::is_ascii).collect();
                *payload = payload.edit(|body| set(body, "data", "content", &ascii)).unwrap();
            }
            _ => {}
        }
        let has_beside = |object: Object| object.body().text_at(&["data", "beside"]).is_some();
        if *mode == Mode::Apply
            && self.breaks("an_apply_leaves_alone_what_others_set")
            && self.inner.get(payload.id()).is_some_and(has_beside)
        {
            self.inner.edit(payload.id(), payloads::without_beside);
        }
        if *mode == Mode::Apply {
            *payload = self.grown(payload);
            self.sent.lock().unwrap().insert(payload.id().clone(), payload.clone());
        }
    }

    fn bend_expect(&self, expect: &mut Expect, present: Option<&Live>) {
        let Expect::At(version) = expect else { return };
        if self.breaks("an_expectation_that_holds_lets_the_write_happen") {
            *version = Version::new("never");
        }
        if let Some(live) = present.filter(|_| self.breaks("a_version_changes_with_every_change")) {
            let same = *version == self.by_size(live);
            *version = if same { live.version.clone() } else { Version::new("never") };
        }
    }

    fn context(&self, cx: &Context, write: &Write) -> Context {
        match self.breaks {
            "a_fence_that_refuses_stops_every_write" if matches!(write, Write::Delete { .. }) => {
                let open = Context::shared(cx.clock().clone()).with_cancel(cx.cancel().clone());
                cx.remaining().map_or(open.clone(), |left| open.with_timeout(left))
            }
            "a_cancelled_write_writes_nothing" => cx.clone().with_cancel(Cancel::new()),
            "a_write_without_time_left_is_not_begun" => {
                cx.shielded(Duration::from_secs(60)).with_cancel(cx.cancel().clone())
            }
            _ => cx.clone(),
        }
    }

    /// Takes out of the context of a look what would end one that hangs.
    fn deaf(&self, cx: &Context) -> Context {
        match self.breaks {
            "a_look_that_hangs_ends_with_the_deadline" => endless(cx),
            "a_look_that_hangs_ends_when_it_is_cancelled" => cx.clone().with_cancel(Cancel::new()),
            _ => cx.clone(),
        }
    }

    /// Creates half an object first.
    async fn in_halves(&self, cx: &Context, write: &Write) -> Result<Written> {
        let Write::Apply { payload, owner, expect: Expect::Absent, .. } = write else {
            return self.inner.write(cx, write).await;
        };
        // The first wait is harmless: only who drops at the second finds half an object.
        yield_once().await;
        let half = payload.edit(|body| drop(body.as_map_mut().unwrap().remove("data"))).unwrap();
        let apply = |payload, mode, expect| Write::apply(payload, mode, expect, owner.clone());
        self.inner.write(cx, &apply(half, Mode::Apply, Expect::Absent)).await?;
        yield_once().await;
        match self.inner.write(cx, &apply(payload.clone(), Mode::Replace, Expect::Any)).await? {
            Written::Changed(live) => Ok(Written::Created(live)),
            done => Ok(done),
        }
    }

    async fn carry_out(&self, cx: &Context, write: &Write) -> Result<Written> {
        if self.breaks("dropping_a_write_leaves_the_old_or_the_new_object") {
            return self.in_halves(cx, write).await;
        }
        if self.breaks("deleting_what_is_absent_is_gone")
            && matches!(write, Write::Delete { .. })
            && self.inner.get(write.id()).is_none()
        {
            return Err(Error::new(ErrorKind::NotFound, "nothing to delete"));
        }
        let done = self.inner.write(cx, write).await;
        let refused = done.as_ref().is_err_and(|error| error.kind() == ErrorKind::Conflict);
        // A fence that refuses is a conflict too, and nothing may be forced past it.
        if refused && self.breaks("a_refused_write_changes_nothing") && cx.check_write().is_ok() {
            let mut forced = write.clone();
            match &mut forced {
                Write::Apply { expect, .. } | Write::Delete { expect, .. } => *expect = Expect::Any,
                _ => {}
            }
            self.inner.write(cx, &forced).await?;
        }
        done
    }

    /// Bends the answer to a write.
    fn answer(&self, done: Result<Written>) -> Result<Written> {
        let done = done.map_err(|error| match self.breaks {
            "an_error_after_which_something_changed_says_so" => Error::new(error.kind(), error.message()),
            _ => error,
        })?;
        Ok(match (self.breaks, done) {
            ("a_write_says_what_it_did", Written::Created(live)) => Written::Changed(live),
            ("writing_again_says_unchanged_and_changes_nothing", Written::Unchanged(live)) => {
                Written::Changed(live)
            }
            ("a_held_deletion_is_told_and_the_object_still_seen", Written::Deleting(_)) => Written::Gone,
            ("the_written_version_is_the_observed_one", Written::Changed(live)) => {
                Written::Changed(Live { version: Version::new("0"), ..live })
            }
            (_, Written::Created(live)) => Written::Created(self.told(live)),
            (_, Written::Changed(live)) => Written::Changed(self.told(live)),
            (_, Written::Unchanged(live)) => Written::Unchanged(self.told(live)),
            (_, done) => done,
        })
    }
}

#[async_trait]
impl Target for Saboteur {
    fn profile(&self) -> Profile<'_> {
        let again = self.asked.swap(true, Ordering::SeqCst);
        let moved = again && self.breaks("the_profile_is_the_same_every_time");
        let place = if moved { "elsewhere" } else { self.inner.profile().place };
        Profile::new(place).with_predict(self).with_list(self).with_watch(self)
    }

    async fn observe(&self, cx: &Context, interest: &Interest) -> Result<Observed> {
        let cx = &self.deaf(cx);
        let seen = self.inner.observe(cx, &self.looking(interest)).await?;
        let orphans = self.orphans(cx, interest, &seen).await?;
        let bend = |(id, observation): (ObjectId, Observation)| {
            let observation = self.observation(&id, interest.objects.get(&id)?, observation)?;
            Some((id, observation))
        };
        Ok(Observed { observations: seen.observations.into_iter().filter_map(bend).collect(), orphans })
    }

    async fn write(&self, cx: &Context, write: &Write) -> Result<Written> {
        let quiet = Context::shared(cx.clock().clone());
        if self.breaks("what_was_written_is_seen_at_once") && matches!(write, Write::Delete { .. }) {
            let live = self.live(&quiet, write.id());
            self.stale.lock().unwrap().extend(live.map(|live| (write.id().clone(), Observation::Live(live))));
        }
        let other = matches!(write, Write::Apply { mode, .. } if *mode != Mode::Apply);
        if other && self.breaks("no mode but apply") {
            return Err(Error::new(ErrorKind::Unsupported, "no such mode"));
        }
        let done = self.carry_out(&self.context(cx, write), &self.sent(&quiet, write)).await;
        self.wrote(write);
        self.answer(done)
    }
}
