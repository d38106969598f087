//! Plans and their first steps, of facts that are written down.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking")]

mod support;

use support::{object, object_id};
use windlass_core::{
    Action, Cause, Conflict, Decision, Edge, Expect, FieldPath, Gate, Inventory, Item, Limits, Live, Mode,
    Node, Now, Object, ObjectId, Observation, OrderRule, Origin, Owned, Owner, Plan, Prediction, Result,
    Stamp, Taken, TreePath, Value, Verb, Version, Write,
};
use windlass_engine::{
    Adoption, Compared, Effect, Explain, Facts, Happened, Prune, Rules, State, Wait, Wanted, plan, step,
};
use windlass_testkit::{key, unit};

fn wanted(object: Object) -> Wanted {
    Wanted::new(Item::new(object, Origin::new(TreePath::new("objects").unwrap(), 1, 1)))
}

fn live(object: &Object, uid: &str, owner: Option<Owner>) -> Observation {
    Observation::Live(Live {
        id: object.id().clone(),
        version: Version::new("1"),
        stamp: Stamp(object.digest()),
        uid: Some(uid.into()),
        owner,
        deletion: None,
        health: None,
        body: Some(object.clone()),
    })
}

fn owned(object: &Object) -> Owned {
    Owned {
        api_version: object.api_version().into(),
        rank: 0,
        wanted: key().seal(object.digest()),
        stamp: Some(Stamp(object.digest()).sealed(&key())),
        uid: None,
        keep: false,
        transient: false,
        contest: None,
    }
}

fn facts(owned: impl IntoIterator<Item = (ObjectId, Owned)>) -> Facts {
    Facts::new(unit("web"), "memory", Inventory { objects: owned.into_iter().collect() }, key())
}

fn ours() -> Option<Owner> {
    Some(Owner::of(&unit("web")))
}

