//! What is kept and shown of Secrets, on the real control plane.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::plane::{kubectl, kubectl_args, plane};
use support::world::{World, run};
use windlass_core::{
    Context, Delta, Digest, Interest, Key, Look, Object, ObjectId, Plan, Report, Saved, StateStore, Target,
    UnitId, Value,
};
use windlass_engine::Engine;
use windlass_kube::{Cluster, Connect, KubeOptions, KubeStore, KubeTarget};
use windlass_testkit::Recorder;

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: hunter2}\n";
const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {token: letmein}\n";

/// What somebody would try who knows all but the password, and has guessed it.
fn guesses(value: &Value, out: &mut BTreeSet<Digest>) {
    out.insert(Digest::of_value(value));
    match value {
        Value::Map(map) => map.iter().for_each(|(_, inner)| guesses(inner, out)),
        Value::List(list) => list.iter().for_each(|inner| guesses(inner, out)),
        Value::Text(text) => drop(out.insert(Digest::of(text.as_bytes()))),
        _ => {}
    }
}

/// Another process: a connection of its own.
fn cluster() -> Cluster {
    run(Cluster::connect(&Connect::kubeconfig(plane().kubeconfig()))).expect("a connection")
}

fn store() -> KubeStore {
    KubeStore::new(cluster(), &KubeOptions::default())
}

fn key(cx: &Context) -> Key {
    let key = run(store().key(cx, UnitId::DEFAULT_INSTALLATION, false)).expect("the key can be read");
    key.expect("the first pass made one")
}

fn saved(world: &World) -> Saved {
    let unit = UnitId::new(&world.unit).expect("a unit");
    run(store().load(&world.cx, &unit)).expect("the state can be read").expect("there is one")
}

/// The stamps of objects as no state holds them, and their bodies.
fn live(world: &World, objects: impl Iterator<Item = ObjectId>) -> BTreeMap<ObjectId, (Digest, Object)> {
    let interest = Interest {
        unit: UnitId::new(&world.unit).expect("a unit"),
        objects: objects.map(|id| (id, Look::new("v1"))).collect(),
    };
    let target = KubeTarget::new(cluster(), KubeOptions::default());
    let observed = run(target.observe(&world.cx, &interest)).expect("a look");
    let lives = observed.observations.into_iter().map(|(id, seen)| {
        let live = seen.live().unwrap_or_else(|| panic!("{id} is there")).clone();
        (id, (live.stamp.0, live.body.expect("it was asked for")))
    });
    lives.collect()
}

fn versions(world: &World) -> String {
    let namespace = format!("--namespace={}", world.unit);
    kubectl_args(&[
        "get",
        "secret/db",
        "configmap/web",
        &namespace,
        "-o",
        "jsonpath={.items[*].metadata.resourceVersion}",
    ])
}

/// Everything that a plan, a pass and its events show.
fn shown(engine: &Engine, cx: &Context) -> (Plan, Report, String) {
    let plan = run(engine.plan(cx)).expect("a plan");
    let report = run(engine.reconcile(cx)).expect("a pass");
    let history = run(engine.history(cx)).expect("a history");
    let json =
        [serde_json::to_string(&plan), serde_json::to_string(&report), serde_json::to_string(&history)];
    let json: Vec<String> = json.into_iter().map(|text| text.expect("JSON")).collect();
    let text = format!("{plan} {plan:?} {report} {report:?} {history:?} {}", json.join(" "));
    (plan, report, text)
}

