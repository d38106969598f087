//! Many units: order, turns, wakes, and what one costs the others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking")]

mod scene;

use std::sync::Arc;
use std::time::Duration;

use scene::Scene;
use windlass_core::{
    Context, Control, ControlStore, Digest, Error, ErrorKind, Event, EventKind, Health, HealthStatus, Pin,
    RenderInput, Rendered, Request, Suspension, Timestamp, Transform, TreePath, Version, async_trait,
};
use windlass_engine::{Engine, Fleet, Member};
use windlass_testkit::{LinesRenderer, MemorySource, MemoryStore, MemoryTarget, files, id, unit};

fn map(name: &str, value: &str) -> String {
    format!("ConfigMap/ns/{name} v={value}")
}

#[test]
fn units_of_one_source_ask_it_once() {
    let scene = Scene::new(|target| target);
    let names: Vec<String> = (0..20).map(|at| format!("u{at}")).collect();
    let lines: Vec<(&str, String)> = names.iter().map(|name| (name.as_str(), map(name, "1"))).collect();
    let lines: Vec<(&str, &str)> = lines.iter().map(|(name, text)| (*name, text.as_str())).collect();
    scene.commit(&lines);
    let fleet = Fleet::of(names.iter().map(|name| scene.engine(name))).unwrap();
    let reports = scene.apply(&fleet);
    assert!(reports.values().all(|counts| counts == "1 created"), "{reports:?}");
    assert_eq!(scene.source.requests().iter().filter(|request| request.starts_with("resolve")).count(), 1);
}

#[test]
fn a_source_that_tells_of_a_commit_is_followed_at_once_and_otherwise_asked_at_each_interval() {
    for (watched, soon) in [(true, "2"), (false, "1")] {
        let scene = Scene::new(|target| target);
        if watched {
            drop(scene.source.clone().with_watch());
        }
        scene.commit(&[("app", &map("app", "1"))]);
        let fleet = Fleet::of([scene.engine("app")]).unwrap();
        scene.run(&fleet, async || {
            scene.sleep(5).await;
            scene.commit(&[("app", &map("app", "2"))]);
            scene.sleep(1).await;
            assert_eq!(scene.content("app").as_deref(), Some(soon), "told: {watched}");
            scene.sleep(60).await;
            assert_eq!(scene.content("app").as_deref(), Some("2"), "told: {watched}");
        });
    }
}

#[test]
fn a_unit_begins_once_what_it_depends_on_is_healthy() {
    let scene = Scene::new(|target| target);
    scene.commit(&[("app", &map("app", "1")), ("base", &map("base", "1"))]);
    scene.target.healthy_after(&id("ConfigMap/ns/base"), Duration::from_secs(5));
    let fleet = Fleet::of([scene.engine("base")]).unwrap();
    fleet.put(Member::new(scene.engine("app")).with_dependencies([unit("base")]));
    let reports = scene.apply(&fleet);
    assert_eq!(reports["app"], "1 created");
    assert!(scene.cx.now().mono >= Duration::from_secs(5));
    assert_eq!(scene.target.writes(), ["create ConfigMap/ns/base", "create ConfigMap/ns/app"]);
}

#[test]
fn a_unit_that_fails_holds_back_only_what_depends_on_it() {
    let scene = Scene::new(|target| target);
    scene.commit(&[("app", &map("app", "1")), ("base", "not an object"), ("other", &map("other", "1"))]);
    let fleet = Fleet::of([scene.engine("base"), scene.engine("other")]).unwrap();
    fleet.put(Member::new(scene.engine("app")).with_dependencies([unit("base")]));
    let reports = scene.apply(&fleet);
    assert_eq!(reports["other"], "1 created");
    assert!(reports["app"].contains("depends on `base`, which failed"), "{reports:?}");
}

#[test]
fn units_that_wait_for_one_another_are_named_and_the_others_go_on() {
    let scene = Scene::new(|target| target);
    scene.commit(&[("a", &map("a", "1")), ("b", &map("b", "1")), ("c", &map("c", "1"))]);
    let fleet = Fleet::of([scene.engine("c")]).unwrap();
    fleet.put(Member::new(scene.engine("a")).with_dependencies([unit("b")]));
    fleet.put(Member::new(scene.engine("b")).with_dependencies([unit("a")]));
    let reports = scene.apply(&fleet);
    assert!(reports["a"].contains("cycle=a -> b -> a"), "{reports:?}");
    assert_eq!(reports["c"], "1 created");
}