fn make(facts: &Facts, change: impl FnOnce(Rules<'_>) -> Rules<'_>) -> Plan {
    let (explain, prune, wait, limits) =
        (Compared::default(), Prune::default(), Wait::default(), Limits::default());
    plan(facts, &change(Rules::new(&explain, &prune, &wait, &limits)))
}

fn verbs(plan: &Plan) -> String {
    let verb = |action: &Action| format!("{} {}", action.verb.name(), action.id);
    plan.actions.iter().map(verb).collect::<Vec<_>>().join(", ")
}

fn ingress(api_version: &str) -> Object {
    let metadata = Value::from_iter([("namespace", "ns".into()), ("name", "a".into())]);
    let body = [("apiVersion", api_version.into()), ("kind", "Ingress".into()), ("metadata", metadata)];
    Object::new(Value::from_iter(body)).unwrap()
}

#[test]
fn an_object_that_is_wanted_by_another_group_is_not_deleted() {
    let (old, new) = (ingress("extensions/v1beta1"), ingress("networking.k8s.io/v1"));
    let mut facts = facts([(old.id().clone(), owned(&old)), (new.id().clone(), owned(&new))]);
    facts.wanted = vec![wanted(new.clone())];
    facts.observed.observations =
        [(old.id().clone(), live(&old, "one", ours())), (new.id().clone(), live(&new, "one", ours()))].into();
    let plan = make(&facts, |rules| rules);
    assert_eq!(verbs(&plan), "unchanged Ingress.networking.k8s.io/ns/a, keep Ingress.extensions/ns/a");
    assert_eq!(plan.forget, [old.id().clone()]);
    facts.observed.observations.insert(old.id().clone(), live(&old, "two", ours()));
    assert!(verbs(&make(&facts, |rules| rules)).contains("delete Ingress.extensions/ns/a"));
}

#[test]
fn what_is_the_same_but_for_another_owner_is_written_and_marked() {
    let a = object("a", "1");
    let mut facts = facts([]);
    facts.wanted = vec![wanted(a.clone())];
    facts.observed.observations = [(a.id().clone(), live(&a, "one", Some(Owner::named("other"))))].into();
    facts.predictions = Some([(a.id().clone(), Prediction::Same)].into());
    let plan = make(&facts, |rules| rules.with_adoption(Adoption::Always));
    assert_eq!(verbs(&plan), "change ConfigMap/ns/a");
    assert_eq!(plan.actions[0].taken_from, Some(Owner::named("other")));
}

#[test]
fn what_cannot_be_foretold_waits_for_what_it_needs() {
    let (a, b) = (object("a", "1"), object("b", "1"));
    let mut facts = facts([]);
    facts.wanted = vec![wanted(a.clone()), wanted(b.clone())];
    facts.observed.observations =
        [(a.id().clone(), Observation::Absent), (b.id().clone(), Observation::Absent)].into();
    let (first, until) = (b.clone(), Node::Object(b.id().clone()));
    let change =
        Prediction::Change { payload: b.clone(), after: first, mode: Default::default(), conflicts: vec![] };
    let later = Prediction::Deferred { until: until.clone(), payload: a.clone() };
    facts.predictions = Some([(a.id().clone(), later), (b.id().clone(), change)].into());
    let plan = make(&facts, |rules| rules);
    assert_eq!(verbs(&plan), "create ConfigMap/ns/b, apply ConfigMap/ns/a");
    assert!(
        plan.edges.iter().any(|edge| edge.before == until && edge.gate == Gate::Healthy),
        "{:?}",
        plan.edges
    );
}

/// What is planned for an object that is live and may be made anew; another one is to be created.
fn made_anew(uid: Option<&str>, prediction: Option<Prediction>) -> Action {
    let a = object("a", "1");
    let mut one = wanted(a.clone());
    one.item.directives.mode = Some(Mode::Recreate);
    let mut facts = facts([]);
    let b = object("b", "1");
    facts.wanted = vec![one, wanted(b.clone())];
    let Observation::Live(mut live) = live(&object("a", "0"), "one", ours()) else { panic!("a live object") };
    live.uid = uid.map(Into::into);
    facts.observed.observations =
        [(a.id().clone(), Observation::Live(live)), (b.id().clone(), Observation::Absent)].into();
    let (payload, after) = (b.clone(), b.clone());
    let create = Prediction::Change { payload, after, mode: Mode::Apply, conflicts: vec![] };
    facts.predictions =
        prediction.map(|prediction| [(a.id().clone(), prediction), (b.id().clone(), create)].into());
    make(&facts, |rules| rules).actions.into_iter().find(|action| action.id == *a.id()).unwrap()
}

#[test]
fn what_is_there_and_cannot_be_foretold_is_changed_in_place() {
    let later = Prediction::Deferred { until: Node::Object(object_id("b")), payload: object("a", "1") };
    let action = made_anew(Some("one"), Some(later));
    assert_eq!((action.verb, action.mode), (Verb::Apply, Mode::Apply));
}

#[test]
fn only_the_object_that_was_seen_is_made_anew() {
    let change = |mode| {
        let (payload, after) = (object("a", "1"), object("a", "1"));
        Some(Prediction::Change { payload, after, mode, conflicts: vec![] })
    };
    let expect = |uid, prediction| made_anew(uid, prediction).expect;
    assert_eq!(expect(Some("one"), change(Mode::Recreate)), Expect::Uid("one".into()));
    assert_eq!(expect(None, change(Mode::Recreate)), Expect::At(Version::new("1")));
    assert_eq!(expect(Some("one"), change(Mode::Apply)), Expect::Any);
    assert_eq!(expect(Some("one"), None), Expect::At(Version::new("1")), "a version says more than a uid");
}

/// Gives these edges.
#[derive(Debug)]
struct These(Vec<Edge>);

impl OrderRule for These {
    fn edges(&self, _items: &[Item]) -> Result<Vec<Edge>> {
        Ok(self.0.clone())
    }
}

fn edge(before: &str, after: &str) -> Edge {
    Edge::new(Node::Object(object_id(before)), Node::Object(object_id(after)), Gate::Applied, "test")
}

fn ordered(edges: Vec<Edge>, names: &[&str]) -> Plan {
    let mut facts = facts([]);
    facts.wanted = names.iter().map(|name| wanted(object(name, "1"))).collect();
    facts.observed.observations = names.iter().map(|name| (object_id(name), Observation::Absent)).collect();
    make(&facts, |rules| rules.with_order(&*Box::leak(Box::new([std::sync::Arc::new(These(edges)) as _]))))
}

#[test]
fn a_preference_for_what_is_not_there_yields() {
    let plan = ordered(vec![edge("nobody", "a").weak()], &["a"]);
    assert_eq!(verbs(&plan), "create ConfigMap/ns/a");
    assert!(plan.edges.is_empty() && plan.warnings.is_empty(), "{plan}");
    assert_eq!(verbs(&ordered(vec![edge("nobody", "a")], &["a"])), "refuse ConfigMap/ns/a");
}

#[test]
fn a_preference_that_yields_takes_no_firm_edge_along() {
    let cycle = vec![edge("a", "b"), edge("b", "a").weak(), edge("a", "b").weak()];
    let plan = ordered(cycle, &["a", "b"]);
    assert_eq!(plan.edges.iter().filter(|edge| !edge.weak).count(), 1);
    assert!(plan.edges.iter().all(|edge| edge.before == Node::Object(object_id("a"))), "{:?}", plan.edges);
}

#[test]
fn a_long_chain_of_needs_moves_to_the_earliest_wave() {
    let names: Vec<String> = (0..3000).map(|n| format!("o{n:04}")).collect();
    let mut facts = facts([]);
    for (at, name) in names.iter().enumerate() {
        let mut one = wanted(object(name, "1"));
        one.item.directives.wave = i32::try_from(names.len() - at).unwrap();
        one.item.directives.after = names.get(at + 1).map(|name| object_id(name)).into_iter().collect();
        facts.wanted.push(one);
        facts.observed.observations.insert(object_id(name), Observation::Absent);
    }
    let plan = make(&facts, |rules| rules);
    assert!(plan.problems.is_empty() && plan.actions.iter().all(|action| action.verb == Verb::Create));
    assert_eq!(plan.actions[0].id, object_id("o2999"));
}

#[test]
fn a_deletion_that_takes_with_it_what_no_unit_owns_warns_of_it() {
    let (kind, stays) = (object("kind", "1"), object("stays", "1"));
    let mut facts = facts([(kind.id().clone(), owned(&kind)), (stays.id().clone(), owned(&stays))]);
    facts.wanted = vec![wanted(stays.clone())];
    let observed = [live(&kind, "one", ours()), live(&stays, "two", ours())];
    facts.observed.observations = [kind.id().clone(), stays.id().clone()].into_iter().zip(observed).collect();
    let by_hand = (0..7).map(|at| Taken { id: object_id(&format!("hand{at}")), owner: None });
    let all = by_hand.chain([Taken { id: object_id("own"), owner: ours() }]).collect();
    facts.takes = [(kind.id().clone(), all)].into();
    let plan = make(&facts, |rules| rules);
    let told: Vec<&str> = plan.warnings.iter().map(|warning| &*warning.message).collect();
    let expected = "deleting ConfigMap/ns/kind takes with it what no unit owns: ConfigMap/ns/hand0, ConfigMap/ns/hand1, \
                    ConfigMap/ns/hand2, ConfigMap/ns/hand3, ConfigMap/ns/hand4 and 2 more";
    assert_eq!(told, [expected]);
    assert!(plan.actions.iter().any(|action| action.verb == Verb::Delete), "{plan}");
}

#[test]
fn a_deletion_that_would_take_with_it_what_is_wanted_is_not_made() {
    let (space, inside) = (object("space", "1"), object("inside", "1"));
    let mut facts = facts([(space.id().clone(), owned(&space)), (inside.id().clone(), owned(&inside))]);
    facts.wanted = vec![wanted(inside.clone())];
    let observed = [live(&space, "one", ours()), live(&inside, "two", ours())];
    facts.observed.observations =
        [space.id().clone(), inside.id().clone()].into_iter().zip(observed).collect();
    let taken = vec![Taken { id: inside.id().clone(), owner: ours() }];
    facts.takes = [(space.id().clone(), taken)].into();
    let plan = make(&facts, |rules| rules);
    let told: Vec<String> = plan.problems.iter().map(ToString::to_string).collect();
    let expected = "deleting the object would take with it what the source still has (object=ConfigMap/ns/space, count=1, \
                    objects=ConfigMap/ns/inside)";
    assert_eq!(told, [expected]);
    assert!(!plan.actions.iter().any(|action| action.verb == Verb::Delete), "{plan}");
    facts.wanted = Vec::new();
    facts.delete_all = true;
    assert!(make(&facts, |rules| rules).actions.iter().all(|action| action.verb == Verb::Delete));
}

#[test]
fn a_plan_says_what_is_made_anew_and_where_no_field_changes() {
    let note = |mode: Mode, changes: bool| {
        let mut action = Action::new(object_id("a"), Verb::Change, owned(&object("a", "1")));
        action.mode = mode;
        if changes {
            let (before, after) = (object("a", "0"), object("a", "1"));
            let explain = Compared::default();
            action.changes = explain.changes(&before, &after, after.body(), Cause::Wanted);
        }
        action.note()
    };
    assert_eq!(note(Mode::Recreate, true), "recreates it: deleted first, then created");
    assert_eq!(note(Mode::Apply, true), "");
    assert_eq!(note(Mode::Apply, false), "no field changes, only who holds them");
}

#[test]
fn a_write_carries_what_the_plan_said_of_the_fields_of_others() {
    let a = object("a", "1");
    let path = FieldPath::root().field("data").field("content");
    let conflicts = vec![Conflict { path, holder: "kubectl".into(), decision: Decision::Take }];
    let mut facts = facts([]);
    facts.wanted = vec![wanted(a.clone())];
    facts.observed.observations = [(a.id().clone(), live(&object("a", "0"), "one", None))].into();
    let (payload, after) = (a.clone(), a.clone());
    let change =
        Prediction::Change { payload, after, mode: Default::default(), conflicts: conflicts.clone() };
    facts.predictions = Some([(a.id().clone(), change)].into());
    let plan = make(&facts, |rules| rules);
    let (now, mut out) = (Now::default(), Vec::new());
    let mut state = State::new(&plan, None, &Wait::default(), &Limits::default(), now, &key()).unwrap();
    step(&mut state, Happened::Begun, now, &mut out);
    step(&mut state, Happened::Saved(Ok(Version::new("1"))), now, &mut out);
    let sent = out.iter().find_map(|effect| match effect {
        Effect::Write(Write::Apply { conflicts, expect, .. }) => Some((conflicts.clone(), expect.clone())),
        _ => None,
    });
    assert_eq!(sent, Some((conflicts, Expect::Any)));
}
