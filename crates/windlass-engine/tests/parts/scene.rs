//! Two units: one of which every part may have a fault, and one beside it that is well.

use std::sync::Arc;
use std::time::Duration;

use windlass_core::{
    Address, Bases, Children, Context, Dialect, Digest, Directives, Edge, Error, ErrorKind, Fence, Health,
    HealthCheck, Item, Need, Now, Object, OrderRule, Origin, Plan, Policy, RenderInput, Rendered, Renderer,
    Report, Result, Source, Target, Transform, TreePath, Verdict, async_trait,
};
use windlass_engine::{Engine, Fleet};
use windlass_testkit::{
    Fault, Faults, Faulty, LinesRenderer, MemorySource, MemoryStore, MemoryTarget, Recorder, TestClock,
    config_map, files, id, unit,
};

const BASE: &str = "https://example.org/base";

/// Before the name of a call that is one of the source of another artifact.
const OF_BASE: &str = "base ";

/// The objects of a render: those of the file, one of a base, and one that says what the target serves.
#[derive(Debug)]
struct Asking;

impl Renderer for Asking {
    fn fingerprint(&self) -> Digest {
        Digest::of(b"asking")
    }

    fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        let mut needs = Vec::new();
        let base = Need::Base(BASE.into());
        if input.provided.bases.is_empty() {
            needs.push(base.clone());
        }
        if input.provided.capabilities.is_none() {
            needs.push(Need::Capabilities);
        }
        if !needs.is_empty() {
            return Err(Error::new(ErrorKind::Unfetched, "more is needed").needing(needs));
        }
        let mut rendered = LinesRenderer::new().render(cx, input)?;
        for artifact in input.provided.bases.values() {
            rendered.reads.insert(base.clone(), artifact.digest());
        }
        rendered.reads.insert(Need::Capabilities, Digest::of(b"served"));
        let origin = Origin::new(TreePath::new("base")?, 1, 1);
        rendered.items.push(Item::new(config_map("ns", "of-base", "1"), origin));
        Ok(rendered)
    }
}

#[derive(Debug)]
struct Plain;

impl Transform for Plain {
    fn fingerprint(&self) -> Digest {
        Digest::of(b"plain")
    }

    fn transform(&self, _: &Context, _: &RenderInput<'_>, rendered: Rendered) -> Result<Rendered> {
        Ok(rendered)
    }
}

#[async_trait]
impl Policy for Plain {
    async fn review(&self, _: &Context, _: &Plan) -> Result<Verdict> {
        Ok(Verdict::Allow)
    }
}

impl HealthCheck for Plain {
    fn assess(&self, _: &Object, _: &dyn Children) -> Option<Health> {
        Some(Health::healthy())
    }
}

impl OrderRule for Plain {
    fn edges(&self, _: &[Item]) -> Result<Vec<Edge>> {
        Ok(Vec::new())
    }
}

impl Dialect for Plain {
    fn read(&self, _: &Object, _: &mut Directives) -> Result<()> {
        Ok(())
    }
}

impl Fence for Plain {
    fn check(&self, _: Now) -> Result<Option<Duration>> {
        Ok(None)
    }
}

impl Bases for Plain {
    fn source(&self, _: &Address) -> Result<Arc<dyn Source>> {
        Ok(Arc::new(MemorySource::of(files([("base.lines", "")]))))
    }
}

pub(crate) struct Scene {
    pub(crate) clock: TestClock,
    pub(crate) cx: Context,
    pub(crate) faults: Faults,
    pub(crate) fleet: Fleet,
    pub(crate) engine: Engine,
    beside: Engine,
    source: MemorySource,
    target: MemoryTarget,
    store: MemoryStore,
    well: MemoryTarget,
    well_source: MemorySource,
    told: Recorder,
}

impl Scene {
    /// `of_base`: faults are those of other artifacts, and the source is well.
    fn new(shape: impl Fn(MemoryTarget) -> MemoryTarget, watches: bool, of_base: bool) -> Self {
        let clock = TestClock::new();
        let faults = Faults::new(&clock);
        let of_source = if of_base { Faults::new(&clock) } else { faults.clone() };
        let cx = clock.context().with_fence(Arc::new(Faulty::new(Plain, &faults)));
        let (store, told) = (MemoryStore::new(), Recorder::new());
        let source = if watches { MemorySource::new().with_watch() } else { MemorySource::new() };
        let capabilities = windlass_core::Capabilities::default();
        let target =
            shape(MemoryTarget::new("ill").with_state(store.clone()).with_capabilities(capabilities));
        let engine = Engine::of(
            unit("ill"),
            Arc::new(Faulty::new(source.clone(), &of_source)),
            Arc::new(Faulty::new(Asking, &faults)),
            Arc::new(Faulty::new(target.clone(), &faults)) as Arc<dyn Target>,
        )
        .with_transform(Faulty::new(Plain, &faults))
        .with_bases(Arc::new(Faulty::new(Plain, &faults)))
        .with_policy(Faulty::new(Plain, &faults))
        .with_health(vec![Arc::new(Faulty::new(Plain, &faults))])
        .with_order(vec![Arc::new(Faulty::new(Plain, &faults))])
        .with_dialects(vec![Arc::new(Faulty::new(Plain, &faults))])
        .with_source_name("the source")
        .with_interval(Duration::from_secs(60))
        .with_events(Faulty::new(Recorder::new(), &faults))
        .with_events(told.clone());
        let well = MemoryTarget::new("well").with_state(MemoryStore::new());
        let well_source = MemorySource::new();
        let beside = Engine::new(unit("well"), well_source.clone(), LinesRenderer::new(), well.clone())
            .with_interval(Duration::from_secs(60));
        let fleet = Fleet::of([engine.clone(), beside.clone()]).unwrap();
        Self { clock, cx, faults, fleet, engine, beside, source, target, store, well, well_source, told }
    }

