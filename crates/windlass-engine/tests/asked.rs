//! What people approve, and what renders ask for.

#![allow(clippy::unwrap_used, reason = "a test may end by panicking")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::{Lines, World, object, object_id};
use windlass_core::{
    Approval, Context, Control, ControlStore, Controls, Digest, Error, ErrorKind, Followed, Interest, Item,
    Need, Observed, Origin, Plan, Policy, Profile, Release, RenderInput, Rendered, Renderer, Result,
    Selection, Target, Timestamp, TreePath, UnitId, Value, Verdict, Version, Write, Written, async_trait,
};
use windlass_engine::{Approvals, Engine, Fleet, MaxPrune};
use windlass_testkit::{MemoryStore, MemoryTarget, unit};

/// Holds every plan that writes.
#[derive(Debug)]
struct FourEyes;

#[async_trait]
impl Policy for FourEyes {
    async fn review(&self, _cx: &Context, plan: &Plan) -> Result<Verdict> {
        Ok(if plan.writes() == 0 { Verdict::Allow } else { Verdict::Hold("four eyes".into()) })
    }
}

#[test]
fn a_plan_that_is_held_goes_on_once_somebody_approves_it_and_no_other_does() {
    let world = World::with("a=1", |target| target, |engine| engine.with_policy(FourEyes));
    let held = world.try_pass().unwrap_err();
    assert_eq!(held.kind(), ErrorKind::Held);
    let plan = world.clock.block_on(world.engine.plan(&world.cx)).unwrap();
    assert_eq!(held.release(), Some(&Release::Approval { plan: plan.digest }));
    let approval = Approval { plan: plan.digest, by: "ann".into(), at: Timestamp::from_unix(1) };
    let approve = world.engine.ask(&world.cx, |control| control.approvals.push(approval.clone()));
    world.clock.block_on(approve).unwrap();
    assert_eq!(World::outcomes(&world.pass()), "a: created");
    world.commit("a=2");
    assert_eq!(world.try_pass().unwrap_err().message(), "a policy holds the plan");
}

fn held_by(approvals: Approvals, objects: &str) -> World {
    let world = World::predicting(objects);
    world.pass();
    World { engine: world.engine.clone().with_policy(approvals), ..world }
}

/// Commits, makes a pass, and gives why it was held; nothing where it was made.
fn held(world: &World, objects: &str) -> Option<String> {
    world.commit(objects);
    match world.try_pass() {
        Ok(_) => None,
        Err(error) => {
            assert_eq!(error.message(), "a policy holds the plan");
            error.context("why").map(str::to_owned)
        }
    }
}

#[test]
fn with_approvals_for_deletions_only_a_plan_that_deletes_is_held() {
    let world = held_by(Approvals::deletions(), "a=1; b=1; c=1");
    assert_eq!(held(&world, "a=2; b=1; c=1"), None);
    assert_eq!(held(&world, "a=3; c=1").as_deref(), Some("it would write 1 object and delete 1 object"));
    assert_eq!(held(&world, "a=2").as_deref(), Some("it would delete 2 objects"));
    assert_eq!(held(&world, "a=2; b=2 anew; c=1").as_deref(), Some("it would delete 1 object"));
    assert_eq!(held(&world, "a=2; b=1; c=1"), None, "nothing is held over");
}

#[test]
fn with_approvals_for_all_a_repair_is_held_too_and_nothing_else_but_writes() {
    let world = held_by(Approvals::always(), "a=1");
    assert_eq!(held(&world, "a=1"), None);
    world.target.edit(&object_id("a"), |body| {
        let data = body.as_map_mut().unwrap().get_mut("data").unwrap();
        data.as_map_mut().unwrap().insert("content", "by hand");
    });
    assert_eq!(held(&world, "a=1").as_deref(), Some("it would write 1 object"));
    let plan = world.clock.block_on(world.engine.plan(&world.cx)).unwrap();
    let engine = world.engine.clone().with_policy(MaxPrune::percent(50));
    let verdicts = || world.clock.block_on(engine.verdicts(&world.cx, &plan)).unwrap();
    assert_eq!(verdicts(), [Verdict::Hold("it would write 1 object".into()), Verdict::Allow]);
    let approval = Approval { plan: plan.digest, by: "ann".into(), at: Timestamp::from_unix(1) };
    world
        .clock
        .block_on(world.engine.ask(&world.cx, |control| control.approvals.push(approval.clone())))
        .unwrap();
    assert_eq!(verdicts(), [Verdict::Allow, Verdict::Allow]);
    assert_eq!(World::outcomes(&world.pass()), "a: changed");
    let all = world.clock.block_on(world.engine.plan_delete(&world.cx)).unwrap();
    let deleted = world.clock.block_on(world.engine.delete(&world.cx, &all)).unwrap();
    assert_eq!(World::outcomes(&deleted), "a: deleted", "to delete the unit was asked for");
}

