//! The engine: gathers facts, plans, asks policies, carries out.

mod execute;
mod gather;
mod look;
mod pass;
mod render;
mod run;
mod status;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use windlass_core::{
    Context, Dialect, Error, ErrorKind, Event, EventKind, EventSink, HealthCheck, OrderRule, Plan, Policy,
    Renderer, Report, Result, Revision, Source, StateStore, Target, Transform, TreePath, UnitId, Verdict,
};

pub use status::{ObjectStatus, Status};

use pass::{Gathered, Passed, Prepared, Stopped, check_same, drifted};

use crate::explain::Compared;
use crate::options::Options;
use crate::rules::{Adoption, Explain, Prune, Rules, Wait};

/// Reconciles one unit: what a source wants, rendered, becomes what a target has.
///
/// Cheap to clone; a clone is the same engine. State, order, health and dialects come from the target unless they are
/// replaced.
///
/// # Guarantees
/// - [`plan`](Engine::plan) and [`status`](Engine::status) write nothing.
/// - An `Err` means that nothing was written to the target. What failed for single objects is in the [`Report`].
/// - No write before every policy saw the whole plan, and before the inventory names all that may be created.
/// - A second pass over a converged state writes nothing, neither to the target nor to the store.
///
/// # Cancel safety
/// Dropping the future of any method stops it. What was being written is in the inventory; the next pass repairs. To
/// stop in good order, cancel the [`Context`]: nothing more is begun, and what was done is saved.
#[derive(Clone)]
pub struct Engine(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    unit: UnitId,
    source: Arc<dyn Source>,
    path: TreePath,
    renderer: Arc<dyn Renderer>,
    transforms: Vec<Arc<dyn Transform>>,
    target: Arc<dyn Target>,
    store: Option<Arc<dyn StateStore>>,
    order: Option<Vec<Arc<dyn OrderRule>>>,
    dialects: Option<Vec<Arc<dyn Dialect>>>,
    health: Option<Vec<Arc<dyn HealthCheck>>>,
    policies: Vec<Arc<dyn Policy>>,
    events: Vec<Arc<dyn EventSink>>,
    explain: Arc<dyn Explain>,
    options: Options,
}

impl Engine {
    /// Makes an engine for one unit.
    pub fn new(unit: UnitId, source: impl Source, renderer: impl Renderer, target: impl Target) -> Self {
        Self::of(unit, Arc::new(source), Arc::new(renderer), Arc::new(target))
    }

    /// Makes an engine from parts that others use too.
    #[must_use]
    pub fn of(
        unit: UnitId,
        source: Arc<dyn Source>,
        renderer: Arc<dyn Renderer>,
        target: Arc<dyn Target>,
    ) -> Self {
        Self(Arc::new(Parts {
            unit,
            source,
            path: TreePath::root(),
            renderer,
            transforms: Vec::new(),
            target,
            store: None,
            order: None,
            dialects: None,
            health: None,
            policies: Vec::new(),
            events: Vec::new(),
            explain: Arc::new(Compared::default()),
            options: Options::default(),
        }))
    }

    /// Renders this folder of the source; the root unless said.
    #[must_use]
    pub fn with_path(self, path: TreePath) -> Self {
        self.with(|parts| parts.path = path)
    }

    /// Adds a transform; they run in the order in which they were added.
    #[must_use]
    pub fn with_transform(self, transform: impl Transform) -> Self {
        self.with(|parts| parts.transforms.push(Arc::new(transform)))
    }

    /// Keeps the state somewhere else than with the target.
    #[must_use]
    pub fn with_store(self, store: Arc<dyn StateStore>) -> Self {
        self.with(|parts| parts.store = Some(store))
    }

    /// Replaces the rules of order that the target brings.
    #[must_use]
    pub fn with_order(self, rules: Vec<Arc<dyn OrderRule>>) -> Self {
        self.with(|parts| parts.order = Some(rules))
    }

    /// Replaces the dialects that the target brings.
    #[must_use]
    pub fn with_dialects(self, dialects: Vec<Arc<dyn Dialect>>) -> Self {
        self.with(|parts| parts.dialects = Some(dialects))
    }

