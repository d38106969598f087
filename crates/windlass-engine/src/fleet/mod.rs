//! Many units, each passed over when it has something to do.

mod desk;
mod queue;
mod standing;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use windlass_core::{Cancel, Context, Error, ErrorKind, Report, Result, Text, UnitId};
use windlass_graph as graph;

use crate::driver::{Engine, Roster};
use desk::{Desk, Mode};

/// A unit of a fleet, and what it waits for.
#[derive(Debug, Clone)]
pub struct Member {
    engine: Engine,
    depends_on: Vec<UnitId>,
    tenant: Text,
    /// Which change of the fleet brought it.
    version: u64,
}

impl Member {
    /// Makes a unit that depends on no other.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self { engine, depends_on: Vec::new(), tenant: Text::default(), version: 0 }
    }

    /// Waits for these units: each must be applied and healthy, and where it comes from the same source, at the revision that
    /// this unit is about to take.
    #[must_use]
    pub fn with_dependencies(mut self, units: impl IntoIterator<Item = UnitId>) -> Self {
        self.depends_on.extend(units);
        self
    }

    /// Names the tenant. Each tenant that has something to do gets its turn, however much another one has.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<Text>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// Gives the name of the unit.
    #[must_use]
    pub fn unit(&self) -> &UnitId {
        self.engine.unit()
    }
}

/// Shows what came of a pass.
type See<'a> = &'a mut (dyn FnMut(&UnitId, &Result<Report>) + Send);

/// Many units in one process.
///
/// A unit is passed over when it has something to do: its source is at another revision, something live has changed, a unit
/// that it depends on is ready, its interval is over, or a person asked. Units with one source share one question for its
/// revision. A pass that only waits for health keeps no other from beginning.
///
/// ```
/// use windlass_core::UnitId;
/// use windlass_engine::{Engine, Fleet, Member};
/// use windlass_testkit::{LinesRenderer, MemorySource, MemoryStore, MemoryTarget, TestClock, files, unit};
///
/// let clock = TestClock::auto();
/// let source = MemorySource::of(files([("app.lines", "ConfigMap/shop/web greeting=hello")]));
/// let target = MemoryTarget::new("memory").with_state(MemoryStore::new());
/// let engine = |name| Engine::new(unit(name), source.clone(), LinesRenderer::new(), target.clone());
/// let fleet = Fleet::of([engine("shop")])?;
/// let reports = clock.block_on(fleet.apply(&clock.context()))?;
/// assert!(reports[&unit("shop")].as_ref().is_ok_and(|report| report.is_success()));
/// # Ok::<(), windlass_core::Error>(())
/// ```
///
/// Cheap to clone; a clone is the same fleet, so that units can be [put](Fleet::put) and [removed](Fleet::remove) while it
/// runs.
#[derive(Clone, Default)]
pub struct Fleet(Arc<Members>);

#[derive(Default)]
struct Members {
    members: Mutex<Listed>,
    roster: Arc<Roster>,
}

#[derive(Default)]
struct Listed {
    members: BTreeMap<UnitId, Member>,
    /// Counts changes.
    changes: u64,
    /// Is cancelled with the next change.
    changed: Cancel,
}

impl Fleet {
    /// Makes a fleet without units.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a fleet of units that do not depend on one another.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for two units of one name.
    pub fn of(engines: impl IntoIterator<Item = Engine>) -> Result<Self> {
        let fleet = Self::new();
        for engine in engines {
            if let Some(before) = fleet.put(Member::new(engine)) {
                let error = Error::new(ErrorKind::Invalid, "two units have one name");
                return Err(error.with("unit", before.unit()));
            }
        }
        Ok(fleet)
    }

    /// Adds a unit, or replaces the one of its name, which is given back. A fleet that runs takes it in at once.
    pub fn put(&self, member: Member) -> Option<Member> {
        let engine = member.engine.among(&self.0.roster);
        self.change(|members, version| {
            let member = Member { engine, version, ..member };
            members.insert(member.unit().clone(), member)
        })
    }

    /// Lets an engine and the units of this fleet know of one another, so that what it plans is what a pass of the fleet would
    /// do with objects that change hands. The fleet makes no passes of it.
    #[must_use]
    pub fn introduce(&self, engine: Engine) -> Engine {
        engine.among(&self.0.roster)
    }

