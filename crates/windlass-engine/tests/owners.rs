//! Whose an object is: adoption, taking over, and what is only to be created.

mod support;

use std::sync::Arc;

use support::{World, object, object_id};
use windlass_core::{Error, ErrorKind, Owner, TreePath};
use windlass_engine::{Adoption, Engine, Options};
use windlass_testkit::{LinesRenderer, MemorySource, MemoryStore, MemoryTarget, TestClock, files, id, unit};

fn other() -> Option<Owner> {
    Some(Owner::named("other"))
}

fn worlds(objects: &str, adoption: Adoption) -> [World; 2] {
    [
        World::with(objects, |target| target, |engine| engine.with_adoption(adoption)),
        World::with(objects, windlass_testkit::MemoryTarget::with_predict, |engine| {
            engine.with_adoption(adoption)
        }),
    ]
}

#[test]
fn what_is_only_to_be_created_and_is_there_is_left_alone_whoever_owns_it() {
    for owner in [None, other()] {
        for world in worlds("a=1 once; b=1 after:a", Adoption::IfUnmarked) {
            world.target.put_foreign(object("a", "theirs"), owner.clone());
            assert_eq!(World::outcomes(&world.pass()), "a: unchanged, b: created");
            assert_eq!((world.take_writes().as_str(), world.owned().as_str()), ("create b", "b"));
            drop((world.store.take_saves(), world.told()));
            assert!(world.pass().is_success());
            assert!(world.clock.block_on(world.engine.plan(&world.cx)).unwrap().is_in_sync());
            assert_eq!((world.take_writes().as_str(), world.store.take_saves().len()), ("", 0));
            assert!(!world.told().iter().any(|line| line.contains("drifted")));
            world.commit("b=1");
            assert_eq!(world.writes(), "", "what is not ours is not deleted");
        }
    }
}

#[test]
fn what_was_only_to_be_created_and_was_made_by_somebody_else_first_is_theirs() {
    for world in worlds("a=1 once; b=1", Adoption::IfUnmarked) {
        world.target.fail_next_write(&object_id("a"), Error::new(ErrorKind::Denied, "not now"));
        assert_eq!(World::outcomes(&world.pass()), "a: failed, b: created");
        assert_eq!(world.owned(), "a b", "the intent is remembered");
        world.target.put_foreign(object("a", "theirs"), None);
        assert_eq!(World::outcomes(&world.pass()), "a: unchanged, b: unchanged");
        assert_eq!(world.owned(), "b");
    }
}

#[test]
fn what_was_created_only_is_owned_and_deleted() {
    for world in worlds("a=1 once; b=1", Adoption::IfUnmarked) {
        world.pass();
        world.pass();
        assert_eq!(world.owned(), "a b");
        world.take_writes();
        world.commit("b=1");
        assert_eq!(world.writes(), "delete a");
    }
}

#[test]
fn an_intent_that_was_never_confirmed_adopts_nothing() {
    for world in worlds("a=1; b=1", Adoption::Never) {
        world.target.fail_next_write(&object_id("a"), Error::new(ErrorKind::Denied, "not now"));
        world.pass();
        assert_eq!(world.owned(), "a b");
        world.target.put_foreign(object("a", "a person's"), None);
        assert_eq!(World::outcomes(&world.pass()), "a: failed, b: unchanged");
        assert_eq!(world.target.get(&object_id("a")), Some(object("a", "a person's")));
    }
}

#[test]
fn what_was_made_anew_by_a_person_is_not_ours_though_it_was() {
    for world in worlds("a=1; b=1", Adoption::Never) {
        world.pass();
        world.target.put_foreign(object("a", "a person's"), None);
        assert_eq!(World::outcomes(&world.pass()), "a: failed, b: unchanged");
    }
}

#[test]
fn what_lost_nothing_but_its_mark_gets_it_back() {
    for world in worlds("a=1", Adoption::Never) {
        world.pass();
        world.target.set_owner(&object_id("a"), None);
        assert!(!world.plan_text().contains("adopts"), "it was ours before");
        assert!(world.pass().is_success());
        assert_eq!(world.target.owner_of(&object_id("a")), Some(Owner::of(&unit("web"))));
    }
}

