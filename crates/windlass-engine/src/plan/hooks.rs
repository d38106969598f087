//! What would happen to hooks: they run once for all that is wanted.

use windlass_core::{Action, Digest, Error, ErrorKind, Expect, Hook, Live, Mode, Phase, Text, Verb};

use super::the_same;
use super::wanted::{Decided, Draft};

impl Draft<'_> {
    pub(super) fn decide_hook(
        &self,
        hook: Hook,
        run: Option<Digest>,
        live: Option<&Live>,
    ) -> Result<Decided, Error> {
        if let Some(why) = self.other_time(hook.phase) {
            return Ok(Decided::Keep(why));
        }
        if let Some(live) = live {
            self.check_owner(live)?;
        }
        let ran = self.facts.hooks.get(self.wanted.item.id()).filter(|ran| Some(ran.run) == run);
        match ran.map(|ran| (ran.good, &ran.before)) {
            Some((Some(true), _)) => Ok(Decided::Ran { done: true }),
            Some((Some(false), _)) if !self.rules.repeat_failed_hooks => Err(Error::new(
                ErrorKind::Conflict,
                "the hook failed, and does not run again until something else is wanted",
            )
            .with("phase", hook.phase.name())
            .with_help("mend what it does and commit that, or ask for a pass to let it run again")),
            // It was begun and nobody has seen its end: it goes on where it is there.
            Some((None, before))
                if live.is_some_and(|live| self.is_ours(live) && !was_there(live, before)) =>
            {
                Ok(Decided::Ran { done: false })
            }
            _ => Ok(Decided::Run),
        }
    }

    /// Why the hook does not run in this pass.
    fn other_time(&self, phase: Phase) -> Option<Text> {
        match (phase, self.facts.delete_all) {
            (Phase::OnFailure, _) => Some("a hook that runs only where something fails".into()),
            (Phase::BeforeDelete | Phase::AfterDelete, true)
            | (Phase::Before | Phase::Main | Phase::After, false) => None,
            (phase, _) => Some(format!("a hook that runs {}", phase.name()).into()),
        }
    }

    /// A hook for a failure runs once for all that is wanted, like any other.
    pub(super) fn may_run_on_failure(&self, hook: Hook, run: Option<Digest>) -> bool {
        let ran = self.facts.hooks.get(self.wanted.item.id());
        let ran = ran.is_some_and(|ran| Some(ran.run) == run && ran.good.is_some());
        hook.phase == Phase::OnFailure && !self.facts.delete_all && !ran
    }

    /// Makes a hook ready that stays as it is unless something fails.
    pub(super) fn ready_for_failure(&self, live: Option<&Live>, action: &mut Action) {
        let verb = action.verb.clone();
        self.run_hook(live, action);
        action.verb = verb;
    }

    pub(super) fn run_hook(&self, live: Option<&Live>, action: &mut Action) {
        let payload = self.wanted.item.object.clone();
        let (verb, mode) =
            if live.is_some() { (Verb::Change, Mode::Renew) } else { (Verb::Create, Mode::Apply) };
        action.expect = match live {
            None => Expect::Absent,
            Some(live) => the_same(live),
        };
        self.write(action, live, verb, payload, mode);
    }
}

/// Says whether an object is the one that was there before the hook began.
fn was_there(live: &Live, before: &Option<Text>) -> bool {
    let version = || live.version.0.clone();
    before.as_ref().is_some_and(|before| *before == live.uid.clone().unwrap_or_else(version))
}