    /// Takes a unit out, with nothing deleted. A pass under way ends first.
    pub fn remove(&self, unit: &UnitId) -> Option<Member> {
        self.0.roster.leave(unit);
        self.change(|members, _| members.remove(unit))
    }

    /// Gives the names of the units, sorted.
    #[must_use]
    pub fn units(&self) -> Vec<UnitId> {
        self.listed().members.keys().cloned().collect()
    }

    /// Makes one pass of each unit, those that others depend on first. A unit that fails, or does not become healthy, holds
    /// back only what depends on it.
    ///
    /// # Errors
    /// None of a single unit, which is in the map. [`ErrorKind::Cancelled`] once cancelled, [`ErrorKind::Timeout`] past the
    /// deadline, and [`ErrorKind::Limit`] for more units than can be ordered.
    pub async fn apply(&self, cx: &Context) -> Result<BTreeMap<UnitId, Result<Report>>> {
        let mut reports = BTreeMap::new();
        let mut see =
            |unit: &UnitId, result: &Result<Report>| drop(reports.insert(unit.clone(), result.clone()));
        self.apply_seeing(cx, &mut see).await?;
        Ok(reports)
    }

    /// Does as [`Fleet::apply`], and shows what came of each unit as soon as it is known.
    ///
    /// # Errors
    /// As [`Fleet::apply`].
    pub async fn apply_seeing(&self, cx: &Context, see: See<'_>) -> Result<()> {
        Desk::new(self, cx, Mode::Once)?.work(see).await
    }

    /// Makes passes until the context is cancelled.
    ///
    /// # Errors
    /// None but a deadline of the context: what a pass could not do is told as an event, and tried again.
    pub async fn run(&self, cx: &Context) -> Result<()> {
        self.run_seeing(cx, &mut |_, _| {}).await
    }

    /// Does as [`Fleet::run`], and shows what came of each pass.
    ///
    /// # Errors
    /// As [`Fleet::run`].
    pub async fn run_seeing(&self, cx: &Context, see: See<'_>) -> Result<()> {
        let done = Desk::new(self, cx, Mode::Forever)?.work(see).await;
        match done {
            Err(error) if error.kind() == ErrorKind::Cancelled && cx.cancel().is_cancelled() => Ok(()),
            other => other,
        }
    }

    fn listed(&self) -> MutexGuard<'_, Listed> {
        self.0.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<UnitId, Member>, u64) -> T) -> T {
        let mut listed = self.listed();
        listed.changes += 1;
        let version = listed.changes;
        let changed = change(&mut listed.members, version);
        std::mem::take(&mut listed.changed).cancel();
        changed
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fleet({} units)", self.listed().members.len())
    }
}

/// Units that can have no turn, each with the reason: they wait for one another, or for one that is not there.
fn isolated(members: &BTreeMap<UnitId, Member>) -> Result<BTreeMap<UnitId, Error>> {
    let keys: Vec<UnitId> = members.keys().cloned().collect();
    let edges: Vec<graph::Edge<UnitId>> = members
        .values()
        .flat_map(|member| {
            let before = member.depends_on.iter();
            before
                .map(|before| graph::Edge::new(before.clone(), member.unit().clone(), "dependsOn").healthy())
        })
        .collect();
    let order = graph::order(&keys, &edges, &graph::Limits::default())
        .map_err(|over| Error::new(ErrorKind::Limit, "too many units to order").caused_by(over))?;
    let mut isolated = BTreeMap::new();
    for cycle in order.cycles() {
        let path: Vec<String> = cycle.path.iter().map(ToString::to_string).collect();
        for unit in cycle.members.iter().filter_map(graph::Node::key) {
            let error = Error::new(ErrorKind::Invalid, "the units wait for one another")
                .with("cycle", path.join(" -> "))
                .with_help("remove one of these dependencies");
            isolated.insert(unit.clone(), error);
        }
    }
    for dangling in order.dangling() {
        if let Some(unit) = dangling.edge.after.key() {
            let error = Error::new(ErrorKind::NotFound, "depends on a unit that is not there")
                .with("dependency", &dangling.missing)
                .with_help("add that unit, or take the dependency out");
            isolated.entry(unit.clone()).or_insert(error);
        }
    }
    Ok(isolated)
}