#[test]
fn a_dependent_takes_a_revision_only_once_its_base_is_healthy_at_it() {
    let scene = Scene::new(MemoryTarget::with_watch);
    scene.commit(&[("app", &map("app", "1")), ("base", &map("base", "1"))]);
    let fleet = Fleet::of([scene.engine("base")]).unwrap();
    fleet.put(Member::new(scene.engine("app")).with_dependencies([unit("base")]));
    let base = id("ConfigMap/ns/base");
    scene.run(&fleet, async || {
        scene.sleep(10).await;
        assert_eq!(scene.content("app").as_deref(), Some("1"));
        scene.target.set_health(&base, Health::new(HealthStatus::Progressing, "rolling out"));
        scene.commit(&[("app", &map("app", "2")), ("base", &map("base", "2"))]);
        scene.sleep(300).await;
        assert_eq!(scene.content("base").as_deref(), Some("2"));
        assert_eq!(scene.content("app").as_deref(), Some("1"), "the base is not healthy at the new revision");
        scene.target.set_health(&base, Health::healthy());
        scene.sleep(1).await;
        assert_eq!(scene.content("app").as_deref(), Some("2"), "it is woken at once");
    });
}

#[test]
fn an_edit_is_repaired_at_once_where_the_target_tells_of_it() {
    let scene = Scene::new(MemoryTarget::with_watch);
    scene.commit(&[("a", &map("a", "1"))]);
    let fleet = Fleet::of([scene.engine("a")]).unwrap();
    scene.run(&fleet, async || {
        scene.sleep(10).await;
        let edit = |body: &mut windlass_core::Value| {
            body.as_map_mut().unwrap().get_mut("data").unwrap().as_map_mut().unwrap().insert("v", "hand");
        };
        assert!(scene.target.edit(&id("ConfigMap/ns/a"), edit));
        scene.sleep(1).await;
        assert_eq!(scene.content("a").as_deref(), Some("1"));
    });
}

#[test]
fn a_converged_unit_is_neither_fetched_nor_rendered_nor_loaded_nor_saved_again() {
    let scene = Scene::new(MemoryTarget::with_watch);
    scene.commit(&[("a", &map("a", "1"))]);
    let fleet = Fleet::of([scene.engine("a")]).unwrap();
    scene.run(&fleet, async || {
        scene.sleep(30).await;
        drop((scene.source.take_requests(), scene.store.take_saves(), scene.target.take_requests()));
        scene.sleep(600).await;
        let asked = scene.source.take_requests();
        assert!(asked.iter().all(|request| request.starts_with("resolve")), "{asked:?}");
        assert!(scene.store.take_saves().is_empty());
        let looked = scene.target.take_requests();
        assert!(looked.iter().all(|request| request.starts_with("observe")), "{looked:?}");
    });
}

#[test]
fn a_commit_costs_the_units_that_read_what_it_changed_and_no_other_is_rendered_or_saved() {
    let scene = Scene::new(MemoryTarget::with_watch);
    scene.commit(&[("a", &map("a", "1")), ("b", &map("b", "1"))]);
    let fleet = Fleet::of([scene.engine("a"), scene.engine("b")]).unwrap();
    scene.run(&fleet, async || {
        scene.sleep(10).await;
        drop((scene.source.take_requests(), scene.store.take_saves(), scene.target.take_requests()));
        scene.told.lock().unwrap().clear();
        scene.commit(&[("a", &map("a", "2")), ("b", &map("b", "1"))]);
        scene.sleep(300).await;
        assert_eq!(scene.content("a").as_deref(), Some("2"));
        let fetches =
            scene.source.take_requests().into_iter().filter(|asked| asked.starts_with("fetch")).count();
        assert_eq!(fetches, 2, "each looks at the files once");
        let saves = scene.store.take_saves();
        assert!(!saves.is_empty() && saves.iter().all(|save| !save.contains('b')), "{saves:?}");
        let told = std::mem::take(&mut *scene.told.lock().unwrap());
        let of_b =
            |word: &str| told.iter().filter(|told| told.starts_with("b: ") && told.contains(word)).count();
        assert_eq!((of_b("source is at"), of_b("rendered")), (1, 0), "{told:?}");
        scene.commit(&[("a", &map("a", "2")), ("b", &map("b", "2"))]);
        scene.sleep(61).await;
        assert_eq!(scene.content("b").as_deref(), Some("2"), "what it reads is another now");
    });
}

