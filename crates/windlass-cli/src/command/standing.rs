//! How units stand while all of them run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use windlass_core::{Context, Plan, Policy, Report, Result, UnitId, Verdict, async_trait};

/// Whether the last pass of each unit went well. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing(Arc<Mutex<BTreeMap<UnitId, bool>>>);

/// Lets a unit write only while what it depends on is well.
#[derive(Debug)]
pub(super) struct AfterOthers {
    pub(super) depends_on: Vec<UnitId>,
    pub(super) standing: Standing,
}

impl Standing {
    /// Notes how a pass went: well if everything was written and is healthy.
    pub(super) fn note(&self, unit: &UnitId, pass: &Result<Report>) {
        let well =
            pass.as_ref().is_ok_and(|report| report.is_success() && report.unhealthy().next().is_none());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(unit.clone(), well);
    }

    fn is_well(&self, unit: &UnitId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(unit) == Some(&true)
    }
}

#[async_trait]
impl Policy for AfterOthers {
    async fn review(&self, _cx: &Context, _plan: &Plan) -> Result<Verdict> {
        let waits_for = self.depends_on.iter().find(|unit| !self.standing.is_well(unit));
        Ok(waits_for.map_or(Verdict::Allow, |unit| Verdict::Hold(format!("waits for `{unit}`").into())))
    }
}

#[cfg(test)]
mod tests {
    use windlass_core::{
        Digest, Error, ErrorKind, Health, HealthStatus, ObjectId, ObjectReport, Outcome, Timestamp,
    };
    use windlass_engine::TokioClock;

    use super::*;

    fn pass(outcome: Outcome, health: Option<Health>) -> Result<Report> {
        let unit = UnitId::new("database").unwrap();
        let mut report = Report::new(unit, None, Digest::of(b"plan"), Timestamp::from_unix(0));
        let id = ObjectId::new("apps", "StatefulSet", "shop", "database");
        report.objects.push(ObjectReport::new(id, None, outcome, health));
        Ok(report)
    }

    /// What the policy says of a unit that depends on one with these passes.
    fn verdict(passes: &[Result<Report>]) -> Verdict {
        let (database, standing) = (UnitId::new("database").unwrap(), Standing::default());
        passes.iter().for_each(|pass| standing.note(&database, pass));
        let policy = AfterOthers { depends_on: vec![database], standing };
        let plan = Plan::new(UnitId::new("shop").unwrap(), "live", None);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(policy.review(&Context::new(TokioClock::new()), &plan)).unwrap()
    }

    #[test]
    fn a_unit_waits_until_what_it_depends_on_is_applied_and_healthy() {
        let waits = Verdict::Hold("waits for `database`".into());
        let good = || pass(Outcome::Created, Some(Health::healthy()));
        let starting = || pass(Outcome::Created, Some(Health::new(HealthStatus::Progressing, "0 of 1")));
        let failed = || pass(Outcome::Failed { error: Error::new(ErrorKind::Denied, "no") }, None);
        assert_eq!(verdict(&[]), waits, "no pass yet");
        assert_eq!(verdict(&[good()]), Verdict::Allow);
        assert_eq!(verdict(&[pass(Outcome::Created, None)]), Verdict::Allow, "what has no health is well");
        assert_eq!(verdict(&[starting()]), waits, "applied, and not healthy");
        assert_eq!(verdict(&[starting(), good()]), Verdict::Allow);
        assert_eq!(verdict(&[good(), failed()]), waits);
        assert_eq!(verdict(&[good(), Err(Error::new(ErrorKind::Unavailable, "down"))]), waits);
    }
}
