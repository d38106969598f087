//! Other artifacts that a render needs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking")]

mod support;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use support::World;
use windlass_core::{
    Address, Artifact, Bases, Context, Digest, Error, ErrorKind, Item, Limits, Need, Origin, Paths,
    RenderInput, Rendered, Renderer, Resolved, Result, Revision, Source, TreePath, async_trait,
};
use windlass_engine::Engine;
use windlass_testkit::{MemorySource, config_map, files, unit};

/// Renders the file `objects`: `name=content` is an object, and `+address` stands for the objects of that artifact.
#[derive(Debug, Clone, Default)]
struct Linked(Arc<AtomicUsize>);

impl Linked {
    fn lines(
        artifact: &Artifact,
        input: &RenderInput<'_>,
        rendered: &mut Rendered,
        missing: &mut Vec<Error>,
    ) -> Result<()> {
        let path = TreePath::new("objects")?;
        let text = artifact.files().read(&path)?;
        for (number, line) in (1..).zip(String::from_utf8_lossy(&text).lines()) {
            if let Some(address) = line.strip_prefix('+') {
                let need = Need::Base(address.into());
                match input.provided.bases.get(address) {
                    Some(_) if rendered.reads.contains_key(&need) => {}
                    Some(base) => {
                        rendered.reads.insert(need, base.digest());
                        Self::lines(base, input, rendered, missing)?;
                    }
                    None => missing.push(
                        Error::new(ErrorKind::Unfetched, "a base is missing")
                            .with("line", number)
                            .needing([need]),
                    ),
                }
            } else if let Some((name, content)) = line.split_once('=') {
                rendered
                    .items
                    .push(Item::new(config_map("ns", name, content), Origin::new(path.clone(), 1, number)));
            }
        }
        Ok(())
    }
}

impl Renderer for Linked {
    fn fingerprint(&self) -> Digest {
        Digest::of(b"linked")
    }

    fn render(&self, _cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let (mut rendered, mut missing) = (Rendered::default(), Vec::new());
        Self::lines(input.artifact, input, &mut rendered, &mut missing)?;
        Error::all(missing).map_or(Ok(rendered), Err)
    }
}

/// The sources of some addresses; all others are denied.
#[derive(Default)]
struct Known(Mutex<BTreeMap<String, Arc<dyn Source>>>);

impl Bases for Known {
    fn source(&self, address: &Address) -> Result<Arc<dyn Source>> {
        let denied = || Error::new(ErrorKind::Denied, "the base is not allowed");
        self.0.lock().unwrap().get(address.expose()).cloned().ok_or_else(denied)
    }
}

/// A unit whose renders need others.
struct Stage {
    world: World,
    bases: Arc<Known>,
    renders: Arc<AtomicUsize>,
    engine: Engine,
}

impl Stage {
    fn new(objects: &str) -> Self {
        let (world, bases, linked) = (World::new(objects), Arc::new(Known::default()), Linked::default());
        let renders = Arc::clone(&linked.0);
        let engine = Engine::new(unit("web"), world.source.clone(), linked, world.target.clone())
            .with_events(world.events.clone())
            .with_bases(Arc::clone(&bases) as Arc<dyn Bases>);
        Self { world, bases, renders, engine }
    }

    fn base(&self, address: &str, objects: &str) -> MemorySource {
        let source = MemorySource::new();
        commit(&source, objects);
        self.put(address, source.clone());
        source
    }

    fn put(&self, address: &str, source: impl Source) {
        self.bases.0.lock().unwrap().insert(address.into(), Arc::new(source));
    }

    /// Makes a pass, and gives what it wrote.
    fn pass(&self) -> String {
        self.try_pass(&self.world.cx).unwrap()
    }

    fn try_pass(&self, cx: &Context) -> Result<String> {
        let report = self.world.clock.block_on(self.engine.reconcile(cx))?;
        assert!(report.is_success(), "{report:?}");
        Ok(self.world.take_writes())
    }

    /// Makes a pass that fails, and sees that it wrote nothing.
    fn fail(&self, cx: &Context) -> Error {
        let error = self.world.clock.block_on(self.engine.reconcile(cx)).unwrap_err();
        assert_eq!(self.world.take_writes(), "", "a pass that cannot be rendered writes and deletes nothing");
        assert!(!error.may_have_written());
        error
    }

    fn renders(&self) -> usize {
        self.renders.swap(0, Ordering::SeqCst)
    }
}

fn commit(source: &MemorySource, objects: &str) {
    source.commit(files([("objects", objects.replace("; ", "\n").as_str())]));
}