/// Renders one object with the content of another one that is live.
#[derive(Debug)]
struct Copy;

impl Renderer for Copy {
    fn fingerprint(&self) -> Digest {
        Digest::of(b"copy")
    }

    fn render(&self, _cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        let need = Need::Object { id: object_id("values"), api_version: "v1".into() };
        let Some(found) = input.provided.objects.get(&need) else {
            return Err(Error::new(ErrorKind::Unfetched, "values are needed").needing([need]));
        };
        let content = found.as_ref().and_then(|found| found.body().text_at(&["data", "content"]));
        let origin = Origin::new(TreePath::new("objects").unwrap(), 1, 1);
        let mut rendered = Rendered::default();
        rendered.items.push(Item::new(object("copy", content.unwrap_or("nobody")), origin));
        rendered.reads.insert(need, Digest::of(content.unwrap_or_default().as_bytes()));
        Ok(rendered)
    }
}

/// Renders one object that names all config maps of a namespace that have a label.
#[derive(Debug)]
struct Census;

impl Renderer for Census {
    fn fingerprint(&self) -> Digest {
        Digest::of(b"census")
    }

    fn render(&self, _cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        let all = Selection::new("v1", "ConfigMap").in_namespace("ns");
        let need = Need::Objects(all.with_label("counted", "yes"));
        let Some(found) = input.provided.lists.get(&need) else {
            return Err(Error::new(ErrorKind::Unfetched, "a list is needed").needing([need]));
        };
        let names: Vec<&str> = found.iter().map(|object| &*object.id().name).collect();
        let origin = Origin::new(TreePath::new("objects").unwrap(), 1, 1);
        let mut rendered = Rendered::default();
        rendered.items.push(Item::new(object("census", &names.join("+")), origin));
        rendered.reads.insert(need, Digest::of(names.join("+").as_bytes()));
        Ok(rendered)
    }
}

#[test]
fn a_list_that_a_render_needs_is_brought_and_read_anew_in_each_pass() {
    let world = World::new("unused=1");
    let counted = |name: &str| {
        let counted = object(name, "1").edit(|body| {
            let metadata = body.as_map_mut().unwrap().get_mut("metadata").unwrap();
            let labels = Value::from_iter([("counted", Value::from("yes"))]);
            metadata.as_map_mut().unwrap().insert("labels", labels);
        });
        world.target.put_foreign(counted.unwrap(), None);
    };
    let engine = Engine::new(unit("census"), world.source.clone(), Census, world.target.clone());
    let census = || {
        world.pass_of(&engine);
        let found = world.target.get(&object_id("census")).unwrap();
        found.body().text_at(&["data", "content"]).unwrap().to_owned()
    };
    assert_eq!(census(), "");
    counted("b");
    counted("a");
    world.target.put_foreign(object("uncounted", "1"), None);
    assert_eq!(census(), "a+b");
    world.target.fail_next_list(Error::new(ErrorKind::Denied, "may not list"));
    counted("c");
    let refused = world.clock.block_on(engine.reconcile(&world.cx)).unwrap_err();
    assert_eq!(refused.message(), "may not list", "what cannot be listed is no empty list");
    assert_eq!(census(), "a+b+c");
}