#[test]
fn who_asks_for_a_pass_after_a_commit_that_changed_nothing_has_it_recorded() {
    let scene = Scene::new(MemoryTarget::with_watch);
    scene.commit(&[("a", &map("a", "1")), ("b", &map("b", "1"))]);
    let fleet = Fleet::of([scene.engine("b")]).unwrap();
    let last = || {
        let saved = scene.store.peek(&unit("b")).unwrap();
        saved.history.last().unwrap().revision.as_ref().unwrap().id.to_string()
    };
    scene.run(&fleet, async || {
        scene.sleep(10).await;
        let first = last();
        scene.commit(&[("a", &map("a", "2")), ("b", &map("b", "1"))]);
        scene.sleep(300).await;
        assert_eq!(last(), first);
        let mut control = Control::default();
        control.request = Some(Request { by: "ada".into(), at: Timestamp::from_unix(1_800_000_000) });
        ask(&scene, "b", &control);
        scene.sleep(10).await;
        assert_ne!(last(), first);
    });
}

#[test]
fn a_plan_of_a_commit_that_no_pass_has_carried_out_is_not_taken_for_one() {
    let scene = Scene::new(MemoryTarget::with_watch);
    scene.commit(&[("a", &map("a", "1")), ("b", "")]);
    let engine = scene.engine("a");
    let fleet = Fleet::of([engine.clone()]).unwrap();
    scene.run(&fleet, async || {
        scene.sleep(10).await;
        scene.commit(&[("a", &map("a", "2")), ("b", "")]);
        assert!(!engine.plan(&scene.cx).await.unwrap().is_in_sync());
        scene.commit(&[("a", &map("a", "2")), ("b", &map("b", "1"))]);
        scene.sleep(120).await;
        assert_eq!(
            scene.content("a").as_deref(),
            Some("2"),
            "only the second commit was seen, and `a` is as planned"
        );
    });
}

#[test]
fn units_that_fail_for_ever_delay_no_other() {
    let scene = Scene::new(|target| target.with_watch().with_latency(Duration::from_millis(10)));
    let bad: Vec<String> = (0..30).map(|at| format!("bad{at}")).collect();
    let mut lines: Vec<(&str, &str)> = bad.iter().map(|name| (name.as_str(), "not an object")).collect();
    let (one, two) = (map("good", "1"), map("good", "2"));
    lines.push(("good", &one));
    scene.commit(&lines);
    let fleet = Fleet::of(bad.iter().map(|name| scene.engine(name)).chain([scene.engine("good")])).unwrap();
    scene.run(&fleet, async || {
        scene.sleep(200).await;
        *lines.last_mut().unwrap() = ("good", &two);
        scene.commit(&lines);
        scene.sleep(66).await;
        assert_eq!(scene.content("good").as_deref(), Some("2"));
    });
}

#[test]
fn an_object_that_moves_between_units_in_one_commit_keeps_its_uid() {
    for order in [["a", "b"], ["b", "a"]] {
        let scene = Scene::new(MemoryTarget::with_predict);
        scene.commit(&[
            ("a", &format!("{}; {}", map("moves", "1"), map("stays-a", "1"))),
            ("b", &map("stays-b", "1")),
        ]);
        let fleet = Fleet::of(["a", "b"].map(|name| scene.engine(name))).unwrap();
        scene.apply(&fleet);
        let uid = scene.target.writes().len();
        scene.commit(&[
            ("a", &map("stays-a", "1")),
            ("b", &format!("{}; {}", map("moves", "1"), map("stays-b", "1"))),
        ]);
        // Each unit by itself, in either order, as well as both.
        for name in order {
            let alone = Fleet::of([scene.engine(name)]).unwrap();
            let reports = scene.apply(&alone);
            assert!(!reports[name].contains("failed"), "{order:?}: {reports:?}");
        }
        scene.apply(&fleet);
        let after: Vec<String> = scene.target.writes().split_off(uid);
        assert_eq!(after, ["change ConfigMap/ns/moves"], "{order:?}: handed over, and never deleted");
        let owner = scene.target.owner_of(&id("ConfigMap/ns/moves")).unwrap();
        assert!(owner.is_of(&unit("b")), "{order:?}: {owner}");
        let owned = scene.store.peek(&unit("a")).unwrap().inventory.objects;
        assert!(!owned.contains_key(&id("ConfigMap/ns/moves")), "{order:?}: a has let go of it");
    }
}