fn kinds(source: &MemorySource) -> String {
    let words = source.take_requests().into_iter().map(|line| line.split(' ').next().unwrap().to_owned());
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_a_render_needs_is_brought_and_rendered() {
    let stage = Stage::new("a=1; +one; +two");
    let (one, two) = (stage.base("one", "b=1"), stage.base("two", "c=1"));
    assert_eq!(stage.pass(), "create a, create b, create c");
    assert_eq!(stage.renders(), 2, "both are brought before the second render");
    assert_eq!((kinds(&one), kinds(&two)), ("resolve fetch".into(), "resolve fetch".into()));
}

#[test]
fn what_a_base_needs_is_brought_too() {
    let stage = Stage::new("+one");
    stage.base("one", "a=1; +two");
    stage.base("two", "b=1; +three");
    stage.base("three", "c=1");
    assert_eq!(stage.pass(), "create a, create b, create c");
}

#[test]
fn where_nothing_moved_each_base_is_asked_once_where_it_is_and_nothing_else_happens() {
    let stage = Stage::new("+one; +two");
    let (one, two) = (stage.base("one", "a=1"), stage.base("two", "b=1"));
    stage.pass();
    for base in [&stage.world.source, &one, &two] {
        drop(base.take_requests());
    }
    stage.renders();
    let seen = stage.world.target.requests().len();
    assert_eq!(stage.pass(), "");
    assert_eq!(
        (kinds(&one), kinds(&two), kinds(&stage.world.source)),
        ("resolve".into(), "resolve".into(), "resolve".into())
    );
    assert_eq!(stage.renders(), 0, "a settled pass renders nothing");
    let looked = stage.world.target.requests().split_off(seen);
    assert!(looked.len() <= 1, "the target is only asked whether something changed: {looked:?}");
}

#[test]
fn a_base_that_moved_is_fetched_and_rendered_and_no_other() {
    let stage = Stage::new("+one; +two");
    let (one, two) = (stage.base("one", "a=1"), stage.base("two", "b=1"));
    stage.pass();
    drop((one.take_requests(), two.take_requests(), stage.renders()));
    commit(&one, "a=2");
    assert_eq!(stage.pass(), "change a");
    assert_eq!(kinds(&one).matches("fetch").count(), 1);
    assert_eq!(kinds(&two).matches("fetch").count(), 0, "what has not moved is not fetched");
    assert_eq!(stage.pass(), "");
}

#[test]
fn what_a_base_no_longer_has_is_pruned() {
    let stage = Stage::new("+one");
    let one = stage.base("one", "a=1; b=1");
    stage.pass();
    commit(&one, "a=1");
    assert_eq!(stage.pass(), "delete b");
}

#[test]
fn a_commit_to_the_source_fetches_no_base_and_renders_once() {
    let stage = Stage::new("+one");
    let one = stage.base("one", "a=1");
    stage.pass();
    drop((one.take_requests(), stage.renders()));
    stage.world.commit("+one; b=1");
    assert_eq!(stage.pass(), "create b");
    assert_eq!((kinds(&one).matches("fetch").count(), stage.renders()), (0, 1));
}

#[test]
fn a_base_that_is_down_fails_the_pass_by_its_address() {
    let stage = Stage::new("+one; b=1");
    let one = stage.base("one", "a=1");
    stage.pass();
    one.go_down(Error::new(ErrorKind::Unavailable, "no answer"));
    for objects in ["+one; b=1", "+one"] {
        stage.world.commit(objects);
        let error = stage.fail(&stage.world.cx);
        assert_eq!((error.kind(), error.context("base")), (ErrorKind::Unavailable, Some("one")), "{error}");
    }
    one.come_up();
    assert_eq!(stage.pass(), "delete b", "what was missing is made up for");
}

#[test]
fn a_base_that_cannot_be_fetched_fails_the_pass_by_its_address() {
    let stage = Stage::new("a=1; +one");
    let one = stage.base("one", "b=1");
    one.fail_next_fetch(Error::new(ErrorKind::Unavailable, "no answer"));
    let error = stage.fail(&stage.world.cx);
    assert_eq!((error.context("base"), error.context("line")), (Some("one"), Some("2")), "{error}");
    assert_eq!(stage.pass(), "create a, create b");
}

#[test]
fn a_base_that_is_not_needed_any_more_is_asked_no_more() {
    let stage = Stage::new("+one");
    let one = stage.base("one", "a=1");
    stage.pass();
    one.go_down(Error::new(ErrorKind::Unavailable, "no answer"));
    stage.world.commit("a=1");
    assert_eq!(stage.pass(), "");
    drop(one.take_requests());
    assert_eq!((stage.pass(), kinds(&one)), (String::new(), String::new()));
}

#[test]
fn all_bases_that_cannot_be_had_are_named_at_once_with_the_lines_that_ask_for_them() {
    let stage = Stage::new("+one; +two; +three");
    stage.base("two", "a=1");
    let error = stage.fail(&stage.world.cx);
    let named: Vec<_> =
        error.problems().iter().map(|problem| (problem.context("base"), problem.context("line"))).collect();
    assert_eq!(named, [(Some("one"), Some("1")), (Some("three"), Some("3"))]);
    assert_eq!(error.kind(), ErrorKind::Denied);
}

#[test]
fn bases_that_need_others_without_end_stop_at_the_limit_of_rounds() {
    let stage = Stage::new("+0");
    (0..10).for_each(|number| drop(stage.base(&number.to_string(), &format!("+{}", number + 1))));
    let error = stage.fail(&stage.world.cx);
    assert_eq!((error.kind(), error.context("render_rounds_max")), (ErrorKind::Limit, Some("8")));
}

#[test]
fn more_bases_than_allowed_are_not_asked_for() {
    let stage = Stage::new("+one; +two");
    let (one, _two) = (stage.base("one", "a=1"), stage.base("two", "b=1"));
    let mut limits = Limits::default();
    limits.bases_max = 1;
    let error = stage.fail(&stage.world.cx.clone().with_limits(limits));
    assert_eq!((error.kind(), error.context("bases_max")), (ErrorKind::Limit, Some("1")));
    assert_eq!(kinds(&one), "");
}

#[test]
fn a_base_that_hangs_ends_with_the_time_that_a_source_may_take() {
    let stage = Stage::new("+one");
    stage.base("one", "a=1").hang();
    let error = stage.fail(&stage.world.cx);
    assert_eq!(
        (error.kind(), error.context("base"), error.context("part")),
        (ErrorKind::Timeout, Some("one"), Some("base"))
    );
}

#[test]
fn without_anybody_who_brings_bases_the_error_of_the_renderer_stands() {
    let world = World::new("+one");
    let engine = Engine::new(unit("web"), world.source.clone(), Linked::default(), world.target.clone());
    let error = world.clock.block_on(engine.reconcile(&world.cx)).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unfetched, "a base is missing"));
}

