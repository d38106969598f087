//! A target in memory.

mod children;
mod list;
mod merge;
mod outside;
mod predict;
mod watch;
mod world;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use windlass_core::{
    Capabilities, Context, Dialect, HealthCheck, Interest, Observation, Observed, OrderRule, Profile, Result,
    Target, Text, Write, Written,
};

use self::world::World;
use crate::MemoryStore;
use crate::sync::lock;

/// A target in memory. Clones are the same target, so that a test keeps one and gives the other away.
///
/// - It can only observe and write; [`with_predict`](Self::with_predict), [`with_watch`](Self::with_watch) and
///   [`with_state`](Self::with_state) switch on the rest.
/// - Versions count up over the whole target. The stamp of an object is the digest of its body without `status`.
///   Owners are kept beside the objects, not in them.
/// - `Mode::Apply` sets the fields of the payload, takes out those that the last apply of the same owner had set, that
///   this one has not and that nobody else holds ([`hold_too`](Self::hold_too)), and leaves all others. A list is one
///   field.
/// - Things go wrong, and others interfere, when the test says so; nothing is random.
///
/// ```
/// use windlass_core::{Expect, Owner, Mode, Target, Write};
/// use windlass_testkit::{MemoryTarget, TestClock, config_map, unit};
/// let target = MemoryTarget::new("memory");
/// let write = Write::apply(config_map("shop", "web", "a"), Mode::Apply, Expect::Absent, Owner::of(&unit("web")));
/// let clock = TestClock::new();
/// clock.block_on(target.write(&clock.context(), &write))?;
/// assert_eq!(target.writes(), ["create ConfigMap/shop/web"]);
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Clone)]
pub struct MemoryTarget {
    place: Arc<str>,
    predict: bool,
    watch: bool,
    state: Option<MemoryStore>,
    latency: Duration,
    default_namespace: Option<Text>,
    /// Kinds whose objects lie in no namespace.
    cluster_kinds: Vec<Text>,
    capabilities: Option<Capabilities>,
    dialects: Vec<Arc<dyn Dialect>>,
    order: Vec<Arc<dyn OrderRule>>,
    health: Vec<Arc<dyn HealthCheck>>,
    world: Arc<Mutex<World>>,
}

impl MemoryTarget {
    /// Makes an empty target that can only observe and write.
    #[must_use]
    pub fn new(place: &str) -> Self {
        Self {
            place: place.into(),
            predict: false,
            watch: false,
            state: None,
            latency: Duration::ZERO,
            default_namespace: None,
            cluster_kinds: vec!["Namespace".into()],
            capabilities: None,
            dialects: Vec::new(),
            order: Vec::new(),
            health: Vec::new(),
            world: Arc::default(),
        }
    }

    /// Lets it predict.
    #[must_use]
    pub const fn with_predict(mut self) -> Self {
        self.predict = true;
        self
    }

    /// Lets it tell of changes.
    #[must_use]
    pub const fn with_watch(mut self) -> Self {
        self.watch = true;
        self
    }

    /// Lets it keep state and what people ask, in `store`.
    #[must_use]
    pub fn with_state(mut self, store: MemoryStore) -> Self {
        self.state = Some(store);
        self
    }

    /// Lets it fill in this namespace where an item that is admitted has none. `Namespace` itself lies in none, nor do
    /// the kinds of [`with_cluster_kind`](Self::with_cluster_kind).
    #[must_use]
    pub fn with_default_namespace(mut self, namespace: &str) -> Self {
        self.default_namespace = Some(namespace.into());
        self
    }

    /// Says that objects of a kind (`Widget.example.org`) lie in no namespace.
    #[must_use]
    pub fn with_cluster_kind(mut self, group_kind: &str) -> Self {
        self.cluster_kinds.push(group_kind.into());
        self
    }

