//! Many units: order, turns, wakes, and what one costs the others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking")]

mod moving;
mod scene;

use std::sync::Arc;
use std::time::Duration;

use scene::Scene;
use windlass_core::{
    Control, ControlStore, ErrorKind, Event, EventKind, Health, HealthStatus, Pin, Request, Suspension,
    Timestamp, TreePath, Version, async_trait,
};
use windlass_engine::{Engine, Fleet, Member};
use windlass_testkit::{LinesRenderer, MemoryTarget, id, unit};

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
