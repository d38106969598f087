//! The engine: gathers facts, plans, asks policies, carries out.

mod bases;
mod control;
mod deletion;
mod execute;
mod gather;
mod guard;
mod judge;
mod key;
mod look;
mod memo;
mod pass;
mod reads;
mod render;
mod settled;
mod siblings;
mod status;
mod voice;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use windlass_core::{
    Bases, Context, Control, Dialect, Error, ErrorKind, EventSink, HealthCheck, OrderRule, Plan, Policy,
    Release, Renderer, Report, Result, Revision, Source, StateStore, Target, Text, Transform, TreePath,
    Trigger, UnitId, UnitOrigin,
};

pub use bases::bring_bases;
pub use status::{ObjectStatus, Status};

use guard::whole;
pub(crate) use guard::{call, caught};
use memo::Memo;
use pass::{Gathered, Manner, Prepared, Start, Stopped, check_same, drifted};
pub(crate) use pass::{Passed, Terms, Waits};
use settled::settled;
pub(crate) use siblings::Roster;
use voice::Voice;

use crate::explain::Compared;
use crate::options::Options;
use crate::plan::due;
use crate::rules::{Adoption, Explain, Prune, Rules, Wait};

/// Rewrites an error.
struct Blame(Box<dyn Fn(Error) -> Error + Send + Sync>);