#[test]
fn no_secret_of_an_address_is_told() {
    const ADDRESS: &str = "git::https://ada:hunter2@example.org/base?token=hunter2";
    let stage = Stage::new(&format!("+{ADDRESS}"));
    let unknown = stage.fail(&stage.world.cx);
    let base = stage.base(ADDRESS, "a=1");
    base.fail_next_fetch(Error::new(ErrorKind::Unavailable, "no answer"));
    let down = stage.fail(&stage.world.cx);
    stage.pass();
    let plan = stage.world.clock.block_on(stage.engine.plan(&stage.world.cx)).unwrap();
    let told = [
        format!("{unknown:?} {} {}", unknown.explain(), serde_json::to_string(&unknown).unwrap()),
        format!("{down:?} {} {}", down.explain(), serde_json::to_string(&down).unwrap()),
        stage.world.told().join("\n"),
        serde_json::to_string(&plan).unwrap(),
        format!("{:?}", stage.world.store.peek(&unit("web"))),
    ];
    assert!(down.to_string().contains("git::https://example.org/base?token=…"), "{down}");
    assert!(told.iter().all(|text| !text.contains("hunter2") && !text.contains("ada")), "{told:#?}");
}

/// A source that answers only once as many are asked as there are.
#[derive(Debug)]
struct Meets {
    asked: Arc<AtomicUsize>,
    inner: MemorySource,
}

impl Meets {
    /// Waits until all three are asked, or for ever where they come one after the other.
    async fn meet(&self) {
        let goal = self.asked.fetch_add(1, Ordering::SeqCst) / 3 * 3 + 3;
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            assert!(polls < 10_000, "nobody else is asked meanwhile");
            cx.waker().wake_by_ref();
            if self.asked.load(Ordering::SeqCst) >= goal { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

#[async_trait]
impl Source for Meets {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        self.meet().await;
        self.inner.resolve(cx).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        self.meet().await;
        self.inner.fetch(cx, revision, paths).await
    }
}

#[test]
fn bases_are_asked_side_by_side() {
    let stage = Stage::new("+one; +two; +three");
    let asked = Arc::new(AtomicUsize::new(0));
    for name in ["one", "two", "three"] {
        let inner = MemorySource::new();
        commit(&inner, &format!("{name}=1"));
        stage.put(name, Meets { asked: Arc::clone(&asked), inner });
    }
    assert_eq!(stage.pass(), "create one, create three, create two");
}
