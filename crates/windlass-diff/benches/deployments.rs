//! Merges and compares 1,000 Deployments: `cargo bench -p windlass-diff`.
//!
//! Prints the best of several rounds; nothing is asserted, because a machine may be busy.

use std::hint::black_box;
use std::time::{Duration, Instant};

use windlass_core::{Limits, Value};
use windlass_diff::{Facts, Mask, Schemas, compare, merge};

const COUNT: usize = 1000;
const ROUNDS: usize = 10;

fn main() {
    let schemas: Schemas =
        serde_json::from_str(include_str!("../tests/it/kubernetes.json")).expect("it reads");
    let objects: Vec<[Value; 3]> = (0..COUNT).map(|n| [base(n), desired(n), live(n)]).collect();
    let bytes: usize = objects.iter().map(|[_, _, live]| live.canonical().len()).sum();
    report("live objects", Duration::ZERO, format!("{} bytes each", bytes / COUNT));

    let merge_all = || -> Vec<Value> {
        let merge = |[base, desired, live]: &[Value; 3]| {
            let sides = merge::Sides { base: Some(base), desired, live: Some(live) };
            merge::three_way(schemas.of(desired), &sides, &Limits::default()).map(|merged| merged.value)
        };
        objects.iter().map(|sides| merge(sides).expect("they merge")).collect()
    };
    let after = merge_all();
    report("three_way", best(|| merge_all().len()), String::new());

    let compare_all = || {
        let pairs = objects.iter().zip(&after);
        pairs.map(|([base, desired, live], after)| {
            let facts = Facts::new().with_applied_before(base).with_wanted(desired);
            compare(schemas.of(desired), Some(live), Some(after), &facts)
        })
    };
    let changes: usize = compare_all().map(|changes| changes.len()).sum();
    report("compare, some differ", best(|| compare_all().count()), format!("{changes} changes"));

    let equal = || {
        let count = |after: &Value| compare(schemas.of(after), Some(after), Some(after), &Facts::new()).len();
        after.iter().map(count).sum::<usize>()
    };
    report("compare, all equal", best(equal), String::new());

    let mask = Mask::default();
    let text = || {
        let kind = mask.kind("apps", "Deployment");
        compare_all().flatten().map(|change| change.masked(&kind).to_string().len()).sum::<usize>()
    };
    report("compare and mask", best(text), String::new());
}

fn best(mut work: impl FnMut() -> usize) -> Duration {
    let round = || {
        let start = Instant::now();
        black_box(work());
        start.elapsed()
    };
    std::iter::repeat_with(round).take(ROUNDS).min().unwrap_or_default()
}

#[allow(clippy::print_stdout)]
fn report(what: &str, took: Duration, note: String) {
    println!("{what:<24} {:>8.2} ms for {COUNT}  {note}", took.as_secs_f64() * 1e3);
}

fn read(json: String) -> Value {
    serde_json::from_str(&json).expect("it is JSON")
}

fn container(n: usize, image: usize, rest: &str) -> String {
    format!(
        r#"{{"name":"web","image":"registry.example.org/web:{image}","args":["--port=8080","--shard={n}"],
            "ports":[{{"containerPort":8080,"name":"http"}},{{"containerPort":9090,"name":"metrics"}}],
            "env":[{{"name":"A","value":"{n}"}},{{"name":"B","value":"b"}},{{"name":"C","value":"c"}}],
            "resources":{{"limits":{{"cpu":"500m","memory":"128Mi"}},"requests":{{"cpu":"0.1","memory":"64Mi"}}}}{rest}}}"#
    )
}

fn deployment(n: usize, replicas: usize, metadata: &str, spec: &str, pod: &str) -> Value {
    read(format!(
        r#"{{"apiVersion":"apps/v1","kind":"Deployment",
            "metadata":{{"name":"web-{n}","namespace":"shop","labels":{{"app":"web","n":"{n}"}}{metadata}}},
            "spec":{{"replicas":{replicas},"selector":{{"matchLabels":{{"app":"web"}}}}{spec},
              "template":{{"metadata":{{"labels":{{"app":"web","n":"{n}"}}}},"spec":{{{pod}}}}}}}}}"#
    ))
}

fn base(n: usize) -> Value {
    deployment(n, 2, "", "", &format!(r#""containers":[{}]"#, container(n, 1, "")))
}

/// Every tenth has a new image.
fn desired(n: usize) -> Value {
    let image = if n.is_multiple_of(10) { 2 } else { 1 };
    deployment(n, 2, "", "", &format!(r#""containers":[{}]"#, container(n, image, "")))
}

/// As the server keeps it; every twentieth has drifted.
fn live(n: usize) -> Value {
    let filled = r#","imagePullPolicy":"IfNotPresent","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File""#;
    let replicas = if n % 20 == 1 { 5 } else { 2 };
    deployment(
        n,
        replicas,
        r#","uid":"6a7f1c1e-0000-4000-8000-000000000000","resourceVersion":"123456","generation":3,"creationTimestamp":"2026-01-01T00:00:00Z""#,
        r#","progressDeadlineSeconds":600,"revisionHistoryLimit":10,"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}}"#,
        &format!(
            r#""containers":[{},{{"name":"istio-proxy","image":"istio:1"}}],"dnsPolicy":"ClusterFirst","restartPolicy":"Always","schedulerName":"default-scheduler","securityContext":{{}},"terminationGracePeriodSeconds":30"#,
            container(n, 1, filled)
        ),
    )
}