#[test]
fn an_object_that_moves_between_units_of_different_sources_keeps_its_uid() {
    for (from, to) in [("a", "b"), ("b", "a")] {
        let scene = Scene::new(MemoryTarget::with_predict);
        let sources = [("a", MemorySource::new()), ("b", MemorySource::new())];
        let commit = |name: &str, text: &str| {
            let source = &sources.iter().find(|(of, _)| *of == name).unwrap().1;
            source.commit(files([(
                format!("{name}/{name}.lines").as_str(),
                text.replace("; ", "\n").as_str(),
            )]));
        };
        let engine = |(name, source): &(&str, MemorySource)| {
            let (source, renderer) = (Arc::new(source.clone()), Arc::new(LinesRenderer::new()));
            Engine::of(unit(name), source, renderer, Arc::clone(&scene.place))
                .with_path(TreePath::new(name).unwrap())
                .with_source_name(format!("the source of {name}"))
        };
        let both = |name: &str| format!("{}; {}", map("moves", "1"), map(&format!("stays-{name}"), "1"));
        commit(from, &both(from));
        commit(to, &map(&format!("stays-{to}"), "1"));
        let fleet = Fleet::of(sources.iter().map(engine)).unwrap();
        scene.apply(&fleet);
        let before = scene.target.writes().len();
        commit(from, &map(&format!("stays-{from}"), "1"));
        commit(to, &both(to));
        for of in &sources {
            let plan = scene.clock.block_on(fleet.introduce(engine(of)).plan(&scene.cx)).unwrap().to_string();
            let expected = if of.0 == from { "takes it over" } else { "takes it from" };
            assert!(plan.contains(expected), "{plan}");
        }
        scene.apply(&fleet);
        scene.apply(&fleet);
        let after: Vec<String> = scene.target.writes().split_off(before);
        assert_eq!(after, ["change ConfigMap/ns/moves"], "{from} to {to}: handed over, and never deleted");
        let owner = scene.target.owner_of(&id("ConfigMap/ns/moves")).unwrap();
        assert!(owner.is_of(&unit(to)), "{from} to {to}: {owner}");
        let owned = scene.store.peek(&unit(from)).unwrap().inventory.objects;
        assert!(!owned.contains_key(&id("ConfigMap/ns/moves")), "{from} to {to}: it has let go of it");
    }
}

#[test]
fn what_a_unit_of_another_source_lets_go_of_is_taken_over_by_one_that_was_content() {
    let scene = Scene::new(MemoryTarget::with_watch);
    scene.commit(&[("a", &format!("{}; {}", map("moves", "1"), map("stays-a", "1")))]);
    let lines = |text: &str| files([("b/b.lines", text.replace("; ", "\n").as_str())]);
    let other = MemorySource::of(lines(&map("stays-b", "1")));
    let b = Engine::of(
        unit("b"),
        Arc::new(other.clone()),
        Arc::new(LinesRenderer::new()),
        Arc::clone(&scene.place),
    )
    .with_path(TreePath::new("b").unwrap())
    .with_source_name("another source")
    .with_interval(Duration::from_secs(60));
    let fleet = Fleet::of([scene.engine("a"), b]).unwrap();
    let owned_by = |name: &str| scene.target.owner_of(&id("ConfigMap/ns/moves")).unwrap().is_of(&unit(name));
    scene.run(&fleet, async || {
        scene.sleep(10).await;
        other.commit(lines(&format!("{}; {}", map("moves", "1"), map("stays-b", "1"))));
        scene.sleep(200).await;
        assert!(owned_by("a"), "both want it alike");
        scene.commit(&[("a", &map("stays-a", "1"))]);
        scene.sleep(200).await;
        assert!(owned_by("b"));
        assert!(!scene.target.writes().iter().any(|write| write.starts_with("delete")));
    });
}

#[test]
fn units_with_other_default_namespaces_want_other_objects() {
    for sources in [["the one source"; 2], ["one source", "another"]] {
        let scene = Scene::new(MemoryTarget::with_predict);
        let both = "ConfigMap//web v=1; ConfigMap//stays v=1";
        scene.commit(&[("a", both), ("b", both)]);
        let engine = |(name, source): (&str, &str)| {
            let target = Arc::new(scene.target.clone().with_default_namespace(name));
            Engine::of(unit(name), Arc::clone(&scene.shared), Arc::new(LinesRenderer::new()), target)
                .with_path(TreePath::new(name).unwrap())
                .with_source_name(source)
        };
        let fleet = Fleet::of(["a", "b"].into_iter().zip(sources).map(engine)).unwrap();
        scene.apply(&fleet);
        scene.commit(&[("a", "ConfigMap//stays v=1"), ("b", both)]);
        scene.apply(&fleet);
        assert!(scene.target.get(&id("ConfigMap/a/web")).is_none(), "{sources:?}: b wants its own");
        assert!(scene.target.get(&id("ConfigMap/b/web")).is_some());
    }
}

