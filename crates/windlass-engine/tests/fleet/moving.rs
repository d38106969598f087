//! Objects that move between units, and what each unit has to know of the others for that.

use std::sync::Arc;
use std::time::Duration;

use windlass_core::{Context, Digest, Error, ErrorKind, RenderInput, Rendered, Transform, TreePath};
use windlass_engine::{Engine, Fleet};
use windlass_testkit::{LinesRenderer, MemorySource, MemoryStore, MemoryTarget, files, id, unit};

use crate::map;
use crate::scene::Scene;

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