#[test]
fn an_object_that_a_render_needs_is_brought_and_the_render_made_again() {
    let world = World::new("unused=1");
    world.target.put_foreign(object("values", "seen"), None);
    let engine = Engine::new(unit("copy"), world.source.clone(), Copy, world.target.clone());
    world.pass_of(&engine);
    let content = |name| {
        let object = world.target.get(&object_id(name)).unwrap();
        object.body().text_at(&["data", "content"]).unwrap().to_owned()
    };
    assert_eq!(content("copy"), "seen");
    world.target.put_foreign(object("values", "other"), None);
    world.pass_of(&engine);
    assert_eq!(content("copy"), "other", "what was read of the target is looked at again");
}

/// Asks for something else in each round.
#[derive(Debug)]
struct Insatiable;

impl Renderer for Insatiable {
    fn fingerprint(&self) -> Digest {
        Digest::of(b"insatiable")
    }

    fn render(&self, _cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        let next = format!("values-{}", input.provided.objects.len());
        let need = Need::Object { id: object_id(&next), api_version: "v1".into() };
        Err(Error::new(ErrorKind::Unfetched, "more").needing([need]))
    }
}

#[test]
fn a_render_that_asks_for_ever_ends_at_a_limit() {
    let world = World::new("unused=1");
    let engine = Engine::new(unit("greedy"), world.source.clone(), Insatiable, world.target.clone());
    let error = world.clock.block_on(engine.reconcile(&world.cx)).unwrap_err();
    assert_eq!((error.kind(), error.context("render_rounds_max")), (ErrorKind::Limit, Some("8")));
}

#[test]
fn nothing_is_rendered_twice_for_the_same_files() {
    #[derive(Debug)]
    struct Counting(std::sync::Arc<std::sync::atomic::AtomicUsize>);
    impl Renderer for Counting {
        fn fingerprint(&self) -> Digest {
            Digest::of(b"counting")
        }
        fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Lines.render(cx, input)
        }
    }
    let world = World::new("a=1");
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let engine =
        Engine::new(unit("web"), world.source.clone(), Counting(count.clone()), world.target.clone());
    for _ in 0..3 {
        world.pass_of(&engine);
    }
    assert_eq!(count.load(std::sync::atomic::Ordering::Relaxed), 1);
}

/// A target whose store of what people ask answers at once, whether or not anything is new.
#[derive(Debug)]
struct Hasty {
    target: MemoryTarget,
    store: MemoryStore,
    asked: AtomicUsize,
}

#[async_trait]
impl Target for Hasty {
    fn profile(&self) -> Profile<'_> {
        self.target.profile().with_control(self)
    }

    async fn observe(&self, cx: &Context, interest: &Interest) -> Result<Observed> {
        self.target.observe(cx, interest).await
    }

    async fn write(&self, cx: &Context, write: &Write) -> Result<Written> {
        self.target.write(cx, write).await
    }
}

#[async_trait]
impl ControlStore for Hasty {
    async fn control(&self, cx: &Context, unit: &UnitId) -> Result<Option<(Version, Control)>> {
        self.store.control(cx, unit).await
    }

    async fn controls(&self, cx: &Context, installation: &str) -> Result<Controls> {
        self.store.controls(cx, installation).await
    }

    async fn follow(&self, cx: &Context, installation: &str, _: Option<u64>) -> Result<Option<Followed>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.store.follow(cx, installation, None).await
    }

    async fn set_control(
        &self,
        cx: &Context,
        unit: &UnitId,
        version: Option<&Version>,
        control: &Control,
    ) -> Result<Version> {
        self.store.set_control(cx, unit, version, control).await
    }
}

#[test]
fn a_store_that_answers_at_once_with_the_same_mark_is_asked_now_and_then() {
    let world = World::new("a=1");
    let (target, store) = (world.target.clone(), world.store.clone());
    let target = Arc::new(Hasty { target, store, asked: AtomicUsize::new(0) });
    let engine = Engine::of(unit("web"), Arc::new(world.source.clone()), Arc::new(Lines), target.clone());
    let fleet = Fleet::of([engine]).unwrap();
    let stop = async {
        world.cx.sleep(Duration::from_secs(60)).await.unwrap();
        world.cx.cancel().cancel();
    };
    world.clock.block_on(futures_util::future::join(fleet.run(&world.cx), stop)).0.unwrap();
    let asked = target.asked.load(Ordering::SeqCst);
    assert!((2..60).contains(&asked), "{asked} times in a minute");
}
