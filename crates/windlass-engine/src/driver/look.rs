//! Looking at objects, and how they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::{
    Context, Error, ErrorKind, Health, HealthCheck, HealthStatus, Interest, Live, Look, NoChildren, ObjectId,
    Observation, Observed, Result, Write,
};

use super::Engine;
use super::guard::{call, caught};

impl Engine {
    /// Looks at objects, and says how they are: as the checks that replace the target's say, else as the target does,
    /// else as the target's checks say of the body.
    ///
    /// A target that brings checks and does not ask them itself is asked once more, for the bodies that it left out.
    pub(super) async fn look(&self, cx: &Context, mut interest: Interest) -> Result<Observed> {
        if self.0.health.is_some() {
            interest.objects.values_mut().for_each(|look| look.known = None);
        }
        let mut observed = self.look_at_each(cx, &interest).await?;
        let unknown = self.not_assessed(&interest, &observed);
        if !unknown.is_empty() {
            let interest = Interest { unit: interest.unit, objects: unknown };
            observed.observations.extend(self.look_at_each(cx, &interest).await?.observations);
        }
        for observation in observed.observations.values_mut() {
            if let Observation::Live(live) = observation {
                self.assess(live);
            }
        }
        Ok(observed)
    }

    /// One observation for each object, whatever the target says.
    async fn look_at_each(&self, cx: &Context, interest: &Interest) -> Result<Observed> {
        let mut observed = self.observe_as_it_is(cx, interest).await?;
        // Both are sorted, so that one walk along both finds what is missing.
        let mut seen = observed.observations.keys().peekable();
        let is_missing = |id: &&ObjectId| {
            while seen.next_if(|seen| seen < id).is_some() {}
            seen.peek() != Some(id)
        };
        let missing: Vec<ObjectId> = interest.objects.keys().filter(is_missing).cloned().collect();
        observed.observations.extend(missing.into_iter().map(|id| {
            let error = Error::new(ErrorKind::Internal, "the target did not look at this object");
            (id, Observation::Unreadable(error))
        }));
        Ok(observed)
    }

    /// What the target says.
    pub(super) async fn observe_as_it_is(&self, cx: &Context, interest: &Interest) -> Result<Observed> {
        call(cx, "target", cx.limits().gather_timeout, self.0.target.observe(cx, interest)).await
    }

    fn not_assessed(&self, interest: &Interest, observed: &Observed) -> BTreeMap<ObjectId, Look> {
        if self.checks().is_empty() {
            return BTreeMap::new();
        }
        let is_unknown = |seen: &Observation| match seen {
            Observation::Live(live) => live.health.is_none() && live.body.is_none(),
            _ => false,
        };
        let unknown = observed.observations.iter().filter(|(_, seen)| is_unknown(seen));
        let looks = unknown.filter_map(|(id, _)| Some((id, interest.objects.get(id)?)));
        looks.map(|(id, look)| (id.clone(), Look::new(look.api_version.clone()))).collect()
    }

    fn assess(&self, live: &mut Live) {
        let Some(body) = &live.body else { return };
        let checks = || Ok(self.checks().iter().find_map(|check| check.assess(body, &NoChildren)));
        let found = caught("health check", checks).unwrap_or_else(|error| {
            Some(Health::new(HealthStatus::Unknown, format!("it could not be assessed: {error}")))
        });
        if self.0.health.is_some() {
            live.health = found.or_else(|| live.health.take());
        } else if live.health.is_none() {
            live.health = found;
        }
    }

    /// Says how an object is that was just written, where the target did not.
    pub(super) async fn assess_written(&self, cx: &Context, write: &Write, live: Live) -> Live {
        let mut live = live;
        let said = live.health.is_some() && self.0.health.is_none();
        if said || self.checks().is_empty() {
            return live;
        }
        if live.body.is_none()
            && let Err(error) = self.bring_body(cx, write, &mut live).await
        {
            let message = format!("it could not be looked at: {error}");
            live.health = Some(Health::new(HealthStatus::Unknown, message));
        }
        self.assess(&mut live);
        live
    }

    async fn bring_body(&self, cx: &Context, write: &Write, live: &mut Live) -> Result<()> {
        let Write::Apply { payload, .. } = write else { return Ok(()) };
        let objects = BTreeMap::from([(live.id.clone(), Look::new(payload.api_version()))]);
        let interest = Interest { unit: self.0.unit.clone(), objects };
        match self.look_at_each(cx, &interest).await?.observations.remove(&live.id) {
            Some(Observation::Live(seen)) => live.body = seen.body,
            Some(Observation::Unreadable(error)) => return Err(error),
            // What goes by itself is looked at once more by whoever waits for it.
            _ => live.health = Some(Health::new(HealthStatus::Progressing, "it is gone")),
        }
        Ok(())
    }

    fn checks(&self) -> &[Arc<dyn HealthCheck>] {
        self.0.health.as_deref().unwrap_or_else(|| self.0.target.profile().health)
    }
}
