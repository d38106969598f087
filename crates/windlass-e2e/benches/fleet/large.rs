//! One unit of many objects of 2 KB: what a changed file costs, and what stays in memory.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::json;
use windlass_core::Report;

use super::engines::Common;
use super::git::Served;
use super::rows::{Rows, milliseconds};
use super::{Bench, Job, commit, machine, process, runtime};

const SIZES: [(usize, &str); 2] =
    [(5000, "a unit of 5,000 objects of 2 KB"), (20_000, "a unit of 20,000 objects of 2 KB")];
/// How often one file changes.
const CHANGES: usize = 5;
/// How long a unit rests before a pass finds it converged.
const REST: Duration = Duration::from_secs(3);
/// How long a unit rests before its memory is looked at: idle threads have ended by then.
const LONG_REST: Duration = Duration::from_secs(15);

pub(crate) fn measure(bench: &Bench, rows: &mut Rows) {
    for (size, scenario) in SIZES {
        let namespace = format!("large-{size}");
        bench.namespace(&namespace);
        let git = Served::new();
        let first = commit(&git, &files(size, &namespace));
        git.pack();
        let changed = (path(&namespace, size / 2), text(&namespace, size / 2, "two"));
        let second = commit(&git, &[changed]);
        let rest = [namespace.as_str(), first.as_str(), second.as_str()];
        bench.child("large", &git, &rest, |measure, value| rows.add(scenario, 1, measure, &value));
    }
}

/// One file for each ConfigMap, in the folder of the unit, which is named like the namespace.
fn files(size: usize, namespace: &str) -> Vec<(String, String)> {
    (0..size).map(|number| (path(namespace, number), text(namespace, number, "one"))).collect()
}

fn path(namespace: &str, number: usize) -> String {
    format!("{namespace}/config-{number:05}.yaml")
}

fn text(namespace: &str, number: usize, word: &str) -> String {
    let payload = format!("{number:08}").repeat(240);
    json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"payload": payload, "word": word},
        "metadata": {"name": format!("config-{number:05}"), "namespace": namespace}})
    .to_string()
}

/// Converges, rests, and goes to and fro between two commits that differ in one file.
pub(crate) fn child(job: &Job) {
    let cache = tempfile::tempdir().expect("a temporary folder");
    runtime().block_on(async {
        let common = Common::new(job, cache.path()).await;
        println!("at rest before all: memory, KB={}", process::resident_kb());
        let engine = common.engine(&job.unit, Duration::from_secs(60));
        let pass = async |name: &str| -> Report {
            let (began, cpu, requests) = (Instant::now(), process::cpu(), common.cluster.requests());
            let report = engine.reconcile(&common.cx).await.expect("a pass");
            assert!(report.is_success(), "{report}");
            println!("{name}, ms={}", milliseconds(began.elapsed()));
            println!("{name}: CPU, ms={}", milliseconds(process::cpu() - cpu));
            println!("{name}: requests to the API server={}", common.cluster.requests() - requests);
            report
        };
        pass("first pass").await;
        pass("second pass").await;
        tokio::time::sleep(REST).await;
        pass("converged pass").await;
        for turn in 1..=CHANGES {
            common.asked.at.store(turn % 2, Ordering::Relaxed);
            let counts = pass("one changed file").await.counts();
            assert_eq!((counts.changed, counts.created), (1, 0), "{counts:?}");
        }
        println!("after the last pass: memory, KB={}", process::resident_kb());
        tokio::time::sleep(LONG_REST).await;
        println!("at rest: memory, KB={}", process::resident_kb());
        println!("peak memory, KB={}", machine::peak_kb());
    });
}