    /// A unit that has converged, and then has one object to change, one to create and one to delete.
    pub(crate) fn converged(call: &str) -> Self {
        let scene = Self::new(MemoryTarget::with_predict, false, call.starts_with(OF_BASE));
        scene.commit(&["a v=1", "b v=1", "c v=1"]);
        let report = scene.apply().unwrap();
        assert!(report.is_success(), "{call}: {report}");
        scene.commit(&["a v=2", "c v=1", "d v=1"]);
        drop(scene.told.take());
        // One that remembers nothing, so that each part is asked for everything.
        let engine = scene.engine.clone().with_bases(Arc::new(Faulty::new(Plain, &scene.faults)));
        let beside = scene.beside.clone();
        Self { fleet: Fleet::of([engine.clone(), beside]).unwrap(), engine, ..scene }
    }

    /// The same on a target and a source that tell of changes, without anything to do.
    pub(crate) fn watched() -> Self {
        let scene = Self::new(|target| target.with_predict().with_watch(), true, false);
        scene.commit(&["a v=1", "b v=1"]);
        scene
    }

    pub(crate) fn spoil(&self, call: &'static str, fault: Fault) {
        self.faults.set(call.trim_start_matches(OF_BASE), fault);
    }

    fn commit(&self, lines: &[&str]) {
        let text: String = lines.iter().map(|line| format!("ConfigMap/ns/{line}\n")).collect();
        self.source.commit(files([("app.lines", text.as_str())]));
        self.well_source
            .commit(files([("app.lines", text.replace("ConfigMap/ns/", "ConfigMap/ns/w-").as_str())]));
    }

    pub(crate) fn commit_next(&self) {
        self.commit(&["a v=2", "b v=1"]);
    }

    /// Makes a pass of both units; the one beside must be well.
    pub(crate) fn apply(&self) -> Result<Report> {
        let mut reports = self.clock.block_on(self.fleet.apply(&self.cx)).unwrap();
        let beside = reports.remove(&unit("well")).unwrap();
        // The fence is one for all.
        assert!(
            beside.is_ok_and(|report| report.is_success()) || self.fence_is_ill(),
            "the unit beside is well"
        );
        reports.remove(&unit("ill")).unwrap()
    }

    fn fence_is_ill(&self) -> bool {
        format!("{:?}", self.faults).contains("\"check\"")
    }

    pub(crate) fn run(&self, meanwhile: impl AsyncFnOnce()) {
        let both = async {
            meanwhile().await;
            self.cx.cancel().cancel();
        };
        self.clock.block_on(futures_util::future::join(self.fleet.run(&self.cx), both)).0.unwrap();
    }

    pub(crate) async fn sleep(&self, seconds: u64) {
        self.cx.sleep(Duration::from_secs(seconds)).await.unwrap();
    }

    pub(crate) fn content(&self, name: &str) -> Option<String> {
        let object = self.target.get(&id(&format!("ConfigMap/ns/{name}")))?;
        object.body().text_at(&["data", "v"]).map(str::to_owned)
    }

    pub(crate) fn edit(&self, name: &str) {
        let id = id(&format!("ConfigMap/ns/{name}"));
        assert!(self.target.edit(&id, |body| drop(body.as_map_mut().unwrap().insert("data", "odd"))));
    }

    /// The other unit has what is wanted by now.
    pub(crate) fn is_alive(&self) -> bool {
        let object = self.well.get(&id("ConfigMap/ns/w-a"));
        object.is_some_and(|object| object.body().text_at(&["data", "v"]) == Some("2"))
    }

    pub(crate) fn was_deleted(&self) -> bool {
        self.target.get(&id("ConfigMap/ns/b")).is_none()
    }

    /// What is wanted stays, what is ours is known, and nothing is told that may hold a secret.
    pub(crate) fn check_others(&self, report: &Result<Report>) {
        for name in ["a", "c", "of-base"] {
            assert!(self.target.ids().iter().any(|id| &*id.name == name), "{name} is gone: {report:?}");
        }
        let saved = self.store.peek(&unit("ill")).expect("the state is there");
        let unknown = |id: &&windlass_core::ObjectId| !saved.inventory.objects.contains_key(*id);
        let ids = self.target.ids();
        assert_eq!(ids.iter().filter(unknown).count(), 0, "nothing is orphaned: {report:?}");
        let said = match report {
            Ok(report) => format!("{report} {report:?} {}", serde_json::to_string(report).unwrap()),
            Err(error) => format!("{error:?} {} {}", error.explain(), serde_json::to_string(error).unwrap()),
        };
        assert!(!said.contains(Faults::PANIC), "{said}");
        self.check_told();
    }

    /// No event has the text of a panic.
    pub(crate) fn check_told(&self) {
        for event in self.told.take() {
            let text = format!("{event} {event:?} {}", serde_json::to_string(&event).unwrap());
            assert!(!text.contains(Faults::PANIC), "{text}");
        }
    }

    /// Without the fault all is done in one pass, and the next one has nothing left to do.
    pub(crate) fn repair(&self) {
        self.faults.clear();
        let report = self.apply().unwrap();
        assert!(report.is_success(), "{report}");
        assert_eq!((self.content("a").as_deref(), self.content("d").as_deref()), (Some("2"), Some("1")));
        assert!(self.was_deleted() && self.content("c").is_some(), "{report}");
        let again = self.apply().unwrap();
        assert_eq!((again.is_success(), again.counts().written()), (true, 0), "{again}");
    }
}