    /// Replaces the health checks that the target brings. The first that has an answer decides; where none has, the
    /// target's own word stands. The target is asked for every body.
    #[must_use]
    pub fn with_health(self, checks: Vec<Arc<dyn HealthCheck>>) -> Self {
        self.with(|parts| parts.health = Some(checks))
    }

    /// Adds a policy; all of them see every plan, in the order in which they were added.
    #[must_use]
    pub fn with_policy(self, policy: impl Policy) -> Self {
        self.with(|parts| parts.policies.push(Arc::new(policy)))
    }

    /// Adds somebody who is told what happens. A function of one [`Event`] is one.
    #[must_use]
    pub fn with_events(self, sink: impl EventSink) -> Self {
        self.with(|parts| parts.events.push(Arc::new(sink)))
    }

    /// Replaces how differences are explained.
    #[must_use]
    pub fn with_explain(self, explain: impl Explain) -> Self {
        self.with(|parts| parts.explain = Arc::new(explain))
    }

    /// Sets what is deleted.
    #[must_use]
    pub fn with_prune(self, prune: Prune) -> Self {
        self.with(|parts| parts.options.prune = prune)
    }

    /// Sets what is waited for.
    #[must_use]
    pub fn with_wait(self, wait: Wait) -> Self {
        self.with(|parts| parts.options.wait = wait)
    }

    /// Sets who may be taken over.
    #[must_use]
    pub fn with_adoption(self, adoption: Adoption) -> Self {
        self.with(|parts| parts.options.adoption = adoption)
    }

    /// Sets the time between two passes of [`run`](Engine::run).
    #[must_use]
    pub fn with_interval(self, interval: Duration) -> Self {
        self.with(|parts| parts.options.interval = interval)
    }

    /// Replaces all options.
    #[must_use]
    pub fn with_options(self, options: Options) -> Self {
        self.with(|parts| parts.options = options)
    }

    /// Gives the name of the unit.
    #[must_use]
    pub fn unit(&self) -> &UnitId {
        &self.0.unit
    }

    /// Gives the options.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// Says what would happen. Writes nothing.
    ///
    /// # Errors
    /// What source, renderer, target and store say; nothing was written.
    pub async fn plan(&self, cx: &Context) -> Result<Plan> {
        Ok(self.prepare(cx, None).await?.plan)
    }

    /// Carries out a plan that was made before: gathers again, and goes on only if the plan would still be the same.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where the plan would be another by now; [`ErrorKind::Denied`] by a policy; else as
    /// [`Engine::plan`]. Nothing was written.
    pub async fn apply(&self, cx: &Context, plan: &Plan) -> Result<Report> {
        self.telling(async {
            let gathered = self.gather(cx, plan.revision.clone()).await?;
            let prepared = self.prepared(cx, gathered);
            check_same(plan, &prepared.plan)?;
            Ok(self.carry_out(cx, prepared, None).await?.report)
        })
        .await
    }

    /// Makes one pass: gathers, plans, asks the policies, carries out.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] by a policy; else as [`Engine::plan`]. Nothing was written.
    pub async fn reconcile(&self, cx: &Context) -> Result<Report> {
        Ok(self.pass(cx, None).await?.report)
    }

    async fn pass(&self, cx: &Context, ahead: Option<Duration>) -> Result<Passed> {
        self.telling(async {
            let prepared = self.prepare(cx, None).await?;
            self.carry_out(cx, prepared, ahead).await
        })
        .await
    }

    /// Says what deleting the unit would do: everything it owns goes, but for what asked to be kept.
    ///
    /// # Errors
    /// What target and store say; nothing was written.
    pub async fn plan_delete(&self, cx: &Context) -> Result<Plan> {
        let gathered = self.gather_for_delete(cx).await?;
        let prepared = self.prepared(cx, gathered);
        self.tell_plan(&prepared);
        Ok(prepared.plan)
    }