/// Reconciles one unit: what a source wants, rendered, becomes what a target has.
///
/// Cheap to clone; a clone is the same engine. State, order, health and dialects come from the target unless they are
/// replaced.
///
/// # Guarantees
/// - [`plan`](Engine::plan) and [`status`](Engine::status) write nothing.
/// - An `Err` means that nothing was written to the target, unless it [says](Error::may_have_written) that something may
///   have been: where a part panicked in the middle. What failed for single objects is in the [`Report`].
/// - No part keeps a pass for ever, or brings it down: each call has its limit in [`Limits`](windlass_core::Limits), and a
///   panic is an error without its text. What cannot wait cannot be cut off either: a render beside tokio that does not look
///   at its context, a sink, a rule, a check. Neither can a clock that never wakes anybody, since it is what limits all else.
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
    bases: Option<Arc<dyn Bases>>,
    target: Arc<dyn Target>,
    store: Option<Arc<dyn StateStore>>,
    order: Option<Vec<Arc<dyn OrderRule>>>,
    dialects: Option<Vec<Arc<dyn Dialect>>>,
    health: Option<Vec<Arc<dyn HealthCheck>>>,
    policies: Vec<Arc<dyn Policy>>,
    events: Vec<Arc<dyn EventSink>>,
    explain: Arc<dyn Explain>,
    options: Options,
    source_name: Option<Text>,
    source_errors: Option<Arc<Blame>>,
    roster: Arc<Roster>,
    memo: Arc<Memo>,
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
            bases: None,
            target,
            store: None,
            order: None,
            dialects: None,
            health: None,
            policies: Vec::new(),
            events: Vec::new(),
            explain: Arc::new(Compared::default()),
            options: Options::default(),
            source_name: None,
            source_errors: None,
            roster: Arc::default(),
            memo: Arc::default(),
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

    /// Brings other artifacts that a render needs, such as remote bases; without it such a render is an error.
    ///
    /// In each pass the source of each is asked which revision it is at, and fetched only where that is another than the last
    /// time.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use windlass_core::{Address, Error, ErrorKind, Result, Source};
    /// use windlass_engine::Engine;
    /// use windlass_testkit::{LinesRenderer, MemorySource, MemoryTarget, files, unit};
    ///
    /// let base: Arc<dyn Source> = Arc::new(MemorySource::of(files([("web.yaml", "")])));
    /// let bases = move |address: &Address| -> Result<Arc<dyn Source>> {
    ///     match address.expose() {
    ///         "git::https://example.org/base.git?ref=v1" => Ok(Arc::clone(&base)),
    ///         _ => Err(Error::new(ErrorKind::Denied, "the address is not allowed")),
    ///     }
    /// };
    /// let engine = Engine::new(unit("shop"), MemorySource::new(), LinesRenderer::new(), MemoryTarget::new("memory"));
    /// let engine = engine.with_bases(Arc::new(bases));
    /// # drop(engine);
    /// ```
    #[must_use]
    pub fn with_bases(self, bases: Arc<dyn Bases>) -> Self {
        // What was brought came from others.
        self.with(|parts| (parts.bases, parts.memo) = (Some(bases), Arc::default()))
    }

    /// Keeps the state somewhere else than with the target.
    #[must_use]
    pub fn with_store(self, store: Arc<dyn StateStore>) -> Self {
        // What is known is known from the other store.
        self.with(|parts| (parts.store, parts.memo) = (Some(store), Arc::default()))
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

    /// Adds somebody who is told what happens. A function of one [`Event`](windlass_core::Event) is one.
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

    /// Names the source, in a spelling that all units of one source share and that holds no credentials. Units that know
    /// one another so hand objects over that move from one to the other, instead of deleting them.
    #[must_use]
    pub fn with_source_name(self, name: impl Into<Text>) -> Self {
        let name = name.into();
        self.with(|parts| parts.source_name = Some(name))
    }

    /// Rewrites the errors of the source, such as to say which field of whose file named it. So units can share a source
    /// and still each have errors of their own.
    #[must_use]
    pub fn with_source_errors(self, rewrite: impl Fn(Error) -> Error + Send + Sync + 'static) -> Self {
        self.with(|parts| parts.source_errors = Some(Arc::new(Blame(Box::new(rewrite)))))
    }

    pub(crate) fn blame_source(&self, error: Error) -> Error {
        match &self.0.source_errors {
            Some(blame) => (blame.0)(error),
            None => error,
        }
    }

    pub(crate) fn origin(&self) -> Option<UnitOrigin> {
        let source = self.0.source_name.clone()?;
        Some(UnitOrigin { source, path: self.0.path.clone() })
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
        let voice = self.voice(cx, Trigger::Call);
        whole(async {
            let control = self.control(cx).await?;
            let revision = self.revision(cx, &control, None).await?;
            Ok(self.prepare(cx, &voice, revision.into(), &control, Manner::default()).await?.plan)
        })
        .await
    }

    /// Carries out a plan that was made before: gathers again, and goes on only if the plan would still be the same.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where the plan would differ by now; else as [`Engine::reconcile`]. Nothing was written.
    pub async fn apply(&self, cx: &Context, plan: &Plan) -> Result<Report> {
        let voice = self.voice(cx, Trigger::Call);
        let pass = async {
            let control = self.control(cx).await?;
            let revision = match &plan.revision {
                Some(revision) => revision.clone(),
                None => self.revision(cx, &control, None).await?,
            };
            let manner = Manner::of(Trigger::Call);
            let gathered = self.gather(cx, &voice, revision.into(), &control, manner).await?;
            let prepared = self.prepared(cx, &voice, gathered);
            check_same(plan, &prepared.plan)?;
            Ok(self.carry_out(cx, &voice, prepared, &control, &Terms::default()).await?.report)
        };
        voice.telling(pass).await
    }

    /// Makes one pass: gathers, plans, asks the policies, carries out. Where nothing has changed since the last pass, neither
    /// files nor objects are asked for: only the source what it is at, and the target whether something was changed.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] by a policy; [`ErrorKind::Held`] by a policy, or while the unit is suspended, with what
    /// [would release](Error::release) it; else as [`Engine::plan`]. Nothing was written.
    pub async fn reconcile(&self, cx: &Context) -> Result<Report> {
        Ok(self.pass(cx, &Terms::default()).await?.report)
    }

    /// Makes passes until the context is cancelled: a [`Fleet`](crate::Fleet) of this unit alone.
    ///
    /// # Errors
    /// None but a deadline of the context: what a pass could not do is told as an event, and tried again.
    pub async fn run(&self, cx: &Context) -> Result<()> {
        crate::Fleet::of([self.clone()])?.run(cx).await
    }

    pub(crate) async fn pass(&self, cx: &Context, terms: &Terms) -> Result<Passed> {
        let voice = self.voice(cx, terms.trigger);
        let pass = async {
            let control = match &terms.control {
                Some(control) => control.clone(),
                None => self.control_lately(cx).await?,
            };
            let resolved = self.revision(cx, &control, terms.resolved.clone()).await?;
            let mut start = Start::from(resolved.clone());
            if let Some(passed) = self.pass_settled(cx, &voice, &mut start, &control, terms.trigger).await? {
                return Ok(passed);
            }
            let manner = Manner::of(terms.trigger);
            let prepared = self.prepare(cx, &voice, start, &control, manner).await?;
            let (basis, drifted) = (self.basis(&resolved, &control, &prepared), !prepared.drifted.is_empty());
            let mut passed = self.carry_out(cx, &voice, prepared, &control, terms).await?;
            let saved = passed.saved.take();
            if let Some(settled) = settled(basis, &passed.report, saved) {
                self.0.memo.settle(settled, drifted);
            } else {
                self.0.memo.unsettle();
            }
            Ok(passed)
        };
        voice.telling(pass).await
    }

    /// The revision to be at: the one that a person pinned, else what the source is at.
    async fn revision(
        &self,
        cx: &Context,
        control: &Control,
        resolved: Option<Revision>,
    ) -> Result<Revision> {
        match (&control.pin, resolved) {
            (Some(pin), _) => Ok(Revision::new(pin.revision.clone())),
            (None, Some(resolved)) => Ok(resolved),
            (None, None) => self.resolve(cx).await,
        }
    }

    /// Says what deleting the unit would do: everything it owns goes, but for what asked to be kept. Where the unit has hooks
    /// around its deletion, they are rendered from the revision that was carried out last; if the source does not have that
    /// any more, from what it is at. Without such hooks, and with [`Options::deletion_hooks`] off, the source is not asked.
    ///
    /// # Errors
    /// What target and store say, and for hooks what source and renderer say; nothing was written.
    pub async fn plan_delete(&self, cx: &Context) -> Result<Plan> {
        let voice = self.voice(cx, Trigger::Call);
        whole(async {
            let gathered = self.gather_for_delete(cx, &voice, false).await?;
            let prepared = self.prepared(cx, &voice, gathered);
            voice.planned(&prepared);
            Ok(prepared.plan)
        })
        .await
    }

    /// Deletes all that the unit owns, as `plan` from [`Engine::plan_delete`] says, and forgets the unit once all of
    /// it is gone. Hooks before the deletion run first; where one fails, nothing is deleted. Hooks after it run once all else
    /// is gone, but for what they need themselves. Then the hooks' own objects go. One deletion runs no hook again that has
    /// succeeded, however often it is begun; an ordinary pass in between makes the next one another deletion.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub async fn delete(&self, cx: &Context, plan: &Plan) -> Result<Report> {
        let voice = self.voice(cx, Trigger::Call);
        let pass = async {
            let gathered = self.gather_for_delete(cx, &voice, true).await?;
            let prepared = self.prepared(cx, &voice, gathered);
            check_same(plan, &prepared.plan)?;
            let control = Control::default();
            Ok(self.carry_out(cx, &voice, prepared, &control, &Terms::default()).await?.report)
        };
        voice.telling(pass).await
    }

    async fn prepare(
        &self,
        cx: &Context,
        voice: &Voice<'_>,
        start: Start,
        control: &Control,
        manner: Manner,
    ) -> Result<Prepared> {
        let gathered = self.gather(cx, voice, start, control, manner).await?;
        let prepared = self.prepared(cx, voice, gathered);
        voice.planned(&prepared);
        Ok(prepared)
    }

    fn prepared(&self, cx: &Context, voice: &Voice<'_>, gathered: Gathered) -> Prepared {
        let mut plan = crate::plan::plan(&gathered.facts, &self.rules(cx));
        if self.0.memo.key().is_none() {
            plan.digest = plan.digest_without_key();
        }
        voice.knows(plan.revision.as_ref(), plan.digest);
        let drifted = drifted(&gathered.facts, &plan).collect();
        let due = due(&gathered.facts, &plan);
        let Gathered { resolved, sealed, reads, .. } = gathered;
        Prepared { plan, drifted, due, resolved, sealed, reads }
    }

    async fn carry_out(
        &self,
        cx: &Context,
        voice: &Voice<'_>,
        prepared: Prepared,
        control: &Control,
        terms: &Terms,
    ) -> Result<Passed, Stopped> {
        if let Some(suspension) = control.suspension_at(cx.now().wall) {
            let (why, release) =
                (suspension.to_string().into(), Release::Resumption { until: suspension.until });
            return Err(voice.hold(why, "the unit is suspended", &prepared.plan, release));
        }
        self.review(cx, voice, &prepared.plan, control).await?;
        Ok(self.execute(cx, voice, prepared, terms).await?)
    }

    fn rules<'a>(&'a self, cx: &'a Context) -> Rules<'a> {
        let options = &self.0.options;
        let order = self.0.order.as_deref().unwrap_or_else(|| self.0.target.profile().order);
        Rules::new(&*self.0.explain, &options.prune, &options.wait, cx.limits())
            .with_order(order)
            .with_dialects(self.dialects())
            .with_adoption(options.adoption)
            .with_former_owners(&options.former_owners)
            .with_failed_hooks_repeated(options.repeat_failed_hooks)
    }

    pub(crate) fn target(&self) -> &Arc<dyn Target> {
        &self.0.target
    }

    pub(crate) fn source(&self) -> &Arc<dyn Source> {
        &self.0.source
    }

    /// Makes the engine one of several in this process, which know one another by `roster`.
    pub(crate) fn among(self, roster: &Arc<Roster>) -> Self {
        if let Some(origin) = self.origin() {
            roster.enter(origin, &self);
        }
        self.with(|parts| parts.roster = Arc::clone(roster))
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
