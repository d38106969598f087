//! How long it takes to take over what `kubectl apply` made, beside a bare client that applies as much to objects that are there.

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

use super::bare::{Bare, Body};
use super::engines::Common;
use super::rows::Rows;
use super::{Bench, serve};

const SCENARIO: &str = "1,000 ConfigMaps that kubectl applied are adopted";
const OBJECTS: usize = 1000;
/// Requests of a preparation that are under way at once.
const AT_ONCE: usize = 32;

pub(crate) fn measure(bench: &Bench, rows: &mut Rows) {
    for round in 0..=bench.rounds {
        if round % 2 == 0 {
            bare(bench, rows, round);
            engine(bench, rows, round);
        } else {
            engine(bench, rows, round);
            bare(bench, rows, round);
        }
    }
}

fn bare(bench: &Bench, rows: &mut Rows, round: usize) {
    let namespace = format!("adopt-bare-{round}");
    let bare = bench.bare();
    bench.namespace(&namespace);
    bench.runtime.block_on(prepare(&bare, &namespace));
    let bodies = (0..OBJECTS).map(|number| Body {
        path: format!("/api/v1/namespaces/{namespace}/configmaps/{}", name(number)),
        json: wanted(&namespace, number).to_string(),
    });
    let took = bench.runtime.block_on(bare.converge(&[], bodies.collect()));
    rows.add_time(SCENARIO, round, "bare client: as many applies", took);
    clear(bench, &namespace);
}

fn engine(bench: &Bench, rows: &mut Rows, round: usize) {
    let unit = format!("adopt-{round}");
    let bare = bench.bare();
    bench.namespace(&unit);
    bench.runtime.block_on(prepare(&bare, &unit));
    let text = (0..OBJECTS).map(|number| format!("---\n{}\n", wanted(&unit, number))).collect();
    let git = serve(&[(format!("{unit}/all.yaml"), text)]);
    let cache = tempfile::tempdir().expect("a temporary folder");
    let (took, requests) = bench.runtime.block_on(async {
        let common = Common::new(&bench.job(&git), cache.path()).await;
        let engine = common.engine(&unit, std::time::Duration::from_secs(60));
        let before = common.cluster.requests();
        let began = Instant::now();
        let report = engine.reconcile(&common.cx).await.expect("a pass");
        let took = began.elapsed();
        assert!(report.is_success(), "{report}");
        assert_eq!(report.counts().changed, OBJECTS, "each is taken over:\n{report}");
        (took, common.cluster.requests() - before)
    });
    rows.add_time(SCENARIO, round, "engine: from resolving the branch to the last save", took);
    rows.add(SCENARIO, round, "engine: requests", &requests);
    clear(bench, &unit);
}

/// Makes what `kubectl apply` makes of another text: the same requests, but not one by one.
async fn prepare(bare: &Bare, namespace: &str) {
    let path = format!("/api/v1/namespaces/{namespace}/configmaps?fieldManager=kubectl-client-side-apply");
    let (bare, path) = (Arc::new(bare.clone()), Arc::new(path));
    for some in (0..OBJECTS).collect::<Vec<_>>().chunks(AT_ONCE) {
        let made = some.iter().map(|number| {
            let (bare, path, mut body) = (Arc::clone(&bare), Arc::clone(&path), wanted(namespace, *number));
            body["data"]["old"] = json!("gone from Git");
            let applied = format!("{body}\n");
            body["metadata"]["annotations"] =
                json!({"kubectl.kubernetes.io/last-applied-configuration": applied});
            async move {
                let (status, answer) =
                    bare.send(Method::POST, &path, "application/json", body.to_string()).await;
                assert_eq!(status, 201, "{}", String::from_utf8_lossy(&answer));
            }
        });
        join_all(made).await;
    }
}

fn clear(bench: &Bench, namespace: &str) {
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    let bare = bench.bare();
    let deleted = bare.send(Method::DELETE, &path, "application/json", String::new());
    assert_eq!(bench.runtime.block_on(deleted).0, 200, "{path}");
}

fn name(number: usize) -> String {
    format!("config-{number:04}")
}

fn wanted(namespace: &str, number: usize) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"number": number.to_string(), "text": "x".repeat(1900)},
        "metadata": {"name": name(number), "namespace": namespace}})
}