    /// Says what it serves. Without, it has no such notion.
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = Some(capabilities);
        self
    }

    /// Adds a dialect.
    #[must_use]
    pub fn with_dialect(mut self, dialect: impl Dialect) -> Self {
        self.dialects.push(Arc::new(dialect));
        self
    }

    /// Adds a rule of order.
    #[must_use]
    pub fn with_order(mut self, rule: impl OrderRule) -> Self {
        self.order.push(Arc::new(rule));
        self
    }

    /// Adds a health check. Of an object that [owns others](Self::put_child) the target tells the health itself, since
    /// only it sees them; any other is left to who looks.
    #[must_use]
    pub fn with_health(mut self, check: impl HealthCheck) -> Self {
        self.health.push(Arc::new(check));
        self
    }

    /// Lets every observe and write take so long, on the clock of its context.
    #[must_use]
    pub const fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    async fn travel(&self, cx: &Context) -> Result<()> {
        if self.world().hangs {
            return cx.unless_over(std::future::pending()).await;
        }
        if self.latency.is_zero() { cx.check() } else { cx.sleep(self.latency).await }
    }

    /// Asks for what is there, unless all of it is known.
    async fn look_around(&self, cx: &Context, interest: &Interest) -> Result<()> {
        if self.watch && self.world().watched.knows(interest) {
            return cx.check();
        }
        self.world().looks += 1;
        self.travel(cx).await
    }

    async fn write_counted(&self, cx: &Context, write: &Write) -> Result<Written> {
        let _flight = Flight::start(self);
        self.travel(cx).await?;
        cx.check_write()?;
        self.world().write(write, cx.now().mono)
    }
}

impl fmt::Debug for MemoryTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryTarget({}, {} objects)", self.place, self.world().len())
    }
}

#[async_trait]
impl Target for MemoryTarget {
    fn profile(&self) -> Profile<'_> {
        let mut profile = Profile::new(&self.place)
            .with_list(self)
            .with_dialects(&self.dialects)
            .with_order(&self.order)
            .with_health(&self.health);
        profile.predict = self.predict.then_some(self as _);
        profile.watch = self.watch.then_some(self as _);
        profile.state = self.state.as_ref().map(|store| store as _);
        profile.control = self.state.as_ref().map(|store| store as _);
        profile
    }

    async fn observe(&self, cx: &Context, interest: &Interest) -> Result<Observed> {
        self.world().note(format!("observe {} of {}", interest.objects.len(), interest.unit));
        self.look_around(cx, interest).await?;
        let mut world = self.world();
        world.watched.begin(interest);
        world.fail_whole("observe")?;
        world.watched.looked(&interest.unit);
        let now = cx.now().mono;
        let mut observations = BTreeMap::new();
        for (id, look) in &interest.objects {
            let mut observation = world.look(id, look, now);
            if let Observation::Live(live) = &mut observation
                && live.health.is_none()
            {
                live.health = children::health(&world, &self.health, id, now);
            }
            observations.insert(id.clone(), observation);
        }
        let orphans = world.orphans(interest, now);
        Ok(Observed { observations, orphans })
    }

    async fn write(&self, cx: &Context, write: &Write) -> Result<Written> {
        let done = self.write_counted(cx, write).await;
        let verb = if matches!(write, Write::Apply { .. }) { "apply" } else { "delete" };
        let end = match &done {
            Ok(Written::Created(_)) => "created",
            Ok(Written::Changed(_)) => "changed",
            Ok(Written::Unchanged(_)) => "unchanged",
            Ok(Written::Deleting(_)) => "deleting",
            Ok(_) => "gone",
            Err(error) => error.kind().name(),
        };
        self.world().note(format!("{verb} {}: {end}", write.id()));
        done
    }
}

/// Counts a write as under way for as long as it lives, so also when it is dropped half way.
struct Flight<'a>(&'a MemoryTarget);

impl<'a> Flight<'a> {
    fn start(target: &'a MemoryTarget) -> Self {
        target.world().take_off();
        Self(target)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.world().land();
    }
}