    /// Deletes all that the unit owns, as `plan` from [`Engine::plan_delete`] says, and forgets the unit once all of
    /// it is gone.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub async fn delete(&self, cx: &Context, plan: &Plan) -> Result<Report> {
        self.telling(async {
            let gathered = self.gather_for_delete(cx).await?;
            let prepared = self.prepared(cx, gathered);
            check_same(plan, &prepared.plan)?;
            Ok(self.carry_out(cx, prepared, None).await?.report)
        })
        .await
    }

    /// Tells that a pass begins, and why it ended where nothing was written. What a policy withheld was told.
    async fn telling<T>(&self, pass: impl Future<Output = Result<T, Stopped>>) -> Result<T> {
        self.tell(EventKind::Started);
        match pass.await {
            Ok(done) => Ok(done),
            Err(Stopped::Withheld(error)) => Err(error),
            Err(Stopped::Failed(error)) => {
                self.tell(EventKind::Failed { error: error.clone() });
                Err(error)
            }
        }
    }

    async fn prepare(&self, cx: &Context, revision: Option<Revision>) -> Result<Prepared> {
        let gathered = self.gather(cx, revision).await?;
        let prepared = self.prepared(cx, gathered);
        self.tell_plan(&prepared);
        Ok(prepared)
    }

    fn prepared(&self, cx: &Context, gathered: Gathered) -> Prepared {
        let plan = crate::plan::plan(&gathered.facts, &self.rules(cx));
        let drifted = drifted(&gathered.facts, &plan).collect();
        Prepared { plan, drifted, resolved: gathered.resolved, saved: gathered.saved }
    }

    fn tell_plan(&self, prepared: &Prepared) {
        let plan = &prepared.plan;
        self.tell(EventKind::Planned { plan: plan.digest, writes: plan.writes() });
        prepared.drifted.iter().for_each(|id| self.tell(EventKind::Drifted { id: id.clone() }));
    }

    async fn carry_out(
        &self,
        cx: &Context,
        prepared: Prepared,
        ahead: Option<Duration>,
    ) -> Result<Passed, Stopped> {
        self.review(cx, &prepared.plan).await?;
        Ok(self.execute(cx, prepared, ahead).await?)
    }

    async fn review(&self, cx: &Context, plan: &Plan) -> Result<(), Stopped> {
        for policy in &self.0.policies {
            let (why, hold) = match policy.review(cx, plan).await? {
                Verdict::Allow => continue,
                Verdict::Hold(why) => (why, true),
                Verdict::Deny(why) => (why, false),
            };
            self.tell(EventKind::Withheld { why: why.clone(), hold });
            let message = if hold { "a policy holds the plan" } else { "a policy denies the plan" };
            let error = Error::new(ErrorKind::Denied, message).with("why", why).with("plan", plan.digest);
            return Err(Stopped::Withheld(error));
        }
        Ok(())
    }

    fn rules<'a>(&'a self, cx: &'a Context) -> Rules<'a> {
        let options = &self.0.options;
        let order = self.0.order.as_deref().unwrap_or_else(|| self.0.target.profile().order);
        Rules::new(&*self.0.explain, &options.prune, &options.wait, cx.limits())
            .with_order(order)
            .with_dialects(self.dialects())
            .with_adoption(options.adoption)
    }

    fn dialects(&self) -> &[Arc<dyn Dialect>] {
        self.0.dialects.as_deref().unwrap_or_else(|| self.0.target.profile().dialects)
    }

    fn store(&self) -> Result<&dyn StateStore> {
        self.0.store.as_deref().or_else(|| self.0.target.profile().state).ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "the target keeps no state")
                .with_help("give the engine a state store")
        })
    }

    fn tell(&self, what: EventKind) {
        let event = Event::new(self.0.unit.clone(), what);
        tracing::debug!(%event);
        self.0.events.iter().for_each(|sink| sink.emit(&event));
    }

    fn with(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("unit", &self.0.unit)
            .field("source", &self.0.source)
            .field("renderer", &self.0.renderer)
            .field("target", &self.0.target)
            .finish_non_exhaustive()
    }
}
