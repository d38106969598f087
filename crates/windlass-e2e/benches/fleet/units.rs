//! A thousand units of four objects from one repository, once.

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use windlass_core::EventKind;

use super::bare::Body;
use super::engines::Common;
use super::rows::{Rows, milliseconds};
use super::{Bench, Job, machine, process, runtime, serve};

const SCENARIO: &str = "1,000 units of 4 objects";
pub(crate) const UNITS: usize = 1000;

/// Times the bare client and the fleet, who take turns to begin.
pub(crate) fn measure(bench: &Bench, rows: &mut Rows) {
    for round in 0..=bench.rounds {
        // Other names in each round, so that none finds what the last one left. That stays: to delete it would keep the
        // cluster busy while the next is measured.
        let namespace = format!("units-{round}");
        bench.namespace(&namespace);
        if round % 2 == 0 {
            bare(bench, rows, round);
            fleet(bench, rows, round, &namespace);
        } else {
            fleet(bench, rows, round, &namespace);
            bare(bench, rows, round);
        }
    }
}

fn bare(bench: &Bench, rows: &mut Rows, round: usize) {
    let namespace = format!("bare-{round}");
    bench.namespace(&namespace);
    let bodies = names(&namespace).iter().flat_map(|unit| objects(unit, &namespace)).map(body).collect();
    let took = bench.runtime.block_on(bench.bare().converge(&[], bodies));
    rows.add_time(SCENARIO, round, "bare client: the same 4,000 writes", took);
}

fn fleet(bench: &Bench, rows: &mut Rows, round: usize, namespace: &str) {
    let git = serve(&files(&names(namespace), namespace));
    bench.child("units", &git, &[namespace], |measure, value| rows.add(SCENARIO, round, measure, &value));
}

/// Applies all units with nothing known, and once more with nothing known.
pub(crate) fn child(job: &Job) {
    let cache = tempfile::tempdir().expect("a temporary folder");
    runtime().block_on(async {
        pass(job, cache.path(), "apply").await;
        println!("apply: peak memory, KB={}", machine::peak_kb());
        pass(job, cache.path(), "again").await;
    });
}

async fn pass(job: &Job, cache: &std::path::Path, name: &str) {
    let common = Common::new(job, cache).await;
    let (began, cpu) = (Instant::now(), process::cpu());
    let written = std::sync::Arc::new(Mutex::new(Duration::ZERO));
    let told = written.clone();
    let engines = names(&job.unit).into_iter().map(|unit| {
        let told = told.clone();
        common.engine(&unit, Duration::from_secs(60)).with_events(move |event: &windlass_core::Event| {
            if matches!(event.what, EventKind::Object { .. }) {
                *told.lock().expect("nobody panics here") = began.elapsed();
            }
        })
    });
    let fleet = windlass_engine::Fleet::of(engines).expect("names that differ");
    let reports = fleet.apply(&common.cx).await.expect("a pass of each unit");
    let took = began.elapsed();
    for (unit, report) in &reports {
        let report = report.as_ref().unwrap_or_else(|error| panic!("{unit}: {}", error.explain()));
        assert!(report.is_success(), "{unit}: {report}");
    }
    let written = *written.lock().expect("nobody panics here");
    println!("{name}: all written, ms={}", milliseconds(written));
    println!("{name}: all written and healthy, ms={}", milliseconds(took));
    println!("{name}: requests to the API server={}", common.cluster.requests());
    println!("{name}: listings of the source={}", common.asked.listings.load(Ordering::Relaxed));
    println!("{name}: fetches of the source={}", common.asked.fetches.load(Ordering::Relaxed));
    println!("{name}: CPU, ms={}", milliseconds(process::cpu() - cpu));
}

/// The names of the units of a round.
pub(crate) fn names(round: &str) -> Vec<String> {
    (0..UNITS).map(|number| format!("{round}-{number:04}")).collect()
}

/// The files of units: one each, in a folder of its name.
pub(crate) fn files(units: &[String], namespace: &str) -> Vec<(String, String)> {
    let text = |unit: &String| {
        objects(unit, namespace).iter().map(|object| format!("---\n{object:#}\n")).collect::<String>()
    };
    units.iter().map(|unit| (format!("{unit}/all.yaml"), text(unit))).collect()
}

/// A ServiceAccount, a ConfigMap, a Service, and a Deployment without replicas.
pub(crate) fn objects(unit: &str, namespace: &str) -> [Value; 4] {
    let metadata = json!({"name": unit, "namespace": namespace});
    let labels = json!({"app": unit});
    [
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"greeting": "hello"}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata,
            "spec": {"selector": labels, "ports": [{"name": "http", "port": 80}]}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"replicas": 0,
            "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
                "spec": {"containers": [{"name": "main", "image": "registry.example/main:1"}]}}}}),
    ]
}

fn body(mut object: Value) -> Body {
    let text = |object: &Value, path: &str| {
        object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (kind, name) = (text(&object, "/kind"), text(&object, "/metadata/name"));
    let namespace = text(&object, "/metadata/namespace");
    let api = if kind == "Deployment" { "apis/apps/v1" } else { "api/v1" };
    let path = format!("/{api}/namespaces/{namespace}/{}s/{name}", kind.to_ascii_lowercase());
    object["metadata"]["labels"] = json!({"windlass.dev/unit": name});
    Body { path, json: object.to_string() }
}