#[test]
fn taking_over_says_from_whom() {
    for world in worlds("a=1", Adoption::Always) {
        world.target.put_foreign(object("a", "1"), other());
        let plan = world.clock.block_on(world.engine.plan(&world.cx)).unwrap();
        assert!(plan.to_string().contains("takes it from other"), "{plan}");
        assert_eq!(plan.actions[0].taken_from, other());
        assert_eq!(World::outcomes(&world.pass()), "a: changed");
        assert_eq!(world.target.owner_of(&object_id("a")), Some(Owner::of(&unit("web"))));
        assert!(world.clock.block_on(world.engine.plan(&world.cx)).unwrap().is_in_sync());
    }
}

#[test]
fn the_status_of_an_object_that_another_unit_has_taken_over_is_no_trouble_and_that_of_a_lost_one_is() {
    let tool = Some(Owner::Other("flux:apps/shop".into()));
    for (owner, says, good) in [
        (other(), "other has taken it over", true),
        (tool, "not ours any more", false),
        (None, "not ours any more", false),
    ] {
        let world = World::new("a=1; b=1");
        world.pass();
        world.target.set_owner(&object_id("a"), owner);
        let status = world.clock.block_on(world.engine.status(&world.cx)).unwrap();
        assert!(status.to_string().contains(says), "{status}");
        assert_eq!(status.is_good(), good, "{status}");
    }
}

#[test]
fn what_has_moved_to_another_unit_is_not_deleted_with_the_one_that_had_it() {
    let (clock, store, source) = (TestClock::new(), MemoryStore::new(), MemorySource::new());
    let target = MemoryTarget::new("memory").with_state(store.clone()).with_predict();
    let (shared, place) = (Arc::new(source.clone()), Arc::new(target.clone()));
    let engine = |name: &str| {
        Engine::of(unit(name), shared.clone(), Arc::new(LinesRenderer::new()), place.clone())
            .with_path(TreePath::new(name).unwrap())
            .with_source_name("the one source")
    };
    let line = |name: &str| format!("ConfigMap/ns/{name} v=1\n");
    let commit = |a: &str, b: &str| source.commit(files([("a/a.lines", a), ("b/b.lines", b)]));
    let cx = clock.context();
    let (moves, both, own) = (line("moves"), line("both"), line("own"));
    commit(&format!("{moves}{both}"), &own);
    for name in ["a", "b"] {
        clock.block_on(engine(name).reconcile(&cx)).unwrap();
    }
    commit(&both, &format!("{moves}{both}{own}"));
    let delete = || {
        let plan = clock.block_on(engine("a").plan_delete(&cx)).unwrap();
        clock.block_on(engine("a").delete(&cx, &plan)).unwrap();
        plan.to_string()
    };
    let plan = delete();
    assert!(
        plan.contains("b wants it now, and takes it over") && plan.contains("1 delete, 1 keep"),
        "{plan}"
    );
    assert!(
        target.get(&id("ConfigMap/ns/moves")).is_some() && target.get(&id("ConfigMap/ns/both")).is_none()
    );
    clock.block_on(engine("b").reconcile(&cx)).unwrap();
    assert!(target.owner_of(&id("ConfigMap/ns/moves")).unwrap().is_of(&unit("b")), "it is taken over");
    delete();
    assert!(store.peek(&unit("a")).is_none(), "the unit is forgotten");
    let deleted: Vec<String> =
        target.writes().into_iter().filter(|write| write.starts_with("delete")).collect();
    assert_eq!(deleted, ["delete ConfigMap/ns/both"]);
}

#[test]
fn what_a_former_owner_has_is_free_unless_adoption_is_off() {
    for (adoption, owner, outcome) in [
        (Adoption::IfUnmarked, "helm:shop/web", "a: changed"),
        (Adoption::IfUnmarked, "helm:shop/other", "a: failed"),
        (Adoption::Never, "helm:shop/web", "a: failed"),
    ] {
        let mut options = Options::default();
        options.adoption = adoption;
        options.former_owners = vec!["helm:shop/web".into()];
        let world = World::with("a=1", MemoryTarget::with_predict, |engine| engine.with_options(options));
        world.target.put_foreign(object("a", "theirs"), Some(Owner::Other(owner.into())));
        assert_eq!(World::outcomes(&world.pass()), outcome, "{adoption:?} {owner}");
    }
}