#[test]
fn nothing_in_the_state_a_plan_or_an_event_is_the_digest_of_what_somebody_can_guess() {
    let world = World::new("k-guess");
    world.write(&[("secret.yaml", SECRET.into()), ("web.yaml", MAP.into())]);
    let (events, mut texts, mut guessed) = (Recorder::new(), Vec::new(), BTreeSet::new());
    let mut wanted = BTreeMap::new();
    for round in 0..3 {
        let engine = world.engine(15).with_events(events.clone());
        let (plan, report, text) = shown(&engine, &world.cx);
        assert!(report.is_success(), "{report}");
        texts.push(text);
        for payload in plan.actions.iter().filter_map(|action| action.payload.as_ref()) {
            guesses(payload.body(), &mut guessed);
            wanted.insert(payload.id().clone(), payload.digest());
        }
        for (stamp, body) in live(&world, wanted.keys().cloned()).into_values() {
            guesses(body.body(), &mut guessed);
            guessed.insert(stamp);
        }
        match round {
            0 => drop(kubectl_args(&[
                "patch",
                "secret",
                "db",
                "--namespace=k-guess",
                "--type=merge",
                r#"--patch={"stringData":{"password":"hunter3"}}"#,
            ])),
            _ => world.write(&[("web.yaml", MAP.replace("letmein", &format!("letmein{round}")))]),
        }
    }
    guessed.extend([SECRET, MAP, "hunter2", "hunter3"].map(|text| Digest::of(text.as_bytes())));
    let state = saved(&world);
    let key = key(&world.cx);
    let secret: ObjectId = "Secret/k-guess/db".parse().expect("an identity");
    assert_eq!(state.inventory.objects[&secret].wanted, key.seal(wanted[&secret]), "what is kept is sealed");
    texts.push(serde_json::to_string(&state).expect("JSON"));
    texts.extend(
        events
            .events()
            .iter()
            .map(|event| format!("{event:?} {}", serde_json::to_string(event).expect("JSON"))),
    );
    texts.push(kubectl("get configmaps --namespace=windlass-system -o json"));
    for text in &texts {
        for digest in &guessed {
            let hex = digest.to_string().replace("sha256:", "");
            assert!(!text.contains(&hex[..12]), "{digest} can be guessed:\n{text}");
        }
    }
    let secret = kubectl("get secret windlass-key --namespace=windlass-system -o jsonpath={.type}");
    assert_eq!(secret, "Opaque");
}

#[test]
fn the_state_of_an_earlier_release_is_sealed_and_no_object_is_written() {
    let world = World::new("k-before");
    world.write(&[("secret.yaml", SECRET.into()), ("web.yaml", MAP.into())]);
    let plan = world.plan();
    assert!(world.pass().is_success());
    let (before, unit) = (saved(&world), UnitId::new(&world.unit).expect("a unit"));
    let live = live(&world, before.inventory.objects.keys().cloned());
    let mut forget = Delta::default();
    forget.forget = true;
    run(store().save(&world.cx, &unit, Some(&before.version), &forget)).expect("it is forgotten");
    let mut delta = Delta::default();
    for action in &plan.actions {
        let payload = action.payload.as_ref().expect("it is created");
        let mut owned = before.inventory.objects[&action.id].clone();
        (owned.wanted, owned.stamp) = (payload.digest(), Some(live[&action.id].0));
        delta.put.insert(action.id.clone(), owned);
    }
    let mut history = before.history.clone();
    history.iter_mut().for_each(|record| record.plan = Digest::of(b"an old plan"));
    (delta.history, delta.origin, delta.since) = (Some(history), before.origin.clone(), before.since);
    delta.default_namespace.clone_from(&before.default_namespace);
    run(store().save(&world.cx, &unit, None, &delta)).expect("the state of an earlier release");

    let there = versions(&world);
    let report = run(world.engine_on(cluster(), 15).reconcile(&world.cx)).expect("a pass");
    assert_eq!((report.counts().written(), report.is_success()), (0, true), "{report}");
    assert_eq!(versions(&world), there, "no object was written");
    let after = saved(&world);
    assert_eq!(after.inventory, before.inventory, "the digests are those that the key makes");
    assert_eq!(after.sealed_by, Some(key(&world.cx).name()));
    assert_eq!(after.history[0].plan, key(&world.cx).seal(Digest::of(b"an old plan")));

    let cluster = cluster();
    let engine = world.engine_on(cluster.clone(), 15);
    let again = || run(engine.reconcile(&world.cx)).expect("a pass");
    again();
    again();
    let requests = cluster.requests();
    assert_eq!(again().counts().written(), 0);
    assert_eq!(cluster.requests() - requests, 0, "no key either");
    assert_eq!(saved(&world).version, after.version, "the state was sealed once");
}