#[test]
fn a_unit_of_another_source_that_cannot_be_rendered_holds_no_deletion_back() {
    let scene = Scene::new(MemoryTarget::with_predict);
    scene.commit(&[("a", &format!("{}; {}", map("goes", "1"), map("stays", "1")))]);
    let broken = MemorySource::of(files([("b/b.lines", "not an object")]));
    let b = Engine::of(unit("b"), Arc::new(broken), Arc::new(LinesRenderer::new()), Arc::clone(&scene.place))
        .with_path(TreePath::new("b").unwrap())
        .with_source_name("another source");
    let fleet = Fleet::of([scene.engine("a"), b]).unwrap();
    scene.apply(&fleet);
    scene.commit(&[("a", &map("stays", "1"))]);
    scene.apply(&fleet);
    assert!(scene.content("goes").is_none(), "b is broken, and belongs to somebody else");
}

#[test]
fn a_unit_that_gets_another_name_takes_its_objects_along_and_the_old_name_takes_nothing_back() {
    let scene = Scene::new(MemoryTarget::with_predict);
    scene.commit(&[("a", &map("till", "1"))]);
    let named = |name: &str| {
        let engine = scene.engine("a");
        let renderer = Arc::new(LinesRenderer::new());
        let renamed = Engine::of(unit(name), Arc::clone(&scene.shared), renderer, Arc::clone(&scene.place));
        if name == "a" {
            engine
        } else {
            renamed.with_path(TreePath::new("a").unwrap()).with_source_name("the one source")
        }
    };
    scene.apply(&Fleet::of([named("a")]).unwrap());
    scene.clock.advance(Duration::from_secs(60));
    let plan = scene.clock.block_on(named("b").plan(&scene.cx)).unwrap().to_string();
    assert!(plan.contains("takes it from a"), "{plan}");
    scene.apply(&Fleet::of([named("b")]).unwrap());
    assert!(scene.target.owner_of(&id("ConfigMap/ns/till")).unwrap().is_of(&unit("b")));
    scene.clock.advance(Duration::from_secs(60));
    scene.apply(&Fleet::of([named("a")]).unwrap());
    assert!(scene.target.owner_of(&id("ConfigMap/ns/till")).unwrap().is_of(&unit("b")), "no fight");
    assert_eq!(scene.target.writes(), ["create ConfigMap/ns/till", "change ConfigMap/ns/till"]);
}

#[test]
fn nothing_is_deleted_while_a_unit_of_the_source_that_may_want_it_cannot_be_rendered() {
    let scene = Scene::new(MemoryTarget::with_predict);
    scene.commit(&[
        ("a", &format!("{}; {}", map("moves", "1"), map("stays-a", "1"))),
        ("b", &map("stays-b", "1")),
    ]);
    let fleet = Fleet::of(["a", "b"].map(|name| scene.engine(name))).unwrap();
    scene.apply(&fleet);
    scene.commit(&[("a", &map("stays-a", "1")), ("b", &format!("{}; not an object", map("moves", "1")))]);
    scene.apply(&fleet);
    assert!(scene.content("moves").is_some(), "it may have moved to b");
    scene.commit(&[
        ("a", &map("stays-a", "1")),
        ("b", &format!("{}; {}", map("moves", "1"), map("stays-b", "1"))),
    ]);
    scene.apply(&fleet);
    scene.apply(&fleet);
    assert!(scene.target.owner_of(&id("ConfigMap/ns/moves")).unwrap().is_of(&unit("b")));
    assert!(!scene.target.writes().contains(&"delete ConfigMap/ns/moves".to_owned()));
}

/// Renders as the unit says, and lacks something as soon as an object of this name is wanted.
#[derive(Debug)]
struct Lacks(&'static str);

impl Transform for Lacks {
    fn fingerprint(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }

    fn transform(&self, _: &Context, _: &RenderInput<'_>, rendered: Rendered) -> Result<Rendered, Error> {
        if rendered.items.iter().any(|item| item.id().name == self.0) {
            return Err(Error::new(ErrorKind::NotFound, "no such path"));
        }
        Ok(rendered)
    }
}

#[test]
fn a_unit_that_lacks_a_file_is_not_taken_for_one_whose_folder_is_gone() {
    let scene = Scene::new(MemoryTarget::with_predict);
    scene.commit(&[("a", &map("moves", "1")), ("b", &map("stays-b", "1"))]);
    let b = scene.engine("b").with_transform(Lacks("moves"));
    let fleet = Fleet::of([scene.engine("a"), b]).unwrap();
    scene.apply(&fleet);
    scene.commit(&[("a", &map("stays-a", "1")), ("b", &map("moves", "1"))]);
    scene.apply(&fleet);
    assert!(scene.content("moves").is_some(), "b may want it");
    scene.commit(&[("a", &map("stays-a", "1"))]);
    scene.apply(&fleet);
    assert!(scene.content("moves").is_none(), "the folder of b is gone");
}

#[test]
fn a_unit_of_the_source_on_another_target_holds_nothing_back() {
    let scene = Scene::new(MemoryTarget::with_predict);
    let both = format!("{}; {}", map("web", "1"), map("stays", "1"));
    scene.commit(&[("a", &both), ("b", &both)]);
    let elsewhere = MemoryTarget::new("elsewhere").with_state(MemoryStore::new()).with_predict();
    let b = Engine::of(
        unit("b"),
        Arc::clone(&scene.shared),
        Arc::new(LinesRenderer::new()),
        Arc::new(elsewhere.clone()),
    )
    .with_path(TreePath::new("b").unwrap())
    .with_source_name("the one source");
    let fleet = Fleet::of([scene.engine("a"), b]).unwrap();
    scene.apply(&fleet);
    scene.commit(&[("a", &map("stays", "1")), ("b", &both)]);
    scene.apply(&fleet);
    assert!(scene.content("web").is_none(), "b wants it elsewhere");
    assert!(!elsewhere.writes().iter().any(|write| write.starts_with("delete")));
}

fn ask(scene: &Scene, name: &str, control: &Control) {
    let unit = unit(name);
    let cx = scene.clock.context();
    let version: Option<Version> =
        windlass_testkit::block_on(scene.store.control(&cx, &unit)).unwrap().map(|(version, _)| version);
    windlass_testkit::block_on(scene.store.set_control(&cx, &unit, version.as_ref(), control)).unwrap();
}

#[test]
fn a_suspended_unit_writes_nothing_until_it_is_resumed() {
    let scene = Scene::new(MemoryTarget::with_watch);
    scene.commit(&[("a", &map("a", "1"))]);
    let fleet = Fleet::of([scene.engine("a")]).unwrap();
    scene.run(&fleet, async || {
        scene.sleep(10).await;
        let mut control = Control::default();
        control.suspended = Some(Suspension::new("upgrade", "ann", Timestamp::from_unix(1)));
        ask(&scene, "a", &control);
        scene.sleep(10).await;
        scene.commit(&[("a", &map("a", "2"))]);
        scene.sleep(120).await;
        assert_eq!(scene.content("a").as_deref(), Some("1"));
        let told = scene.told.lock().unwrap().join("\n");
        assert!(told.contains("on hold: suspended by ann"), "{told}");
        ask(&scene, "a", &Control::default());
        scene.sleep(10).await;
        assert_eq!(scene.content("a").as_deref(), Some("2"), "the word of a person counts within seconds");
    });
}

#[test]
fn what_a_person_asks_is_heard_at_once_where_the_store_tells_of_it() {
    let scene = Scene::new(MemoryTarget::with_watch);
    scene.commit(&[("a", &map("a", "1"))]);
    let first =
        scene.clock.block_on(windlass_core::Source::resolve(&scene.source, &scene.cx)).unwrap().revision;
    scene.commit(&[("a", &map("a", "2"))]);
    let fleet = Fleet::of([scene.engine("a")]).unwrap();
    scene.run(&fleet, async || {
        scene.sleep(7).await;
        let mut control = Control::default();
        control.pin = Some(Pin { revision: first.id.clone(), by: "ann".into(), at: Timestamp::from_unix(1) });
        ask(&scene, "a", &control);
        scene.sleep(1).await;
        assert_eq!(scene.content("a").as_deref(), Some("1"));
        ask(&scene, "a", &Control::default());
        scene.sleep(1).await;
        assert_eq!(scene.content("a").as_deref(), Some("2"));
    });
}

#[test]
fn a_unit_of_which_nobody_can_read_what_is_asked_is_left_alone() {
    let scene = Scene::new(|target| target);
    scene.commit(&[("a", &map("a", "1")), ("b", &map("b", "1"))]);
    scene.store.damage_control(&unit("a"));
    let fleet = Fleet::of([scene.engine("a"), scene.engine("b")]).unwrap();
    let reports = scene.clock.block_on(fleet.apply(&scene.cx)).unwrap();
    let error = reports[&unit("a")].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert!(reports[&unit("b")].as_ref().unwrap().is_success());
    assert_eq!((scene.content("a"), scene.content("b").as_deref()), (None, Some("1")));
}

#[test]
fn a_pinned_revision_counts_until_the_pin_is_taken_away() {
    let scene = Scene::new(|target| target);
    scene.commit(&[("a", &map("a", "1"))]);
    let first =
        scene.clock.block_on(windlass_core::Source::resolve(&scene.source, &scene.cx)).unwrap().revision;
    let fleet = Fleet::of([scene.engine("a")]).unwrap();
    scene.apply(&fleet);
    scene.commit(&[("a", &map("a", "2"))]);
    scene.apply(&fleet);
    let mut control = Control::default();
    control.pin = Some(Pin { revision: first.id, by: "ann".into(), at: Timestamp::from_unix(1) });
    ask(&scene, "a", &control);
    scene.apply(&fleet);
    assert_eq!(scene.content("a").as_deref(), Some("1"));
    ask(&scene, "a", &Control::default());
    scene.apply(&fleet);
    assert_eq!(scene.content("a").as_deref(), Some("2"));
}

#[test]
fn units_are_put_and_removed_while_the_fleet_runs() {
    let scene = Scene::new(MemoryTarget::with_watch);
    scene.commit(&[("a", &map("a", "1")), ("b", &map("b", "1"))]);
    let fleet = Fleet::of([scene.engine("a")]).unwrap();
    scene.run(&fleet, async || {
        scene.sleep(5).await;
        fleet.put(Member::new(scene.engine("b")));
        scene.sleep(5).await;
        assert_eq!(scene.content("b").as_deref(), Some("1"));
        fleet.remove(&unit("b"));
        scene.sleep(5).await;
        assert_eq!(scene.target.watched_units(), 1);
        assert_eq!(scene.content("b").as_deref(), Some("1"), "nothing is deleted");
    });
}

/// A source that never answers, until it is cancelled.
#[derive(Debug)]
struct Hanging;

#[async_trait]
impl windlass_core::Source for Hanging {
    async fn resolve(&self, _cx: &windlass_core::Context) -> windlass_core::Result<windlass_core::Resolved> {
        std::future::pending().await
    }

    async fn fetch(
        &self,
        _cx: &windlass_core::Context,
        _revision: &windlass_core::Revision,
        _paths: &windlass_core::Paths,
    ) -> windlass_core::Result<windlass_core::Artifact> {
        panic!("secret-in-a-panic")
    }
}

#[test]
fn a_part_that_hangs_is_an_error_of_its_unit_alone() {
    let scene = Scene::new(|target| target);
    scene.commit(&[("good", &map("good", "1"))]);
    let hanging = Engine::new(unit("hangs"), Hanging, LinesRenderer::new(), scene.target.clone());
    let fleet = Fleet::of([scene.engine("good"), hanging]).unwrap();
    let reports = scene.clock.block_on(fleet.apply(&scene.cx)).unwrap();
    assert_eq!(reports[&unit("hangs")].as_ref().unwrap_err().kind(), ErrorKind::Timeout);
    assert!(reports[&unit("good")].is_ok());
    assert!(scene.cx.now().mono <= scene.cx.limits().request_timeout + Duration::from_secs(1));
}

/// A source that panics once it is asked for files.
#[derive(Debug)]
struct Panicking;

#[async_trait]
impl windlass_core::Source for Panicking {
    async fn resolve(&self, _cx: &windlass_core::Context) -> windlass_core::Result<windlass_core::Resolved> {
        Ok(windlass_core::Resolved::new(windlass_core::Revision::new("sha1:1")))
    }

    async fn fetch(
        &self,
        cx: &windlass_core::Context,
        revision: &windlass_core::Revision,
        paths: &windlass_core::Paths,
    ) -> windlass_core::Result<windlass_core::Artifact> {
        Hanging.fetch(cx, revision, paths).await
    }
}

#[test]
fn a_panic_is_an_error_of_its_unit_and_its_text_is_told_nowhere() {
    let scene = Scene::new(|target| target);
    scene.commit(&[("good", &map("good", "1"))]);
    let told = Arc::clone(&scene.told);
    let engine = Engine::new(unit("panics"), Panicking, LinesRenderer::new(), scene.target.clone())
        .with_events(move |event: &Event| told.lock().unwrap().push(format!("{event} {event:?}")))
        .with_events(|event: &Event| {
            assert!(!matches!(event.what, EventKind::Started), "a sink that panics")
        });
    let fleet = Fleet::of([scene.engine("good"), engine]).unwrap();
    let reports = scene.clock.block_on(fleet.apply(&scene.cx)).unwrap();
    let error = reports[&unit("panics")].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(reports[&unit("good")].is_ok());
    let told = format!("{error:?} {}", scene.told.lock().unwrap().join("\n"));
    assert!(!told.contains("secret-in-a-panic"), "{told}");
    assert_eq!(scene.requests("apply"), 1);
}

#[test]
fn a_unit_that_comes_or_goes_makes_no_other_pass() {
    let scene = Scene::new(MemoryTarget::with_watch);
    scene.commit(&[("a", &map("a", "1")), ("b", &map("b", "1"))]);
    let fleet = Fleet::of([scene.engine("a")]).unwrap();
    let of_a = || scene.told.lock().unwrap().iter().filter(|told| told.starts_with("a: ")).count();
    scene.run(&fleet, async || {
        scene.sleep(10).await;
        let before = of_a();
        assert!(before > 0, "a was told of");
        fleet.put(Member::new(scene.engine("b")));
        scene.sleep(2).await;
        assert_eq!(scene.content("b").as_deref(), Some("1"));
        fleet.remove(&unit("b"));
        scene.sleep(2).await;
        assert_eq!(of_a(), before);
        fleet.put(Member::new(scene.engine("a")));
        scene.sleep(2).await;
        assert!(of_a() > before, "a itself was replaced");
    });
}

#[test]
fn a_source_without_units_is_asked_no_more_and_asked_again_with_the_first_that_comes() {
    let scene = Scene::new(MemoryTarget::with_watch);
    scene.commit(&[("a", &map("a", "1"))]);
    let fleet = Fleet::of([scene.engine("a")]).unwrap();
    scene.run(&fleet, async || {
        scene.sleep(10).await;
        fleet.remove(&unit("a"));
        scene.sleep(300).await;
        drop(scene.source.take_requests());
        scene.sleep(600).await;
        assert_eq!(scene.source.take_requests(), [""; 0]);
        scene.commit(&[("a", &map("a", "2"))]);
        fleet.put(Member::new(scene.engine("a")));
        scene.sleep(10).await;
        assert_eq!(scene.content("a").as_deref(), Some("2"));
    });
}

#[test]
fn units_of_two_installations_in_one_fleet_both_hear_what_people_ask() {
    let scene = Scene::new(MemoryTarget::with_watch);
    scene.commit(&[("a", &map("a", "1")), ("b", &map("b", "1"))]);
    let fleet = Fleet::of([scene.engine("a")]).unwrap();
    let staging = unit("b").of_installation("staging").unwrap();
    let b = Engine::of(
        staging.clone(),
        Arc::clone(&scene.shared),
        Arc::new(LinesRenderer::new()),
        Arc::clone(&scene.place),
    );
    fleet.put(Member::new(b.with_path(TreePath::new("b").unwrap())));
    scene.run(&fleet, async || {
        scene.sleep(10).await;
        let mut control = Control::default();
        control.suspended = Some(Suspension::new("upgrade", "ann", Timestamp::from_unix(1)));
        scene.store.ask(&staging, control.clone());
        scene.store.ask(&unit("a"), control);
        scene.sleep(10).await;
        scene.commit(&[("a", &map("a", "2")), ("b", &map("b", "2"))]);
        scene.sleep(120).await;
        assert_eq!((scene.content("a").as_deref(), scene.content("b").as_deref()), (Some("1"), Some("1")));
        scene.store.ask(&staging, Control::default());
        scene.sleep(10).await;
        assert_eq!((scene.content("a").as_deref(), scene.content("b").as_deref()), (Some("1"), Some("2")));
    });
}
